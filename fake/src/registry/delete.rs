//! Deletion of objects.

use serde_json::{Value, json};

use super::delete_options::{DeleteOptions, Preconditions};
use super::{ListOptions, Page, Registry, Target};
use crate::kinds::builtin::strategy;
use crate::kinds::{Rules, crd};
use crate::metadata::{self, FOREGROUND, ORPHAN, get, set, text};
use crate::status::Failure;

/// Namespaces that cannot be deleted.
///
/// Source: `apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`.
const PERMANENT: [&str; 3] = ["default", "kube-system", "kube-public"];

/// The outcome of a deletion.
#[derive(Debug)]
pub(crate) enum DeleteOutcome {
    /// The object was deleted; the response is a `Status`.
    Status(Value),
    /// The response is the object: it remains until its finalizers are removed, or its kind returns deleted objects.
    Object(Value),
}

impl Registry {
    pub(super) fn delete_object(&mut self, target: &Target, options: &DeleteOptions) -> Result<DeleteOutcome, Failure> {
        if target.kind.rules == Rules::Namespace && PERMANENT.contains(&target.name.as_str()) {
            let reason = "this namespace may not be deleted";
            return Err(Failure::forbidden(&target.kind.resource, &target.name, reason));
        }
        let live = self.get(target)?;
        if options.ignores_read_errors {
            return Err(Self::readable_error(target));
        }
        Self::check_preconditions(target, &live, options)?;
        let (is_namespace, is_deleting) = (target.kind.rules == Rules::Namespace, metadata::is_deleting(&live));
        if is_deleting && Self::has_namespace_finalizers(target, &live) {
            return Ok(DeleteOutcome::Object(live));
        }
        if let Some(outcome) = self.delete_gracefully(target, &live, options) {
            return Ok(outcome);
        }
        let finalizers = Self::finalizers_after_deletion(target, &live, options);
        // A namespace is always marked first, even if it is empty.
        if finalizers.is_empty() && (is_deleting || !is_namespace) {
            if !options.is_dry_run() {
                self.remove(target);
            }
            let returns_object =
                target.kind.coded().is_some_and(|(group, kind)| strategy::returns_deleted(group, kind));
            let is_pod = target.kind.coded() == Some(("", "Pod"));
            return Ok(match returns_object {
                true if is_pod => {
                    let mut pod = live.clone();
                    self.set_deletion_timestamp(target.kind.rules, &mut pod);
                    DeleteOutcome::Object(pod)
                }
                true => DeleteOutcome::Object(live.clone()),
                false => DeleteOutcome::Status(success(target, &live)),
            });
        }
        let mut object = live.clone();
        set(&mut object, "finalizers", (!finalizers.is_empty()).then(|| json!(finalizers)));
        self.set_deletion_timestamp(target.kind.rules, &mut object);
        if !(is_namespace && is_deleting) {
            crate::kinds::builtin::prepare_for_delete(target.kind.rules, &mut object);
        }
        // An object that decodes differently today is written, too.
        if !options.is_dry_run() && !self.is_stored(target, &object) {
            self.put(target, &mut object);
        }
        Ok(DeleteOutcome::Object(object))
    }

    /// Returns the finalizers of an object that is deleted, which block its removal.
    fn finalizers_after_deletion(target: &Target, live: &Value, options: &DeleteOptions) -> Vec<String> {
        let before = metadata::finalizers(live);
        let mut finalizers: Vec<String> =
            before.iter().filter(|name| !matches!(name.as_str(), ORPHAN | FOREGROUND)).cloned().collect();
        // Events have no dependents.
        let has_dependents = !matches!(target.kind.rules, Rules::Event(_));
        // The default of replication controllers is that of their first version.
        let orphans_by_default = target.kind.coded() == Some(("", "ReplicationController"))
            && options.has_default_policy()
            && !before.iter().any(|name| matches!(name.as_str(), ORPHAN | FOREGROUND));
        if has_dependents && (options.orphans(&before) || orphans_by_default) {
            finalizers.push(ORPHAN.to_owned());
        }
        if has_dependents && options.in_foreground(&before) {
            finalizers.push(FOREGROUND.to_owned());
        }
        let is_live_definition = target.kind.rules == Rules::Definition && !metadata::is_deleting(live);
        if is_live_definition && !before.iter().any(|name| name == crd::FINALIZER) {
            finalizers.push(crd::FINALIZER.to_owned());
        }
        let same = before.len() == finalizers.len() && finalizers.iter().all(|name| before.contains(name));
        if same { before } else { finalizers }
    }

