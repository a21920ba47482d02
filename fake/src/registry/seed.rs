//! The objects that a server is created with.

use serde_json::Value;

use super::{Body, Context, Registry, Target, Warnings, WriteOptions};
use crate::auth::User;
use crate::json;
use crate::kinds::{Rules, Subresource};
use crate::metadata;
use crate::status::Failure;

/// An initial object.
pub(crate) enum Seed {
    /// Created as by a client, with its status.
    Created(Value),
    /// Stored without validation or defaults.
    Stored(Value),
}

/// An initial object that cannot be created.
#[derive(Debug)]
pub(crate) enum SeedError {
    /// The kind is not served.
    UnknownKind {
        api_version: String,
        kind: String,
    },
    Rejected(Failure),
}

impl Registry {
    /// Creates initial objects in one commit. A definition is served before the next object is created.
    ///
    /// # Errors
    /// Returns the index of the first object that cannot be created.
    pub(crate) fn seed(
        &mut self,
        manager: &str,
        seeds: impl IntoIterator<Item = Seed>,
    ) -> Result<(), (usize, SeedError)> {
        self.commit(|registry| {
            seeds.into_iter().enumerate().try_for_each(|(index, seed)| {
                let result = match seed {
                    Seed::Created(object) => registry.create_seed(manager, object),
                    Seed::Stored(object) => registry.store_seed(object),
                };
                result.map_err(|error| (index, error))
            })
        })
    }

    /// Returns the kind, namespace and name of an object.
    fn seed_target(&self, object: &Value) -> Result<Target, SeedError> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let Some(found) = self.kinds.of_kind(group, &kind) else {
            return Err(SeedError::UnknownKind { api_version, kind });
        };
        let mut target = Target::of_object(found, object);
        if found.namespaced && target.namespace.is_empty() {
            "default".clone_into(&mut target.namespace);
        }
        Ok(target)
    }

    fn store_seed(&mut self, mut object: Value) -> Result<(), SeedError> {
        let target = self.seed_target(&object)?;
        for (name, value) in [("uid", self.new_uid()), ("creationTimestamp", self.clock.rfc3339())] {
            if object["metadata"].get(name).is_none_or(Value::is_null) {
                metadata::set(&mut object, name, Some(value.into()));
            }
        }
        if target.kind.namespaced {
            metadata::set(&mut object, "namespace", Some(target.namespace.as_str().into()));
        }
        self.put(&target, &mut object);
        Ok(())
    }

    fn create_seed(&mut self, manager: &str, mut object: Value) -> Result<(), SeedError> {
        json::normalize(&mut object);
        let target = self.seed_target(&object)?;
        let target = Target { name: String::new(), subresource: Subresource::None, ..target };
        let mut context = Context {
            options: WriteOptions { manager: manager.to_owned(), ..WriteOptions::default() },
            original: &[],
            now: self.clock.rfc3339(),
            user: &User::admin(),
            warnings: &mut Warnings::default(),
        };
        let status = object.get("status").cloned();
        let body = Body { object, ..Body::default() };
        let written = self.create_from(&target, body, &mut context).map_err(SeedError::Rejected)?;
        let target = Target { name: metadata::text(&written.object, "name").to_owned(), ..target };
        if target.kind.rules == Rules::Definition {
            self.run_definition_controllers();
        } else if let Some(status) = status.filter(|_| target.kind.is_custom() && target.has_status()) {
            // A custom resource is created without status; the initial one has it.
            let mut object = written.object;
            object["status"] = status;
            self.put(&target, &mut object);
        }
        Ok(())
    }
}
