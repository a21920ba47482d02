//! Changing objects.

use kube_structured_merge::Versions as _;
use serde_json::Value;

use super::metadata::{self, get, set, text};
use super::{Body, Registry, Subresource, Target, WriteOptions, Written, reset_fields};
use crate::kinds::Rules;
use crate::status::Failure;
use crate::strconv;

impl Registry {
    pub(crate) fn update(
        &mut self,
        target: &Target,
        body: Body,
        original: &[u8],
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Written, Failure> {
        let mut object = Self::sent(target, body, original, options, warnings)?;
        let live = match self.get(target) {
            Ok(live) => live,
            Err(_) if creates_on_update(target) => return self.create_on_update(target, object, options, warnings),
            Err(failure) => return Err(failure),
        };
        let uid = text(&object, "uid");
        if !uid.is_empty() && uid != text(&live, "uid") {
            let why = other_uid(target, options.dry_run, uid, text(&live, "uid"));
            return Err(Failure::conflict(&target.kind.resource, &target.name, why));
        }
        let (api_version, now, reset) =
            (target.api_version(), self.clock.text(), reset_fields(target.kind.rules, target.subresource));
        Self::field_manager(target, &api_version, &reset).update(&live, &mut object, &options.manager, &now);
        self.replace(target, object, &live, options, warnings)
    }

    /// What was sent for the place that the URL names.
    pub(super) fn sent(
        target: &Target,
        body: Body,
        original: &[u8],
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Value, Failure> {
        let mut object = Self::accept(target, body, original, options, warnings)?;
        Self::place(target, &mut object)?;
        Self::named(target, &object)?;
        Self::dedup_owners(&mut object, false, warnings);
        Ok(object)
    }

    /// The object's name is the one that the URL names.
    pub(super) fn named(target: &Target, object: &Value) -> Result<(), Failure> {
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
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Written, Failure> {
        let uid = text(&object, "uid");
        if !uid.is_empty() {
            let why = other_uid(target, options.dry_run, uid, "");
            return Err(Failure::conflict(&target.kind.resource, &target.name, why));
        }
        let version = get(&object, "resourceVersion").cloned();
        set(&mut object, "resourceVersion", None);
        let live = target.kind.empty_object(&target.api_version());
        let (api_version, now, reset) =
            (target.api_version(), self.clock.text(), reset_fields(target.kind.rules, Subresource::None));
        Self::field_manager(target, &api_version, &reset).update(&live, &mut object, &options.manager, &now);
        let mut written = self.create_object(target, object, options, warnings)?;
        if options.dry_run {
            set(&mut written.object, "resourceVersion", version);
        }
        Ok(written)
    }

    /// Puts an object in the place of another; its managers are known.
    pub(super) fn replace(
        &mut self,
        target: &Target,
        mut object: Value,
        live: &Value,
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Written, Failure> {
        Self::fresh(target, &mut object, live)?;
        super::is_typed(&object)?;
        let sent = (super::kind_of(&object).to_owned(), target.group_told(&object).to_owned());
        Self::prepare_for_update(target, &mut object, live);
        let errors = Self::validate_change(target, &object, live, warnings);
        if !errors.is_empty() {
            return Err(Failure::invalid(&sent.0, &sent.1, &target.name, &errors));
        }
        if target.kind.rules == Rules::Definition && target.subresource == Subresource::None {
            warnings.extend(kube_structural_schema::definition::warnings(&object, Some(live)));
        }
        warnings.extend(super::validate::finalizer_warnings(&object, Some(live), target.kind.is_custom()));
        if sent.0 != target.kind.names.kind {
            // What was not looked at when it was read is made of it when it is read again.
            target.kind.read(&mut object);
        }
        keep_times(&mut object, live);
        if should_go(&object, live) && !Self::holds_content(target, &object) {
            if !options.dry_run {
                self.remove(target);
            }
            return Ok(Written { object, ..Written::default() });
        }
        if options.dry_run || self.is_stored(target, &object) {
            let object = Self::as_if_stored(target, object);
            return Ok(Written { object, ..Written::default() });
        }
        Self::fit(&mut object, options)?;
        let is_stored = self.put(target, &mut object);
        let object = if is_stored { object } else { self.get(target).unwrap_or(object) };
        Ok(Written { object, created: false, is_stored })
    }

    /// The object is what the writer has read.
    fn fresh(target: &Target, object: &mut Value, live: &Value) -> Result<(), Failure> {
        let version = text(object, "resourceVersion");
        if matches!(version, "" | "0") {
            if !matches!(target.kind.rules, Rules::Custom | Rules::Definition | Rules::Lease) {
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
        // The status of a namespace is written with its metadata.
        if is_status && target.kind.rules != Rules::Namespace {
            let (status, managers) = (object.get("status").cloned(), get(object, "managedFields").cloned());
            *object = live.clone();
            set(object, "managedFields", managers);
            put_status(object, status);
        } else if !is_status && target.has_status() {
            put_status(object, live.get("status").cloned());
        }
        if target.subresource != Subresource::Status {
            let counts =
                matches!(target.kind.rules, Rules::Custom | Rules::Definition) || target.kind.resource.group == "apps";
            if counts && differ(object, live) {
                set(object, "generation", Some((metadata::generation(live) + 1).into()));
            }
        }
        let sent_spec = object.get("spec").cloned();
        // Of a definition's status, nothing but what was sent is written.
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
    }

    /// Whether storing the object would change nothing.
    pub(super) fn is_stored(&self, target: &Target, object: &Value) -> bool {
        let Some(entry) = self.store.get(&target.kind.space(), &target.key()) else { return false };
        let stored = super::encode(&target.kind, Self::to_storage(target, object.clone()), entry.revision);
        stored.json == entry.value.json
    }

    /// Removes an object; watchers are told how it was.
    pub(crate) fn remove(&mut self, target: &Target) {
        self.definitions_changed |= target.kind.rules == Rules::Definition;
        let (now, kind) = (self.clock.elapsed(), std::sync::Arc::clone(&target.kind));
        self.store.delete(&kind.space(), &target.key(), now, |revision, last| {
            let object: Value = crate::json::stored(&last.json);
            crate::store::Stored { mark: last.mark, ..super::encode(&kind, object, revision) }
        });
    }
}

fn creates_on_update(target: &Target) -> bool {
    target.subresource == Subresource::None && matches!(target.kind.rules, Rules::Lease | Rules::Event(_))
}

/// What is said of an object that has another uid than the one that was sent.
pub(super) fn other_uid(target: &Target, dry_run: bool, wanted: &str, found: &str) -> String {
    let key = storage_key(target, dry_run);
    format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    )
}

/// The key that failures tell; of a dry run, it is the one before etcd's prefix.
fn storage_key(target: &Target, dry_run: bool) -> String {
    let prefix = if dry_run { "" } else { "/registry" };
    // Kubernetes' own kinds are kept without their group.
    let group = &target.kind.resource.group;
    let group = if target.kind.is_typed() { String::new() } else { format!("{group}/") };
    let namespace = if target.namespace.is_empty() { String::new() } else { format!("{}/", target.namespace) };
    format!("{prefix}/{group}{}/{namespace}{}", target.kind.resource.resource, target.name)
}

fn put_status(object: &mut Value, status: Option<Value>) {
    if let Some(fields) = object.as_object_mut() {
        match status {
            Some(status) => drop(fields.insert("status".to_owned(), status)),
            None => drop(fields.remove("status")),
        }
    }
}

/// Whether anything differs besides the metadata.
fn differ(one: &Value, other: &Value) -> bool {
    let rest = |object: &Value| {
        let mut object = object.clone();
        if let Some(fields) = object.as_object_mut() {
            fields.remove("metadata");
        }
        object
    };
    rest(one) != rest(other)
}

/// An object whose last finalizer goes while it is being deleted goes as well.
fn should_go(object: &Value, live: &Value) -> bool {
    metadata::finalizers(object).is_empty()
        && metadata::is_deleting(live)
        && get(live, "deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or_default() == 0
}

/// Where only the times of managers would change, they do not.
fn keep_times(object: &mut Value, live: &Value) {
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
    if same_but_for_managers(object, live) {
        set(object, "managedFields", get(live, "managedFields").cloned());
    }
}

/// Whether a write has changed nothing, or only who owns what.
pub(super) fn same_but_for_managers(one: &Value, other: &Value) -> bool {
    let rest = |object: &Value| {
        let mut object = object.clone();
        set(&mut object, "managedFields", None);
        set(&mut object, "resourceVersion", None);
        object
    };
    rest(one) == rest(other)
}
