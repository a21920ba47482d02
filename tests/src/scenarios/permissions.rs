//! Manifests of the deployment guide.

use aigateway_client::runtime::client::{Patch, PatchOptions};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube_structural_schema::yaml;
use serde_json::Value;

use crate::backend::Backend;

const GUIDE: &str = include_str!("../../../docs/client-deployment-guide.md");

/// Returns all YAML blocks of the guide, with a different namespace.
pub(super) fn manifests(namespace: &str) -> Vec<Value> {
    let blocks = GUIDE.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let blocks = blocks.map(|block| block.replace("namespace: default", &format!("namespace: {namespace}")));
    blocks.map(|block| yaml::parse(block.as_bytes()).expect("YAML")[0].to_json()).collect()
}

/// Applies the guide's roles and verifies the access that they grant.
///
/// # Panics
/// If a manifest is refused, or if it grants other access than documented.
pub async fn guide_permissions_are_enforced(backend: Backend) {
    let client = backend.clients.client();
    for manifest in manifests(&backend.namespace) {
        let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (group, version) =
            text("/apiVersion").split_once('/').map(|(g, v)| (g.to_owned(), v.to_owned())).expect("a group");
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(&group, &version, &text("/kind")));
        let (apply, options) = (Patch::Apply(manifest.clone()), PatchOptions::manager("guide"));
        let applied = if manifest.pointer("/metadata/namespace").is_some() {
            client
                .namespaced_with::<DynamicObject>(&backend.namespace, kind)
                .patch(&text("/metadata/name"), &apply, &options)
                .await
        } else {
            client.cluster_with::<DynamicObject>(kind).patch(&text("/metadata/name"), &apply, &options).await
        };
        applied.unwrap_or_else(|error| panic!("{error}"));
    }
    for (verb, namespace, subresource, expected) in [
        ("create", Some(&backend.namespace), None, true),
        ("deletecollection", Some(&backend.namespace), None, true),
        ("update", Some(&backend.namespace), Some("status"), false),
        ("list", None, None, false),
    ] {
        let attributes = ResourceAttributes {
            group: Some("aigateway.envoyproxy.io".to_owned()),
            resource: Some("aigatewayroutes".to_owned()),
            verb: Some(verb.to_owned()),
            namespace: namespace.cloned(),
            subresource: subresource.map(str::to_owned),
            ..ResourceAttributes::default()
        };
        let user = format!("system:serviceaccount:{}:my-program", backend.namespace);
        let spec = SubjectAccessReviewSpec {
            user: Some(user),
            resource_attributes: Some(attributes),
            ..SubjectAccessReviewSpec::default()
        };
        let mut review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        // The authorizer receives new roles with a delay.
        for _ in 0..100 {
            let answer =
                client.cluster::<SubjectAccessReview>().create(&review).await.unwrap_or_else(|error| panic!("{error}"));
            review.status = answer.status;
            if review.status.as_ref().is_some_and(|status| status.allowed == expected) {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(review.status.map(|status| status.allowed), Some(expected), "{verb} {namespace:?} {subresource:?}");
    }
}
