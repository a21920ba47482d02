//! Tests of thread interleavings in the cache and in a handler's queue, explored by shuttle, for both forms of caches.
//!
//! The atomic pointer of the cache and tokio's wakers are assumed to be correct: each of their operations is one atomic step.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::ObjectMeta;
use shuttle::{future, thread};

use super::cache::{Cache, CachedObject, Change, Codec, CompactOptions, DeletedObject, Received};
use super::event::{Event, ObjectKey};
use super::handler::queue::{Backlog, Delivery, Queue};

/// The number of interleavings that each test explores.
const ITERATIONS: usize = 2_000;

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

/// The codec of a compact cache; `None` for a cache of decoded objects.
type Form = Option<Arc<Codec<ConfigMap>>>;

/// Explores the interleavings of a test with a cache of each form.
fn in_both_forms(test: impl Fn(&Form) + Clone + Send + Sync + 'static) {
    for compact in [false, true] {
        let test = test.clone();
        let decode = |json: &[u8]| serde_json::from_slice(json).ok();
        let codec = move || compact.then(|| Arc::new(Codec::new(CompactOptions::default().decoded_objects(1), decode)));
        shuttle::check_random(move || test(&codec()), ITERATIONS);
    }
}

fn received(form: &Form, map: ConfigMap) -> Received<ConfigMap> {
    let Some(codec) = form else { return Received::new(map, 0) };
    let json = serde_json::to_vec(&map).expect("JSON");
    Received::encoded(codec, map, &json, 0)
}

fn applied(form: &Form, name: &str, version: u32) -> Change<ConfigMap> {
    Change::Applied(received(form, map(name, version)))
}

fn deleted(form: &Form, name: &str, version: u32) -> Change<ConfigMap> {
    let last = map(name, version);
    Change::Deleted(DeletedObject {
        key: ObjectKey::of(&last),
        uid: last.uid(),
        version: last.resource_version(),
        object: Some(received(form, last)),
    })
}

/// Returns an empty cache after its first list.
fn synced_cache() -> Arc<Maps> {
    let cache = Arc::new(Maps::new(&[None]));
    cache.replace(0, cache.begin_list(), "1".parse().ok(), false);
    cache
}

fn version(object: &ConfigMap) -> u32 {
    object.metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or_default()
}

/// Returns the version of each object that readers see.
fn visible(cache: &Maps) -> BTreeMap<String, u32> {
    cache.snapshot().iter().map(|object| (object.name_any(), version(object))).collect()
}

/// The state of a handler according to its events.
#[derive(Default)]
struct HandlerState {
    objects: BTreeMap<String, u32>,
    synced: bool,
}

impl HandlerState {
    /// Applies an event, which must be consistent with the state.
    fn apply(&mut self, event: &Event<ConfigMap>) {
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
                assert!(self.objects.remove(&object.name_any()).is_some(), "deleted without existing");
            }
        }
    }
}

/// Receives events from the queue until it is closed or `until` returns true.
async fn receive(queue: &Queue<ConfigMap>, cache: &Maps, until: impl Fn(&HandlerState) -> bool) -> HandlerState {
    let mut known = HandlerState::default();
    while !until(&known) {
        match queue.next().await {
            None => break,
            Some(Delivery::Synced) => known.synced = true,
            Some(Delivery::Event(event)) => {
                known.apply(&event);
                let object = event.object();
                let cached = visible(cache).get(&object.name_any()).copied();
                let deleted = matches!(event, Event::Deleted { .. });
                assert!(
                    deleted || cached.is_none_or(|cached| cached >= version(object)),
                    "a lister is behind a handler"
                );
            }
        }
    }
    known
}

fn apply_changes(cache: &Maps, form: &Form) {
    cache.apply(0, vec![applied(form, "a", 2), applied(form, "b", 3)]);
    cache.apply(0, vec![applied(form, "a", 4)]);
    cache.apply(0, vec![deleted(form, "b", 5)]);
    cache.apply(0, vec![applied(form, "a", 6), applied(form, "c", 7)]);
}

fn final_state() -> BTreeMap<String, u32> {
    BTreeMap::from([("a".to_owned(), 6), ("c".to_owned(), 7)])
}

/// Adds a handler concurrently with the changes; it must end in the final state.
fn late_handler_reaches_the_final_state(backlog: Backlog) {
    in_both_forms(move |form| {
        let cache = synced_cache();
        let writer = thread::spawn({
            let (cache, form) = (Arc::clone(&cache), form.clone());
            move || apply_changes(&cache, &form)
        });
        let queue = Arc::new(Queue::new("late".to_owned(), backlog));
        assert!(cache.add_handler(&queue));
        let known = future::block_on(receive(&queue, &cache, |known| known.synced && known.objects == final_state()));
        assert_eq!(known.objects, final_state());
        writer.join().expect("the writer ends");
        assert_eq!(visible(&cache), final_state());
    });
}

