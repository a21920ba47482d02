//! Updates of objects.

use serde_json::Value;

use super::{Body, Context, Registry, Target, Written};
use crate::kinds::builtin::strategy;
use crate::kinds::{Rules, Subresource};
use crate::metadata::{self, get, set, text};
use crate::status::{Failure, GroupResource};
use crate::strconv;

impl Registry {
    pub(super) fn update_from(
        &mut self,
        target: &Target,
        body: Body,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        let mut object = Self::decode_update(target, body, context)?;
        let live = match self.get(target) {
            Ok(live) => live,
            Err(_) if creates_on_update(target) => return self.create_on_update(target, object, context),
            Err(failure) => return Err(failure),
        };
        let uid = text(&object, "uid");
        if !uid.is_empty() && uid != text(&live, "uid") {
            let reason = uid_mismatch(target, context.options.dry_run, uid, text(&live, "uid"));
            return Err(Failure::conflict(&target.kind.resource, &target.name, reason));
        }
        target.update_managers(&live, &mut object, &context.options.manager, &context.now);
        self.replace(target, object, &live, context)
    }

    /// Decodes the body of an update.
    pub(super) fn decode_update(target: &Target, body: Body, context: &mut Context<'_>) -> Result<Value, Failure> {
        let mut object = Self::decode_body(target, body, context)?;
        Self::set_namespace(target, &mut object)?;
        Self::check_name(target, &object)?;
        Self::dedup_owners(&mut object, false, context);
        Ok(object)
    }

    /// Checks that the name of an object is that of the URL.
    pub(super) fn check_name(target: &Target, object: &Value) -> Result<(), Failure> {
        let name = text(object, "name");
        if name == target.name {
            return Ok(());
        }
        let message = if name.is_empty() {
            format!("the name of the object ({} based on URL) was undeterminable: name must be provided", target.name)
        } else {
            format!("the name of the object ({name}) does not match the name on the URL ({})", target.name)
        };
        Err(Failure::bad_request(message))
    }

    fn create_on_update(
        &mut self,
        target: &Target,
        mut object: Value,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        let uid = text(&object, "uid");
        if !uid.is_empty() {
            let reason = uid_mismatch(target, context.options.dry_run, uid, "");
            return Err(Failure::conflict(&target.kind.resource, &target.name, reason));
        }
        self.check_create_access(target, context)?;
        let version = get(&object, "resourceVersion").cloned();
        set(&mut object, "resourceVersion", None);
        target.create_managers(&mut object, context);
        let mut written = self.create_object(target, object, context)?;
        if context.options.dry_run {
            set(&mut written.object, "resourceVersion", version);
        }
        Ok(written)
    }

    /// Replaces an object by one with managed fields.
    pub(super) fn replace(
        &mut self,
        target: &Target,
        mut object: Value,
        live: &Value,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        if let Some((stored, object)) = target.in_processed_version(&object) {
            let live = stored.kind.convert_to(live.clone(), stored.version());
            let written = self.replace(&stored, object, &live, context)?;
            return Ok(written.in_version_of(target));
        }
        self.check_escalation(target, &object, Some(live), context)?;
        Self::check_resource_version(target, &mut object, live)?;
        super::check_version(&object)?;
        let type_in_errors = (super::kind_of(&object).to_owned(), target.error_group(&object).to_owned());
        Self::prepare_for_update(target, &mut object, live);
        if target.subresource == Subresource::None {
            self.check_default_class(target, &object)?;
            self.allocate(target, &mut object, Some(live))?;
        }
        let errors = Self::validate_update(target, &object, live, context);
        if !errors.is_empty() {
            return Err(Failure::invalid(&type_in_errors.0, &type_in_errors.1, &target.name, &errors));
        }
        self.check_limits(target, &object, Some(live))?;
        self.charge_quotas(target, &object, Some(live), context)?;
        if target.kind.rules == Rules::Definition && target.subresource == Subresource::None {
            context.warnings.extend(kube_structural_schema::definition::warnings(&object, Some(live)));
        }
        if target.subresource == Subresource::None {
            context.warnings.extend(crate::kinds::builtin::warnings(&target.kind, &object, Some(live)));
        }
        context.warnings.extend(super::validate::finalizer_warnings(&object, Some(live), target.kind.is_custom()));
        if type_in_errors.0 != target.kind.names.kind {
            // Its schema was not applied when the body was decoded.
            target.kind.decode(&mut object);
        }
        keep_unchanged_times(&mut object, live);
        if is_finalized(&object, live) && !Self::has_namespace_finalizers(target, &object) {
            if !context.options.dry_run {
                self.remove(target);
            }
            return Ok(Written { object, ..Written::default() });
        }
        if context.options.dry_run || self.is_stored(target, &object) {
            let object = Self::as_if_stored(target, object);
            return Ok(Written { object, ..Written::default() });
        }
        Self::check_size(&mut object, &context.options)?;
        let stored = self.put(target, &mut object);
        let object = if stored.is_some() { object } else { self.get(target).unwrap_or(object) };
        Ok(Written { object, created: false, stored })
    }

