//! Priorities of pods, and the default priority class.
//!
//! Source: `kubernetes/plugin/pkg/admission/priority/admission.go`, which is enabled by default.

use serde_json::Value;

use super::{Registry, Target};
use crate::metadata::text;
use crate::status::Failure;

/// The classes that each cluster has.
const SYSTEM: [(&str, i64); 2] = [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// What a class gives to a pod.
struct Priority {
    class: String,
    value: i64,
    policy: Value,
}

impl Registry {
    /// Sets the priority of a new pod, and refuses a second default class.
    pub(super) fn admit_priority(&self, target: &Target, object: &mut Value) -> Result<(), Failure> {
        match target.kind.coded() {
            Some(("", "Pod")) => self.set_priority(target, object),
            _ => self.check_default_class(target, object),
        }
    }

    fn set_priority(&self, target: &Target, pod: &mut Value) -> Result<(), Failure> {
        let class = pod["spec"]["priorityClassName"].as_str().unwrap_or_default();
        let priority = if class.is_empty() { Some(self.default_priority()) } else { self.priority_of(class) };
        let forbidden = |reason: String| Failure::forbidden(&target.kind.resource, text(pod, "name"), reason);
        let Some(priority) = priority else {
            return Err(forbidden(format!("no PriorityClass with name {class} was found")));
        };
        let computed = "priority admission controller computed";
        let rest = "from the given PriorityClass name";
        let (sent, policy) = (&pod["spec"]["priority"], &pod["spec"]["preemptionPolicy"]);
        if let Some(sent) = sent.as_i64().filter(|sent| *sent != priority.value) {
            return Err(forbidden(format!(
                "the integer value of priority ({sent}) must not be provided in pod spec; {computed} {} {rest}",
                priority.value
            )));
        }
        if let (Some(sent), Some(expected)) = (policy.as_str(), priority.policy.as_str())
            && sent != expected
        {
            return Err(forbidden(format!(
                "the string value of PreemptionPolicy ({sent}) must not be provided in pod spec; {computed} {expected} {rest}"
            )));
        }
        let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
        if !priority.class.is_empty() {
            spec.insert("priorityClassName".to_owned(), priority.class.into());
        }
        spec.insert("priority".to_owned(), priority.value.into());
        if !priority.policy.is_null() {
            spec.insert("preemptionPolicy".to_owned(), priority.policy);
        }
        Ok(())
    }

    fn priority_classes(&self) -> Vec<Value> {
        let kind = self.kinds.get("scheduling.k8s.io", "priorityclasses").cloned();
        kind.map(|kind| self.objects_of(&kind, None)).unwrap_or_default()
    }

    /// Returns the default class with the lowest value.
    fn default_class(&self) -> Option<Value> {
        let mut classes = self.priority_classes();
        classes.retain(|class| class["globalDefault"] == true);
        classes.into_iter().min_by_key(|class| class["value"].as_i64())
    }

    fn default_priority(&self) -> Priority {
        let without_class = Priority { class: String::new(), value: 0, policy: "PreemptLowerPriority".into() };
        self.default_class().map_or(without_class, |class| Priority::of(&class))
    }

    fn priority_of(&self, name: &str) -> Option<Priority> {
        let stored = self.priority_classes().into_iter().find(|class| text(class, "name") == name);
        stored.map(|class| Priority::of(&class)).or_else(|| {
            let (_, value) = SYSTEM.into_iter().find(|(system, _)| *system == name)?;
            Some(Priority { class: name.to_owned(), value, policy: "PreemptLowerPriority".into() })
        })
    }

    /// Refuses a new or updated class that is the second default.
    pub(super) fn check_default_class(&self, target: &Target, class: &Value) -> Result<(), Failure> {
        if target.kind.coded() != Some(("scheduling.k8s.io", "PriorityClass")) {
            return Ok(());
        }
        let Some(default) = self.default_class().filter(|_| class["globalDefault"] == true) else { return Ok(()) };
        let (name, default) = (text(class, "name"), text(&default, "name"));
        // A new class with the name of an existing one is refused, too.
        if name == default && exists(class) {
            return Ok(());
        }
        let reason = format!("PriorityClass {default} is already marked as default. Only one default can exist");
        Err(Failure::forbidden(&target.kind.resource, name, reason))
    }
}

/// Whether an object exists already.
fn exists(object: &Value) -> bool {
    !text(object, "resourceVersion").is_empty()
}

impl Priority {
    fn of(class: &Value) -> Self {
        Priority {
            class: text(class, "name").to_owned(),
            value: class["value"].as_i64().unwrap_or_default(),
            policy: class["preemptionPolicy"].clone(),
        }
    }
}
