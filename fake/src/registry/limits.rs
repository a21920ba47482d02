//! Limit ranges: defaults of containers, and limits of containers, pods and claims.
//!
//! Source: `kubernetes/plugin/pkg/admission/limitranger/admission.go`, which is enabled by default.

use serde_json::{Map, Value};

use super::resources::{self, ResourceList};
use super::{Registry, Target};
use crate::catalogue::quantity::Quantity;
use crate::kinds::Subresource;
use crate::metadata::{self, get, text};
use crate::status::Failure;

/// The annotation that lists which defaults were set.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

impl Registry {
    /// Sets the default requests and limits of the containers of a new pod.
    pub(super) fn set_default_resources(&self, target: &Target, pod: &mut Value) {
        if target.kind.coded() != Some(("", "Pod")) || target.subresource != Subresource::None {
            return;
        }
        for range in self.limit_ranges(&target.namespace) {
            set_defaults(&range, pod);
        }
    }

    /// Checks a pod or a claim against the limit ranges of its namespace.
    pub(super) fn check_limits(&self, target: &Target, object: &Value, live: Option<&Value>) -> Result<(), Failure> {
        let check: fn(&Value, &Value) -> Vec<String> = match (target.kind.coded(), target.subresource, live) {
            (Some(("", "Pod")), Subresource::None, None) | (Some(("", "Pod")), Subresource::Resize, Some(_)) => {
                check_pod
            }
            (Some(("", "PersistentVolumeClaim")), Subresource::None, _) => check_claim,
            _ => return Ok(()),
        };
        if live.is_some_and(metadata::is_deleting) {
            return Ok(());
        }
        for range in self.limit_ranges(&target.namespace) {
            let mut errors: Vec<String> = Vec::new();
            for error in check(&range, object) {
                if !errors.contains(&error) {
                    errors.push(error);
                }
            }
            let reason = match errors.as_slice() {
                [] => continue,
                [one] => one.clone(),
                many => format!("[{}]", many.join(", ")),
            };
            return Err(Failure::forbidden(&target.kind.resource, text(object, "name"), reason));
        }
        Ok(())
    }

    fn limit_ranges(&self, namespace: &str) -> Vec<Value> {
        let kind = self.kinds.get("", "limitranges");
        kind.map(|kind| self.objects_of(kind, Some(namespace))).unwrap_or_default()
    }
}

fn items(range: &Value) -> impl Iterator<Item = &Value> {
    range["spec"]["limits"].as_array().into_iter().flatten()
}

/// Sets what the containers of a pod do not declare.
fn set_defaults(range: &Value, pod: &mut Value) {
    let (mut requests, mut limits) = (Map::new(), Map::new());
    for item in items(range).filter(|item| item["type"] == "Container") {
        requests.extend(item["defaultRequest"].as_object().cloned().unwrap_or_default());
        limits.extend(item["default"].as_object().cloned().unwrap_or_default());
    }
    let mut set = Vec::new();
    for (list, description) in [("containers", "container"), ("initContainers", "init container")] {
        for container in pod["spec"][list].as_array_mut().into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default().to_owned();
            for (part, defaults) in [("requests", &requests), ("limits", &limits)] {
                let added = add_missing(container, part, defaults);
                if !added.is_empty() {
                    let part = part.trim_end_matches('s');
                    set.push(format!("{} {part} for {description} {name}", added.join(", ")));
                }
            }
        }
    }
    if !set.is_empty() {
        let mut annotations = get(pod, "annotations").and_then(Value::as_object).cloned().unwrap_or_default();
        annotations.insert(ANNOTATION.to_owned(), format!("LimitRanger plugin set: {}", set.join("; ")).into());
        metadata::set(pod, "annotations", Some(annotations.into()));
    }
}

/// Adds the resources that a container does not declare; returns their names.
fn add_missing(container: &mut Value, part: &str, defaults: &Map<String, Value>) -> Vec<String> {
    let declared = container["resources"][part].as_object().cloned().unwrap_or_default();
    let missing: Vec<String> = defaults.keys().filter(|name| !declared.contains_key(*name)).cloned().collect();
    if !missing.is_empty() {
        let mut all = defaults.clone();
        all.extend(declared);
        if !container["resources"].is_object() {
            container["resources"] = Value::Object(Map::new());
        }
        container["resources"][part] = all.into();
    }
    missing
}