    /// Checks the resource version.
    fn check_resource_version(target: &Target, object: &mut Value, live: &Value) -> Result<(), Failure> {
        let version = text(object, "resourceVersion");
        if matches!(version, "" | "0") {
            let needs_version = match target.kind.coded() {
                Some((group, kind)) => strategy::needs_resource_version(group, kind),
                None => matches!(target.kind.rules, Rules::Custom | Rules::Definition | Rules::Lease),
            };
            if !needs_version {
                set(object, "resourceVersion", get(live, "resourceVersion").cloned());
                return Ok(());
            }
            let error = kube_structural_schema::object::FieldError::invalid(
                "metadata.resourceVersion",
                0,
                "must be specified for an update",
            );
            let resource = &target.kind.resource;
            return Err(Failure::invalid(&resource.resource, &resource.group, &target.name, &[error]));
        }
        if version != text(live, "resourceVersion") {
            strconv::uint(version).map_err(Failure::untyped)?;
            return Err(Failure::stale(&target.kind.resource, &target.name));
        }
        Ok(())
    }

    fn prepare_for_update(target: &Target, object: &mut Value, live: &Value) {
        set(object, "generation", get(live, "generation").cloned());
        let is_status = target.subresource == Subresource::Status;
        if matches!(target.subresource, Subresource::Approval | Subresource::EphemeralContainers | Subresource::Resize)
        {
            replace_part(target.subresource, object, live);
            return;
        }
        // The `status` subresource of namespaces also writes metadata.
        if is_status && target.kind.rules != Rules::Namespace {
            keep_all_but_status(target, object, live);
        } else if !is_status && target.has_status() {
            put_status(object, live.get("status").cloned());
        }
        if target.subresource != Subresource::Status {
            let is_changed = match target.kind.coded() {
                Some((group, kind)) => {
                    strategy::prepare_for_update(group, kind, object, live);
                    // Missing and empty lists and maps are equal.
                    let (mut new, mut old) = (object.clone(), live.clone());
                    target.kind.drop_empty(target.version(), &mut new);
                    target.kind.drop_empty(target.version(), &mut old);
                    strategy::increases_generation(group, kind, &new, &old)
                }
                None => {
                    matches!(target.kind.rules, Rules::Custom | Rules::Definition)
                        && differs_outside_metadata(object, live)
                }
            };
            if is_changed {
                set(object, "generation", Some((metadata::generation(live) + 1).into()));
            }
        }
        let sent_spec = object.get("spec").cloned();
        // For the status of a definition, only the sent fields are written.
        if !(is_status && target.kind.rules == Rules::Definition) {
            crate::kinds::builtin::prepare_for_update(target.kind.rules, object, live);
        }
        if target.subresource == Subresource::Finalize {
            object["spec"] = sent_spec.unwrap_or_else(|| serde_json::json!({}));
        }
        if text(object, "uid").is_empty() {
            set(object, "uid", get(live, "uid").cloned());
        }
        set(object, "creationTimestamp", get(live, "creationTimestamp").cloned());
        if metadata::is_deleting(live) {
            set(object, "deletionTimestamp", get(live, "deletionTimestamp").cloned());
        }
        if get(object, "deletionGracePeriodSeconds").is_none() {
            set(object, "deletionGracePeriodSeconds", get(live, "deletionGracePeriodSeconds").cloned());
        }
        target.kind.add_zero_fields(target.version(), object);
    }
}

/// Replaces all of an object by the live one, except for its status, and for its metadata if its kind writes that, too.
fn keep_all_but_status(target: &Target, object: &mut Value, live: &Value) {
    let (status, sent) = (object.get("status").cloned(), object.get("metadata").cloned());
    let managers = get(object, "managedFields").cloned();
    *object = live.clone();
    keep_unwritten_metadata(target, object, live, sent);
    set(object, "managedFields", managers);
    put_status(object, status);
}

/// Writes the sent metadata into a live object, as far as the status of its kind does.
fn keep_unwritten_metadata(target: &Target, object: &mut Value, live: &Value, sent: Option<Value>) {
    let (Some((group, kind)), Some(sent)) = (target.kind.coded(), sent) else { return };
    if strategy::status_writes_metadata(group, kind) {
        object["metadata"] = sent;
        set(object, "generation", get(live, "generation").cloned());
        strategy::keep_metadata(group, kind, object, live);
    }
}

fn creates_on_update(target: &Target) -> bool {
    let creates = match target.kind.coded() {
        Some((group, kind)) => strategy::creates_on_update(group, kind),
        None => matches!(target.kind.rules, Rules::Lease | Rules::Event(_)),
    };
    target.subresource == Subresource::None && creates
}

/// Returns the message for a mismatch of uids.
pub(super) fn uid_mismatch(target: &Target, dry_run: bool, expected: &str, found: &str) -> String {
    failed_precondition(target, dry_run, "UID", [expected, found])
}

