//! Columns of the kinds that configure a cluster.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::cells::{
    AGE, Definition, NONE, UNSET, bool_or, is_true, items, labels, length, number, str_at, text_at, text_or,
};
use super::workloads::seconds;
use crate::metadata;

pub(super) fn columns(kind: &str) -> &'static [Definition] {
    match kind {
        "Namespace" => &[("Status", "string", 0, |object, _| text_at(object, "/status/phase")), AGE],
        "ConfigMap" => &[("Data", "string", 0, |object, _| count(object, &["data", "binaryData"])), AGE],
        "Secret" => &[
            ("Type", "string", 0, |object, _| text_at(object, "/type")),
            ("Data", "string", 0, |object, _| count(object, &["data"])),
            AGE,
        ],
        "Lease" => &[("Holder", "string", 0, |object, _| text_at(object, "/spec/holderIdentity")), AGE],
        "Node" => NODE,
        "ComponentStatus" => COMPONENT,
        "ResourceQuota" => &[
            ("Request", "string", 0, |object, _| quota(object, false).into()),
            ("Limit", "string", 0, |object, _| quota(object, true).into()),
            AGE,
        ],
        "RoleBinding" | "ClusterRoleBinding" => BINDING,
        "PriorityClass" => &[
            ("Value", "integer", 0, |object, _| number(object, "/value")),
            ("Global-Default", "boolean", 0, |object, _| bool_or(object, "/globalDefault", false)),
            AGE,
            ("PreemptionPolicy", "string", 0, |object, _| text_at(object, "/preemptionPolicy")),
        ],
        "RuntimeClass" => &[("Handler", "string", 0, |object, _| text_at(object, "/handler")), AGE],
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            &[("Webhooks", "integer", 0, |object, _| length(object, "/webhooks")), AGE]
        }
        "ValidatingAdmissionPolicy" => {
            &[("Validations", "integer", 0, |object, _| length(object, "/spec/validations")), PARAM_KIND, AGE]
        }
        "MutatingAdmissionPolicy" => {
            &[("Mutations", "integer", 0, |object, _| length(object, "/spec/mutations")), PARAM_KIND, AGE]
        }
        "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding" => &[
            ("PolicyName", "string", 0, |object, _| text_at(object, "/spec/policyName")),
            ("ParamRef", "string", 0, |object, _| parameter(object).into()),
            AGE,
        ],
        "CertificateSigningRequest" => REQUEST,
        "ClusterTrustBundle" => &[("SignerName", "string", 0, |object, _| text_or(object, "/spec/signerName", NONE))],
        "PodCertificateRequest" => POD_REQUEST,
        "FlowSchema" => FLOW,
        "PriorityLevelConfiguration" => LEVEL,
        "APIService" => &[
            ("Service", "string", 0, |object, _| service(object).into()),
            ("Available", "string", 0, |object, _| available(object).into()),
            AGE,
        ],
        "ResourceClaim" => &[("State", "string", 0, |object, _| claim(object).into()), AGE],
        "ResourceSlice" => &[
            ("Node", "string", 0, |object, _| text_at(object, "/spec/nodeName")),
            ("Driver", "string", 0, |object, _| text_at(object, "/spec/driver")),
            ("Pool", "string", 0, |object, _| text_at(object, "/spec/pool/name")),
            AGE,
        ],
        _ => super::CREATED_AT,
    }
}

const COMPONENT: &[Definition] = &[
    ("Status", "string", 0, |object, _| match health(object).map(|condition| condition["status"] == "True") {
        Some(true) => "Healthy".into(),
        Some(false) => "Unhealthy".into(),
        None => "Unknown".into(),
    }),
    ("Message", "string", 0, |object, _| health(object).map_or_else(|| "".into(), |it| text_at(it, "/message"))),
    ("Error", "string", 0, |object, _| health(object).map_or_else(|| "".into(), |it| text_at(it, "/error"))),
];

fn health(object: &Value) -> Option<&Value> {
    items(object, "/conditions").iter().find(|condition| condition["type"] == "Healthy")
}

const NODE: &[Definition] = &[
    ("Status", "string", 0, |object, _| node_status(object).into()),
    ("Roles", "string", 0, |object, _| roles(object).into()),
    AGE,
    ("Version", "string", 0, |object, _| text_at(object, "/status/nodeInfo/kubeletVersion")),
    ("Internal-IP", "string", 1, |object, _| address(object, "InternalIP").into()),
    ("External-IP", "string", 1, |object, _| address(object, "ExternalIP").into()),
    ("OS-Image", "string", 1, |object, _| text_or(object, "/status/nodeInfo/osImage", "<unknown>")),
    ("Kernel-Version", "string", 1, |object, _| kernel(object).into()),
    ("Container-Runtime", "string", 1, |object, _| {
        text_or(object, "/status/nodeInfo/containerRuntimeVersion", "<unknown>")
    }),
];

