//! Tests of event handlers and their isolation.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use kube_client_runtime::informer::{AddHandlerError, Backlog, EventHandler, FilteringHandler};
use tokio::sync::Notify;

use super::*;

type EventLog = Arc<Mutex<Vec<String>>>;

fn recording(log: &EventLog) -> HandlerFuncs<ConfigMap> {
    let (add, update, delete) = (Arc::clone(log), Arc::clone(log), Arc::clone(log));
    HandlerFuncs::new()
        .on_add(move |object, initial| add.lock().unwrap().push(describe(&Event::Added { object, initial })))
        .on_update(move |old, new| update.lock().unwrap().push(describe(&Event::Updated { old, new })))
        .on_delete(move |object, state| delete.lock().unwrap().push(describe(&Event::Deleted { object, state })))
}

async fn received(log: &EventLog, lines: usize) -> Vec<String> {
    until(|| log.lock().unwrap().len() >= lines).await;
    log.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn early_and_late_handlers_and_streams_receive_the_same_events() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = informer(&server).build();
    let (early, late) = (EventLog::default(), EventLog::default());
    let first = informer.add_event_handler(recording(&early)).unwrap();
    assert!(!first.has_synced());
    informer.start();
    assert!(within(first.synced()).await);
    let second = informer.add_event_handler(recording(&late)).unwrap();
    let stream = events(&informer);
    assert!(within(second.synced()).await);
    server.put("a", "one", "2");
    server.delete("a", "one");
    let expected = ["initially one 1", "updated one 1 to 2", "deleted one 2"];
    assert_eq!(received(&early, 3).await, expected);
    assert_eq!(received(&late, 3).await, expected);
    let streamed: Vec<String> = within(stream.take(3).map(|event| describe(&event)).collect()).await;
    assert_eq!(streamed, expected);
    assert_eq!(server.requests().len(), 1, "all handlers share one watch");
}

/// A handler that needs a permit for each event.
struct Gated(Arc<tokio::sync::Semaphore>, EventLog);

impl EventHandler<ConfigMap> for Gated {
    async fn on_add(&self, object: Arc<ConfigMap>, initial: bool) {
        self.record(Event::Added { object, initial }).await;
    }

    async fn on_update(&self, old: Arc<ConfigMap>, new: Arc<ConfigMap>) {
        self.record(Event::Updated { old, new }).await;
    }

    async fn on_delete(&self, object: Arc<ConfigMap>, state: FinalState) {
        self.record(Event::Deleted { object, state }).await;
    }
}

impl Gated {
    async fn record(&self, event: Event<ConfigMap>) {
        self.0.acquire().await.unwrap().forget();
        self.1.lock().unwrap().push(describe(&event));
    }
}

#[tokio::test(start_paused = true)]
async fn slow_and_panicking_handlers_do_not_affect_others() {
    let server = Server::new();
    let informer = started(&server).await;
    let (log, slow_log) = (EventLog::default(), EventLog::default());
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let slow = informer.add_event_handler(Gated(Arc::clone(&gate), Arc::clone(&slow_log))).unwrap();
    let panics = informer.add_event_handler(HandlerFuncs::new().on_add(|_, _| panic!("expected panic"))).unwrap();
    informer.add_event_handler(recording(&log)).unwrap();
    for number in 0..20 {
        server.put("a", &format!("map-{number}"), "1");
    }
    assert_eq!(received(&log, 20).await.len(), 20);
    until(|| panics.metrics().panics >= 20).await;
    assert!(slow_log.lock().unwrap().is_empty());
    assert_eq!(slow.metrics().depth, 19);
    gate.add_permits(20);
    assert_eq!(received(&slow_log, 20).await, *log.lock().unwrap());
}

#[tokio::test(start_paused = true)]
async fn latest_only_handler_receives_one_change_for_each_object() {
    let server = Server::new();
    server.put("a", "changes", "0");
    server.put("a", "goes", "0");
    let informer = started(&server).await;
    let log = EventLog::default();
    let gate = Arc::new(tokio::sync::Semaphore::new(2));
    let options = HandlerOptions::named("latest").backlog(Backlog::LatestOnly);
    let registration = informer.add_event_handler_with(Gated(Arc::clone(&gate), Arc::clone(&log)), options).unwrap();
    assert!(within(registration.synced()).await);
    server.put("a", "plug", "0");
    until(|| registration.metrics().depth == 0 && registration.metrics().delivered >= 3).await;
    for round in 1..=50 {
        server.put("a", "changes", &round.to_string());
        server.put("a", "flickers", "1");
        server.delete("a", "flickers");
    }
    server.put("a", "goes", "1");
    server.delete("a", "goes");
    server.put("a", "goes", "again");
    converged(&server, &informer).await;
    assert!(registration.metrics().depth <= 3, "{:?}", registration.metrics());
    gate.add_permits(100);
    let mut log = received(&log, 6).await.split_off(2);
    assert_eq!(log.remove(0), "added plug 0");
    assert_eq!(log, ["updated changes 0 to 50", "deleted goes 1", "added goes again"]);
    assert_eq!(registration.metrics().name, "latest");
}

