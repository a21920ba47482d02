//! Informers and listers.

use std::sync::Arc;
use std::time::Duration;

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use aigateway_client::runtime::client::Namespaced;
use aigateway_client::runtime::informer::{Event, FinalState, HandlerOptions, ResourceVersion, Selector};
use aigateway_client::runtime::kube::core::GroupVersionResource;
use aigateway_client::{Clientset, SharedInformerFactory, scheme};
use futures::{Stream, StreamExt};

use crate::backend::Backend;
use crate::samples::Sample;

fn summary<K: Sample>(event: &Event<K>) -> (&'static str, String) {
    let type_ = match event {
        Event::Added { initial: true, .. } => "initial",
        Event::Added { .. } => "added",
        Event::Updated { .. } => "updated",
        Event::Deleted { state: FinalState::Known, .. } => "deleted",
        Event::Deleted { .. } => "missed",
    };
    (type_, event.object().meta().name.clone().unwrap_or_default())
}

async fn next<K: Sample>(events: &mut (impl Stream<Item = Event<K>> + Unpin)) -> (&'static str, String) {
    summary(
        &tokio::time::timeout(Duration::from_secs(30), events.next())
            .await
            .expect("an event within 30 seconds")
            .expect("an event"),
    )
}

fn version<K: Sample>(object: &K) -> ResourceVersion {
    object.meta().resource_version.as_deref().unwrap_or_default().parse().expect("a version")
}

fn labelled<K: Sample>(name: &str, team: &str) -> K {
    let mut object = K::sample(name);
    object.meta_mut().labels = Some([("team".to_owned(), team.to_owned())].into());
    object
}

/// Creates, updates and deletes objects, and verifies the events of early and late handlers and the results of listers.
///
/// # Panics
/// If an event or an object is missing or wrong.
pub async fn informer_follows_its_objects<K: Sample>(objects: Namespaced<K>) {
    let namespace = objects.namespace().unwrap_or_default().to_owned();
    objects.create(&labelled::<K>("before", "search")).await.unwrap();
    let informer = objects.informer().build();
    let mut first_handler = informer.events(HandlerOptions::default()).unwrap();
    informer.start();
    informer.synced().await.unwrap();
    let lister = informer.lister();
    assert_eq!(lister.all().len(), 1, "the informer is limited to its namespace");

    let created = objects.create(&labelled::<K>("one", "ads")).await.unwrap();
    informer.write_through(Arc::new(created.clone()));
    assert!(lister.namespace(&namespace).get("one").is_ok(), "written objects are readable at once");
    let changed = objects.modify("one", K::change).await.unwrap();
    informer.wait_for(&version(&changed)).await.unwrap();
    let read = lister.namespace(&namespace).get("one").unwrap();
    assert_eq!(*read, changed);
    let selector: Selector = "team in (search)".parse().unwrap();
    assert_eq!(lister.list(&selector).len(), 1);
    assert_eq!(lister.namespace(&namespace).list(&selector)[0].meta().name.as_deref(), Some("before"));
    assert!(lister.namespace("elsewhere").get("one").unwrap_err().is_not_found());

    objects.delete("one").await.unwrap();
    for expected in ["initial", "added", "updated", "deleted"] {
        let name = if expected == "initial" { "before" } else { "one" };
        assert_eq!(next(&mut first_handler).await, (expected, name.to_owned()));
    }
    assert!(lister.namespace(&namespace).get("one").unwrap_err().is_not_found());
    let mut late_handler = informer.events(HandlerOptions::default()).unwrap();
    assert_eq!(next(&mut late_handler).await, ("initial", "before".to_owned()));
    informer.shutdown().await;
    assert!(first_handler.next().await.is_none());
}

/// Verifies that a factory has informers of all kinds in all versions, by type and by resource.
///
/// # Panics
/// If an informer is missing or lists other objects.
pub async fn factory_has_informers_of_all_kinds(backend: Backend) {
    let Backend { clients, namespace, listening: _listening } = backend;
    let factory = SharedInformerFactory::builder(&clients).namespace(&namespace).build();
    let routes = clients.aigateway_v1beta1().ai_gateway_routes(&namespace);
    let created = routes.create(&AIGatewayRoute::sample("one")).await.unwrap();
    let generic: Vec<_> = scheme()
        .kinds()
        .map(|kind| (kind.kind, factory.for_resource(&kind.gvr()).expect("a registered kind")))
        .collect();
    assert!(factory.for_resource(&GroupVersionResource::gvr("x.example.com", "v1", "routes")).is_err());
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    assert_eq!(factory.status().len(), 11);
    assert!(factory.is_ready());

    let informer = factory.aigateway().v1beta1().ai_gateway_routes();
    assert_eq!(*informer.lister().namespace(&namespace).get("one").unwrap(), created);
    let older_lister = factory.aigateway().v1alpha1().ai_gateway_routes().lister();
    assert_eq!(older_lister.namespace(&namespace).get("one").unwrap().metadata.uid, created.metadata.uid);
    for (kind, informer) in generic {
        let found = informer.list(Some(&namespace), &Selector::everything());
        assert_eq!(found.len(), usize::from(kind == "AIGatewayRoute"), "{kind}");
        assert!(found.iter().all(|object| object.info().kind == kind));
    }
    factory.shutdown().await;
}

/// Verifies the objects of informers of one, two and all namespaces.
///
/// # Panics
/// If an informer lists other objects.
pub async fn informers_are_limited_to_their_namespaces<K: Sample>(clients: Clientset) {
    let namespaces = [
        crate::backend::namespace(&clients).await,
        crate::backend::namespace(&clients).await,
        crate::backend::namespace(&clients).await,
    ];
    for namespace in &namespaces {
        clients.client().namespaced::<K>(namespace).create(&K::sample("one")).await.unwrap();
    }
    let one = clients.client().namespaced::<K>(&namespaces[0]).informer().start();
    let two = clients.client().all_namespaces::<K>().informer().namespaces(&namespaces[..2]).start();
    let all = clients.client().all_namespaces::<K>().informer().start();
    let metadata = clients.client().all_namespaces::<K>().metadata_informer().start();
    for informer in [&one, &two, &all] {
        informer.synced().await.unwrap();
    }
    metadata.synced().await.unwrap();
    assert_eq!((one.snapshot().len(), two.snapshot().len()), (1, 2));
    for namespace in &namespaces {
        assert_eq!(all.lister().namespace(namespace).all().len(), 1);
        assert_eq!(metadata.lister().namespace(namespace).all().len(), 1);
    }
}