const BINDING: &[Definition] = &[
    ("Role", "string", 0, |object, _| {
        format!("{}/{}", str_at(object, "/roleRef/kind"), str_at(object, "/roleRef/name")).into()
    }),
    AGE,
    ("Users", "string", 1, |object, _| subjects(object, "User").into()),
    ("Groups", "string", 1, |object, _| subjects(object, "Group").into()),
    ("ServiceAccounts", "string", 1, |object, _| subjects(object, "ServiceAccount").into()),
];

const PARAM_KIND: Definition = ("ParamKind", "string", 0, |object, _| {
    let Some(kind) = object.pointer("/spec/paramKind").filter(|kind| kind.is_object()) else { return UNSET.into() };
    format!("{}/{}", str_at(kind, "/apiVersion"), str_at(kind, "/kind")).into()
});

const REQUEST: &[Definition] = &[
    AGE,
    ("SignerName", "string", 0, |object, _| text_or(object, "/spec/signerName", NONE)),
    ("Requestor", "string", 0, |object, _| text_at(object, "/spec/username")),
    ("RequestedDuration", "string", 0, |object, _| {
        let requested = object.pointer("/spec/expirationSeconds").and_then(Value::as_i64);
        requested.map_or_else(|| NONE.to_owned(), seconds).into()
    }),
    ("Condition", "string", 0, |object, _| request_status(object).into()),
];

const POD_REQUEST: &[Definition] = &[
    ("PodName", "string", 0, |object, _| text_at(object, "/spec/podName")),
    ("ServiceAccountName", "string", 0, |object, _| text_at(object, "/spec/serviceAccountName")),
    ("NodeName", "string", 0, |object, _| text_at(object, "/spec/nodeName")),
    ("SignerName", "string", 0, |object, _| text_at(object, "/spec/signerName")),
    ("State", "string", 0, |object, _| {
        let types = items(object, "/status/conditions").iter().rev().filter_map(|one| one["type"].as_str());
        types.into_iter().find(|type_| ["Issued", "Denied", "Failed"].contains(type_)).unwrap_or("Pending").into()
    }),
    ("UnverifiedUserAnnotations", "string", 0, |object, _| labels(object.pointer("/spec/unverifiedUserAnnotations"))),
];

const FLOW: &[Definition] = &[
    ("PriorityLevel", "string", 0, |object, _| text_at(object, "/spec/priorityLevelConfiguration/name")),
    ("MatchingPrecedence", "string", 0, |object, _| number(object, "/spec/matchingPrecedence")),
    ("DistinguisherMethod", "string", 0, |object, _| text_or(object, "/spec/distinguisherMethod/type", NONE)),
    AGE,
    ("MissingPL", "string", 0, |object, _| {
        let dangling = items(object, "/status/conditions").iter().find(|condition| condition["type"] == "Dangling");
        dangling.map_or("?", |condition| str_at(condition, "/status")).into()
    }),
];

const LEVEL: &[Definition] = &[
    ("Type", "string", 0, |object, _| text_at(object, "/spec/type")),
    ("NominalConcurrencyShares", "string", 0, |object, _| or_none(object, "/spec/limited/nominalConcurrencyShares")),
    ("Queues", "string", 0, |object, _| or_none(object, "/spec/limited/limitResponse/queuing/queues")),
    ("HandSize", "string", 0, |object, _| or_none(object, "/spec/limited/limitResponse/queuing/handSize")),
    ("QueueLengthLimit", "string", 0, |object, _| {
        or_none(object, "/spec/limited/limitResponse/queuing/queueLengthLimit")
    }),
    AGE,
];

fn or_none(object: &Value, pointer: &str) -> Value {
    object.pointer(pointer).filter(|value| value.is_number()).cloned().unwrap_or_else(|| NONE.into())
}

fn count(object: &Value, fields: &[&str]) -> Value {
    fields.iter().map(|field| object[*field].as_object().map_or(0, Map::len)).sum::<usize>().into()
}

fn node_status(node: &Value) -> String {
    let has_ready = items(node, "/status/conditions").iter().any(|condition| condition["type"] == "Ready");
    let ready = match has_ready {
        true if is_true(node, "Ready") => "Ready",
        true => "NotReady",
        false => "Unknown",
    };
    let is_cordoned = bool_or(node, "/spec/unschedulable", false) == true;
    format!("{ready}{}", if is_cordoned { ",SchedulingDisabled" } else { "" })
}

