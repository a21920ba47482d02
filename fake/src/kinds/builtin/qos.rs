//! The quality of service of pods.
//!
//! Source: `kubernetes/pkg/apis/core/helper/qos/qos.go`.

use serde_json::Value;

use crate::catalogue::quantity;

/// Returns the quality of service that follows from requests and limits.
pub(crate) fn qos_class(spec: &Value) -> &'static str {
    let has_own = |list: &str| spec["resources"][list].as_object().is_some_and(|list| !list.is_empty());
    if has_own("requests") || has_own("limits") {
        return class_of(&spec["resources"]);
    }
    let containers = ["initContainers", "containers"].map(|list| spec[list].as_array().into_iter().flatten());
    let mut classes = containers.into_iter().flatten().map(|container| class_of(&container["resources"]));
    let first = classes.next().unwrap_or("BestEffort");
    if classes.all(|class| class == first) { first } else { "Burstable" }
}

fn class_of(resources: &Value) -> &'static str {
    let amount = |list: &str, name: &str| {
        let text = resources[list][name].as_str().unwrap_or_default();
        quantity::nanos(text).ok().filter(|nanos| *nanos > 0)
    };
    let all = ["cpu", "memory"].map(|name| (amount("requests", name), amount("limits", name)));
    if all.iter().all(|(request, limit)| request.is_none() && limit.is_none()) {
        "BestEffort"
    } else if all.iter().all(|(request, limit)| limit.is_some() && (request.is_none() || request == limit)) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}
