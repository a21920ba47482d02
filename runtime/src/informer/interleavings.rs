//! Orders in which threads may meet at the cache and at a handler's queue, tried by shuttle.
//!
//! The pointer that readers load and tokio's wakers are taken as they are: each of their steps is one step here. What is held
//! is what this crate builds of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::ObjectMeta;
use shuttle::{future, thread};

use super::cache::{Cache, Gone, Incoming, Slot};
use super::event::{Event, ObjectKey};
use super::handler::{Backlog, Delivery, Queue};

/// How many orders of each test are tried.
const ORDERS: usize = 2_000;

type Maps = Cache<ConfigMap>;

fn map(name: &str, version: u32) -> ConfigMap {
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some("default".to_owned()),
        uid: Some(format!("uid of {name}")),
        resource_version: Some(version.to_string()),
        ..ObjectMeta::default()
    };
    ConfigMap { metadata, ..ConfigMap::default() }
}

fn there(name: &str, version: u32) -> Incoming<ConfigMap> {
    Incoming::There(Slot::new(Arc::new(map(name, version)), 0))
}

fn gone(name: &str, version: u32) -> Incoming<ConfigMap> {
    let last = map(name, version);
    Incoming::Gone(Gone {
        key: ObjectKey::of(&last),
        uid: last.uid(),
        version: last.resource_version(),
        object: Some(Slot::new(Arc::new(last), 0)),
    })
}

/// A cache that has been listed, and is empty.
fn listed() -> Arc<Maps> {
    let cache = Arc::new(Maps::new(&[None]));
    cache.replace(0, cache.stage(), "1".parse().ok());
    cache
}

fn version(object: &ConfigMap) -> u32 {
    object.metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or_default()
}

/// What readers see: the version of each object.
fn seen(cache: &Maps) -> BTreeMap<String, u32> {
    cache.snapshot().iter().map(|object| (object.name_any(), version(object))).collect()
}

/// Objects as a handler knows them from what it was told.
#[derive(Default)]
struct Known {
    objects: BTreeMap<String, u32>,
    synced: bool,
}

impl Known {
    /// Takes in an event, which must fit what is known.
    fn take_in(&mut self, event: &Event<ConfigMap>) {
        match event {
            Event::Added { object, .. } => {
                let before = self.objects.insert(object.name_any(), version(object));
                assert_eq!(before, None, "added twice");
            }
            Event::Updated { old, new } => {
                let before = self.objects.insert(new.name_any(), version(new));
                assert_eq!(before, Some(version(old)), "updated from another state");
                assert!(version(new) > version(old), "updated backwards");
            }
            Event::Deleted { object, .. } => {
                assert!(self.objects.remove(&object.name_any()).is_some(), "deleted without being there");
            }
        }
    }
}

/// Takes events from the queue until it is closed or `until` holds.
async fn told(queue: &Queue<ConfigMap>, cache: &Maps, until: impl Fn(&Known) -> bool) -> Known {
    let mut known = Known::default();
    while !until(&known) {
        match queue.next().await {
            None => break,
            Some(Delivery::Synced) => known.synced = true,
            Some(Delivery::Event(event, _)) => {
                known.take_in(&event);
                let object = event.object();
                let at_hand = seen(cache).get(&object.name_any()).copied();
                let deleted = matches!(event, Event::Deleted { .. });
                assert!(
                    deleted || at_hand.is_none_or(|at_hand| at_hand >= version(object)),
                    "a lister is behind a handler"
                );
            }
        }
    }
    known
}

fn write(cache: &Maps) {
    cache.apply(0, vec![there("a", 2), there("b", 3)]);
    cache.apply(0, vec![there("a", 4)]);
    cache.apply(0, vec![gone("b", 5)]);
    cache.apply(0, vec![there("a", 6), there("c", 7)]);
}

fn end() -> BTreeMap<String, u32> {
    BTreeMap::from([("a".to_owned(), 6), ("c".to_owned(), 7)])
}

/// Adds a handler at any moment of the writing; it must come to know all that there is in the end.
fn a_late_handler_knows_all(backlog: Backlog) {
    shuttle::check_random(
        move || {
            let cache = listed();
            let writer = thread::spawn({
                let cache = Arc::clone(&cache);
                move || write(&cache)
            });
            let queue = Arc::new(Queue::new("late".to_owned(), backlog));
            assert!(cache.add_handler(&queue));
            let known = future::block_on(told(&queue, &cache, |known| known.synced && known.objects == end()));
            assert_eq!(known.objects, end());
            writer.join().expect("the writer ends");
            assert_eq!(seen(&cache), end());
        },
        ORDERS,
    );
}

