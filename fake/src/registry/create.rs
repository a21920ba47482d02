//! Creation of objects.

use serde_json::Value;

use super::{Body, Context, Registry, Target, Written};
use crate::kinds::Rules;
use crate::kinds::builtin::strategy;
use crate::metadata::{self, get, set, text};
use crate::status::{Failure, GroupResource};
use crate::store::Key;
use crate::strconv;

/// The number of attempts to generate an unused name.
const MAX_ATTEMPTS: usize = 8;

impl Registry {
    pub(super) fn create_from(
        &mut self,
        target: &Target,
        body: Body,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        let mut object = Self::decode_body(target, body, context)?;
        for name in ["creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            set(&mut object, name, None);
        }
        Self::set_namespace(target, &mut object)?;
        Self::dedup_owners(&mut object, false, context);
        target.create_managers(&mut object, context);
        self.create_object(target, object, context)
    }

    /// Creates an object with managed fields.
    pub(super) fn create_object(
        &mut self,
        target: &Target,
        object: Value,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        if let Some((stored, object)) = target.in_processed_version(&object) {
            let written = self.create_object(&stored, object, context)?;
            return Ok(written.in_version_of(target));
        }
        self.check_definition(target, &object)?;
        self.check_namespace(target, &object)?;
        self.check_escalation(target, &object, None, context)?;
        let mut object = object;
        set(&mut object, "creationTimestamp", Some(context.now.as_str().into()));
        set(&mut object, "uid", Some(self.new_uid().into()));
        super::check_version(&object)?;
        self.set_default_resources(target, &mut object);
        self.admit_priority(target, &mut object)?;
        let generates_name = text(&object, "name").is_empty() && !text(&object, "generateName").is_empty();
        let mut attempts = 0;
        loop {
            let mut attempt = object.clone();
            if generates_name {
                let name = self.generated_name(text(&attempt, "generateName"));
                set(&mut attempt, "name", Some(name.into()));
            }
            Self::check_new(target, &mut attempt, context)?;
            self.allocate(target, &mut attempt, None)?;
            self.check_limits(target, &attempt, None)?;
            self.charge_quotas(target, &attempt, None, context)?;
            let named = Target { name: text(&attempt, "name").to_owned(), ..target.clone() };
            // Dry runs return before this check, and invalid numbers are ignored.
            let version = strconv::uint(text(&attempt, "resourceVersion")).unwrap_or_default();
            if !context.options.dry_run && version != 0 {
                return Err(Failure::untyped("resourceVersion should not be set on objects to be created"));
            }
            attempts += 1;
            if let Some(failure) = self.name_conflict(&named, &attempt) {
                if generates_name && attempts < MAX_ATTEMPTS {
                    continue;
                }
                return Err(failure);
            }
            if context.options.dry_run {
                let object = Self::as_if_stored(target, attempt);
                return Ok(Written { object, created: true, ..Written::default() });
            }
            Self::check_size(&mut attempt, &context.options)?;
            let stored = self.put(&named, &mut attempt);
            let object = if stored.is_some() { attempt } else { self.get(&named).unwrap_or(attempt) };
            return Ok(Written { object, created: true, stored });
        }
    }

    /// Prepares and validates a new object, and adds its warnings.
    fn check_new(target: &Target, object: &mut Value, context: &mut Context<'_>) -> Result<(), Failure> {
        Self::prepare_for_create(target, object, &context.now);
        let errors = Self::validate_create(target, object, context);
        if !errors.is_empty() {
            let (kind, group) = (super::kind_of(object), target.error_group(object));
            return Err(Failure::invalid(kind, group, text(object, "name"), &errors));
        }
        if target.kind.rules == Rules::Definition {
            context.warnings.extend(kube_structural_schema::definition::warnings(object, None));
        }
        context.warnings.extend(crate::kinds::builtin::warnings(&target.kind, object, None));
        context.warnings.extend(super::validate::finalizer_warnings(object, None, target.kind.is_custom()));
        Ok(())
    }

    /// Returns the error for a name that is already in use.
    fn name_conflict(&self, target: &Target, object: &Value) -> Option<Failure> {
        let existing = self.get(target).ok()?;
        let resource = &target.kind.resource;
        let mut failure = if text(object, "generateName").is_empty() {
            Failure::already_exists(resource, &target.name)
        } else {
            Failure::generated_name_exists(resource, &target.name)
        };
        if metadata::is_deleting(&existing) {
            failure.message = format!("object is being deleted: {}", failure.message);
        }
        Some(failure)
    }

