//! Creating objects.

use kube_structured_merge::Versions as _;
use serde_json::Value;

use super::metadata::{self, get, set, text};
use super::{Body, Registry, Subresource, Target, WriteOptions, Written, reset_fields};
use crate::kinds::Rules;
use crate::status::{Failure, GroupResource};
use crate::store::Key;
use crate::strconv;

/// How often a generated name is tried.
const TRIES: usize = 8;

impl Registry {
    pub(crate) fn create(
        &mut self,
        target: &Target,
        body: Body,
        original: &[u8],
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Written, Failure> {
        let mut object = Self::accept(target, body, original, options, warnings)?;
        for name in ["creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            set(&mut object, name, None);
        }
        Self::place(target, &mut object)?;
        Self::dedup_owners(&mut object, false, warnings);
        let live = target.kind.empty_object(&target.api_version());
        let (api_version, now, reset) =
            (target.api_version(), self.clock.text(), reset_fields(target.kind.rules, Subresource::None));
        Self::field_manager(target, &api_version, &reset).update(&live, &mut object, &options.manager, &now);
        self.create_object(target, object, options, warnings)
    }

    /// Creates an object with known managers.
    pub(super) fn create_object(
        &mut self,
        target: &Target,
        object: Value,
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Written, Failure> {
        self.admit_definition(target, &object)?;
        self.admit_namespace(target, &object)?;
        let mut object = object;
        let (uid, now) = (self.new_uid(), self.clock.text());
        set(&mut object, "creationTimestamp", Some(now.into()));
        set(&mut object, "uid", Some(uid.into()));
        super::is_typed(&object)?;
        let generates = text(&object, "name").is_empty() && !text(&object, "generateName").is_empty();
        let mut tries = 0;
        loop {
            let mut attempt = object.clone();
            if generates {
                let name = self.generated_name(text(&attempt, "generateName"));
                set(&mut attempt, "name", Some(name.into()));
            }
            Self::prepare_for_create(target, &mut attempt);
            let errors = Self::validate_create(target, &attempt, warnings);
            if !errors.is_empty() {
                let (kind, group) = (super::kind_of(&attempt), target.group_told(&attempt));
                return Err(Failure::invalid(kind, group, text(&attempt, "name"), &errors));
            }
            if target.kind.rules == Rules::Definition {
                warnings.extend(kube_structural_schema::definition::warnings(&attempt, None));
            }
            warnings.extend(super::validate::finalizer_warnings(&attempt, None, target.kind.is_custom()));
            let named = Target { name: text(&attempt, "name").to_owned(), ..target.clone() };
            // A dry run does not come so far, and what is no number is not looked at.
            let version = strconv::uint(text(&attempt, "resourceVersion")).unwrap_or_default();
            if !options.dry_run && version != 0 {
                return Err(Failure::untyped("resourceVersion should not be set on objects to be created"));
            }
            tries += 1;
            if let Some(failure) = self.occupied(&named, &attempt) {
                if generates && tries < TRIES {
                    continue;
                }
                return Err(failure);
            }
            if options.dry_run {
                let object = Self::as_if_stored(target, attempt);
                return Ok(Written { object, created: true, ..Written::default() });
            }
            Self::fit(&mut attempt, options)?;
            let is_stored = self.put(&named, &mut attempt);
            let object = if is_stored { attempt } else { self.get(&named).unwrap_or(attempt) };
            return Ok(Written { object, created: true, is_stored });
        }
    }

    /// Why the name is taken, if it is.
    fn occupied(&self, target: &Target, object: &Value) -> Option<Failure> {
        let there = self.get(target).ok()?;
        let resource = &target.kind.resource;
        let mut failure = if text(object, "generateName").is_empty() {
            Failure::already_exists(resource, &target.name)
        } else {
            Failure::no_name_left(resource, &target.name)
        };
        if metadata::is_deleting(&there) {
            failure.message = format!("object is being deleted: {}", failure.message);
        }
        Some(failure)
    }

    /// The base, at most 58 characters of it, and five more.
    ///
    /// Source: `apiserver/pkg/storage/names/generate.go`.
    fn generated_name(&mut self, base: &str) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut cut = base.len().min(58);
        while !base.is_char_boundary(cut) {
            cut -= 1;
        }
        let end = (0..5).map(|_| char::from(LETTERS[self.random.usize(..LETTERS.len())]));
        base[..cut].chars().chain(end.collect::<Vec<_>>()).collect()
    }

    fn prepare_for_create(target: &Target, object: &mut Value) {
        if target.has_status()
            && let Some(fields) = object.as_object_mut()
        {
            fields.remove("status");
        }
        let counts = match target.kind.rules {
            Rules::Custom | Rules::Definition => true,
            Rules::Stored => target.kind.resource.group == "apps",
            _ => false,
        };
        set(object, "generation", counts.then(|| 1.into()));
        crate::kinds::builtin::prepare_for_create(target.kind.rules, object);
    }

    /// Objects of a kind cannot be created while its definition is terminating.
    fn admit_definition(&self, target: &Target, object: &Value) -> Result<(), Failure> {
        if !target.kind.is_custom() {
            return Ok(());
        }
        let definitions = "apiextensions.k8s.io/customresourcedefinitions";
        let entry = self.store.get(definitions, &Key::new("", &target.kind.resource.to_string()));
        let definition = entry.map(|entry| crate::json::stored(&entry.value.json));
        if !definition.is_some_and(|definition| metadata::is_deleting(&definition)) {
            return Ok(());
        }
        let why = "create not allowed while custom resource definition is terminating";
        Err(Failure::forbidden(&target.kind.resource, text(object, "name"), why))
    }

    /// The namespace of an object must exist and must not be terminating.
    fn admit_namespace(&self, target: &Target, object: &Value) -> Result<(), Failure> {
        if !target.kind.namespaced || self.any_namespace {
            return Ok(());
        }
        let namespaces = GroupResource { group: String::new(), resource: "namespaces".to_owned() };
        let name = target.namespace.as_str();
        let Some(entry) = self.store.get("/namespaces", &Key::new("", name)) else {
            return Err(Failure::not_found(&namespaces, name));
        };
        let namespace: Value = crate::json::stored(&entry.value.json);
        if get(&namespace, "deletionTimestamp").is_none() {
            return Ok(());
        }
        let why = format!("unable to create new content in namespace {name} because it is being terminated");
        let cause = (
            "NamespaceTerminating".to_owned(),
            format!("namespace {name} is being terminated"),
            "metadata.namespace".to_owned(),
        );
        Err(Failure::forbidden(&target.kind.resource, text(object, "name"), why).with_causes([cause]))
    }

    /// Duplicate owners are merged. Patches report them at another time than other writes.
    pub(super) fn dedup_owners(object: &mut Value, is_patch: bool, warnings: &mut Vec<String>) {
        let Some(Value::Array(owners)) = get(object, "ownerReferences") else { return };
        let mut unique: Vec<Value> = Vec::new();
        let mut twice: Vec<&str> = Vec::new();
        for owner in owners {
            let uid = owner.get("uid").and_then(Value::as_str).unwrap_or_default();
            if unique.contains(owner) {
                twice.push(uid);
            } else {
                unique.push(owner.clone());
            }
        }
        if twice.is_empty() {
            return;
        }
        let when = if is_patch { " after mutating admission happens" } else { "" };
        warnings.push(format!(
            ".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            twice.join(", ")
        ));
        set(object, "ownerReferences", Some(Value::Array(unique)));
    }
}