fn check_pod(range: &Value, pod: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    for item in items(range) {
        match item["type"].as_str() {
            Some("Container") => {
                for list in ["containers", "initContainers"] {
                    for container in resources::containers(pod, list) {
                        let of = |part: &str| resources::list(&container["resources"][part]);
                        Limits { item, requests: of("requests"), limits: of("limits") }.check(&mut errors);
                    }
                }
            }
            Some("Pod") => {
                let of = |part: &str| resources::of_pod(pod, part);
                Limits { item, requests: of("requests"), limits: of("limits") }.check(&mut errors);
            }
            _ => {}
        }
    }
    errors
}

fn check_claim(range: &Value, claim: &Value) -> Vec<String> {
    let requests = resources::list(&claim["spec"]["resources"]["requests"]);
    let mut errors = Vec::new();
    for item in items(range).filter(|item| item["type"] == "PersistentVolumeClaim") {
        let limits = Limits { item, requests: requests.clone(), limits: ResourceList::new() };
        errors.extend(limits.constraints("min").filter_map(|(name, limit)| limits.below_minimum(&name, limit)));
        errors.extend(limits.constraints("max").filter_map(|(name, limit)| limits.request_above_maximum(&name, limit)));
    }
    errors
}

/// An item of a limit range, and what is checked against it.
struct Limits<'r> {
    item: &'r Value,
    requests: ResourceList,
    limits: ResourceList,
}

impl Limits<'_> {
    fn check(&self, errors: &mut Vec<String>) {
        errors.extend(self.constraints("min").filter_map(|(name, limit)| self.below_minimum(&name, limit)));
        errors.extend(self.constraints("max").filter_map(|(name, limit)| self.above_maximum(&name, limit)));
        let ratios = self.constraints("maxLimitRequestRatio");
        errors.extend(ratios.filter_map(|(name, limit)| self.above_ratio(&name, limit)));
    }

    fn constraints(&self, part: &str) -> impl Iterator<Item = (String, Quantity)> + use<> {
        resources::list(&self.item[part]).into_iter()
    }

    /// Returns the start of a message.
    fn usage(&self, bound: &str, name: &str, limit: Quantity) -> String {
        let type_ = self.item["type"].as_str().unwrap_or_default();
        format!("{bound} {name} usage per {type_} is {limit}")
    }

    fn below_minimum(&self, name: &str, limit: Quantity) -> Option<String> {
        let start = self.usage("minimum", name, limit);
        match (self.requests.get(name), self.limits.get(name)) {
            (None, _) => Some(format!("{start}.  No request is specified")),
            (Some(request), _) if request.nanos() < limit.nanos() => Some(format!("{start}, but request is {request}")),
            (_, Some(own)) if own.nanos() < limit.nanos() => Some(format!("{start}, but limit is {own}")),
            _ => None,
        }
    }

    fn above_maximum(&self, name: &str, limit: Quantity) -> Option<String> {
        let start = self.usage("maximum", name, limit);
        match (self.requests.get(name), self.limits.get(name)) {
            (_, None) => Some(format!("{start}.  No limit is specified")),
            (_, Some(own)) if own.nanos() > limit.nanos() => Some(format!("{start}, but limit is {own}")),
            (Some(request), _) if request.nanos() > limit.nanos() => Some(format!("{start}, but request is {request}")),
            _ => None,
        }
    }

    fn request_above_maximum(&self, name: &str, limit: Quantity) -> Option<String> {
        let start = self.usage("maximum", name, limit);
        match self.requests.get(name) {
            None => Some(format!("{start}.  No request is specified")),
            Some(request) if request.nanos() > limit.nanos() => Some(format!("{start}, but request is {request}")),
            Some(_) => None,
        }
    }

    fn above_ratio(&self, name: &str, limit: Quantity) -> Option<String> {
        let type_ = self.item["type"].as_str().unwrap_or_default();
        let start = format!("{name} max limit to request ratio per {type_} is {limit}");
        let amount =
            |list: &ResourceList| list.get(name).map(|quantity| quantity.thousandths()).filter(|own| *own != 0);
        let Some(request) = amount(&self.requests) else {
            return Some(format!("{start}, but no request is specified or request is 0"));
        };
        let Some(own) = amount(&self.limits) else {
            return Some(format!("{start}, but no limit is specified or limit is 0"));
        };
        #[expect(clippy::cast_precision_loss, reason = "as in Go")]
        let (ratio, most) = (own as f64 / request as f64, limit.thousandths() as f64);
        (ratio * 1000.0 > most).then(|| format!("{start}, but provided ratio is {ratio:.6}"))
    }
}
