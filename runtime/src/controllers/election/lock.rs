//! The Lease that candidates compete for.
//!
//! Source: `k8s.io/client-go/tools/leaderelection/resourcelock/leaselock.go`.

use std::collections::BTreeMap;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Resource;
use kube::core::{ApiResource, DynamicObject};
use serde_json::{Map, Value};

use super::record::LeaderElectionRecord;
use crate::client::{Client, Error, Namespaced, Reason};

/// A Lease, and its last known version. Labels, annotations and fields of others are kept.
pub(super) struct LeaseLock {
    leases: Namespaced<DynamicObject>,
    kind: ApiResource,
    namespace: String,
    name: String,
    labels: BTreeMap<String, String>,
    /// The annotations of a Lease that is created.
    annotations: BTreeMap<String, String>,
    current: Option<DynamicObject>,
}

/// A record with the `spec` that it was read from, to notice every change of it.
pub(super) struct Read {
    pub(super) record: LeaderElectionRecord,
    pub(super) raw: Value,
}

impl LeaseLock {
    pub(super) fn new(
        client: &Client,
        namespace: &str,
        name: &str,
        labels: BTreeMap<String, String>,
        annotations: BTreeMap<String, String>,
    ) -> Self {
        let kind = ApiResource::erase::<Lease>(&());
        // An election that waits for the rate limit of the client loses its lease.
        let leases = client.prioritized().namespaced_with(namespace, kind.clone());
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        LeaseLock { leases, kind, namespace, name, labels, annotations, current: None }
    }

    /// Reads the Lease.
    pub(super) async fn get(&mut self) -> Result<Read, Error> {
        let lease = self.leases.get(&self.name).await?;
        self.keep(lease)
    }

    /// Creates the Lease.
    pub(super) async fn create(&mut self, record: &LeaderElectionRecord) -> Result<Read, Error> {
        let mut lease = DynamicObject::new(&self.name, &self.kind).within(&self.namespace);
        lease.metadata.labels = Some(self.labels.clone()).filter(|labels| !labels.is_empty());
        lease.metadata.annotations = Some(self.annotations.clone()).filter(|annotations| !annotations.is_empty());
        write(&mut lease, record);
        let lease = self.leases.create(&lease).await?;
        self.keep(lease)
    }

    /// Updates the last known version of the Lease; if it was changed since, the API server reports a conflict.
    pub(super) async fn update(&mut self, record: &LeaderElectionRecord) -> Result<Read, Error> {
        let Some(mut lease) = self.current.clone() else { return self.create(record).await };
        if !self.labels.is_empty() {
            let labels = lease.metadata.labels.get_or_insert_default();
            labels.extend(self.labels.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        write(&mut lease, record);
        let lease = self.leases.update(&lease).await?;
        self.keep(lease)
    }

    /// Whether a version of the Lease is known.
    pub(super) fn is_known(&self) -> bool {
        self.current.is_some()
    }

    /// Returns a reference to the Lease, for events.
    pub(super) fn reference(&self) -> ObjectReference {
        let lease = self.current.clone();
        let lease = lease.unwrap_or_else(|| DynamicObject::new(&self.name, &self.kind).within(&self.namespace));
        lease.object_ref(&self.kind)
    }

    fn keep(&mut self, lease: DynamicObject) -> Result<Read, Error> {
        let raw = lease.data.get("spec").cloned().unwrap_or_default();
        let record = LeaderElectionRecord::from_spec(&raw).map_err(|error| Error {
            action: Box::new(self.leases.action("decode", Some(&self.name))),
            reason: Reason::Decode(error),
        })?;
        self.current = Some(lease);
        Ok(Read { record, raw })
    }
}

fn write(lease: &mut DynamicObject, record: &LeaderElectionRecord) {
    if !lease.data.is_object() {
        lease.data = Value::Object(Map::new());
    }
    let spec = &mut lease.data["spec"];
    if !spec.is_object() {
        *spec = Value::Object(Map::new());
    }
    if let Some(spec) = spec.as_object_mut() {
        record.write_to(spec);
    }
}
