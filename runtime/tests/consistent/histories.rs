//! Random interleavings of writers, readers, watches and faults: no read misses a write that started before it.
//!
//! `HISTORIES=10000 SEED=1 cargo test --release … --test consistent` sets the number and the first seed.

use std::sync::{Arc, Mutex};

use kube_client_runtime::client::{Client, DeleteResult, Patch, PatchOptions};
use kube_client_runtime::informer::{Selector, Snapshot};
use serde_json::json;

use super::*;

const NAMESPACES: [&str; 3] = ["a", "b", "c"];
const NAMES: [&str; 2] = ["one", "two"];
const WRITERS: usize = 3;
const WRITES: usize = 12;
const READERS: usize = 2;
const READS: usize = 12;

/// A write that was started.
#[derive(Clone)]
struct Started {
    namespace: &'static str,
    name: &'static str,
    /// What the API server answered, if the client received it.
    answer: Arc<Mutex<Answer>>,
    /// A mark in the written object, by which the network finds the answer that the client may not have received.
    mark: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Answer {
    InFlight,
    Failed,
    Written { uid: String, version: u64 },
    Deleted { uid: String },
}

/// What the client returned.
enum Written {
    Applied(Box<ConfigMap>),
    Deleted(DeleteResult<ConfigMap>),
}

struct Run {
    network: Network,
    maps: Maps,
    started: Mutex<Vec<Started>>,
}

impl Run {
    async fn writer(self: Arc<Self>, number: usize, mut random: fastrand::Rng) {
        for write in 0..WRITES {
            let namespace = random.choice(NAMESPACES).unwrap();
            let name = random.choice(NAMES).unwrap();
            let mark = format!("{number}-{write}");
            let started = Started { namespace, name, answer: Arc::new(Mutex::new(Answer::InFlight)), mark };
            self.started.lock().unwrap().push(started.clone());
            let client = self.maps.namespaced(namespace);
            let deletes = random.u8(..3) == 0;
            let call = async {
                if deletes {
                    return client.delete(name).await.map(Written::Deleted);
                }
                let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"mark": started.mark}});
                let options = PatchOptions::manager("test").force();
                client.patch(name, &Patch::Apply(object), &options).await.map(|map| Written::Applied(Box::new(map)))
            };
            // Some calls are dropped, whatever became of them.
            let patience = Duration::from_millis(if random.u8(..8) == 0 { random.u64(1..40) } else { 60_000 });
            let result = tokio::time::timeout(patience, call).await;
            let answer = match result {
                Ok(Ok(Written::Applied(map))) => {
                    let version = map.metadata.resource_version.unwrap().parse().unwrap();
                    Answer::Written { uid: map.metadata.uid.unwrap(), version }
                }
                Ok(Ok(Written::Deleted(DeleteResult::Deleted(status)))) => {
                    Answer::Deleted { uid: status.details.unwrap().uid }
                }
                _ => Answer::Failed,
            };
            *started.answer.lock().unwrap() = answer;
            if random.bool() {
                tokio::time::sleep(Duration::from_millis(random.u64(1..50))).await;
            }
        }
    }

    async fn reader(self: Arc<Self>, mut random: fastrand::Rng) {
        for _ in 0..READS {
            if random.bool() {
                tokio::time::sleep(Duration::from_millis(random.u64(1..80))).await;
            }
            let before = self.started.lock().unwrap().len();
            let (namespace, name) = (random.choice(NAMESPACES).unwrap(), random.choice(NAMES).unwrap());
            let maps = &self.maps;
            let within = |read| tokio::time::timeout(Duration::from_secs(300), read);
            let range = match random.u8(..3) {
                0 => (Some(namespace), Some(name)),
                1 => (Some(namespace), None),
                _ => (None, None),
            };
            let read = within(maps.caught_up(range.0)).await.expect("the read waits forever");
            read.unwrap_or_else(|error| panic!("{error}"));
            self.verify(before, range.0, range.1, &maps.informer().snapshot());
        }
    }

    /// Verifies that a snapshot contains the first writes.
    fn verify(&self, before: usize, namespace: Option<&str>, name: Option<&str>, found: &Snapshot<ConfigMap>) {
        let state = self.network.server().state();
        let alive: Vec<&str> = state.objects().filter_map(|(_, object)| object["metadata"]["uid"].as_str()).collect();
        let executed = self.network.executed();
        let started = self.started.lock().unwrap()[..before].to_vec();
        for write in started {
            if namespace.is_some_and(|only| only != write.namespace) || name.is_some_and(|only| only != write.name) {
                continue;
            }
            let answer = match write.answer.lock().unwrap().clone() {
                Answer::InFlight => panic!("the read did not wait for {}", write.mark),
                // Executed before its call failed.
                Answer::Failed => match executed.iter().find(|(_, _, answer)| answer["data"]["mark"] == *write.mark) {
                    Some((_, _, answer)) => Answer::Written {
                        uid: answer["metadata"]["uid"].as_str().unwrap().to_owned(),
                        version: answer["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap(),
                    },
                    None => continue,
                },
                answer => answer,
            };
            let object = found.get(Some(write.namespace), write.name);
            let uid_found = object.and_then(|object| object.metadata.uid.as_deref());
            match answer {
                Answer::Deleted { uid } => assert_ne!(uid_found, Some(&*uid), "{} is not deleted", write.name),
                Answer::Written { uid, version } if uid_found == Some(&uid) => {
                    let version_found: u64 =
                        object.unwrap().metadata.resource_version.as_ref().unwrap().parse().unwrap();
                    assert!(version_found >= version, "{} is not in {version_found}", write.mark);
                }
                Answer::Written { uid, .. } => assert!(!alive.contains(&&*uid), "{} is missing", write.mark),
                Answer::InFlight | Answer::Failed => unreachable!(),
            }
        }
    }
}

async fn history(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let network = Network::random(random.u64(..), if random.bool() { 0.2 } else { 0.0 });
    let client: Client = network.client();
    let maps = consistent_within(&client, if random.bool() { &NAMESPACES } else { &[] }).await;
    let run = Arc::new(Run { network: network.clone(), maps, started: Mutex::default() });
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        tasks.spawn(Arc::clone(&run).writer(number, random.fork()));
    }
    for _ in 0..READERS {
        tasks.spawn(Arc::clone(&run).reader(random.fork()));
    }
    for _ in 0..random.u8(..3) {
        tokio::time::sleep(Duration::from_millis(random.u64(1..1000))).await;
        network.server().close_watches();
        if random.bool() {
            network.server().compact();
        }
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap_or_else(|error| panic!("SEED={seed}: {error}"));
    }
    // A last read finds everything.
    let all = run.started.lock().unwrap().len();
    let found = tokio::time::timeout(Duration::from_secs(300), run.maps.list(None, &Selector::everything())).await;
    found.expect("the last read waits forever").unwrap();
    run.verify(all, None, None, &run.maps.informer().snapshot());
}

/// Lists and watches are delayed, too.
async fn consistent_within(client: &Client, namespaces: &[&str]) -> Maps {
    tokio::time::timeout(Duration::from_secs(600), consistent(client, namespaces)).await.expect("not synced")
}

#[test]
fn no_read_misses_a_write_that_started_before_it() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let first = number("SEED", 0);
    for seed in first..first + number("HISTORIES", 200) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(history(seed))));
        assert!(result.is_ok(), "the history with SEED={seed} failed");
    }
}
