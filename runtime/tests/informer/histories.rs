//! Property tests with random histories: for any sequence of changes and faults of the server, the connection and the
//! handlers, every handler receives a consistent sequence of events, and the handlers and the cache converge to the state of
//! the server.
//!
//! `HISTORIES=100000 cargo test --release … histories` sets the number of histories.

use std::collections::HashMap;
use std::sync::Mutex;

use futures::StreamExt;
use kube_client_runtime::informer::{Backlog, HandlerFuncs, HandlerRegistration, Index};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use tokio::sync::Semaphore;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Put {
        namespace: u8,
        name: u8,
        data: u8,
    },
    PutUndecodable {
        namespace: u8,
        name: u8,
    },
    Delete {
        namespace: u8,
        name: u8,
    },
    Recreate {
        namespace: u8,
        name: u8,
    },
    Cut,
    End,
    Compact,
    Bookmark,
    FailWatches(u16, &'static str),
    Inject(Fault),
    /// A restore of an older state. Revisions are raised above all previous ones, as etcd advises; otherwise nothing is
    /// written until clients have reconnected, because reused versions are indistinguishable.
    Restore {
        back: u64,
        raised: bool,
    },
    AddHandler {
        backlog: Backlog,
        resync: bool,
        slow: bool,
    },
    RemoveHandler(u8),
    Release(u8),
    AwaitResync,
    Sleep(u16),
    WriteThrough {
        namespace: u8,
        name: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (0_u8..2, 0_u8..5);
    let fault = prop_oneof![
        Just(Fault::Transport),
        Just(Fault::EmptyWatch),
        Just(Fault::Status(410, "Expired")),
        Just(Fault::Status(429, "TooManyRequests")),
        Just(Fault::Status(500, "InternalError")),
        Just(Fault::Status(403, "Forbidden")),
        Just(Fault::Status(404, "NotFound")),
    ];
    let failure = prop_oneof![Just((410, "Expired")), Just((429, "TooManyRequests")), Just((500, "InternalError"))];
    let backlog = prop_oneof![
        Just(Backlog::EveryEvent),
        Just(Backlog::LatestOnly),
        (1_usize..4).prop_filter_map("not zero", |limit| std::num::NonZeroUsize::new(limit).map(Backlog::FoldAbove)),
    ];
    prop_oneof![
        12 => (place(), any::<u8>()).prop_map(|((namespace, name), data)| Step::Put { namespace, name, data }),
        1 => place().prop_map(|(namespace, name)| Step::PutUndecodable { namespace, name }),
        6 => place().prop_map(|(namespace, name)| Step::Delete { namespace, name }),
        3 => place().prop_map(|(namespace, name)| Step::Recreate { namespace, name }),
        2 => Just(Step::Cut),
        1 => Just(Step::End),
        2 => Just(Step::Compact),
        1 => Just(Step::Bookmark),
        1 => failure.prop_map(|(code, reason)| Step::FailWatches(code, reason)),
        2 => fault.prop_map(Step::Inject),
        1 => (1_u64..8, any::<bool>()).prop_map(|(back, raised)| Step::Restore { back, raised }),
        3 => (backlog, any::<bool>(), any::<bool>())
            .prop_map(|(backlog, resync, slow)| Step::AddHandler { backlog, resync, slow }),
        1 => any::<u8>().prop_map(Step::RemoveHandler),
        4 => (0_u8..6).prop_map(Step::Release),
        1 => Just(Step::AwaitResync),
        6 => (0_u16..2500).prop_map(Step::Sleep),
        2 => place().prop_map(|(namespace, name)| Step::WriteThrough { namespace, name }),
    ]
}

/// The last state of an object that a handler received.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    uid: String,
    version: String,
}

fn seen_of(map: &ConfigMap) -> (String, Seen) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let metadata = &map.metadata;
    let key = format!("{}/{}", text(&metadata.namespace), text(&metadata.name));
    (key, Seen { uid: text(&metadata.uid), version: text(&metadata.resource_version) })
}

/// The events of a handler, checked for consistency.
#[derive(Default)]
struct EventLog {
    known: HashMap<String, Seen>,
    lines: Vec<String>,
    violation: Option<String>,
}

impl EventLog {
    fn record(&mut self, event: &Event<ConfigMap>, resyncs: bool) {
        let (key, now) = seen_of(event.object());
        self.lines.push(format!("{} {key} {} {}", describe(event), now.uid, now.version));
        let known = self.known.get(&key).cloned();
        let consistent = match event {
            Event::Added { .. } => known.is_none(),
            Event::Updated { old, .. } => {
                let (_, old) = seen_of(old);
                let changed = old.version != now.version || resyncs;
                known.as_ref() == Some(&old) && old.uid == now.uid && changed
            }
            Event::Deleted { .. } => known.as_ref().is_some_and(|known| known.uid == now.uid),
        };
        if !consistent && self.violation.is_none() {
            self.violation = Some(format!("{known:?} was known; the events: {:#?}", self.lines));
        }
        match event {
            Event::Deleted { .. } => self.known.remove(&key),
            _ => self.known.insert(key, now),
        };
    }
}

