//! An informer under kube's controller.

use std::sync::Mutex;

use futures::StreamExt;
use kube::runtime::controller::{Action, Config};
use kube::runtime::reflector::ObjectRef;

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("not yet")]
struct NotYet;

#[tokio::test(start_paused = true)]
async fn a_controller_reconciles_what_the_informer_sees_over_one_watch() {
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
    let until = async |name: &str, times: usize| {
        within(async {
            while seen.lock().unwrap().iter().filter(|other| *other == name).count() < times {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    };
    until("one", 1).await;
    until("fails-once", 2).await;
    server.put("a", "one", "2");
    until("one", 2).await;
    also.unbounded_send(ObjectRef::new("one").within("a")).unwrap();
    until("one", 3).await;
    server.delete("a", "one");
    server.put("a", "last", "1");
    until("last", 1).await;
    assert_eq!(store.len(), 2);
    assert_eq!(server.requests().len(), 1, "one watch for both");
}
