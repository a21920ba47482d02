//! The body of a watch, line by line.

use std::time::Duration;

use http_body_util::BodyExt;
use kube::Resource;
use kube::client::Body;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use super::decode::{Decoder, WatchItem};

/// An open watch.
pub(super) struct Watch {
    body: Body,
    /// What is read of a line that is not whole yet.
    line: Vec<u8>,
    /// Bytes that have come and are not yet taken apart.
    chunk: bytes::Bytes,
    /// When to give it up: the server should have ended it before.
    until: Instant,
    pub(super) opened: Instant,
    /// How long the server was asked to keep it open.
    pub(super) asked: Duration,
    /// Whether anything has come.
    pub(super) spoke: bool,
}

/// What a watch says next.
pub(super) enum Next<K> {
    /// What came at once.
    Items(Vec<WatchItem<K>>),
    /// It has ended as it should.
    End,
    /// It has broken off.
    Broken(kube::Error),
    /// Nothing has come for the time given.
    Silent,
}

/// How much longer than asked a watch may stay open.
const GRACE: Duration = Duration::from_secs(15);
/// The longest line that is believed; etcd takes objects of 1.5 MB.
const LONGEST_LINE: usize = 64 * 1024 * 1024;

impl Watch {
    pub(super) fn new(body: Body, opened: Instant, asked: Duration) -> Self {
        let (line, chunk) = (Vec::new(), bytes::Bytes::new());
        Watch { body, line, chunk, until: opened + asked + GRACE, opened, asked, spoke: false }
    }

    /// Waits for bytes, at most until `silence`, and takes apart what is whole of them.
    pub(super) async fn next<K>(&mut self, decoder: &Decoder<K>, silence: Option<Duration>) -> Next<K>
    where
        K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        loop {
            let until = silence.map_or(self.until, |silence| self.until.min(Instant::now() + silence));
            match timeout_at(until, self.body.frame()).await {
                Err(_) if Instant::now() >= self.until => return Next::End,
                Err(_) => return Next::Silent,
                Ok(None) if self.line.is_empty() => return Next::End,
                Ok(None) => return self.rest(decoder),
                Ok(Some(Err(error))) => return Next::Broken(error),
                Ok(Some(Ok(frame))) => self.chunk = frame.into_data().unwrap_or_default(),
            }
            match self.lines(decoder) {
                Err(error) => return Next::Broken(error),
                Ok(items) if items.is_empty() => {}
                Ok(items) => {
                    self.spoke = true;
                    return Next::Items(items);
                }
            }
        }
    }

    /// The last line, if the server did not end it.
    fn rest<K>(&mut self, decoder: &Decoder<K>) -> Next<K>
    where
        K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        match decoder.line(&std::mem::take(&mut self.line)) {
            Ok(item) => {
                self.spoke = true;
                Next::Items(vec![item])
            }
            Err(error) if error.is_eof() => Next::End,
            Err(error) => Next::Broken(kube::Error::SerdeError(error)),
        }
    }

    /// All lines that the chunk completes.
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
            // A line that came in one piece is read where it lies.
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
        if self.line.len() > LONGEST_LINE {
            let error = serde::de::Error::custom(format!("a line of more than {LONGEST_LINE} bytes"));
            return Err(kube::Error::SerdeError(error));
        }
        // The largest event must not be held for good.
        if self.line.is_empty() && self.line.capacity() > 1024 * 1024 {
            self.line = Vec::new();
        }
        Ok(items)
    }
}
