//! Validation of pods and pod templates.
//!
//! Source: `kubernetes/pkg/apis/core/validation/validation.go`.

mod containers;
mod environment;
mod mounts;
mod probes;
mod projected;
mod scheduling;
mod security;
mod status;
mod subresources;
mod update;
pub(super) mod volumes;

use kube_structural_schema::object::{FieldError, names};
use serde_json::{Value, json};

use super::field::{Errors, Field};
use super::resources::{self, Level};
use super::{address, labels, names as rules};

pub(super) use self::scheduling::tolerations;
pub(super) use self::status::validate_status_update;
pub(super) use self::subresources::{validate_ephemeral_containers, validate_resize};
pub(super) use self::update::validate_update;

/// The pod or the template that a specification belongs to.
#[derive(Clone, Copy)]
struct Owner<'a> {
    /// The pod; `None` for a template.
    pod: Option<Field<'a>>,
}

/// What containers refer to in their pod.
struct Context<'a> {
    /// The names and sources of the valid volumes.
    volumes: Vec<(&'a str, &'a Value)>,
    /// The names of the resource claims.
    claims: Vec<&'a str>,
    grace_seconds: Option<i64>,
    restart_policy: &'a str,
    os: &'a Value,
    host_users: bool,
}

impl<'a> Context<'a> {
    fn volume(&self, name: &str) -> Option<&'a Value> {
        self.volumes.iter().find(|(other, _)| *other == name).map(|(_, source)| *source)
    }
}

/// Validates a new pod.
pub(super) fn validate(pod: &Field<'_>, errors: &mut Errors) {
    metadata_and_spec(pod, errors);
    let spec = pod.at("spec");
    if !spec.at("ephemeralContainers").is_empty() {
        spec.at("ephemeralContainers").forbidden(errors, "cannot be set on create");
    }
    if !spec.at("nodeName").is_empty() && !spec.at("schedulingGates").is_empty() {
        spec.at("nodeName").forbidden(errors, "cannot be set until all schedulingGates have been cleared");
    }
}

/// Validates what new and updated pods have in common.
fn metadata_and_spec(pod: &Field<'_>, errors: &mut Errors) {
    annotations(&pod.at("metadata.annotations"), &pod.at("spec"), errors);
    let spec = pod.at("spec");
    validate_spec(&spec, Owner { pod: Some(*pod) }, errors);
    if spec.at("serviceAccountName").is_empty() {
        for volume in spec.items("volumes") {
            let projected = volume.at("projected");
            for source in projected.items("sources") {
                let token = source.at("serviceAccountToken");
                if token.is_set() {
                    token.forbidden(errors, "must not be specified when serviceAccountName is not set");
                }
            }
        }
    }
    spec.at("terminationGracePeriodSeconds").non_negative(errors);
    for list in ["containers", "initContainers"] {
        spec.items(list).for_each(|container| containers::image_has_no_blanks(&container, errors));
    }
}

/// Validates a pod template.
pub(super) fn validate_template(template: &Field<'_>, errors: &mut Errors) {
    labels::labels(&template.with("labels", template.at("metadata.labels").value), errors);
    let notes = template.at("metadata.annotations");
    let notes = template.with("annotations", notes.value);
    labels::annotations(&notes, errors);
    let spec = template.at("spec");
    annotations(&notes, &spec, errors);
    validate_spec(&spec, Owner { pod: None }, errors);
    if !spec.at("ephemeralContainers").is_empty() {
        spec.at("ephemeralContainers").forbidden(errors, "ephemeral containers not allowed in pod template");
    }
}

/// Validates the annotations that Kubernetes defines for pods.
fn annotations(field: &Field<'_>, spec: &Field<'_>, errors: &mut Errors) {
    const MIRROR: &str = "kubernetes.io/config.mirror";
    const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    let note = |key: &str| field.value.get(key).and_then(Value::as_str);
    if note(MIRROR).is_some() && spec.at("nodeName").is_empty() {
        let path = format!("{field}[{MIRROR}]");
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.push(FieldError::invalid(path, note(MIRROR).unwrap_or_default(), detail));
    }
    if let Some(cost) = note(COST)
        && (cost.parse::<i32>().is_err() || cost.starts_with('+') || (cost.starts_with('0') && cost.len() > 1))
    {
        errors.push(FieldError::invalid(format!("{field}[{COST}]"), cost, "must be a 32bit integer"));
    }
}

