//! Deleting objects.

use kube_structural_schema::object::FieldError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::metadata::{self, get, set, text};
use super::{ListOptions, Page, Registry, Target};
use crate::kinds::{Rules, crd};
use crate::status::Failure;

/// How an object is deleted.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeleteOptions {
    pub(crate) grace_period_seconds: Option<i64>,
    pub(crate) preconditions: Option<Preconditions>,
    pub(crate) orphan_dependents: Option<bool>,
    pub(crate) propagation_policy: Option<String>,
    pub(crate) dry_run: Option<Vec<String>>,
}

/// What the object must be.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Preconditions {
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
}

/// Namespaces that cannot be deleted.
///
/// Source: `apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`.
const PERMANENT: [&str; 3] = ["default", "kube-system", "kube-public"];

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

impl DeleteOptions {
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let mut errors = Vec::new();
        if let Some(policy) = &self.propagation_policy {
            if self.orphan_dependents.is_some() {
                let detail = "orphanDependents and deletionPropagation cannot be both set";
                errors.push(FieldError::invalid("propagationPolicy", policy.as_str(), detail));
            }
            if !matches!(policy.as_str(), "Foreground" | "Background" | "Orphan") {
                let allowed = ["Background", "Foreground", "Orphan", "nil"];
                errors.push(FieldError::not_supported(
                    "propagationPolicy",
                    policy.as_str(),
                    [allowed[1], allowed[0], allowed[2], allowed[3]],
                ));
            }
        }
        if let Some(wrong) = self.dry_run.as_ref().filter(|values| values.iter().any(|value| value != "All")) {
            errors.push(FieldError::not_supported("dryRun", json!(wrong), ["All"]));
        }
        if errors.is_empty() { Ok(()) } else { Err(Failure::invalid("DeleteOptions", "meta.k8s.io", "", &errors)) }
    }

    fn is_dry_run(&self) -> bool {
        self.dry_run.as_ref().is_some_and(|values| !values.is_empty())
    }

    fn orphans(&self, finalizers: &[String]) -> bool {
        match (self.orphan_dependents, self.propagation_policy.as_deref()) {
            (Some(orphans), _) => orphans,
            (None, Some("Orphan")) => true,
            (None, Some("Background" | "Foreground")) => false,
            _ => finalizers
                .iter()
                .find(|name| matches!(name.as_str(), ORPHAN | FOREGROUND))
                .is_some_and(|name| name == ORPHAN),
        }
    }

    fn in_foreground(&self, finalizers: &[String]) -> bool {
        match (self.orphan_dependents, self.propagation_policy.as_deref()) {
            (None, Some("Foreground")) => true,
            (Some(_), _) | (None, Some("Background" | "Orphan")) => false,
            _ => finalizers
                .iter()
                .find(|name| matches!(name.as_str(), ORPHAN | FOREGROUND))
                .is_some_and(|name| name == FOREGROUND),
        }
    }
}

/// What a deletion answers with.
#[derive(Debug)]
pub(crate) enum Deleted {
    /// The object is gone: a status.
    Gone(Value),
    /// It waits for its finalizers.
    Waiting(Value),
}

