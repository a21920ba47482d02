//! Several versions of one kind, and types with fewer fields than the schema.

use aigateway_client::Clientset;
use aigateway_client::aigateway::{v1alpha1, v1beta1};
use aigateway_client::runtime::client::{Namespaced, Patch, PatchOptions};
use k8s_openapi::NamespaceResourceScope;
use kube::core::ObjectMeta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::samples::Sample;

/// Writes an object in one version and reads it in another.
///
/// # Panics
/// If a field is lost.
pub async fn object_is_shared_between_versions(clients: Clientset, namespace: String) {
    let (old, new) = (clients.aigateway_v1alpha1(), clients.aigateway_v1beta1());
    let written = old.ai_gateway_routes(&namespace).create(&v1alpha1::AIGatewayRoute::sample("route")).await.unwrap();
    let read = new.ai_gateway_routes(&namespace).get("route").await.unwrap();
    assert_eq!(read.spec, written.spec);
    let mut changed = read;
    changed.change();
    let changed = new.ai_gateway_routes(&namespace).update(&changed).await.unwrap();
    assert_eq!(old.ai_gateway_routes(&namespace).get("route").await.unwrap().spec, changed.spec);

    // The old version lacks credentialOverride: updates and modifications in it delete the field, because the API server
    // prunes by the version of the request.
    let mut policy = v1beta1::BackendSecurityPolicy::sample("policy");
    policy.spec_mut().credential_override = Some(
        v1beta1::CredentialOverride::default()
            .from_request_headers(v1beta1::CredentialOverrideFromRequestHeaders::default()),
    );
    let policy = new.backend_security_policies(&namespace).create(&policy).await.unwrap();
    assert!(policy.spec().is_some_and(|spec| spec.credential_override.is_some()));
    let through_old = old.backend_security_policies(&namespace).get("policy").await.unwrap();
    old.backend_security_policies(&namespace).update(&through_old).await.unwrap();
    let after = new.backend_security_policies(&namespace).get("policy").await.unwrap();
    assert!(after.spec().is_some_and(|spec| spec.credential_override.is_none()), "documented in v1alpha1");
}

/// Updates an unchanged object.
///
/// # Panics
/// If the resource version or the generation changes.
pub async fn unchanged_update_has_no_effect<K: Sample>(objects: Namespaced<K>) {
    objects.create(&K::sample("same")).await.unwrap();
    let read = objects.get("same").await.unwrap();
    let updated = objects.update(&read).await.unwrap();
    assert_eq!(updated, read);
}

/// A type of an older client, without a field that was added later.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OlderBackend {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: OlderSpec,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OlderSpec {
    schema: serde_json::Value,
    backend_ref: OlderRef,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct OlderRef {
    name: String,
}

impl kube::Resource for OlderBackend {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> std::borrow::Cow<'_, str> {
        "AIServiceBackend".into()
    }

    fn group((): &()) -> std::borrow::Cow<'_, str> {
        "aigateway.envoyproxy.io".into()
    }

    fn version((): &()) -> std::borrow::Cow<'_, str> {
        "v1beta1".into()
    }

    fn plural((): &()) -> std::borrow::Cow<'_, str> {
        "aiservicebackends".into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// Modifies an object with a type that lacks some fields: `modify` sends only changed fields and works for any resource.
///
/// # Panics
/// If a field is lost.
pub async fn modify_keeps_unknown_fields(clients: Clientset, namespace: String) {
    let backends = clients.aigateway_v1beta1().ai_service_backends(&namespace);
    let mut backend = v1beta1::AIServiceBackend::sample("backend");
    backend.change();
    let before = backends.create(&backend).await.unwrap();

    let older = clients.client().namespaced::<OlderBackend>(&namespace);
    older.modify("backend", |backend| backend.spec.backend_ref.name = "other".to_owned()).await.unwrap();

    let after = backends.get("backend").await.unwrap();
    let (before, after) = (before.spec.unwrap_or_default(), after.spec.unwrap_or_default());
    assert_eq!(after.backend_ref.name, "other");
    assert_eq!(after.header_mutation, before.header_mutation);
    assert_eq!(after.backend_ref.kind, before.backend_ref.kind);
}

/// Modifies an object that another client writes between the read and the patch: the closure runs again on the new
/// object. Needs a multi-thread runtime.
///
/// # Panics
/// If one of the changes is lost.
pub async fn modify_retries_after_a_conflict(clients: Clientset, namespace: String) {
    let backends = clients.aigateway_v1beta1().ai_service_backends(&namespace);
    backends.create(&v1beta1::AIServiceBackend::sample("backend")).await.unwrap();
    let concurrent = backends.clone();
    let mut attempts = 0;
    let modified = backends.modify("backend", |backend| {
        attempts += 1;
        backend.change();
        if attempts == 1 {
            let label = Patch::Merge(json!({"metadata": {"labels": {"in": "between"}}}));
            let options = PatchOptions::default();
            let write = concurrent.patch("backend", &label, &options);
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(write)).unwrap();
        }
    });
    let modified = modified.await.unwrap();
    assert_eq!(attempts, 2);
    assert_eq!(modified.metadata.labels.unwrap_or_default()["in"], "between");
    assert!(modified.spec.is_some_and(|spec| spec.header_mutation.is_some()));
}
