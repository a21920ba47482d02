//! Managed fields of `/scale`: ownership of replicas, converted between an object and its scale.
//!
//! Source: `apimachinery/pkg/util/managedfields/scalehandler.go`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::managed::{self, InvalidManagedFields, Managers};
use crate::path::PathElement;
use crate::set::Set;

/// The path that a scale's managers own, and their version.
const SCALE: (&[&str], &str) = (&["spec", "replicas"], "autoscaling/v1");

/// The paths of the replicas in each version of a kind, as field names.
#[derive(Clone, Debug, Default)]
pub struct ReplicasPaths {
    paths: Vec<(String, Vec<String>)>,
}

impl ReplicasPaths {
    /// Creates the mapping from a path for each version, such as `example.com/v1`. A version without scale has an empty
    /// path.
    pub fn new(paths: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        ReplicasPaths { paths: paths.into_iter().collect() }
    }

    fn path(&self, api_version: &str) -> Option<Vec<PathElement>> {
        let (_, path) = self.paths.iter().find(|(version, _)| version == api_version)?;
        Some(path.iter().map(PathElement::field).collect())
    }

    /// Sets the managed fields of a scale from those of its object.
    ///
    /// # Errors
    /// Returns an error if the object's managed fields cannot be decoded.
    pub fn to_scale(&self, object: &Value, scale: &mut Value) -> Result<(), InvalidManagedFields> {
        let mut managers = Managers::new();
        for (manager, owned) in managed::decode(object)? {
            let path = self.path(&owned.api_version).filter(|path| !path.is_empty());
            if path.is_some_and(|path| owned.set.has(&path)) {
                let set = Set::from_fields([SCALE.0]);
                let owned = managed::Owned { set, api_version: SCALE.1.to_owned(), time: owned.time };
                managers.insert(manager, owned);
            }
        }
        managed::encode(&managers, scale);
        Ok(())
    }

    /// Sets the managed fields of an object from those of its scale.
    ///
    /// An `Update` manager is identified by its version, so an entry of the scale never matches the object's entry of
    /// the same manager: that entry loses the replicas, and a new one without a time is added.
    ///
    /// # Errors
    /// Returns an error if the managed fields cannot be decoded.
    pub fn to_object(&self, scale: &Value, object: &mut Value, api_version: &str) -> Result<(), InvalidManagedFields> {
        let mut scale_managers = managed::decode(scale)?;
        let (mut managers, mut times) = (Managers::new(), BTreeMap::new());
        for (manager, mut owned) in managed::decode(object)? {
            let Some(path) = self.path(&owned.api_version) else { continue };
            times.insert(manager.clone(), owned.time.clone());
            if !path.is_empty() && owned.set.has(&path) && scale_managers.remove(&manager).is_none() {
                let mut replicas = Set::new();
                replicas.insert(path);
                owned.set = owned.set.difference(&replicas);
                if owned.set.is_empty() {
                    continue;
                }
            }
            managers.insert(manager, owned);
        }
        let in_scale: Vec<PathElement> = SCALE.0.iter().map(|name| PathElement::field(*name)).collect();
        for (manager, _) in scale_managers.into_iter().filter(|(_, owned)| owned.set.has(&in_scale)) {
            let mut set = Set::new();
            set.insert(self.path(api_version).unwrap_or_default());
            let time = times.get(&manager).cloned().flatten();
            managers.insert(manager, managed::Owned { set, api_version: api_version.to_owned(), time });
        }
        managed::encode(&managers, object);
        Ok(())
    }
}
