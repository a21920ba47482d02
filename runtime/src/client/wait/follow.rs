//! Following the objects of a selection: a list, then a watch from its version.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use kube::Resource;
use kube::core::WatchEvent;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::client::{Error, ListOptions, Reason, ResourceClient, VersionMatch, WatchOptions};

const FIRST_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(10);

/// The objects by namespace and name.
type Objects<K> = BTreeMap<(String, String), K>;

/// The state of a selection; it remains when the future that follows the selection is dropped.
pub(super) struct Followed<K> {
    objects: Objects<K>,
    /// The version that the objects are known at; empty before the first list.
    version: String,
    /// The error of the last request, if none succeeded after it.
    pub(super) last_error: Option<Box<Error>>,
    delay: Duration,
}

/// Why a watch ended.
enum Ended<R> {
    Decided(R),
    /// The watch continues at the last version.
    Closed,
    /// The version has expired, or the state is uncertain.
    Stale,
}

impl<K> Followed<K> {
    pub(super) fn new() -> Self {
        Followed { objects: BTreeMap::new(), version: String::new(), last_error: None, delay: FIRST_DELAY }
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = &K> {
        self.objects.values()
    }

    pub(super) fn into_objects(self) -> Vec<K> {
        self.objects.into_values().collect()
    }

    /// Waits before the next request after a failure: the delays grow exponentially, with jitter.
    async fn back_off(&mut self) {
        tokio::time::sleep(self.delay.mul_f64(1.0 + fastrand::f64())).await;
        self.delay = (self.delay * 2).min(MAX_DELAY);
    }

    /// Records an error after which the request may succeed, and returns others.
    fn tolerate(&mut self, error: Error) -> Result<(), Error> {
        let status = error.status().map(|status| status.code);
        let is_transient = match status {
            Some(code) => code == 410 || code == 429 || code >= 500,
            None => matches!(error.reason, Reason::Transport(_) | Reason::Timeout(_) | Reason::FateUnknown(_)),
        };
        if !is_transient {
            return Err(error);
        }
        self.last_error = Some(Box::new(error));
        Ok(())
    }
}

impl<K> Followed<K>
where
    K: Resource<DynamicType: Clone> + DeserializeOwned + Clone + Debug + Send + 'static,
{
    /// Follows the selection until `decide` returns a result. `from_version` is the oldest acceptable version of the first
    /// list. The first error after which a repeated request would fail again is returned.
    pub(super) async fn run<S, R>(
        &mut self,
        client: &ResourceClient<K, S>,
        selection: &ListOptions,
        from_version: Option<&str>,
        mut decide: impl FnMut(&Self) -> Option<R>,
    ) -> Result<R, Error> {
        let mut from_version = from_version;
        loop {
            // After the first attempt, the newest version: it is at least `from_version`.
            if let Err(error) = self.list(client, selection, from_version.take()).await {
                self.tolerate(error)?;
                self.back_off().await;
                continue;
            }
            if let Some(result) = decide(self) {
                return Ok(result);
            }
            loop {
                let started = Instant::now();
                let ended = self.watch(client, selection, &mut decide).await;
                // The server ends each watch after some minutes.
                if started.elapsed() > MAX_DELAY {
                    self.delay = FIRST_DELAY;
                }
                match ended {
                    Ok(Ended::Decided(result)) => return Ok(result),
                    Ok(Ended::Closed) => {}
                    Ok(Ended::Stale) => {
                        self.back_off().await;
                        break;
                    }
                    Err(error) => self.tolerate(error)?,
                }
                // Without this, a server that closes watches at once would be asked continuously.
                self.back_off().await;
            }
        }
    }

    async fn list<S>(
        &mut self,
        client: &ResourceClient<K, S>,
        selection: &ListOptions,
        from_version: Option<&str>,
    ) -> Result<(), Error> {
        let options = ListOptions {
            resource_version: from_version.map(str::to_owned),
            version_match: from_version.map(|_| VersionMatch::NotOlderThan),
            ..selection.clone()
        };
        let mut pages = Box::pin(client.pages(&options));
        let (mut objects, mut version) = (BTreeMap::new(), String::new());
        while let Some(page) = pages.try_next().await? {
            version = page.metadata.resource_version.unwrap_or_default();
            objects.extend(page.items.into_iter().map(|object| (key(&object), object)));
        }
        (self.objects, self.version, self.last_error) = (objects, version, None);
        Ok(())
    }

    async fn watch<S, R>(
        &mut self,
        client: &ResourceClient<K, S>,
        selection: &ListOptions,
        decide: &mut impl FnMut(&Self) -> Option<R>,
    ) -> Result<Ended<R>, Error> {
        let options = WatchOptions {
            label_selector: selection.label_selector.clone(),
            field_selector: selection.field_selector.clone(),
            resource_version: Some(self.version.clone()),
            ..WatchOptions::default()
        };
        let mut events = match client.watch(&options).await {
            Ok(events) => Box::pin(events),
            Err(error) if error.is_expired() => return Ok(Ended::Stale),
            Err(error) => return Err(error),
        };
        while let Some(event) = events.next().await {
            // A broken stream, and an event that cannot be decoded: the list decides whether the object can be decoded.
            let Ok(event) = event else { return Ok(Ended::Stale) };
            if matches!(event, WatchEvent::Error(_)) {
                return Ok(Ended::Stale);
            }
            self.apply(event);
            (self.last_error, self.delay) = (None, FIRST_DELAY);
            if let Some(result) = decide(self) {
                return Ok(Ended::Decided(result));
            }
        }
        Ok(Ended::Closed)
    }

    fn apply(&mut self, event: WatchEvent<K>) {
        let version = match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                let version = object.meta().resource_version.clone();
                self.objects.insert(key(&object), object);
                version
            }
            WatchEvent::Deleted(object) => {
                self.objects.remove(&key(&object));
                object.meta().resource_version.clone()
            }
            WatchEvent::Bookmark(bookmark) => Some(bookmark.metadata.resource_version),
            WatchEvent::Error(_) => None,
        };
        self.version = version.unwrap_or_else(|| std::mem::take(&mut self.version));
    }
}

fn key<K: Resource>(object: &K) -> (String, String) {
    let meta = object.meta();
    (meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default())
}
