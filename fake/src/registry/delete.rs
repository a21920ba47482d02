//! Deleting objects.

use serde_json::{Value, json};

use super::delete_options::{DeleteOptions, FOREGROUND, ORPHAN, Preconditions};
use super::metadata::{self, get, set, text};
use super::{ListOptions, Page, Registry, Target};
use crate::kinds::{Rules, crd};
use crate::status::Failure;

/// Namespaces that cannot be deleted.
///
/// Source: `apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`.
const PERMANENT: [&str; 3] = ["default", "kube-system", "kube-public"];

/// The answer to a deletion.
#[derive(Debug)]
pub(crate) enum Deleted {
    /// The object was deleted: a status.
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
        if options.ignores_read_errors {
            return Err(Self::is_readable(target));
        }
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
        // An object that would be decoded differently today is also written.
        if !options.is_dry_run() && !self.is_stored(target, &object) {
            self.put(target, &mut object);
        }
        Ok(Deleted::Waiting(object))
    }

    /// An unsafe deletion of corrupt objects, requested for an object that can be decoded, as all objects here can.
    ///
    /// Source: `apiserver/pkg/registry/generic/registry/corrupt_obj_deleter.go`.
    fn is_readable(target: &Target) -> Failure {
        let Target { kind, namespace, name, .. } = target;
        let group = if kind.is_custom() { format!("{}/", kind.resource.group) } else { String::new() };
        let namespace = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        let key = format!("/registry/{group}{}/{namespace}{name}", kind.resource.resource);
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: unsafe deletion is not allowed because the object is decodable from storage"
        );
        Failure::conflict(&kind.resource, name, why)
    }

    fn meets(target: &Target, live: &Value, options: &DeleteOptions) -> Result<(), Failure> {
        let Some(wanted) = &options.preconditions else { return Ok(()) };
        if matches!(target.kind.rules, Rules::Namespace | Rules::Definition) {
            return Self::meets_its_own(target, live, wanted);
        }
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

    /// Kinds with their own deletion code have their own messages.
    ///
    /// Source: `kubernetes/pkg/registry/core/namespace/storage/storage.go`,
    /// `apiextensions-apiserver/pkg/registry/customresourcedefinition/etcd.go`.
    fn meets_its_own(target: &Target, live: &Value, wanted: &Preconditions) -> Result<(), Failure> {
        let failed = if target.kind.rules == Rules::Namespace { "Precondition" } else { "precondition" };
        for (name, wanted, found) in [
            ("UID", &wanted.uid, text(live, "uid")),
            ("ResourceVersion", &wanted.resource_version, text(live, "resourceVersion")),
        ] {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != found) {
                let why = format!("{failed} failed: {name} in precondition: {wanted}, {name} in object meta: {found}");
                return Err(Failure::conflict(&target.kind.resource, &target.name, why));
            }
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

    /// Deletes the objects of a list; returns the list as it was.
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

    /// Whether an object is a namespace with a finalizer that waits for its objects.
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
