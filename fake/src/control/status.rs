//! Statuses that a test writes in place of the controllers and the kubelet, which do not run.

use std::sync::Arc;

use kube::Resource;
use serde::Serialize;
use serde_json::{Value, json};

use super::FakeApiServer;
use super::ready::ready_status;
use crate::auth::User;
use crate::kinds::Subresource;
use crate::registry::{Body, Context, DuplicateKeys, PatchKind, Registry, Target, Warnings, WriteOptions};
use crate::status::Failure;

impl FakeApiServer {
    /// Merges a status into that of an object, as a controller would write it. Watches report the change.
    ///
    /// ```
    /// use k8s_openapi::api::core::v1::Pod;
    /// use kube::api::{Api, PostParams};
    /// use kube_fake_apiserver::FakeApiServer;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = FakeApiServer::builder().build()?;
    /// let pods: Api<Pod> = Api::default_namespaced(server.client());
    /// let pod = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}});
    /// let pod = pods.create(&PostParams::default(), &serde_json::from_value(pod)?).await?;
    ///
    /// server.set_status(&pod, json!({"phase": "Failed", "reason": "Evicted"}))?;
    /// let phase = pods.get("web").await?.status.and_then(|status| status.phase);
    /// assert_eq!(phase.as_deref(), Some("Failed"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the error of the API server if the object does not exist, its kind has no status, or the status is invalid.
    pub fn set_status<K>(&self, object: &K, status: impl Serialize) -> Result<(), Failure>
    where
        K: Resource<DynamicType = ()>,
    {
        let status = serde_json::to_value(status).map_err(|error| Failure::bad_request(error.to_string()))?;
        let mut registry = self.shared.registry();
        let target = target(&registry, object)?;
        write_status(&mut registry, &target, &status)
    }

    /// Writes the status that an object has when it works, as the controllers of Kubernetes and the kubelet would: a Pod is
    /// running and ready, all replicas of a Deployment, ReplicaSet, ReplicationController, StatefulSet or DaemonSet are
    /// available, a Job is complete, a PersistentVolume is available, a PersistentVolumeClaim is bound, a Node is ready, and a
    /// Service of the type `LoadBalancer` and an Ingress have an address.
    ///
    /// ```
    /// use k8s_openapi::api::apps::v1::Deployment;
    /// use kube::api::{Api, PostParams};
    /// use kube_fake_apiserver::FakeApiServer;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = FakeApiServer::builder().build()?;
    /// let deployments: Api<Deployment> = Api::default_namespaced(server.client());
    /// let web = json!({
    ///     "metadata": {"name": "web"},
    ///     "spec": {
    ///         "replicas": 2,
    ///         "selector": {"matchLabels": {"app": "web"}},
    ///         "template": {
    ///             "metadata": {"labels": {"app": "web"}},
    ///             "spec": {"containers": [{"name": "web", "image": "nginx"}]},
    ///         },
    ///     },
    /// });
    /// let web = deployments.create(&PostParams::default(), &serde_json::from_value(web)?).await?;
    ///
    /// server.set_ready(&web)?;
    /// let available = deployments.get("web").await?.status.and_then(|status| status.available_replicas);
    /// assert_eq!(available, Some(2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the object does not exist, and for other kinds, whose status
    /// [`set_status`](Self::set_status) writes.
    pub fn set_ready<K>(&self, object: &K) -> Result<(), Failure>
    where
        K: Resource<DynamicType = ()>,
    {
        let mut registry = self.shared.registry();
        let target = target(&registry, object)?;
        let object = registry.get(&Target { subresource: Subresource::None, ..target.clone() })?;
        let now = registry.clock.rfc3339();
        let kind = &target.kind;
        let status = ready_status(&kind.resource.group, &kind.names.kind, &object, &now).ok_or_else(|| {
            let message = format!("no status is known with which a {} works: set it with set_status", kind.names.kind);
            Failure::bad_request(message)
        })?;
        write_status(&mut registry, &target, &status)
    }
}

/// Returns the status of an object as the target of a request.
fn target<K: Resource<DynamicType = ()>>(registry: &Registry, object: &K) -> Result<Target, Failure> {
    let kind = registry.kinds.get(&K::group(&()), &K::plural(&())).ok_or_else(Failure::path_not_found)?;
    let version = kind.versions.iter().position(|version| version.name == K::version(&()));
    let metadata = object.meta();
    let target = Target {
        kind: Arc::clone(kind),
        version: version.ok_or_else(Failure::path_not_found)?,
        namespace: metadata.namespace.clone().unwrap_or_default(),
        name: metadata.name.clone().unwrap_or_default(),
        subresource: Subresource::Status,
    };
    if target.version().subresources.status { Ok(target) } else { Err(Failure::path_not_found()) }
}

fn write_status(registry: &mut Registry, target: &Target, status: &Value) -> Result<(), Failure> {
    let body = Body { object: json!({"status": status}), duplicates: DuplicateKeys::default(), error: None };
    let options = WriteOptions { manager: "status".to_owned(), ..WriteOptions::default() };
    let (user, mut warnings) = (User::admin(), Warnings::default());
    let now = registry.clock.rfc3339();
    let mut context = Context { options, original: b"", now, user: &user, warnings: &mut warnings };
    registry.patch(target, PatchKind::Merge, &body, &mut context).map(drop)
}
