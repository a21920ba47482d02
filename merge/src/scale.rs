//! Managers of replicas, which are owned in an object and written through its scale.
//!
//! Source: `apimachinery/pkg/util/managedfields/scalehandler.go`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::managed::{self, BadManagedFields, Managers};
use crate::path::PathElement;
use crate::set::Set;

/// What a scale's managers own, and in which version.
const SCALE: (&[&str], &str) = (&["spec", "replicas"], "autoscaling/v1");

/// Where each version of a kind has its replicas, as names of fields.
#[derive(Clone, Debug, Default)]
pub struct Replicas {
    paths: Vec<(String, Vec<String>)>,
}

impl Replicas {
    /// With the path in each version, such as `example.com/v1`. Empty paths are of versions without scale.
    pub fn new(paths: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        Replicas { paths: paths.into_iter().collect() }
    }

    fn path(&self, api_version: &str) -> Option<Vec<PathElement>> {
        let (_, path) = self.paths.iter().find(|(version, _)| version == api_version)?;
        Some(path.iter().map(PathElement::field).collect())
    }

    /// Gives a scale the managers of the replicas of its object.
    ///
    /// # Errors
    /// If the object's managers cannot be read.
    pub fn to_scale(&self, object: &Value, scale: &mut Value) -> Result<(), BadManagedFields> {
        let mut managers = Managers::new();
        for (manager, owned) in managed::decode(object)? {
            let path = self.path(&owned.api_version).filter(|path| !path.is_empty());
            if path.is_some_and(|path| owned.set.has(&path)) {
                let set = Set::of_fields([SCALE.0]);
                let owned = managed::Owned { set, api_version: SCALE.1.to_owned(), time: owned.time };
                managers.insert(manager, owned);
            }
        }
        managed::encode(&managers, scale);
        Ok(())
    }

    /// Gives an object of a version the managers of its replicas that its scale has.
    ///
    /// Who updates is known by the version it writes in, so an entry of the scale is never the one that the object has of the
    /// same manager: that one loses the replicas, and a new one comes, without a time.
    ///
    /// # Errors
    /// If managers cannot be read.
    pub fn to_object(&self, scale: &Value, object: &mut Value, api_version: &str) -> Result<(), BadManagedFields> {
        let mut of_scale = managed::decode(scale)?;
        let (mut managers, mut times) = (Managers::new(), BTreeMap::new());
        for (manager, mut owned) in managed::decode(object)? {
            let Some(path) = self.path(&owned.api_version) else { continue };
            times.insert(manager.clone(), owned.time.clone());
            if !path.is_empty() && owned.set.has(&path) && of_scale.remove(&manager).is_none() {
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
        for (manager, _) in of_scale.into_iter().filter(|(_, owned)| owned.set.has(&in_scale)) {
            let mut set = Set::new();
            set.insert(self.path(api_version).unwrap_or_default());
            let time = times.get(&manager).cloned().flatten();
            managers.insert(manager, managed::Owned { set, api_version: api_version.to_owned(), time });
        }
        managed::encode(&managers, object);
        Ok(())
    }
}
