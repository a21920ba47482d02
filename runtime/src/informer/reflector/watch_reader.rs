//! Incremental decoding of the body of a watch.

use std::time::Duration;

use http_body_util::BodyExt;
use kube::Resource;
use kube::client::Body;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use super::decode::{Decoder, WatchItem};

/// An open watch.
pub(super) struct WatchReader {
    body: Body,
    /// The incomplete line at the end of the received bytes.
    line: Vec<u8>,
    /// Received bytes that are not split into lines yet.
    chunk: bytes::Bytes,
    /// The time by which the server should have ended the watch.
    deadline: Instant,
    pub(super) opened: Instant,
    /// The requested timeout on the server.
    pub(super) timeout: Duration,
    /// Whether an event was received.
    pub(super) received: bool,
}

/// The result of reading from a watch.
pub(super) enum WatchRead<K> {
    /// Events that were received together.
    Items(Vec<WatchItem<K>>),
    /// The watch ended without an error.
    End,
    /// The connection failed, or an event is malformed.
    Failed(kube::Error),
    /// Nothing was received for the given time.
    Idle,
}

/// The time after its timeout that a watch may stay open.
const GRACE: Duration = Duration::from_secs(15);
/// The maximum length of a line; the default limit of etcd is 1.5 MB.
const MAX_LINE: usize = 64 * 1024 * 1024;

impl WatchReader {
    pub(super) fn new(body: Body, opened: Instant, timeout: Duration) -> Self {
        let (line, chunk) = (Vec::new(), bytes::Bytes::new());
        WatchReader { body, line, chunk, deadline: opened + timeout + GRACE, opened, timeout, received: false }
    }

    /// Waits for events, for at most `max_idle`.
    pub(super) async fn next<K>(&mut self, decoder: &Decoder<K>, max_idle: Option<Duration>) -> WatchRead<K>
    where
        K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        loop {
            let until = max_idle.map_or(self.deadline, |max_idle| self.deadline.min(Instant::now() + max_idle));
            match timeout_at(until, self.body.frame()).await {
                Err(_) if Instant::now() >= self.deadline => return WatchRead::End,
                Err(_) => return WatchRead::Idle,
                Ok(None) if self.line.is_empty() => return WatchRead::End,
                Ok(None) => return self.last_line(decoder),
                Ok(Some(Err(error))) => return WatchRead::Failed(error),
                Ok(Some(Ok(frame))) => self.chunk = frame.into_data().unwrap_or_default(),
            }
            match self.lines(decoder) {
                Err(error) => return WatchRead::Failed(error),
                Ok(items) if items.is_empty() => {}
                Ok(items) => {
                    self.received = true;
                    return WatchRead::Items(items);
                }
            }
        }
    }

    /// Decodes the last line, which may lack its newline.
    fn last_line<K>(&mut self, decoder: &Decoder<K>) -> WatchRead<K>
    where
        K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        match decoder.line(&std::mem::take(&mut self.line)) {
            Ok(item) => {
                self.received = true;
                WatchRead::Items(vec![item])
            }
            Err(error) if error.is_eof() => WatchRead::End,
            Err(error) => WatchRead::Failed(kube::Error::SerdeError(error)),
        }
    }

    /// Decodes the lines that the chunk completes.
    fn lines<K>(&mut self, decoder: &Decoder<K>) -> Result<Vec<WatchItem<K>>, kube::Error>
    where
        K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let mut items = Vec::new();
        let chunk = std::mem::take(&mut self.chunk);
        let mut rest: &[u8] = &chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            // A line within one chunk is decoded in place.
            let item = if self.line.is_empty() {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                decoder.line(line)
            } else {
                self.line.extend_from_slice(line);
                let item = decoder.line(&self.line);
                self.line.clear();
                item
            };
            items.push(item.map_err(kube::Error::SerdeError)?);
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > MAX_LINE {
            let error = serde::de::Error::custom(format!("a line exceeds {MAX_LINE} bytes"));
            return Err(kube::Error::SerdeError(error));
        }
        // The buffer of a large event must not be kept.
        if self.line.is_empty() && self.line.capacity() > 1024 * 1024 {
            self.line = Vec::new();
        }
        Ok(items)
    }
}
