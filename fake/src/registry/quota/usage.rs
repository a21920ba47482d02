//! What objects use of the resources that quotas limit.
//!
//! Source: `kubernetes/pkg/quota/v1/evaluator/core`, `apiserver/pkg/quota/v1/generic/evaluator.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{scope_requirements, scopes};
use crate::catalogue::quantity::Quantity;
use crate::kinds::{Rules, Subresource};
use crate::registry::Target;
use crate::registry::resources::{self, ResourceList};

const STORAGE_CLASS: &str = ".storageclass.storage.k8s.io/";
const COMPUTE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// How the objects of a kind are counted.
pub(super) struct Evaluator {
    form: Form,
    /// `count/` and the resource with its group.
    count: String,
    /// The older name for the number of objects.
    alias: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Pod,
    Service,
    Claim,
    /// Only the number of objects is limited.
    Count,
}

impl Evaluator {
    /// Returns how a written object is counted; `None` if quotas do not apply to the write.
    pub(super) fn of(target: &Target, object: &Value, live: Option<&Value>) -> Option<Self> {
        let kind = &target.kind;
        if target.namespace.is_empty() || !kind.namespaced || matches!(kind.rules, Rules::Event(_)) {
            return None;
        }
        let form = match kind.coded() {
            Some(("", "Pod")) => Form::Pod,
            Some(("", "Service")) => Form::Service,
            Some(("", "PersistentVolumeClaim")) => Form::Claim,
            _ => Form::Count,
        };
        let is_counted = match (form, target.subresource, live) {
            (_, Subresource::None, None)
            | (Form::Service | Form::Claim, Subresource::None, Some(_))
            | (Form::Claim, Subresource::Status, Some(_))
            | (Form::Pod, Subresource::Resize, Some(_)) => true,
            (Form::Pod, Subresource::None, Some(live)) => {
                scopes::is_terminating(live) != scopes::is_terminating(object)
            }
            _ => false,
        };
        let resource = &kind.resource;
        let alias = match (resource.group.as_str(), resource.resource.as_str()) {
            ("", "pods") => "pods",
            ("", "services") => "services",
            ("", "persistentvolumeclaims") => "persistentvolumeclaims",
            ("", "configmaps") => "configmaps",
            ("", "resourcequotas") => "resourcequotas",
            ("", "replicationcontrollers") => "replicationcontrollers",
            ("", "secrets") => "secrets",
            _ => "",
        };
        is_counted.then(|| Evaluator { form, count: format!("count/{resource}"), alias })
    }

    /// Whether a resource of a quota is one that the objects use.
    pub(super) fn counts(&self, resource: &str) -> bool {
        if resource == self.count || resource == self.alias {
            return true;
        }
        let compute = resource.strip_prefix("requests.").or_else(|| resource.strip_prefix("limits."));
        match self.form {
            Form::Pod => {
                let is_extended = resource.starts_with("requests.") && resource.contains('/');
                COMPUTE.contains(&compute.unwrap_or(resource))
                    || resource.starts_with("hugepages-")
                    || resource.starts_with("requests.hugepages-")
                    || is_extended
            }
            Form::Service => matches!(resource, "services.nodeports" | "services.loadbalancers"),
            Form::Claim => {
                let of_class = resource.split_once(STORAGE_CLASS).map_or(resource, |(_, resource)| resource);
                matches!(of_class, "persistentvolumeclaims" | "requests.storage")
            }
            Form::Count => false,
        }
    }

    /// Whether an object is in the scopes of a quota.
    pub(super) fn matches(&self, quota: &Value, object: &Value) -> bool {
        scope_requirements(quota).iter().all(|requirement| match self.form {
            Form::Pod => scopes::contains_pod(requirement, object),
            Form::Claim => scopes::contains_claim(requirement, object),
            Form::Service | Form::Count => false,
        })
    }

