//! A controller of a part of the objects.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::Resource;
use kube::core::{ApiResource, ObjectMeta};
use serde::de::DeserializeOwned;

use super::run::Reconciling;
use crate::client::{Client, Error};
use crate::controllers::sharding::{Admission, Sharding};
use crate::informer::{Event, ObjectKey};

/// How the objects of a controller are divided between the replicas.
pub(super) struct Shard {
    pub(super) sharding: Arc<dyn Sharding>,
    client: Client,
    pub(super) deleted: Arc<Deleted>,
}

/// The metadata of deleted objects that are not reconciled yet.
#[derive(Default)]
pub(super) struct Deleted(Mutex<HashMap<ObjectKey, ObjectMeta>>);

impl Deleted {
    fn lock(&self) -> MutexGuard<'_, HashMap<ObjectKey, ObjectMeta>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, key: ObjectKey, metadata: &ObjectMeta) {
        // Managed fields are large, and do not decide which replica reconciles the object.
        let last = ObjectMeta {
            name: metadata.name.clone(),
            namespace: metadata.namespace.clone(),
            uid: metadata.uid.clone(),
            labels: metadata.labels.clone(),
            annotations: metadata.annotations.clone(),
            deletion_timestamp: metadata.deletion_timestamp.clone(),
            resource_version: metadata.resource_version.clone(),
            ..ObjectMeta::default()
        };
        self.lock().insert(key, last);
    }

    pub(super) fn remove(&self, key: &ObjectKey) -> Option<ObjectMeta> {
        self.lock().remove(key)
    }

    /// Adds an object again whose deletion was not reconciled, unless another one was deleted meanwhile.
    pub(super) fn restore(&self, key: &ObjectKey, last: ObjectMeta) {
        self.lock().entry(key.clone()).or_insert(last);
    }
}

/// What the events of divided objects report about their replicas.
pub(super) struct Handover {
    sharding: Arc<dyn Sharding>,
    deleted: Arc<Deleted>,
}

impl Handover {
    /// Keeps the metadata of deleted objects. Returns whether the event is processed in any case.
    pub(super) fn observe<K: Resource>(&self, event: &Event<K>) -> bool {
        let object = event.object();
        match event {
            Event::Deleted { .. } => self.deleted.add(ObjectKey::of(&**object), object.meta()),
            _ => drop(self.deleted.remove(&ObjectKey::of(&**object))),
        }
        let old = if let Event::Updated { old, .. } = event { Some(old.meta()) } else { None };
        self.sharding.is_handover(old, object.meta())
    }

    /// The event is not processed.
    pub(super) fn forget<K: Resource>(&self, event: &Event<K>) {
        self.deleted.remove(&ObjectKey::of(&**event.object()));
    }
}

impl Shard {
    pub(super) fn new(sharding: Arc<dyn Sharding>, client: Client) -> Self {
        Shard { sharding, client, deleted: Arc::default() }
    }

    /// Returns what the events of the objects are reported to.
    pub(super) fn handover(&self) -> Handover {
        Handover { sharding: Arc::clone(&self.sharding), deleted: Arc::clone(&self.deleted) }
    }

    /// Decides about an object with this metadata; `None` if it is neither cached nor known to be deleted.
    pub(super) fn admit(&self, metadata: Option<&ObjectMeta>) -> Admission {
        metadata.map_or(Admission::Foreign, |metadata| self.sharding.begin(metadata))
    }
}

impl<K, R> Reconciling<K, R>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Gives up an object.
    pub(super) async fn release(&self, shard: &Shard, metadata: &ObjectMeta) -> Result<(), Error> {
        let kind = self.informer.kind();
        let kind = ApiResource {
            group: K::group(kind).into_owned(),
            version: K::version(kind).into_owned(),
            api_version: K::api_version(kind).into_owned(),
            kind: K::kind(kind).into_owned(),
            plural: K::plural(kind).into_owned(),
        };
        shard.sharding.release(&kind, metadata).await
    }

    /// Returns whether an object that is not cached was deleted, and not only deselected.
    pub(super) async fn is_deleted(&self, key: &ObjectKey) -> Result<bool, Error> {
        let Some(shard) = self.shard.get() else { return Ok(true) };
        if shard.sharding.deletions_are_certain() {
            return Ok(true);
        }
        let kind = self.informer.kind().clone();
        let objects = match key.namespace.as_deref() {
            Some(namespace) => shard.client.namespaced_with::<K>(namespace, kind).get(&key.name).await.map(|_| ()),
            None => shard.client.cluster_with::<K>(kind).get(&key.name).await.map(|_| ()),
        };
        match objects {
            Ok(()) => Ok(false),
            Err(error) if error.is_not_found() => Ok(true),
            Err(error) => Err(error),
        }
    }
}
