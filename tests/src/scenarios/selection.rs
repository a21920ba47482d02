//! Namespaces and selectors.

use aigateway_client::runtime::client::{ListOptions, Namespaced};

use crate::backend::{Backend, namespace};
use crate::samples::Sample;

fn names<K: Sample>(objects: &[K]) -> Vec<String> {
    let mut names: Vec<String> = objects.iter().filter_map(|object| object.meta().name.clone()).collect();
    names.sort();
    names
}

/// Verifies label selectors, field selectors and pages.
///
/// # Panics
/// If other objects are returned.
pub async fn selectors_and_pages_limit_lists<K: Sample>(objects: Namespaced<K>) {
    for (name, tier) in [("a", "gold"), ("b", "silver"), ("c", "gold")] {
        let mut object = K::sample(name);
        object.meta_mut().labels = Some([("tier".to_owned(), tier.to_owned())].into());
        objects.create(&object).await.unwrap();
    }
    for (selector, expected) in
        [("tier=gold", vec!["a", "c"]), ("tier in (silver)", vec!["b"]), ("tier!=gold", vec!["b"]), ("!tier", vec![])]
    {
        let list = objects.list(&ListOptions::default().label_selector(selector)).await.unwrap();
        assert_eq!(names(&list.items), expected, "{selector}");
    }
    let by_name = objects.list(&ListOptions::default().field_selector("metadata.name=b")).await.unwrap();
    assert_eq!(names(&by_name.items), ["b"]);
    assert!(objects.list(&ListOptions::default().field_selector("spec.nothing=b")).await.unwrap_err().is_bad_request());

    let first = objects.list(&ListOptions::default().limit(2_u32)).await.unwrap();
    let token = first.metadata.continue_.clone().unwrap_or_default();
    let second = objects.list(&ListOptions::default().limit(2_u32).continue_token(token)).await.unwrap();
    assert_eq!((first.items.len(), names(&second.items)), (2, vec!["c".to_owned()]));
}

/// Creates objects with the same name in two namespaces and lists both.
///
/// # Panics
/// If an object is missing.
pub async fn all_namespaces_lists_every_namespace<K: Sample>(backend: Backend) {
    let clients = backend.clients.client();
    let other = namespace(&backend.clients).await;
    let (one, two) = (clients.namespaced::<K>(&backend.namespace), clients.namespaced::<K>(&other));
    let first = one.create(&K::sample("same")).await.unwrap();
    let second = two.create(&K::sample("same")).await.unwrap();
    assert_ne!(first.meta().uid, second.meta().uid);
    assert_eq!(names(&one.list(&ListOptions::default()).await.unwrap().items), ["same"]);

    let all =
        clients.all_namespaces::<K>().list(&ListOptions::default().field_selector("metadata.name=same")).await.unwrap();
    let namespaces: Vec<_> = all.items.iter().filter_map(|object| object.meta().namespace.as_deref()).collect();
    assert!(namespaces.contains(&backend.namespace.as_str()) && namespaces.contains(&other.as_str()));
    let missing = clients.namespaced::<K>("no-such-namespace").create(&K::sample("same")).await.unwrap_err();
    assert!(missing.is_not_found() && missing.to_string().contains("namespaces"), "{missing}");
}
