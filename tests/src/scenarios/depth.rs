//! Objects beyond the depth limit of other clients.

use aigateway_client::runtime::client::{Client, ListOptions, WatchOptions};
use aigateway_client::runtime::informer::ResourceVersion;
use aigateway_client::runtime::kube::core::{ApiResource, DynamicObject, WatchEvent};
use aigateway_client::runtime::types::Json;
use futures::StreamExt;
use serde_json::Value;
use zoo_client::zoo::v1::Option as Animal;

fn deep(levels: usize) -> Json {
    (0..levels).fold(Json::from("leaf"), |inner, _| Value::from_iter([("a", inner.into_value())]).into())
}

fn animal(name: &str, levels: usize) -> Animal {
    let mut animal = Animal::new(name, None);
    animal.rest.insert("deep".to_owned(), deep(levels));
    animal
}

/// Creates, reads, lists, watches, changes and deletes deep objects next to a shallow one. Types that cannot represent
/// them report the object.
///
/// # Panics
/// If a deep object is lost or changed, or hides the shallow one.
pub async fn deep_objects_are_handled_like_others(client: &Client, namespace: &str) {
    let animals = client.namespaced::<Animal>(namespace);
    let informer = animals.informer().build();
    informer.start();
    for (name, levels) in [("deep", 1_000), ("deeper", 3_000), ("shallow", 10)] {
        let mut created = animals.create(&animal(name, levels)).await.unwrap();
        assert!(created.rest == animal(name, levels).rest, "{name}");
        let mut read = animals.get(name).await.unwrap();
        (created.metadata.managed_fields, read.metadata.managed_fields) = (None, None);
        assert!(read == created, "{name}");

        let changed = animals.modify(name, |animal| animal.name = Some("changed".to_owned())).await.unwrap();
        assert!(changed.name.is_some() && changed.rest == created.rest, "{name}");
        let same = animals.update(&changed).await.unwrap();
        assert_eq!(same.metadata.resource_version, changed.metadata.resource_version, "{name}");
    }

    let list = animals.list(&ListOptions::default()).await.unwrap();
    assert_eq!(list.items.len(), 3);
    let version: ResourceVersion = list.metadata.resource_version.as_deref().unwrap_or_default().parse().unwrap();
    informer.wait_for(&version).await.unwrap();
    assert_eq!((informer.lister().all().len(), informer.snapshot().undecodable().len()), (3, 0));
    let mut events = std::pin::pin!(animals.watch(&WatchOptions::default()).await.unwrap());
    for _ in 0..3 {
        assert!(matches!(events.next().await, Some(Ok(WatchEvent::Added(_)))));
    }

    let untyped = client.namespaced_with::<DynamicObject>(namespace, ApiResource::erase::<Animal>(&()));
    let page = untyped.list_lossy(&ListOptions::default()).await.unwrap();
    assert_eq!(
        page.page.items.iter().map(|object| object.metadata.name.as_deref()).collect::<Vec<_>>(),
        [Some("shallow")]
    );
    assert_eq!(page.undecodable.iter().map(|object| &*object.name).collect::<Vec<_>>(), ["deep", "deeper"]);
    assert_eq!(page.undecodable[1].json().unwrap().pointer("/name"), Some(&Value::from("changed")));
    let error = untyped.get("deep").await.unwrap_err().to_string();
    assert!(error.contains("get Option") && error.contains("/deep: ") && error.contains("levels deep"), "{error}");

    for name in ["deep", "deeper", "shallow"] {
        animals.delete(name).await.unwrap();
    }
}