#[test]
fn handler_added_concurrently_receives_each_event_once() {
    late_handler_reaches_the_final_state(Backlog::EveryEvent);
}

#[test]
fn handler_with_folding_added_concurrently_reaches_the_final_state() {
    late_handler_reaches_the_final_state(Backlog::LatestOnly);
}

#[test]
fn handler_removed_concurrently_ends_and_does_not_block_the_writer() {
    in_both_forms(|form| {
        let cache = synced_cache();
        let queue = Arc::new(Queue::new("removed".to_owned(), Backlog::EveryEvent));
        assert!(cache.add_handler(&queue));
        let writer = thread::spawn({
            let (cache, form) = (Arc::clone(&cache), form.clone());
            move || apply_changes(&cache, &form)
        });
        let handler = thread::spawn({
            let (cache, queue) = (Arc::clone(&cache), Arc::clone(&queue));
            move || future::block_on(receive(&queue, &cache, |_| false))
        });
        cache.remove_handler(&queue);
        handler.join().expect("the handler ends");
        writer.join().expect("the writer ends");
        assert_eq!((visible(&cache), cache.handlers().len()), (final_state(), 0));
    });
}

#[test]
fn handler_ends_when_the_informer_stops_concurrently() {
    in_both_forms(|_| {
        let cache = synced_cache();
        let queue = Arc::new(Queue::new("stopped".to_owned(), Backlog::EveryEvent));
        let stopper = thread::spawn({
            let cache = Arc::clone(&cache);
            move || cache.stop()
        });
        if cache.add_handler(&queue) {
            future::block_on(receive(&queue, &cache, |_| false));
            assert!(queue.is_closed());
        }
        stopper.join().expect("stopping ends");
    });
}

#[test]
fn reader_sees_published_states_in_order() {
    in_both_forms(|form| {
        let cache = synced_cache();
        let writer = thread::spawn({
            let (cache, form) = (Arc::clone(&cache), form.clone());
            move || apply_changes(&cache, &form)
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
                known.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect::<BTreeMap<_, _>>() == state
            };
            let now = states.iter().position(is).expect("a published state");
            assert!(now >= last, "a reader went back in time");
            last = now;
        }
        writer.join().expect("the writer ends");
    });
}

#[test]
fn lookup_and_snapshot_see_published_states_in_order() {
    in_both_forms(|form| {
        let cache = synced_cache();
        let writer = thread::spawn({
            let (cache, form) = (Arc::clone(&cache), form.clone());
            move || apply_changes(&cache, &form)
        });
        // The versions of a, b and c; zero means that the object does not exist.
        let states = [[0, 0, 0], [2, 3, 0], [4, 3, 0], [4, 0, 0], [6, 0, 7]];
        let mut earliest = 0;
        for step in 0..6 {
            let object = step % 3;
            let name = ["a", "b", "c"][object];
            let found = if step % 2 == 0 {
                cache.find("default", name)
            } else {
                cache.snapshot().get(Some("default"), name).cloned()
            };
            let seen = found.map_or(0, |found| version(&found));
            let later = states[earliest..].iter().position(|state| state[object] == seen);
            earliest += later.expect("a reader went back in time");
        }
        writer.join().expect("the writer ends");
        assert_eq!(cache.find("default", "c").map(|object| version(&object)), Some(7));
    });
}

#[test]
fn waiter_for_a_version_is_woken_in_every_interleaving() {
    in_both_forms(|form| {
        let cache = synced_cache();
        let writer = thread::spawn({
            let (cache, form) = (Arc::clone(&cache), form.clone());
            move || apply_changes(&cache, &form)
        });
        let target = "7".parse().ok();
        let mut progress = cache.progress();
        future::block_on(async {
            while cache.read().version < target {
                progress.changed().await.expect("the cache exists");
            }
        });
        assert_eq!(visible(&cache), final_state());
        writer.join().expect("the writer ends");
    });
}

#[test]
fn written_object_is_visible_until_the_watch_reaches_its_version() {
    in_both_forms(|form| {
        let cache = synced_cache();
        let watch = thread::spawn({
            let (cache, form) = (Arc::clone(&cache), form.clone());
            move || {
                let form = &form;
                cache.apply(0, vec![applied(form, "a", 2)]);
                cache.apply(0, vec![applied(form, "a", 4)]);
                cache.apply(0, vec![applied(form, "a", 6)]);
            }
        });
        let written = map("a", 4);
        let key = ObjectKey::of(&written);
        cache.write_through(&key, Some(CachedObject::new(Arc::new(written), 0)), "4".parse().ok());
        assert!(visible(&cache)["a"] >= 4, "a program does not read its own write");
        watch.join().expect("the watch ends");
        assert_eq!(visible(&cache)["a"], 6);
    });
}