struct Listener {
    log: Arc<Mutex<EventLog>>,
    gate: Arc<Semaphore>,
    registration: HandlerRegistration,
}

fn listen(informer: &Informer<ConfigMap>, backlog: Backlog, resync: bool, slow: bool) -> Listener {
    let every = if resync { Duration::from_secs(2) } else { Duration::ZERO };
    let options = HandlerOptions::default().backlog(backlog).resync(every);
    let mut events = informer.events(options).unwrap();
    let registration = events.registration();
    let log = Arc::new(Mutex::new(EventLog::default()));
    let gate = Arc::new(Semaphore::new(if slow { 0 } else { Semaphore::MAX_PERMITS / 2 }));
    let (recorded, gated) = (Arc::clone(&log), Arc::clone(&gate));
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if let Ok(permit) = gated.acquire().await {
                permit.forget();
            }
            recorded.lock().unwrap().record(&event, resync);
        }
    });
    Listener { log, gate, registration }
}

/// Returns the decodable objects of the server.
fn decodable(server: &Server) -> BTreeMap<String, (String, String)> {
    let undecodable = server.undecodable();
    server.objects().into_iter().filter(|(key, _)| !undecodable.contains(key)).collect()
}

async fn history(steps: &[Step], streaming: bool, page: Option<usize>) -> Result<(), TestCaseError> {
    let mut server = Server::new();
    if !streaming {
        server = server.without_streaming();
    }
    if let Some(page) = page {
        server = server.paged(page);
    }
    let informer = informer(&server).build();
    let index = informer.add_index(|map: &ConfigMap| map.data.clone().unwrap_or_default().into_values());
    let mut listeners = vec![listen(&informer, Backlog::EveryEvent, false, false)];
    informer.start();
    for step in steps {
        perform(step, &server, &informer, &mut listeners).await;
        check_snapshot(&informer, index)?;
    }
    settle(&server, &informer, &listeners).await?;
    check_snapshot(&informer, index)
}

async fn perform(step: &Step, server: &Server, informer: &Informer<ConfigMap>, listeners: &mut Vec<Listener>) {
    let names = |namespace: u8, name: u8| (format!("space-{namespace}"), format!("map-{name}"));
    match step {
        Step::Put { namespace, name, data } => {
            let (namespace, name) = names(*namespace, *name);
            server.put(&namespace, &name, &(data % 3).to_string());
        }
        Step::PutUndecodable { namespace, name } => {
            let (namespace, name) = names(*namespace, *name);
            server.put_raw(&namespace, &name, json!({"data": 7}));
        }
        Step::Delete { namespace, name } => {
            let (namespace, name) = names(*namespace, *name);
            server.delete(&namespace, &name);
        }
        Step::Recreate { namespace, name } => {
            let (namespace, name) = names(*namespace, *name);
            server.delete(&namespace, &name);
            server.put(&namespace, &name, "again");
        }
        Step::Cut => server.cut(),
        Step::End => server.end_watches(),
        Step::Compact => server.compact(),
        Step::Bookmark => server.bookmark(),
        Step::FailWatches(code, reason) => server.fail_watches(*code, reason),
        Step::Inject(fault) => server.inject(fault.clone()),
        Step::Restore { back, raised } => {
            // Longer than a request in flight.
            server.set_down(true);
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.restore(*back, *raised);
            server.set_down(false);
            if !raised {
                tokio::time::sleep(Duration::from_secs(200)).await;
            }
        }
        Step::AddHandler { backlog, resync, slow } => listeners.push(listen(informer, *backlog, *resync, *slow)),
        Step::RemoveHandler(which) => {
            if listeners.len() > 1 {
                let place = usize::from(*which) % (listeners.len() - 1) + 1;
                listeners.remove(place).registration.remove();
            }
        }
        Step::Release(permits) => {
            listeners.iter().for_each(|listener| listener.gate.add_permits(usize::from(*permits)));
        }
        Step::AwaitResync => tokio::time::sleep(Duration::from_secs(4)).await,
        Step::Sleep(millis) => tokio::time::sleep(Duration::from_millis(u64::from(*millis))).await,
        Step::WriteThrough { namespace, name } => {
            let (namespace, name) = names(*namespace, *name);
            let version = server.put(&namespace, &name, "written");
            let (uid, _) = server.objects()[&format!("{namespace}/{name}")].clone();
            let object = json!({
                "metadata": {"namespace": namespace, "name": name, "uid": uid, "resourceVersion": version.to_string()},
                "data": {"value": "written"},
            });
            informer.write_through(Arc::new(serde_json::from_value(object).unwrap()));
        }
    }
}

