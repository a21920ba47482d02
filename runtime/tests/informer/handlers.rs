//! What handlers are told, and what they can do to each other.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use kube_client_runtime::informer::{Backlog, EventHandler, Filtered, NotAdded};

use super::*;

type Story = Arc<Mutex<Vec<String>>>;

fn handlers(story: &Story) -> Handlers<ConfigMap> {
    let (add, update, delete) = (Arc::clone(story), Arc::clone(story), Arc::clone(story));
    Handlers::new()
        .on_add(move |object, initial| add.lock().unwrap().push(told(&Event::Added { object, initial })))
        .on_update(move |old, new| update.lock().unwrap().push(told(&Event::Updated { old, new })))
        .on_delete(move |object, state| delete.lock().unwrap().push(told(&Event::Deleted { object, state })))
}

async fn until(story: &Story, lines: usize) -> Vec<String> {
    within(async {
        while story.lock().unwrap().len() < lines {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    story.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_early_one_that_comes_late_and_a_stream_hear_the_same() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = informer(&server).build();
    let (early, late) = (Story::default(), Story::default());
    let first = informer.add_event_handler(handlers(&early)).unwrap();
    assert!(!first.has_synced());
    informer.start();
    assert!(within(first.synced()).await);
    let second = informer.add_event_handler(handlers(&late)).unwrap();
    let stream = events(&informer);
    assert!(within(second.synced()).await);
    server.put("a", "one", "2");
    server.delete("a", "one");
    let expected = ["initially one 1", "updated one 1 to 2", "deleted one 2"];
    assert_eq!(until(&early, 3).await, expected);
    assert_eq!(until(&late, 3).await, expected);
    let streamed: Vec<String> = within(stream.take(3).map(|event| told(&event)).collect()).await;
    assert_eq!(streamed, expected);
    assert_eq!(server.requests().len(), 1, "one watch, however many ask");
}

struct Stuck(Arc<tokio::sync::Semaphore>, Story);

impl EventHandler<ConfigMap> for Stuck {
    async fn on_add(&self, object: Arc<ConfigMap>, initial: bool) {
        self.tell(Event::Added { object, initial }).await;
    }

    async fn on_update(&self, old: Arc<ConfigMap>, new: Arc<ConfigMap>) {
        self.tell(Event::Updated { old, new }).await;
    }

    async fn on_delete(&self, object: Arc<ConfigMap>, state: LastState) {
        self.tell(Event::Deleted { object, state }).await;
    }
}

impl Stuck {
    async fn tell(&self, event: Event<ConfigMap>) {
        self.0.acquire().await.unwrap().forget();
        self.1.lock().unwrap().push(told(&event));
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_one_and_one_that_panics_hurt_nobody_else() {
    let server = Server::new();
    let informer = started(&server).await;
    let (story, slow_story) = (Story::default(), Story::default());
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let slow = informer.add_event_handler(Stuck(Arc::clone(&gate), Arc::clone(&slow_story))).unwrap();
    let panics = informer.add_event_handler(Handlers::new().on_add(|_, _| panic!("on purpose"))).unwrap();
    informer.add_event_handler(handlers(&story)).unwrap();
    for number in 0..20 {
        server.put("a", &format!("map-{number}"), "1");
    }
    assert_eq!(until(&story, 20).await.len(), 20);
    within(async {
        while panics.metrics().panics < 20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert!(slow_story.lock().unwrap().is_empty());
    assert_eq!(slow.metrics().depth, 19);
    gate.add_permits(20);
    assert_eq!(until(&slow_story, 20).await, *story.lock().unwrap());
}

#[tokio::test(start_paused = true)]
async fn one_that_asks_for_the_latest_alone_hears_one_change_for_each_object() {
    let server = Server::new();
    server.put("a", "changes", "0");
    server.put("a", "goes", "0");
    let informer = started(&server).await;
    let story = Story::default();
    let gate = Arc::new(tokio::sync::Semaphore::new(2));
    let options = HandlerOptions::named("latest").backlog(Backlog::LatestOnly);
    let registration = informer.add_event_handler_with(Stuck(Arc::clone(&gate), Arc::clone(&story)), options).unwrap();
    assert!(within(registration.synced()).await);
    server.put("a", "plug", "0");
    within(async {
        while registration.metrics().depth > 0 || registration.metrics().delivered < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
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
    let mut story = until(&story, 6).await.split_off(2);
    assert_eq!(story.remove(0), "added plug 0");
    assert_eq!(story, ["updated changes 0 to 50", "deleted goes 1", "added goes again"]);
    assert_eq!(registration.metrics().name, "latest");
}

#[tokio::test(start_paused = true)]
async fn a_removed_one_hears_nothing_more_and_a_dropped_stream_is_removed() {
    let server = Server::new();
    let informer = started(&server).await;
    let story = Story::default();
    let registration = informer.add_event_handler(handlers(&story)).unwrap();
    let stream = events(&informer);
    server.put("a", "one", "1");
    assert_eq!(until(&story, 1).await, ["added one 1"]);
    assert_eq!(informer.status().handlers.len(), 2);
    registration.remove();
    drop(stream);
    server.put("a", "two", "1");
    converged(&server, &informer).await;
    assert_eq!(informer.status().handlers.len(), 0);
    assert_eq!(*story.lock().unwrap(), ["added one 1"]);
}

#[tokio::test(start_paused = true)]
async fn resyncs_reach_only_those_who_asked() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let (plain, resynced) = (Story::default(), Story::default());
    informer.add_event_handler(handlers(&plain)).unwrap();
    let every = HandlerOptions::default().resync(Duration::from_secs(10));
    informer.add_event_handler_with(handlers(&resynced), every).unwrap();
    let story = until(&resynced, 3).await;
    assert_eq!(story, ["initially one 1", "updated one 1 to 1", "updated one 1 to 1"]);
    assert_eq!(*plain.lock().unwrap(), ["initially one 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_turns_changes_into_coming_and_going() {
    let server = Server::new();
    let informer = started(&server).await;
    let story = Story::default();
    let big = |map: &ConfigMap| map.data.as_ref().is_some_and(|data| data["value"].len() > 1);
    informer.add_event_handler(Filtered::new(big, handlers(&story))).unwrap();
    for data in ["1", "10", "20", "2", "30"] {
        server.put("a", "one", data);
    }
    server.delete("a", "one");
    server.put("a", "two", "10");
    let expected =
        ["added one 10", "updated one 10 to 20", "lost one 20", "added one 30", "deleted one 30", "added two 10"];
    assert_eq!(until(&story, 6).await, expected);
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_the_event_that_a_handler_is_at() {
    struct Slow(Arc<AtomicBool>);
    impl EventHandler<ConfigMap> for Slow {
        async fn on_add(&self, _: Arc<ConfigMap>, _: bool) {
            tokio::time::sleep(Duration::from_secs(5)).await;
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let done = Arc::new(AtomicBool::new(false));
    let registration = informer.add_event_handler(Slow(Arc::clone(&done))).unwrap();
    let stream = events(&informer);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!registration.has_synced());
    within(informer.shutdown()).await;
    assert!(done.load(Ordering::SeqCst));
    assert_eq!(within(stream.count()).await, 0);
    assert!(!within(registration.synced()).await);
    assert_eq!(informer.add_event_handler(Handlers::new()).unwrap_err(), NotAdded::Stopped);
    assert!(within(informer.wait_for(&"99".parse().unwrap())).await.is_err());
    assert!(informer.status().to_string().contains("stopped"));
}

#[tokio::test(start_paused = true)]
async fn an_informer_ends_with_its_last_handle() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let lister = informer.lister();
    drop(informer);
    server.put("a", "two", "1");
    within(lister.wait_for(&server.version().to_string().parse().unwrap())).await.unwrap();
    assert_eq!(lister.all().len(), 2);
    drop(lister);
    within(async {
        loop {
            // The server notices that nobody listens when it speaks.
            server.bookmark();
            if server.open_watches() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