/// Returns the message for a mismatch of resource versions.
pub(super) fn version_mismatch(target: &Target, dry_run: bool, expected: &str, found: &str) -> String {
    failed_precondition(target, dry_run, "ResourceVersion", [expected, found])
}

fn failed_precondition(target: &Target, dry_run: bool, what: &str, [expected, found]: [&str; 2]) -> String {
    let key = storage_key(target, dry_run);
    format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: {what} in precondition: {expected}, {what} in object meta: {found}"
    )
}

/// Returns the storage key in messages; for a dry run, without etcd's prefix.
///
/// Source: `SpecialDefaultResourcePrefixes` of `kubernetes/pkg/kubeapiserver/default_storage_factory_builder.go`.
fn storage_key(target: &Target, dry_run: bool) -> String {
    let prefix = if dry_run { "" } else { "/registry" };
    let GroupResource { group, resource } = &target.kind.resource;
    let directory = match (group.as_str(), resource.as_str()) {
        ("", "replicationcontrollers") => "controllers".to_owned(),
        ("", "endpoints") => "services/endpoints".to_owned(),
        ("", "nodes") => "minions".to_owned(),
        ("", "services") => "services/specs".to_owned(),
        ("networking.k8s.io", "ingresses") => "ingress".to_owned(),
        ("apiextensions.k8s.io" | "apiregistration.k8s.io", _) => format!("{group}/{resource}"),
        // Built-in kinds are stored without their group.
        _ if target.kind.is_typed() => resource.clone(),
        _ => format!("{group}/{resource}"),
    };
    let namespace = if target.namespace.is_empty() { String::new() } else { format!("{}/", target.namespace) };
    format!("{prefix}/{directory}/{namespace}{}", target.name)
}

/// Replaces an object by the live one with the part that a subresource writes.
///
/// Source: `kubernetes/pkg/registry/certificates/certificates/strategy.go`, `core/pod/strategy.go`.
fn replace_part(subresource: Subresource, object: &mut Value, live: &Value) {
    let sent = std::mem::replace(object, live.clone());
    set(object, "managedFields", get(&sent, "managedFields").cloned());
    match subresource {
        Subresource::Approval => {
            object["metadata"] = sent["metadata"].clone();
            let conditions = sent.pointer("/status/conditions").cloned().unwrap_or_default();
            object["status"]["conditions"] = conditions;
        }
        Subresource::EphemeralContainers => {
            let containers = sent.pointer("/spec/ephemeralContainers").cloned().unwrap_or_default();
            object["spec"]["ephemeralContainers"] = containers;
        }
        _ => {
            for list in ["/spec/containers", "/spec/initContainers"] {
                let sent = sent.pointer(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let containers = object.pointer_mut(list).and_then(Value::as_array_mut);
                for container in containers.into_iter().flatten() {
                    if let Some(new) = sent.iter().find(|new| new["name"] == container["name"]) {
                        for field in ["resources", "resizePolicy"] {
                            put(container, field, new.get(field).cloned());
                        }
                    }
                }
            }
        }
    }
    if differs_outside_metadata(object, live) && metadata::generation(live) > 0 && subresource != Subresource::Approval
    {
        set(object, "generation", Some((metadata::generation(live) + 1).into()));
    }
}

fn put_status(object: &mut Value, status: Option<Value>) {
    put(object, "status", status);
}

fn put(object: &mut Value, name: &str, value: Option<Value>) {
    if let Some(fields) = object.as_object_mut() {
        match value {
            Some(value) => drop(fields.insert(name.to_owned(), value)),
            None => drop(fields.remove(name)),
        }
    }
}

/// Whether anything except the metadata differs.
fn differs_outside_metadata(one: &Value, other: &Value) -> bool {
    let rest = |object: &Value| {
        let mut object = object.clone();
        if let Some(fields) = object.as_object_mut() {
            fields.remove("metadata");
        }
        object
    };
    rest(one) != rest(other)
}

/// Whether a terminating object lost its last finalizer.
fn is_finalized(object: &Value, live: &Value) -> bool {
    metadata::finalizers(object).is_empty()
        && metadata::is_deleting(live)
        && get(live, "deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or_default() == 0
}

/// Keeps the managed fields if only their times would change.
fn keep_unchanged_times(object: &mut Value, live: &Value) {
    let timeless = |object: &Value| {
        let mut entries = get(object, "managedFields").cloned();
        for entry in entries.iter_mut().filter_map(Value::as_array_mut).flatten() {
            if let Some(entry) = entry.as_object_mut() {
                entry.remove("time");
            }
        }
        entries
    };
    if timeless(object) != timeless(live) {
        return;
    }
    if equal_except_managers(object, live) {
        set(object, "managedFields", get(live, "managedFields").cloned());
    }
}

/// Whether two objects are equal except for managed fields and resource version.
pub(super) fn equal_except_managers(one: &Value, other: &Value) -> bool {
    let rest = |object: &Value| {
        let mut object = object.clone();
        set(&mut object, "managedFields", None);
        set(&mut object, "resourceVersion", None);
        object
    };
    rest(one) == rest(other)
}