    /// Creates the error of an unsafe deletion of a readable object; all objects of this server are readable.
    ///
    /// Source: `apiserver/pkg/registry/generic/registry/corrupt_obj_deleter.go`.
    fn readable_error(target: &Target) -> Failure {
        let Target { kind, namespace, name, .. } = target;
        let group = if kind.is_custom() { format!("{}/", kind.resource.group) } else { String::new() };
        let namespace = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        let key = format!("/registry/{group}{}/{namespace}{name}", kind.resource.resource);
        let reason = format!(
            "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: unsafe deletion is not allowed because the object is decodable from storage"
        );
        Failure::conflict(&kind.resource, name, reason)
    }

    fn check_preconditions(target: &Target, live: &Value, options: &DeleteOptions) -> Result<(), Failure> {
        let Some(expected) = &options.preconditions else { return Ok(()) };
        if matches!(target.kind.rules, Rules::Namespace | Rules::Definition) {
            return Self::check_custom_preconditions(target, live, expected);
        }
        let kind = crate::status::GroupResource {
            group: target.kind.resource.group.clone(),
            resource: target.kind.names.kind.clone(),
        };
        let (uid, version) = (text(live, "uid"), text(live, "resourceVersion"));
        if let Some(expected) = expected.uid.as_ref().filter(|expected| *expected != uid) {
            let reason = format!(
                "the UID in the precondition ({expected}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
            );
            return Err(Failure::conflict(&kind, &target.name, reason));
        }
        if let Some(expected) = expected.resource_version.as_ref().filter(|expected| *expected != version) {
            let reason = format!(
                "the ResourceVersion in the precondition ({expected}) does not match the ResourceVersion in record ({version}). The object might have been modified"
            );
            return Err(Failure::conflict(&kind, &target.name, reason));
        }
        Ok(())
    }

    /// Checks the preconditions of kinds with their own deletion code, which has other messages.
    ///
    /// Source: `kubernetes/pkg/registry/core/namespace/storage/storage.go`,
    /// `apiextensions-apiserver/pkg/registry/customresourcedefinition/etcd.go`.
    fn check_custom_preconditions(target: &Target, live: &Value, expected: &Preconditions) -> Result<(), Failure> {
        let failed = if target.kind.rules == Rules::Namespace { "Precondition" } else { "precondition" };
        for (name, expected, found) in [
            ("UID", &expected.uid, text(live, "uid")),
            ("ResourceVersion", &expected.resource_version, text(live, "resourceVersion")),
        ] {
            if let Some(expected) = expected.as_ref().filter(|expected| *expected != found) {
                let reason =
                    format!("{failed} failed: {name} in precondition: {expected}, {name} in object meta: {found}");
                return Err(Failure::conflict(&target.kind.resource, &target.name, reason));
            }
        }
        Ok(())
    }

    /// Sets the deletion timestamp.
    fn set_deletion_timestamp(&self, rules: Rules, object: &mut Value) {
        if !metadata::is_deleting(object) {
            if metadata::generation(object) > 0 && rules != Rules::Definition {
                set(object, "generation", Some((metadata::generation(object) + 1).into()));
            }
            set(object, "deletionTimestamp", Some(self.clock.rfc3339().into()));
        }
        set(object, "deletionGracePeriodSeconds", Some(0.into()));
    }

    /// Deletes the objects that a list selects and returns the list.
    pub(super) fn delete_selected(
        &mut self,
        target: &Target,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Page, Failure> {
        let page = self.list(target, list)?;
        for item in &page.items {
            let object: Value = crate::json::decode_stored(item);
            let target = Target {
                name: text(&object, "name").to_owned(),
                namespace: text(&object, "namespace").to_owned(),
                ..target.clone()
            };
            match self.delete_object(&target, options) {
                Err(failure) if failure.reason != "NotFound" => return Err(failure),
                _ => {}
            }
        }
        Ok(page)
    }

    /// Whether an object is a namespace with finalizers, so that it may have content.
    pub(super) fn has_namespace_finalizers(target: &Target, object: &Value) -> bool {
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
