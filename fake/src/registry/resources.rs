//! The resources that pods and claims request.
//!
//! Source: `kubernetes/plugin/pkg/admission/limitranger/admission.go`, `component-helpers/resource/helpers.go`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalogue::quantity::Quantity;

/// Quantities by the names of their resources.
pub(super) type ResourceList = BTreeMap<String, Quantity>;

/// Decodes a list of resources; invalid quantities were rejected before.
pub(super) fn list(value: &Value) -> ResourceList {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.clone(), Quantity::parse(value.as_str()?).ok()?))).collect()
}

/// Encodes a list of resources.
pub(super) fn encode(list: &ResourceList) -> Value {
    list.iter().map(|(name, quantity)| (name.clone(), Value::from(quantity.to_string()))).collect()
}

/// Adds quantities.
pub(super) fn add(to: &mut ResourceList, added: &ResourceList) {
    for (name, quantity) in added {
        let sum = to.get(name).map_or(*quantity, |known| known.plus(*quantity));
        to.insert(name.clone(), sum);
    }
}

fn raise(to: &mut ResourceList, other: &ResourceList) {
    for (name, quantity) in other {
        if to.get(name).is_none_or(|known| quantity.nanos() > known.nanos()) {
            to.insert(name.clone(), *quantity);
        }
    }
}

/// Returns what the containers of a pod request or are limited to together (`requests`, `limits`), or what the pod does itself.
pub(super) fn of_pod(pod: &Value, part: &str) -> ResourceList {
    let mut sum = ResourceList::new();
    for container in containers(pod, "containers") {
        add(&mut sum, &list(&container["resources"][part]));
    }
    let (mut restartable, mut initial) = (ResourceList::new(), ResourceList::new());
    for container in containers(pod, "initContainers") {
        let own = list(&container["resources"][part]);
        if container["restartPolicy"] == "Always" {
            add(&mut sum, &own);
            add(&mut restartable, &own);
            raise(&mut initial, &restartable);
        } else {
            let mut with_restartable = own;
            add(&mut with_restartable, &restartable);
            raise(&mut initial, &with_restartable);
        }
    }
    raise(&mut sum, &initial);
    let of_pod = list(&pod["spec"]["resources"][part]);
    sum.extend(of_pod.into_iter().filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory")));
    sum
}

/// Returns the containers of a list.
pub(super) fn containers<'p>(pod: &'p Value, list: &str) -> impl Iterator<Item = &'p Value> {
    pod["spec"][list].as_array().into_iter().flatten()
}