/// Checks that all views of a snapshot agree.
fn check_snapshot(informer: &Informer<ConfigMap>, index: Index<ConfigMap, String>) -> Result<(), TestCaseError> {
    let snapshot = informer.snapshot();
    let all: usize = snapshot.iter().count();
    prop_assert_eq!(all, snapshot.len());
    let by_namespace: usize = snapshot.namespaces().map(|namespace| snapshot.namespace(namespace).count()).sum();
    prop_assert_eq!(by_namespace, all);
    for map in snapshot.iter() {
        let metadata = &map.metadata;
        let found = snapshot.get(metadata.namespace.as_deref(), metadata.name.as_deref().unwrap_or_default());
        prop_assert!(found.is_some_and(|found| Arc::ptr_eq(found, map)));
        for value in map.data.iter().flat_map(BTreeMap::values) {
            prop_assert!(snapshot.by_index(index, value).any(|found| Arc::ptr_eq(found, map)));
        }
    }
    let indexed: usize = snapshot.index_values(index).map(|value| snapshot.index_count(index, value)).sum();
    prop_assert_eq!(indexed, snapshot.iter().filter(|map| map.data.is_some()).count());
    Ok(())
}

/// Checks that, after the server has recovered, the cache and all handlers converge to its state.
async fn settle(server: &Server, informer: &Informer<ConfigMap>, listeners: &[Listener]) -> Result<(), TestCaseError> {
    server.recover();
    // A new object shows that the watch works.
    server.put("space-0", "the-last", "1");
    listeners.iter().for_each(|listener| listener.gate.add_permits(Semaphore::MAX_PERMITS / 4));
    let limit = tokio::time::Instant::now() + Duration::from_secs(300);
    loop {
        let expected = decodable(server);
        // The cache may still contain the last decodable state of an undecodable object.
        let without_undecodable = |mut known: BTreeMap<String, (String, String)>| {
            server.undecodable().iter().for_each(|key| drop(known.remove(key)));
            known
        };
        let known = |listener: &Listener| {
            let log = listener.log.lock().unwrap();
            without_undecodable(
                log.known.iter().map(|(key, seen)| (key.clone(), (seen.uid.clone(), seen.version.clone()))).collect(),
            )
        };
        for listener in listeners {
            let violation = listener.log.lock().unwrap().violation.clone();
            prop_assert!(violation.is_none(), "{}", violation.unwrap_or_default());
        }
        let cache = without_undecodable(seen(informer));
        if cache == expected && listeners.iter().all(|listener| known(listener) == expected) {
            return Ok(());
        }
        if tokio::time::Instant::now() > limit {
            let logs: Vec<_> = listeners.iter().map(|listener| listener.log.lock().unwrap().lines.clone()).collect();
            prop_assert!(
                false,
                "not converged: server {expected:#?}, cache {cache:#?}, events of the handlers {logs:#?}; {}; {:#?}",
                informer.status(),
                server.requests()
            );
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

#[test]
fn every_history_yields_consistent_events_and_converges() {
    let cases = std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or(1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let histories = (prop::collection::vec(step(), 0..40), any::<bool>(), prop::option::of(1_usize..4));
    let result = runner.run(&histories, |(steps, streaming, page)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(history(&steps, streaming, page))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn closures_receive_consistent_events() {
    let server = Server::new();
    let informer = started(&server).await;
    let log = Arc::new(Mutex::new(EventLog::default()));
    let (add, update, delete) = (Arc::clone(&log), Arc::clone(&log), Arc::clone(&log));
    let handlers = HandlerFuncs::new()
        .on_add(move |object, initial| add.lock().unwrap().record(&Event::Added { object, initial }, false))
        .on_update(move |old, new| update.lock().unwrap().record(&Event::Updated { old, new }, false))
        .on_delete(move |object, state| delete.lock().unwrap().record(&Event::Deleted { object, state }, false));
    informer.add_event_handler(handlers).unwrap();
    for round in 0..50 {
        server.put("a", &format!("map-{}", round % 7), &round.to_string());
        if round % 3 == 0 {
            server.delete("a", &format!("map-{}", round % 5));
        }
    }
    until(|| log.lock().unwrap().known.len() == server.objects().len()).await;
    assert_eq!(log.lock().unwrap().violation, None);
}
