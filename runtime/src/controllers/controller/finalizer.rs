//! A reconciler that cleans up before an object is deleted.

use std::sync::Arc;

use kube::Resource;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::controllers::reconcile::{Outcome, ReconcileError, Reconciler, Request};

/// Adds a finalizer before the first reconciliation, and removes it after the cleanup.
pub(super) struct Finalizing<K: Resource, R, C> {
    pub(super) client: Client,
    pub(super) kind: K::DynamicType,
    pub(super) finalizer: String,
    pub(super) reconcile: R,
    pub(super) cleanup: C,
}

impl<K, R, C> Reconciler<K> for Finalizing<K, R, C>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    R: Reconciler<K>,
    C: Reconciler<K>,
{
    async fn reconcile(&self, mut request: Request<K>) -> Result<Outcome, ReconcileError> {
        let object = Arc::clone(&request.object);
        let objects = self.client.beside(&*object, self.kind.clone());
        if object.meta().deletion_timestamp.is_none() {
            if let Some(stored) = objects.add_finalizer(&object, &self.finalizer).await? {
                request.object = Arc::new(stored);
            }
            return self.reconcile.reconcile(request).await;
        }
        let finalizers = object.meta().finalizers.as_deref().unwrap_or_default();
        if !finalizers.contains(&self.finalizer) {
            return Ok(Outcome::done());
        }
        let outcome = self.cleanup.reconcile(request).await?;
        if outcome == Outcome::done() {
            objects.remove_finalizer(&object, &self.finalizer).await?;
        }
        Ok(outcome)
    }
}
