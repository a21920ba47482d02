//! Several versions of one kind, and types with fewer fields than the schema.

use aigateway_client::Clientset;
use aigateway_client::aigateway::{v1alpha1, v1beta1};
use aigateway_client::runtime::client::{Namespaced, Patch, PatchOptions};
use aigateway_client::runtime::convert::{ConvertTo as _, Converted, Misfit, MisfitReason};
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
}

/// Returns a policy with a field that only the newer version has.
fn policy_of_the_new_version(name: &str) -> v1beta1::BackendSecurityPolicy {
    let mut policy = v1beta1::BackendSecurityPolicy::sample(name);
    policy.spec_mut().credential_override = Some(
        v1beta1::CredentialOverride::default()
            .from_request_headers(v1beta1::CredentialOverrideFromRequestHeaders::default()),
    );
    policy
}

/// Changes objects through a version that lacks a stored field: every kind of change deletes it, because the API server prunes
/// by the version of the request. The client of that version requires [`allow_field_loss`].
///
/// [`allow_field_loss`]: aigateway_client::runtime::client::ResourceClient::allow_field_loss
///
/// # Panics
/// If the API server behaves differently.
pub async fn each_change_through_a_version_deletes_fields_that_it_lacks(clients: Clientset, namespace: String) {
    let old = clients.aigateway_v1alpha1().backend_security_policies(&namespace).allow_field_loss();
    let new = clients.aigateway_v1beta1().backend_security_policies(&namespace);
    let label = || json!({"metadata": {"labels": {"changed": "true"}}});
    for verb in ["update", "patch", "modify", "apply", "finalizer", "status"] {
        new.create(&policy_of_the_new_version(verb)).await.unwrap();
        let through_old = old.get(verb).await.unwrap();
        match verb {
            "update" => drop(old.update(&through_old).await.unwrap()),
            "patch" => drop(old.patch(verb, &Patch::Merge(label()), &PatchOptions::default()).await.unwrap()),
            "modify" => drop(
                old.modify(verb, |policy| policy.metadata.labels = Some([("a".to_owned(), "b".to_owned())].into()))
                    .await
                    .unwrap(),
            ),
            "apply" => {
                let mut body = label();
                body["apiVersion"] = json!("aigateway.envoyproxy.io/v1alpha1");
                body["kind"] = json!("BackendSecurityPolicy");
                let options = PatchOptions { field_manager: Some("test".to_owned()), ..PatchOptions::default() };
                old.patch(verb, &Patch::Apply(body), &options).await.unwrap();
            }
            "finalizer" => {
                let stored = old.add_finalizer(&through_old, "example.com/test").await.unwrap().unwrap();
                old.remove_finalizer(&stored, "example.com/test").await.unwrap();
            }
            _ => {
                let status = json!({"status": {"conditions": []}});
                old.patch_status(verb, &Patch::Merge(status), &PatchOptions::default()).await.unwrap();
            }
        }
        let after = new.get(verb).await.unwrap();
        assert!(after.spec().is_some_and(|spec| spec.credential_override.is_none()), "{verb}");
    }
}

/// Converts objects between versions: the result is what the API server returns in the other version.
///
/// # Panics
/// If it is not, or if a lost field is not reported.
pub async fn conversion_is_that_of_the_server(clients: Clientset, namespace: String) {
    let old = clients.aigateway_v1alpha1().backend_security_policies(&namespace);
    let new = clients.aigateway_v1beta1().backend_security_policies(&namespace);
    let written = new.create(&policy_of_the_new_version("policy")).await.unwrap();
    let error = written.convert().unwrap_err();
    let lost = Misfit { path: "spec.credentialOverride".to_owned(), reason: MisfitReason::UnknownField };
    assert_eq!(error.misfits(), std::slice::from_ref(&lost));
    let converted: Converted<v1alpha1::BackendSecurityPolicy> = written.convert_lossy().unwrap();
    assert_eq!(converted.misfits, [lost]);
    let read = old.get("policy").await.unwrap();
    assert_eq!(converted.object, read);
    let mut back: v1beta1::BackendSecurityPolicy = read.convert().unwrap();
    back.spec_mut().credential_override = written.spec().and_then(|spec| spec.credential_override.clone());
    assert_eq!(back, written);
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
