//! The requests of a replica.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::coordination::v1::Lease;
use kube::core::{ApiResource, DynamicObject, TypeMeta};
use serde_json::json;
use tokio::time::Instant;

use super::lease::{self, Assignment, GROUP, Holders, MemberLease, Snapshot};
use crate::client::{Client, DeleteOptions, Error, ListOptions, Namespaced};
use crate::controllers::election::Host;

/// The Leases of a group.
pub(super) struct Group {
    leases: Namespaced<DynamicObject>,
    kind: ApiResource,
    namespace: String,
    name: String,
    host: Host,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("the request timed out")]
    TimedOut,
    #[error(transparent)]
    Rejected(#[from] Error),
}

impl Failed {
    /// Whether another replica has changed the Lease meanwhile.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Failed::Rejected(error) if error.is_conflict() || error.is_already_exists())
    }
}

impl Group {
    pub(super) fn new(client: &Client, namespace: &str, name: &str, host: Host) -> Self {
        let kind = ApiResource::erase::<Lease>(&());
        // A replica that waits for the rate limit of the client loses its objects.
        let leases = client.prioritized().namespaced_with(namespace, kind.clone());
        Group { leases, kind, namespace: namespace.to_owned(), name: name.to_owned(), host }
    }

    /// Returns the name of a replica's Lease.
    pub(super) fn lease_of(&self, replica: &str) -> String {
        format!("{}-{replica}", self.name)
    }

    async fn within<T>(&self, until: Instant, request: impl Future<Output = Result<T, Error>>) -> Result<T, Failed> {
        Ok(self.host.within(until, Box::pin(request)).await.ok_or(Failed::TimedOut)??)
    }

    /// Reads all Leases of the group at the latest version.
    pub(super) async fn read(&self, until: Instant) -> Result<Snapshot, Failed> {
        let options = ListOptions::default().label_selector(format!("{GROUP}={}", self.name));
        let leases = self.within(until, self.leases.list(&options)).await?.items;
        let mut snapshot = Snapshot { assignment: None, members: BTreeMap::new() };
        for mut object in leases {
            object.types = Some(TypeMeta { api_version: self.kind.api_version.clone(), kind: self.kind.kind.clone() });
            let name = object.metadata.name.clone().unwrap_or_default();
            if name == self.name {
                snapshot.assignment = Some(Assignment::of(object));
            } else if let Some(replica) = name.strip_prefix(&format!("{}-", self.name)) {
                snapshot.members.insert(replica.to_owned(), MemberLease::of(object));
            }
        }
        Ok(snapshot)
    }

    /// Writes the holders, if they did not change since they were read. Returns the new Lease.
    pub(super) async fn assign(
        &self,
        before: Option<&Assignment>,
        divides: &str,
        holders: &Holders,
        leaving: &BTreeSet<String>,
        until: Instant,
    ) -> Result<Assignment, Failed> {
        let mut object = match before {
            Some(before) => before.object.clone(),
            None => self.new_lease(&self.name),
        };
        lease::write(&mut object, divides, holders, leaving);
        // The API server does not store a version without a change, and then the previous one could still be replaced.
        let spec = &mut object.data["spec"];
        let writes = spec.get("leaseTransitions").and_then(serde_json::Value::as_i64).unwrap_or_default();
        *spec = json!({"leaseTransitions": writes.wrapping_add(1) % i64::from(i32::MAX)});
        let written = match before {
            Some(_) => self.within(until, self.leases.update(&object)).await?,
            None => self.within(until, self.leases.create(&object)).await?,
        };
        Ok(Assignment::of(written))
    }

    /// Declares a replica dead. Fails with a conflict if it has renewed its Lease meanwhile.
    pub(super) async fn invalidate(
        &self,
        replica: &str,
        member: Option<&MemberLease>,
        until: Instant,
    ) -> Result<(), Failed> {
        let Some(member) = member else {
            let mut object = self.new_lease(&self.lease_of(replica));
            object.data["spec"] = json!({"holderIdentity": ""});
            return self.within(until, self.leases.create(&object)).await.map(|_| ());
        };
        let mut object = member.object.clone();
        object.data["spec"]["holderIdentity"] = "".into();
        self.within(until, self.leases.update(&object)).await.map(|_| ())
    }

    /// Deletes the Lease of a replica that has left.
    pub(super) async fn delete(&self, replica: &str, version: Option<&str>, until: Instant) -> Result<(), Failed> {
        let mut options = DeleteOptions::default();
        if let Some(version) = version {
            options = options.resource_version(version);
        }
        self.within(until, self.leases.delete_with(&self.lease_of(replica), &options)).await.map(|_| ())
    }

    fn new_lease(&self, name: &str) -> DynamicObject {
        let mut object = DynamicObject::new(name, &self.kind).within(&self.namespace);
        object.metadata.labels = Some(BTreeMap::from([(GROUP.to_owned(), self.name.clone())]));
        object.data = json!({"spec": {}});
        object
    }
}