impl Registry {
    pub(crate) fn delete(&mut self, target: &Target, options: &DeleteOptions) -> Result<Deleted, Failure> {
        if target.kind.rules == Rules::Namespace && PERMANENT.contains(&target.name.as_str()) {
            let why = "this namespace may not be deleted";
            return Err(Failure::forbidden(&target.kind.resource, &target.name, why));
        }
        let live = self.get(target)?;
        Self::meets(target, &live, options)?;
        let (is_namespace, is_deleting) = (target.kind.rules == Rules::Namespace, metadata::is_deleting(&live));
        if is_deleting && Self::holds_content(target, &live) {
            return Ok(Deleted::Waiting(live));
        }
        let before = metadata::finalizers(&live);
        let mut finalizers: Vec<String> =
            before.iter().filter(|name| !matches!(name.as_str(), ORPHAN | FOREGROUND)).cloned().collect();
        // Nothing belongs to an event.
        let owns = !matches!(target.kind.rules, Rules::Event(_));
        if owns && options.orphans(&before) {
            finalizers.push(ORPHAN.to_owned());
        }
        if owns && options.in_foreground(&before) {
            finalizers.push(FOREGROUND.to_owned());
        }
        let defines = target.kind.rules == Rules::Definition && !metadata::is_deleting(&live);
        if defines && !before.iter().any(|name| name == crd::FINALIZER) {
            finalizers.push(crd::FINALIZER.to_owned());
        }
        let same = before.len() == finalizers.len() && finalizers.iter().all(|name| before.contains(name));
        let finalizers = if same { before } else { finalizers };
        // A namespace is marked first, whatever it holds.
        if finalizers.is_empty() && (is_deleting || !is_namespace) {
            if !options.is_dry_run() {
                self.remove(target);
                self.after_removal(target, &live);
            }
            return Ok(Deleted::Gone(success(target, &live)));
        }
        let mut object = live.clone();
        set(&mut object, "finalizers", (!finalizers.is_empty()).then(|| json!(finalizers)));
        self.mark(target.kind.rules, &mut object);
        if !(is_namespace && is_deleting) {
            crate::kinds::builtin::mark_deleting(target.kind.rules, &mut object);
        }
        // What would be read otherwise today is written, too.
        if !options.is_dry_run() && !self.is_stored(target, &object) {
            self.put(target, &mut object);
        }
        Ok(Deleted::Waiting(object))
    }

    fn meets(target: &Target, live: &Value, options: &DeleteOptions) -> Result<(), Failure> {
        let Some(wanted) = &options.preconditions else { return Ok(()) };
        let kind = crate::status::GroupResource {
            group: target.kind.resource.group.clone(),
            resource: target.kind.names.kind.clone(),
        };
        let (uid, version) = (text(live, "uid"), text(live, "resourceVersion"));
        if let Some(wanted) = wanted.uid.as_ref().filter(|wanted| *wanted != uid) {
            let why = format!(
                "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
            );
            return Err(Failure::conflict(&kind, &target.name, why));
        }
        if let Some(wanted) = wanted.resource_version.as_ref().filter(|wanted| *wanted != version) {
            let why = format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
            );
            return Err(Failure::conflict(&kind, &target.name, why));
        }
        Ok(())
    }

    /// Notes that an object is about to go.
    fn mark(&self, rules: Rules, object: &mut Value) {
        if !metadata::is_deleting(object) {
            if metadata::generation(object) > 0 && rules != Rules::Definition {
                set(object, "generation", Some((metadata::generation(object) + 1).into()));
            }
            set(object, "deletionTimestamp", Some(self.clock.text().into()));
        }
        set(object, "deletionGracePeriodSeconds", Some(0.into()));
    }

    /// Deletes what a list selects; answers with the list as it was.
    pub(crate) fn delete_collection(
        &mut self,
        target: &Target,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Page, Failure> {
        let page = self.list(target, list)?;
        for item in &page.items {
            let object: Value = crate::json::stored(item);
            let target = Target {
                name: text(&object, "name").to_owned(),
                namespace: text(&object, "namespace").to_owned(),
                ..target.clone()
            };
            match self.delete(&target, options) {
                Err(failure) if failure.reason != "NotFound" => return Err(failure),
                _ => {}
            }
        }
        Ok(page)
    }

    /// Whether an object is a namespace of which a finalizer says that there is something in it.
    pub(super) fn holds_content(target: &Target, object: &Value) -> bool {
        let finalizers = object.pointer("/spec/finalizers").and_then(Value::as_array);
        target.kind.rules == Rules::Namespace && finalizers.is_some_and(|finalizers| !finalizers.is_empty())
    }
}

fn success(target: &Target, object: &Value) -> Value {
    let mut details = json!({
        "name": text(object, "name"),
        "kind": target.kind.resource.resource,
        "uid": get(object, "uid"),
    });
    if !target.kind.resource.group.is_empty() {
        details["group"] = target.kind.resource.group.clone().into();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
