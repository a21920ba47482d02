//! Watch responses.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::unfold;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::partial::partial;
use super::protobuf;
use super::shared::Shared;
use super::table;
use super::traffic::Progress;
use super::view::{Form, Shape, View};
use crate::body::Body;
use crate::json;
use crate::registry::{Delivery, Watch};

/// The interval of bookmarks.
const BOOKMARK_INTERVAL: Duration = Duration::from_secs(60);
/// The time between the last bookmark and the timeout of a watch.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);

struct Stream {
    shared: Arc<Shared>,
    watch: Watch,
    view: View,
    until: Instant,
    next_bookmark: Instant,
    ended: bool,
    has_header: bool,
    progress: Arc<Progress>,
}

/// Returns the time of the next bookmark: one each minute, and one shortly before the timeout.
///
/// Source: `apiserver/pkg/storage/cacher/cache_watcher.go`.
fn next_bookmark(now: Instant, until: Instant) -> Instant {
    let last = until.checked_sub(LAST_BOOKMARK).filter(|last| *last > now);
    (now + BOOKMARK_INTERVAL).min(last.unwrap_or(until))
}

/// Returns the body of a watch that ends after `timeout`, by default after 30 to 60 minutes.
pub(super) fn body(shared: Arc<Shared>, watch: Watch, view: View, timeout: Option<Duration>) -> Body {
    let timeout = timeout.unwrap_or_else(|| Duration::from_secs(1800 + fastrand::u64(..1800)));
    let now = Instant::now();
    let until = now + timeout;
    let next_bookmark = next_bookmark(now, until);
    let progress = shared.traffic.watch(watch.target.kind.space());
    let stream = Stream { shared, watch, view, until, next_bookmark, ended: false, has_header: false, progress };
    Body::from_stream(unfold(stream, |mut stream| async move { stream.next().await.map(|bytes| (bytes, stream)) }))
}

impl Stream {
    async fn next(&mut self) -> Option<Bytes> {
        let events = self.next_events().await?;
        Some(if self.view.form == Form::Protobuf { self.frames(&events) } else { events })
    }

    /// Returns events in JSON, a line each, as frames of protobuf.
    fn frames(&self, events: &[u8]) -> Bytes {
        let mut frames = Vec::with_capacity(events.len());
        for line in events.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let event: Value = self.shared.with_stack(|| json::decode_stored(line));
            let object = protobuf::write(self.shared.catalogue, &event["object"]).unwrap_or_default();
            frames.extend(protobuf::frame(event["type"].as_str().unwrap_or_default(), &object));
        }
        frames.into()
    }

    async fn next_events(&mut self) -> Option<Bytes> {
        loop {
            if self.ended {
                return None;
            }
            let shared = Arc::clone(&self.shared);
            let delivery = shared.with_stack(|| shared.registry().next(&mut self.watch));
            match delivery {
                Delivery::Events(events) if events.is_empty() => {}
                Delivery::Events(events) => {
                    let bytes = shared.with_stack(|| self.encode(events));
                    return Some(bytes).filter(|bytes| !bytes.is_empty());
                }
                Delivery::End(last) => {
                    self.ended = true;
                    return last;
                }
                Delivery::Pending => {
                    self.progress.record(self.watch.at);
                    if let Some(bookmark) = self.wait().await {
                        return Some(bookmark);
                    }
                }
            }
        }
    }

    /// Waits for an event, for the time of a bookmark, or for the timeout.
    async fn wait(&mut self) -> Option<Bytes> {
        let bookmark = if self.watch.bookmarks { self.next_bookmark } else { self.until };
        tokio::select! {
            biased;
            changed = self.watch.revisions.changed() => {
                // No more events can arrive without a sender.
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

    fn encode(&mut self, events: Vec<Bytes>) -> Bytes {
        self.view.rows.now = self.shared.registry().clock.now();
        let (target, view) = (&self.watch.target, self.view);
        let events = match view.shape {
            Shape::Object => events,
            // An event's object is not a list: the API server cannot encode it and ends the stream.
            Shape::MetadataList => {
                self.ended = true;
                Watch::leading_errors(events)
            }
            Shape::Metadata => Watch::map_objects(events, |object| partial(object, view.version)),
            Shape::Table => {
                let mut has_header = self.has_header;
                let events = Watch::map_objects(events, |object| {
                    let table = table::of_event(object, target, view, !has_header);
                    has_header = true;
                    table
                });
                self.has_header = has_header;
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