#[tokio::test(start_paused = true)]
async fn removed_handlers_and_dropped_streams_receive_no_more_events() {
    let server = Server::new();
    let informer = started(&server).await;
    let log = EventLog::default();
    let registration = informer.add_event_handler(recording(&log)).unwrap();
    let stream = events(&informer);
    server.put("a", "one", "1");
    assert_eq!(received(&log, 1).await, ["added one 1"]);
    assert_eq!(informer.status().handlers.len(), 2);
    registration.remove();
    drop(stream);
    server.put("a", "two", "1");
    converged(&server, &informer).await;
    assert_eq!(informer.status().handlers.len(), 0);
    assert_eq!(*log.lock().unwrap(), ["added one 1"]);
}

#[tokio::test(start_paused = true)]
async fn resyncs_are_delivered_only_to_handlers_with_a_resync_period() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let (plain, resynced) = (EventLog::default(), EventLog::default());
    informer.add_event_handler(recording(&plain)).unwrap();
    let every = HandlerOptions::default().resync(Duration::from_secs(10));
    informer.add_event_handler_with(recording(&resynced), every).unwrap();
    let log = received(&resynced, 3).await;
    assert_eq!(log, ["initially one 1", "updated one 1 to 1", "updated one 1 to 1"]);
    assert_eq!(*plain.lock().unwrap(), ["initially one 1"]);
}

#[tokio::test(start_paused = true)]
async fn filtering_handler_turns_updates_into_additions_and_deletions() {
    let server = Server::new();
    let informer = started(&server).await;
    let log = EventLog::default();
    let big = |map: &ConfigMap| map.data.as_ref().is_some_and(|data| data["value"].len() > 1);
    informer.add_event_handler(FilteringHandler::new(big, recording(&log))).unwrap();
    for data in ["1", "10", "20", "2", "30"] {
        server.put("a", "one", data);
    }
    server.delete("a", "one");
    server.put("a", "two", "10");
    let expected =
        ["added one 10", "updated one 10 to 20", "lost one 20", "added one 30", "deleted one 30", "added two 10"];
    assert_eq!(received(&log, 6).await, expected);
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_the_current_event_of_a_handler() {
    struct Slow {
        started: Arc<Notify>,
        done: Arc<AtomicBool>,
    }
    impl EventHandler<ConfigMap> for Slow {
        async fn on_add(&self, _: Arc<ConfigMap>, _: bool) {
            self.started.notify_one();
            tokio::time::sleep(Duration::from_secs(5)).await;
            self.done.store(true, Ordering::SeqCst);
        }
    }
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let (started, done) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let registration =
        informer.add_event_handler(Slow { started: Arc::clone(&started), done: Arc::clone(&done) }).unwrap();
    let stream = events(&informer);
    within(started.notified()).await;
    assert!(!registration.has_synced());
    within(informer.shutdown()).await;
    assert!(done.load(Ordering::SeqCst));
    assert_eq!(within(stream.count()).await, 0);
    assert!(!within(registration.synced()).await);
    assert_eq!(informer.add_event_handler(HandlerFuncs::new()).unwrap_err(), AddHandlerError::Stopped);
    assert!(within(informer.wait_for(&"99".parse().unwrap())).await.is_err());
    assert!(informer.status().to_string().contains("stopped"));
}

#[tokio::test(start_paused = true)]
async fn informer_stops_when_its_last_handle_is_dropped() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let lister = informer.lister();
    drop(informer);
    server.put("a", "two", "1");
    within(lister.wait_for(&server.version().to_string().parse().unwrap())).await.unwrap();
    assert_eq!(lister.all().len(), 2);
    drop(lister);
    until(|| {
        // The server notices a closed connection when it sends.
        server.bookmark();
        server.open_watches() == 0
    })
    .await;
}