#[test]
fn a_handler_that_is_added_while_events_come_misses_none_and_gets_none_twice() {
    a_late_handler_knows_all(Backlog::EveryEvent);
}

#[test]
fn a_handler_whose_events_are_folded_while_they_come_ends_with_what_is_there() {
    a_late_handler_knows_all(Backlog::LatestOnly);
}

#[test]
fn a_handler_that_is_removed_while_events_come_ends_and_lets_the_writer_go_on() {
    shuttle::check_random(
        || {
            let cache = listed();
            let queue = Arc::new(Queue::new("removed".to_owned(), Backlog::EveryEvent));
            assert!(cache.add_handler(&queue));
            let writer = thread::spawn({
                let cache = Arc::clone(&cache);
                move || write(&cache)
            });
            let handler = thread::spawn({
                let (cache, queue) = (Arc::clone(&cache), Arc::clone(&queue));
                move || future::block_on(told(&queue, &cache, |_| false))
            });
            cache.remove_handler(&queue);
            handler.join().expect("the handler ends");
            writer.join().expect("the writer ends");
            assert_eq!((seen(&cache), cache.handlers().len()), (end(), 0));
        },
        ORDERS,
    );
}

#[test]
fn a_handler_ends_when_the_informer_stops_at_any_moment() {
    shuttle::check_random(
        || {
            let cache = listed();
            let queue = Arc::new(Queue::new("stopped".to_owned(), Backlog::EveryEvent));
            let stopper = thread::spawn({
                let cache = Arc::clone(&cache);
                move || cache.stop()
            });
            if cache.add_handler(&queue) {
                future::block_on(told(&queue, &cache, |_| false));
                assert!(queue.is_closed());
            }
            stopper.join().expect("stopping ends");
        },
        ORDERS,
    );
}

#[test]
fn a_reader_sees_states_that_were_in_their_order() {
    shuttle::check_random(
        || {
            let cache = listed();
            let writer = thread::spawn({
                let cache = Arc::clone(&cache);
                move || write(&cache)
            });
            let states: [&[(&str, u32)]; 5] =
                [&[], &[("a", 2), ("b", 3)], &[("a", 4), ("b", 3)], &[("a", 4)], &[("a", 6), ("c", 7)]];
            let mut last = 0;
            for _ in 0..4 {
                let snapshot = cache.snapshot();
                thread::yield_now();
                let state: BTreeMap<String, u32> =
                    snapshot.iter().map(|object| (object.name_any(), version(object))).collect();
                let is = |known: &&[(&str, u32)]| {
                    known.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect::<BTreeMap<_, _>>()
                        == state
                };
                let now = states.iter().position(is).expect("a state that was");
                assert!(now >= last, "a reader went back in time");
                last = now;
            }
            writer.join().expect("the writer ends");
        },
        ORDERS,
    );
}

#[test]
fn who_waits_for_a_version_is_woken_whenever_it_comes() {
    shuttle::check_random(
        || {
            let cache = listed();
            let writer = thread::spawn({
                let cache = Arc::clone(&cache);
                move || write(&cache)
            });
            let wanted = "7".parse().ok();
            let mut progress = cache.progress();
            future::block_on(async {
                while cache.read().version < wanted {
                    progress.changed().await.expect("the cache is there");
                }
            });
            assert_eq!(seen(&cache), end());
            writer.join().expect("the writer ends");
        },
        ORDERS,
    );
}

#[test]
fn what_a_program_wrote_itself_is_seen_until_the_watch_is_as_far() {
    shuttle::check_random(
        || {
            let cache = listed();
            let watch = thread::spawn({
                let cache = Arc::clone(&cache);
                move || {
                    cache.apply(0, vec![there("a", 2)]);
                    cache.apply(0, vec![there("a", 4)]);
                    cache.apply(0, vec![there("a", 6)]);
                }
            });
            let written = map("a", 4);
            let key = ObjectKey::of(&written);
            cache.write_through(&key, Some(Slot::new(Arc::new(written), 0)), "4".parse().ok());
            assert!(seen(&cache)["a"] >= 4, "a program does not read its own write");
            watch.join().expect("the watch ends");
            assert_eq!(seen(&cache)["a"], 6);
        },
        ORDERS,
    );
}
