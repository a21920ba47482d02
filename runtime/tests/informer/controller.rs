//! Tests of an informer as the source of kube's controller.

use std::sync::Mutex;

use futures::StreamExt;
use kube::runtime::controller::{Action, Config, Error};
use kube::runtime::reflector::ObjectRef;
use kube_client_runtime::informer::{CacheSyncError, ObjectKey, ReconcileError};

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("not yet")]
struct NotYet;

#[tokio::test(start_paused = true)]
async fn controller_reconciles_objects_of_the_informer_over_one_watch() {
    let server = Server::new();
    server.put("a", "one", "1");
    server.put("a", "fails-once", "1");
    let informer = started(&server).await;
    let feed = informer.controller_feed(HandlerOptions::named("controller")).unwrap();
    let store = feed.store.clone();
    let (also, others) = futures::channel::mpsc::unbounded();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let reconciler = |map: Arc<ConfigMap>, seen: Arc<Mutex<Vec<String>>>| async move {
        let name = map.metadata.name.clone().unwrap_or_default();
        let first = !seen.lock().unwrap().contains(&name);
        seen.lock().unwrap().push(name.clone());
        if name == "fails-once" && first { Err(NotYet) } else { Ok(Action::await_change()) }
    };
    let again = |_: Arc<ConfigMap>, _: &NotYet, _: Arc<Mutex<Vec<String>>>| Action::requeue(Duration::from_secs(5));
    let controller = feed.run(reconciler, again, Arc::clone(&seen), Config::default(), others);
    tokio::spawn(controller.for_each(|_| async {}));
    let reconciled = async |name: &str, times: usize| {
        until(|| seen.lock().unwrap().iter().filter(|other| *other == name).count() >= times).await;
    };
    reconciled("one", 1).await;
    reconciled("fails-once", 2).await;
    server.put("a", "one", "2");
    reconciled("one", 2).await;
    also.unbounded_send(ObjectRef::new("one").within("a")).unwrap();
    reconciled("one", 3).await;
    server.delete("a", "one");
    server.put("a", "last", "1");
    reconciled("last", 1).await;
    assert_eq!(store.len(), 2);
    assert_eq!(server.requests().len(), 1, "informer and controller share one watch");
}

/// A reconciler that counts its calls.
async fn count(_: Arc<ConfigMap>, calls: Arc<Mutex<usize>>) -> Result<Action, NotYet> {
    *calls.lock().unwrap() += 1;
    Ok(Action::await_change())
}

fn never(_: Arc<ConfigMap>, _: &NotYet, _: Arc<Mutex<usize>>) -> Action {
    Action::await_change()
}

#[tokio::test(start_paused = true)]
async fn controller_waits_until_its_dependencies_have_synced() {
    let server = Server::new();
    server.put("a", "one", "1");
    let primary = started(&server).await;
    let dependency = informer(&server).build();
    let feed = primary.controller_feed(HandlerOptions::default()).unwrap().depends_on(&dependency);
    let calls = Arc::new(Mutex::new(0));
    let controller = feed.run(count, never, Arc::clone(&calls), Config::default(), futures::stream::pending());
    let mut controller = std::pin::pin!(controller);
    let early = tokio::time::timeout(Duration::from_secs(600), controller.next()).await;
    assert!(early.is_err(), "the dependency has not been started");
    assert_eq!(*calls.lock().unwrap(), 0);
    dependency.start();
    assert!(within(controller.next()).await.unwrap().is_ok());
    assert_eq!(*calls.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn controller_ends_with_an_error_if_a_dependency_stops_unsynced() {
    let server = Server::new();
    server.put("a", "one", "1");
    let primary = started(&server).await;
    let dependency = informer(&server).build();
    let feed = primary.controller_feed(HandlerOptions::default()).unwrap().depends_on(&dependency);
    let calls = Arc::new(Mutex::new(0));
    dependency.shutdown().await;
    let controller = feed.run(count, never, Arc::clone(&calls), Config::default(), futures::stream::pending());
    let outcomes: Vec<_> = within(controller.collect()).await;
    assert!(matches!(outcomes.first(), Some(Err(Error::QueueError(CacheSyncError { .. })))), "{outcomes:?}");
    assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
    assert_eq!(*calls.lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn panicking_reconciliation_is_isolated_and_reported_until_one_succeeds() {
    let server = Server::new();
    server.put("a", "good", "1");
    server.put("a", "panics", "1");
    let informer = started(&server).await;
    let feed = informer.controller_feed(HandlerOptions::named("controller")).unwrap();
    let calls = Arc::new(Mutex::new(0));
    let reconcile = |map: Arc<ConfigMap>, calls| async move {
        let value = map.data.as_ref().and_then(|data| data.get("value"));
        assert!(
            map.metadata.name.as_deref() == Some("good") || value.is_some_and(|value| value == "2"),
            "expected panic"
        );
        count(map, calls).await
    };
    let controller = feed.run(reconcile, never, Arc::clone(&calls), Config::default(), futures::stream::pending());
    let mut controller = std::pin::pin!(controller);
    let outcomes = [within(controller.next()).await.unwrap(), within(controller.next()).await.unwrap()];
    assert_eq!(*calls.lock().unwrap(), 1, "the other object is reconciled");
    let panic = outcomes.iter().find_map(|outcome| outcome.as_ref().err());
    assert!(
        matches!(panic, Some(Error::ReconcilerFailed(ReconcileError::Panicked(message), _)) if message == "expected panic"),
        "{panic:?}"
    );
    let status = informer.status();
    assert!(!status.is_ready());
    assert_eq!(status.panicked, [ObjectKey::new(Some("a"), "panics")]);
    assert_eq!(status.handlers[0].panics, 1);
    assert!(status.to_string().ends_with("; the reconciler panicked for a/panics"), "{status}");

    // Without a change, the object is reconciled again after a minute, and the reconciler panics again.
    let again = within(controller.next()).await.unwrap();
    assert!(matches!(again, Err(Error::ReconcilerFailed(ReconcileError::Panicked(_), _))), "{again:?}");
    server.put("a", "panics", "2");
    assert!(within(controller.next()).await.unwrap().is_ok());
    assert!(informer.status().is_ready());
}

#[tokio::test(start_paused = true)]
async fn readiness_ignores_deleted_objects_and_ended_controllers() {
    let server = Server::new();
    server.put("a", "panics", "1");
    let informer = started(&server).await;
    let reconcile =
        |_: Arc<ConfigMap>, _: Arc<Mutex<usize>>| -> std::future::Ready<Result<Action, NotYet>> { panic!() };
    for deleted in [false, true] {
        let feed = informer.controller_feed(HandlerOptions::default()).unwrap();
        let controller = feed.run(reconcile, never, Arc::default(), Config::default(), futures::stream::pending());
        let mut controller = Box::pin(controller);
        assert!(within(controller.next()).await.unwrap().is_err());
        assert!(!informer.status().is_ready());
        if deleted {
            server.delete("a", "panics");
            converged(&server, &informer).await;
        } else {
            drop(controller);
        }
        assert!(informer.status().is_ready());
    }
}