fn roles(node: &Value) -> String {
    let labels = metadata::get(node, "labels").and_then(Value::as_object).into_iter().flatten();
    let role = |(key, value): (&String, &Value)| match key.strip_prefix("node-role.kubernetes.io/") {
        Some(role) => Some(role.to_owned()),
        None if key == "kubernetes.io/role" => value.as_str().map(str::to_owned),
        None => None,
    };
    let roles: BTreeSet<String> = labels.filter_map(role).filter(|role| !role.is_empty()).collect();
    if roles.is_empty() { NONE.to_owned() } else { roles.into_iter().collect::<Vec<_>>().join(",") }
}

fn address<'n>(node: &'n Value, type_: &str) -> &'n str {
    let found = items(node, "/status/addresses").iter().find(|address| address["type"] == type_);
    found.map_or(NONE, |address| str_at(address, "/address"))
}

fn kernel(node: &Value) -> String {
    let kernel = match str_at(node, "/status/nodeInfo/kernelVersion") {
        "" => "<unknown>",
        version => version,
    };
    match str_at(node, "/status/nodeInfo/architecture") {
        "" => kernel.to_owned(),
        architecture => format!("{kernel} ({architecture})"),
    }
}

fn quota(object: &Value, of_limits: bool) -> String {
    let hard = object.pointer("/status/hard").and_then(Value::as_object).into_iter().flatten();
    let mut texts: Vec<(&str, String)> = Vec::new();
    for (name, hard) in hard.filter(|(name, _)| name.starts_with("limits.") == of_limits) {
        let used =
            object.pointer("/status/used").and_then(|used| used.get(name)).and_then(Value::as_str).unwrap_or("0");
        texts.push((name, format!("{name}: {used}/{}", hard.as_str().unwrap_or("0"))));
    }
    texts.sort();
    texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ")
}

fn subjects(binding: &Value, kind: &str) -> String {
    let name = |subject: &Value| match kind {
        "ServiceAccount" => format!("{}/{}", str_at(subject, "/namespace"), str_at(subject, "/name")),
        _ => str_at(subject, "/name").to_owned(),
    };
    let subjects = items(binding, "/subjects").iter().filter(|subject| subject["kind"] == kind);
    subjects.map(name).collect::<Vec<_>>().join(", ")
}

fn parameter(binding: &Value) -> String {
    match (str_at(binding, "/spec/paramRef/namespace"), str_at(binding, "/spec/paramRef/name")) {
        (_, "") => UNSET.to_owned(),
        ("", name) => format!("*/{name}"),
        (namespace, name) => format!("{namespace}/{name}"),
    }
}

fn request_status(request: &Value) -> String {
    let has = |type_: &str| items(request, "/status/conditions").iter().any(|condition| condition["type"] == type_);
    let decision = match (has("Denied"), has("Approved")) {
        (true, _) => "Denied",
        (false, true) => "Approved",
        (false, false) => "Pending",
    };
    let issued = !str_at(request, "/status/certificate").is_empty();
    format!("{decision}{}{}", if has("Failed") { ",Failed" } else { "" }, if issued { ",Issued" } else { "" })
}

fn service(object: &Value) -> String {
    match object.pointer("/spec/service").filter(|service| service.is_object()) {
        Some(service) => format!("{}/{}", str_at(service, "/namespace"), str_at(service, "/name")),
        None => "Local".to_owned(),
    }
}

fn available(object: &Value) -> String {
    let Some(condition) = items(object, "/status/conditions").iter().find(|condition| condition["type"] == "Available")
    else {
        return "Unknown".to_owned();
    };
    match (str_at(condition, "/status"), str_at(condition, "/reason")) {
        ("True", _) => "True".to_owned(),
        (status, "") => status.to_owned(),
        (status, reason) => format!("{status} ({reason})"),
    }
}

fn claim(claim: &Value) -> String {
    let mut states = Vec::new();
    let is_deleting = metadata::is_deleting(claim);
    if is_deleting {
        states.push("deleted");
    }
    let is_allocated = claim.pointer("/status/allocation").is_some_and(Value::is_object);
    if is_allocated {
        states.push("allocated");
        if !items(claim, "/status/reservedFor").is_empty() {
            states.push("reserved");
        }
    } else if !is_deleting {
        states.push("pending");
    }
    states.join(",")
}