    /// Appends five random characters to the first 58 characters of a base.
    ///
    /// Source: `apiserver/pkg/storage/names/generate.go`.
    fn generated_name(&mut self, base: &str) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut end = base.len().min(58);
        while !base.is_char_boundary(end) {
            end -= 1;
        }
        let suffix = (0..5).map(|_| char::from(LETTERS[self.random.usize(..LETTERS.len())]));
        base[..end].chars().chain(suffix.collect::<Vec<_>>()).collect()
    }

    fn prepare_for_create(target: &Target, object: &mut Value, now: &str) {
        let keeps_status = target.kind.coded().is_some_and(|(group, kind)| strategy::keeps_status(group, kind));
        if target.has_status()
            && !keeps_status
            && let Some(fields) = object.as_object_mut()
        {
            fields.remove("status");
        }
        let has_generation = match target.kind.coded() {
            Some((group, kind)) => strategy::has_generation(group, kind),
            None => matches!(target.kind.rules, Rules::Custom | Rules::Definition),
        };
        set(object, "generation", has_generation.then(|| 1.into()));
        crate::kinds::builtin::prepare_for_create(target.kind.rules, object);
        if let Some((group, kind)) = target.kind.coded() {
            strategy::prepare_for_create(group, kind, object, now);
        }
        target.kind.add_zero_fields(target.version(), object);
    }

    /// Rejects objects whose definition is being deleted.
    fn check_definition(&self, target: &Target, object: &Value) -> Result<(), Failure> {
        if !target.kind.is_custom() {
            return Ok(());
        }
        let definitions = "apiextensions.k8s.io/customresourcedefinitions";
        let entry = self.store.get(definitions, &Key::new("", &target.kind.resource.to_string()));
        let definition = entry.map(|entry| crate::json::decode_stored(&entry.value.json));
        if !definition.is_some_and(|definition| metadata::is_deleting(&definition)) {
            return Ok(());
        }
        let reason = "create not allowed while custom resource definition is terminating";
        Err(Failure::forbidden(&target.kind.resource, text(object, "name"), reason))
    }

    /// Rejects objects in namespaces that do not exist or are being deleted.
    pub(super) fn check_namespace(&self, target: &Target, object: &Value) -> Result<(), Failure> {
        if !target.kind.namespaced || self.any_namespace {
            return Ok(());
        }
        let namespaces = GroupResource { group: String::new(), resource: "namespaces".to_owned() };
        let name = target.namespace.as_str();
        let Some(entry) = self.store.get("/namespaces", &Key::new("", name)) else {
            return Err(Failure::not_found(&namespaces, name));
        };
        let namespace: Value = crate::json::decode_stored(&entry.value.json);
        if get(&namespace, "deletionTimestamp").is_none() {
            return Ok(());
        }
        let reason = format!("unable to create new content in namespace {name} because it is being terminated");
        let cause = (
            "NamespaceTerminating".to_owned(),
            format!("namespace {name} is being terminated"),
            "metadata.namespace".to_owned(),
        );
        Err(Failure::forbidden(&target.kind.resource, text(object, "name"), reason).with_causes([cause]))
    }

    /// Removes duplicate owner references. The warning differs for patches.
    pub(super) fn dedup_owners(object: &mut Value, is_patch: bool, context: &mut Context<'_>) {
        let Some(Value::Array(owners)) = get(object, "ownerReferences") else { return };
        let mut unique: Vec<Value> = Vec::new();
        let mut duplicates: Vec<&str> = Vec::new();
        for owner in owners {
            let uid = owner.get("uid").and_then(Value::as_str).unwrap_or_default();
            if unique.contains(owner) {
                duplicates.push(uid);
            } else {
                unique.push(owner.clone());
            }
        }
        if duplicates.is_empty() {
            return;
        }
        let when = if is_patch { " after mutating admission happens" } else { "" };
        context.warnings.add(format!(
            ".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            duplicates.join(", ")
        ));
        set(object, "ownerReferences", Some(Value::Array(unique)));
    }
}
