//! Watches as bodies.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::unfold;
use tokio::time::{Instant, sleep_until};

use super::body::Body;
use super::negotiate::{As, View};
use super::traffic::Progress;
use super::{Shared, answer, table};
use crate::registry::{Delivery, Watch};

/// The interval of bookmarks.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// The time of the last bookmark before the end of a watch.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);

struct Stream {
    shared: Arc<Shared>,
    watch: Watch,
    view: View,
    until: Instant,
    next_bookmark: Instant,
    ended: bool,
    headed: bool,
    progress: Arc<Progress>,
}

/// Once a minute, and shortly before the end where that is still to come.
///
/// Source: `apiserver/pkg/storage/cacher/cache_watcher.go`.
fn next_bookmark(now: Instant, until: Instant) -> Instant {
    let last = until.checked_sub(LAST_BOOKMARK).filter(|last| *last > now);
    (now + BOOKMARKS).min(last.unwrap_or(until))
}

/// A watch that ends after `timeout`, or after half an hour to an hour without one.
pub(super) fn body(shared: Arc<Shared>, watch: Watch, view: View, timeout: Option<Duration>) -> Body {
    let timeout = timeout.unwrap_or_else(|| Duration::from_secs(1800 + fastrand::u64(..1800)));
    let now = Instant::now();
    let until = now + timeout;
    let next_bookmark = next_bookmark(now, until);
    let progress = shared.traffic.watch(watch.target.kind.space());
    let stream = Stream { shared, watch, view, until, next_bookmark, ended: false, headed: false, progress };
    Body::stream(unfold(stream, |mut stream| async move { stream.next().await.map(|bytes| (bytes, stream)) }))
}

impl Stream {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.ended {
                return None;
            }
            let shared = Arc::clone(&self.shared);
            let told = shared.grown(|| shared.registry().next(&mut self.watch));
            match told {
                Delivery::Events(events) if events.is_empty() => {}
                Delivery::Events(events) => {
                    let written = shared.grown(|| self.written(events));
                    return Some(written).filter(|written| !written.is_empty());
                }
                Delivery::End(last) => {
                    self.ended = true;
                    return last;
                }
                Delivery::Nothing => {
                    self.progress.has(self.watch.at);
                    if let Some(bookmark) = self.wait().await {
                        return Some(bookmark);
                    }
                }
            }
        }
    }

    /// Waits for news, for the time of a bookmark, or for the end.
    async fn wait(&mut self) -> Option<Bytes> {
        let bookmark = if self.watch.bookmarks { self.next_bookmark } else { self.until };
        tokio::select! {
            biased;
            changed = self.watch.news.changed() => {
                // Without anyone to tell news there is nothing to wait for.
                self.ended = changed.is_err();
                None
            }
            () = sleep_until(self.until.min(bookmark)) => {
                if Instant::now() >= self.until {
                    self.ended = true;
                    return None;
                }
                self.next_bookmark = next_bookmark(Instant::now(), self.until);
                let bookmark = self.shared.registry().bookmark(&self.watch);
                Some(bookmark)
            }
        }
    }

    fn written(&mut self, events: Vec<Bytes>) -> Bytes {
        self.view.rows.now = self.shared.registry().clock.now();
        let (target, view) = (&self.watch.target, self.view);
        let events = match view.shape {
            As::Object => events,
            // An event's object is not a list: the API server cannot write it, and ends the stream.
            As::MetadataList => {
                self.ended = true;
                Watch::errors_first(events)
            }
            As::Metadata => Watch::converted_events(events, |object| answer::partial(object, view.version)),
            As::Table => {
                let mut headed = self.headed;
                let events = Watch::converted_events(events, |object| {
                    let table = table::of_event(object, target, view, !headed);
                    headed = true;
                    table
                });
                self.headed = headed;
                events
            }
        };
        if let [event] = events.as_slice() {
            return event.clone();
        }
        let mut all = BytesMut::with_capacity(events.iter().map(Bytes::len).sum());
        events.iter().for_each(|event| all.extend_from_slice(event));
        all.freeze()
    }
}
