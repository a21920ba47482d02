//! Tests of metadata-only clients.

use futures::StreamExt;
use kube::core::{PartialObjectMeta, WatchEvent};
use kube_client_runtime::client::{ListOptions, Patch, PatchOptions, WatchOptions};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use serde_json::json;

use super::{client, map, server};

#[tokio::test]
async fn only_metadata_is_read_and_written() {
    let server = server();
    let maps = client(&server).namespaced::<ConfigMap>("default");
    let created = maps.create(&map("one")).await.unwrap();
    let only = client(&server).namespaced::<PartialObjectMeta<ConfigMap>>("default");

    let read = only.get("one").await.unwrap();
    assert_eq!(read.types.as_ref().map(|types| types.kind.as_str()), Some("PartialObjectMetadata"));
    assert_eq!(read.metadata, created.metadata);
    let list = only.list(&ListOptions::default()).await.unwrap();
    assert_eq!(list.types.kind, "PartialObjectMetadataList");
    assert_eq!(list.items[0].metadata.uid, created.metadata.uid);

    let version = list.metadata.resource_version.unwrap_or_default();
    let mut events = Box::pin(only.watch(&WatchOptions::default().resource_version(version)).await.unwrap());
    let patch = Patch::Merge(json!({"metadata": {"labels": {"a": "b"}}}));
    let patched = only.patch("one", &patch, &PatchOptions::default()).await.unwrap();
    let seen = match events.next().await {
        Some(Ok(WatchEvent::Modified(seen))) => seen,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (seen.types.as_ref().map(|types| types.kind.as_str()), &seen.metadata),
        (Some("PartialObjectMetadata"), &patched.metadata)
    );

    only.modify("one", |map| map.metadata.labels = None).await.unwrap();
    let whole = maps.get("one").await.unwrap();
    assert_eq!((whole.data, whole.metadata.labels), (created.data, None), "the rest of the object is unchanged");
}

#[tokio::test]
async fn metadata_alone_is_never_stored() {
    let server = server();
    let maps = client(&server).namespaced::<ConfigMap>("default");
    maps.create(&map("one")).await.unwrap();
    let only = client(&server).namespaced::<PartialObjectMeta<ConfigMap>>("default");
    let read = only.get("one").await.unwrap();
    let recording = server.record();
    assert!(only.update(&read).await.unwrap_err().to_string().contains("only metadata"));
    assert!(only.create(&read).await.unwrap_err().to_string().contains("only metadata"));
    assert!(recording.actions().is_empty());
    only.delete("one").await.unwrap();
}