fn validate_spec(spec: &Field<'_>, owner: Owner<'_>, errors: &mut Errors) {
    let grace = spec.at("terminationGracePeriodSeconds");
    if !grace.is_set() {
        grace.required(errors, "");
    }
    let os = spec.at("os");
    let context = Context {
        volumes: volumes::validate(spec, owner, errors),
        claims: spec.value["resourceClaims"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|claim| claim["name"].as_str().filter(|name| !name.is_empty()))
            .collect(),
        grace_seconds: grace.value.as_i64(),
        restart_policy: spec.value["restartPolicy"].as_str().unwrap_or_default(),
        os: os.value,
        host_users: spec.value["hostUsers"].as_bool().unwrap_or(true),
    };
    scheduling::resource_claims(spec, errors);
    containers::validate(spec, &context, errors);
    containers::validate_init(spec, &context, errors);
    containers::validate_ephemeral(spec, &context, errors);
    pod_resources(spec, &context, errors);
    host_network(spec, owner, errors);
    spec.at("restartPolicy").require_one_of(errors, &["Always", "OnFailure", "Never"]);
    spec.at("dnsPolicy").require_one_of(errors, &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    labels::labels(&spec.at("nodeSelector"), errors);
    security::pod(spec, errors);
    scheduling::affinity(&spec.at("affinity"), errors);
    dns(spec, errors);
    for gate in spec.items("readinessGates") {
        gate.at("conditionType").check(errors, names::qualified_name);
    }
    scheduling::gates(spec, errors);
    scheduling::spread_constraints(spec, errors);
    host_users(spec, errors);
    spec.at("serviceAccountName").check_set(errors, names::subdomain);
    spec.at("nodeName").check_set(errors, names::subdomain);
    spec.at("activeDeadlineSeconds").in_range(errors, 1, i32::MAX.into());
    spec.at("hostname").check_set(errors, names::label);
    spec.at("subdomain").check_set(errors, names::label);
    scheduling::tolerations(spec, errors);
    for alias in spec.items("hostAliases") {
        address::check(&alias.at("ip"), &Value::Null, errors);
        alias.items("hostnames").for_each(|name| name.check(errors, names::subdomain));
    }
    spec.at("priorityClassName").check_set(errors, names::subdomain);
    let class = spec.at("runtimeClassName");
    if class.is_set() {
        class.check(errors, names::subdomain);
    }
    let preemption = spec.at("preemptionPolicy");
    if preemption.is_set() {
        preemption.require_one_of(errors, &["PreemptLowerPriority", "Never"]);
    }
    overhead(spec, errors);
    operating_system(spec, errors);
}

fn overhead(spec: &Field<'_>, errors: &mut Errors) {
    let overhead = spec.at("overhead");
    if overhead.is_set() {
        let limits = json!({"limits": overhead.value});
        resources::requirements(&spec.with("overhead", &limits), Level::Container, &[], errors);
    }
}

fn operating_system(spec: &Field<'_>, errors: &mut Errors) {
    let os = spec.at("os");
    if !os.is_set() {
        return;
    }
    match os.at("name").text() {
        "" => os.at("name").required(errors, ""),
        "linux" | "windows" => {}
        name => errors.push(FieldError::not_supported(os.to_string(), name, ["linux", "windows"])),
    }
}

/// Validates the resources of a pod as a whole.
fn pod_resources(spec: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    let field = spec.at("resources");
    if !field.is_set() {
        return;
    }
    if !field.at("claims").is_empty() {
        field.at("claims").forbidden(errors, "claims may not be set for Resources at pod-level");
    }
    resources::requirements(&field, Level::Pod, &context.claims, errors);
    for (index, container) in spec.items("containers").enumerate() {
        for (name, limit) in container.value["resources"]["limits"].as_object().into_iter().flatten() {
            let Some(pod) = field.value["limits"].get(name) else { continue };
            if resources::nanos(limit) > resources::nanos(pod) {
                let detail =
                    format!("must be less than or equal to pod limits of {}", pod.as_str().unwrap_or_default());
                let path = format!("{field}.containers[{index}][{name}].limits");
                errors.push(FieldError::invalid(path, limit.clone(), detail));
            }
        }
    }
}

fn host_network(spec: &Field<'_>, owner: Owner<'_>, errors: &mut Errors) {
    if !spec.at("hostNetwork").is_true() {
        return;
    }
    for container in spec.items("containers") {
        for port in container.items("ports") {
            let (host, own) = (port.at("hostPort"), port.at("containerPort").number());
            if (owner.pod.is_some() || host.number() != 0) && host.number() != own {
                let detail = "must match `containerPort` when `hostNetwork` is true";
                host.invalid_as(errors, host.number(), detail);
            }
        }
    }
}

fn host_users(spec: &Field<'_>, errors: &mut Errors) {
    if spec.value["hostUsers"].as_bool().unwrap_or(true) {
        return;
    }
    for (name, reported) in [("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.at(name).is_true() {
            spec.at(reported).forbidden(errors, "when `hostUsers` is false");
        }
    }
}

fn dns(spec: &Field<'_>, errors: &mut Errors) {
    const MAX_SERVERS: usize = 3;
    const MAX_SEARCHES: usize = 32;
    const MAX_LENGTH: usize = 2048;
    let config = spec.at("dnsConfig");
    let servers = config.at("nameservers");
    if spec.at("dnsPolicy").text() == "None" {
        if !config.is_set() {
            config.required(errors, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if servers.is_empty() {
            servers.required(errors, "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }
    }
    if servers.len() > MAX_SERVERS {
        servers.invalid(errors, format!("must not have more than {MAX_SERVERS} nameservers"));
    }
    for server in config.items("nameservers") {
        address::check(&server, &Value::Null, errors);
    }
    let searches = config.at("searches");
    if searches.len() > MAX_SEARCHES {
        searches.invalid(errors, format!("must not have more than {MAX_SEARCHES} search paths"));
    }
    let length = searches.texts().map(|text| text.len() + 1).sum::<usize>();
    if length > MAX_LENGTH + 1 {
        let detail = format!("must not have more than {MAX_LENGTH} characters (including spaces) in the search list");
        searches.invalid(errors, detail);
    }
    for search in config.items("searches") {
        let text = search.text();
        if text != "." {
            let text = text.strip_suffix('.').unwrap_or(text);
            rules::search_domain(text).into_iter().for_each(|detail| search.invalid_as(errors, text, detail));
        }
    }
    for option in config.items("options") {
        if option.at("name").is_empty() {
            option.required(errors, "must not be empty");
        }
    }
}