    /// Checks that each container declares the resources that a quota limits.
    pub(super) fn check_declared(&self, restricted: &BTreeSet<&str>, object: &Value) -> Result<(), String> {
        let has_own = |part: &str| object["spec"]["resources"][part].as_object().is_some_and(|list| !list.is_empty());
        if self.form != Form::Pod || has_own("requests") || has_own("limits") {
            return Ok(());
        }
        let checked = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
        let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for list in ["containers", "initContainers"] {
            for container in resources::containers(object, list) {
                let of = |part: &str| resources::list(&container["resources"][part]);
                let declared = compute_usage(&of("requests"), &of("limits"));
                for resource in restricted.iter().filter(|it| checked.contains(it) && !declared.contains_key(**it)) {
                    missing.entry(resource).or_default().insert(container["name"].as_str().unwrap_or_default());
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let texts = missing
            .into_iter()
            .map(|(resource, names)| format!("{resource} for: {}", names.into_iter().collect::<Vec<_>>().join(",")));
        Err(format!("must specify {}", texts.collect::<Vec<_>>().join("; ")))
    }

    /// Returns what an object uses.
    pub(super) fn usage(&self, object: &Value) -> ResourceList {
        let one = Quantity::of_count(1);
        let mut usage = ResourceList::from([(self.count.clone(), one)]);
        let ended = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
        let uses_nothing = self.form == Form::Pod && ended;
        if !self.alias.is_empty() && !uses_nothing {
            usage.insert(self.alias.to_owned(), one);
        }
        match self.form {
            Form::Pod if !ended => {
                let [mut requests, mut limits] = ["requests", "limits"].map(|part| resources::of_pod(object, part));
                let overhead = resources::list(&object["spec"]["overhead"]);
                resources::add(&mut requests, &overhead);
                // A pod without a limit has none because of its overhead.
                let limited = overhead
                    .into_iter()
                    .filter(|(name, _)| limits.get(name).is_some_and(|limit| limit.nanos() != 0))
                    .collect();
                resources::add(&mut limits, &limited);
                usage.extend(compute_usage(&requests, &limits));
            }
            Form::Service => add_service(&object["spec"], &mut usage),
            Form::Claim => add_claim(object, &mut usage),
            Form::Pod | Form::Count => {}
        }
        usage
    }
}

/// Returns the names of quotas for requests and limits.
fn compute_usage(requests: &ResourceList, limits: &ResourceList) -> ResourceList {
    let mut usage = ResourceList::new();
    for (name, quantity) in requests {
        let is_compute = COMPUTE.contains(&name.as_str()) || name.starts_with("hugepages-");
        if is_compute {
            usage.insert(name.clone(), *quantity);
        }
        if is_compute || name.contains('/') {
            usage.insert(format!("requests.{name}"), *quantity);
        }
    }
    for (name, quantity) in limits.iter().filter(|(name, _)| COMPUTE.contains(&name.as_str())) {
        usage.insert(format!("limits.{name}"), *quantity);
    }
    usage
}

fn add_service(spec: &Value, usage: &mut ResourceList) {
    let ports = spec["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let type_ = spec["type"].as_str().unwrap_or_default();
    let allocated = |port: &&Value| port["nodePort"].as_i64().unwrap_or_default() != 0;
    let node_ports = match type_ {
        "LoadBalancer" if spec["allocateLoadBalancerNodePorts"] == false => ports.iter().filter(allocated).count(),
        "NodePort" | "LoadBalancer" => ports.len(),
        _ => 0,
    };
    usage.insert("services.nodeports".to_owned(), Quantity::of_count(node_ports));
    usage.insert("services.loadbalancers".to_owned(), Quantity::of_count(usize::from(type_ == "LoadBalancer")));
}

fn add_claim(claim: &Value, usage: &mut ResourceList) {
    let storage = |value: &Value| value["storage"].as_str().and_then(|text| Quantity::parse(text).ok());
    let requested = storage(&claim["spec"]["resources"]["requests"]);
    let allocated = storage(&claim["status"]["allocatedResources"]);
    let used = requested.map(|requested| match allocated {
        Some(allocated) if allocated.nanos() > requested.nanos() => allocated,
        _ => requested,
    });
    let annotation = &claim["metadata"]["annotations"][crate::kinds::builtin::BETA_STORAGE_CLASS];
    let class = annotation.as_str().or_else(|| claim["spec"]["storageClassName"].as_str());
    let class = class.filter(|class| !class.is_empty());
    usage.extend(used.map(|used| ("requests.storage".to_owned(), used)));
    if let Some(class) = class {
        usage.insert(format!("{class}{STORAGE_CLASS}persistentvolumeclaims"), Quantity::of_count(1));
        usage.extend(used.map(|used| (format!("{class}{STORAGE_CLASS}requests.storage"), used)));
    }
}
