//! Keeps a cache as the API server has it.
//!
//! It does what client-go's reflector does (`tools/cache/reflector.go`, 0.37): it reads all objects by a streaming list, or by
//! a list where the server has none, and then watches. It differs where client-go reads everything anew without need: a
//! watch that fails is taken up again at the last version, unless the server says that this version is gone. And when the
//! server may have been replaced by one that is behind (etcd restored from a backup), it asks before it goes on, for a watch
//! from a version in the future would be silent.

mod backoff;
mod decode;
mod health;
mod list;
mod source;
mod trouble;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::BodyExt;
use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use self::backoff::Backoff;
use self::decode::WatchItem;
pub(crate) use self::decode::{Decoder, Transform};
pub use self::health::{Phase, Problem, ProblemKind, ReflectorHealth};
use self::list::{ListMetadata, ListReader};
use self::source::Failure;
pub(crate) use self::source::Source;
use self::trouble::{Trouble, asked_to_wait, is_ahead, is_gone, sort_streaming};
use self::watch::{Next, Watch};
use super::cache::{Cache, Change, StagedList};
use super::error::InformerError;

/// Hears what goes wrong.
pub(crate) type OnError = Arc<dyn Fn(&InformerError) + Send + Sync>;

/// What a reflector has done so far.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) lists: AtomicU64,
    pub(crate) watches: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) bookmarks: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) undecodable: AtomicU64,
}

/// Reads one scope into a cache.
pub(crate) struct Reflector<K: Resource> {
    pub(crate) source: Source<K>,
    pub(crate) decoder: Decoder<K>,
    pub(crate) cache: Arc<Cache<K>>,
    pub(crate) scope: usize,
    pub(crate) counts: Arc<Counts>,
    pub(crate) health: tokio::sync::watch::Sender<ReflectorHealth>,
    pub(crate) on_error: OnError,
    /// Whether to try a streaming list.
    pub(crate) streaming: bool,
    pub(crate) progress: Progress,
}

/// How far a reflector has come.
pub(crate) struct Progress {
    backoff: Backoff,
    /// The last version that the server has told; empty before the first.
    version: String,
    /// The server no longer has that version, or does not have it yet.
    unavailable: bool,
    /// The first list came in pages, so the server has no cache for the kind.
    paged: bool,
    /// The server may be another one than before: ask whether it has come as far.
    doubtful: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Progress { backoff: Backoff::new(), version: String::new(), unavailable: false, paged: false, doubtful: false }
    }
}

/// Nothing for so long in the beginning of a streaming list: the server does not know what it was asked for.
const SILENCE: Duration = Duration::from_secs(30);

impl<K> Reflector<K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Reads and follows, for ever.
    pub(crate) async fn run(mut self) {
        loop {
            self.enter(Phase::Listing);
            match self.read_all().await {
                Ok(watch) => self.follow(watch).await,
                Err(failure) => self.wait(failure).await,
            }
        }
    }

    fn enter(&self, phase: Phase) {
        self.health.send_if_modified(|health| std::mem::replace(&mut health.phase, phase) != phase);
    }

    /// Reports a failure and waits.
    async fn wait(&mut self, failure: Failure) {
        let asked = failure.retry_after.or_else(|| asked_to_wait(failure.error.status()));
        let delay = self.progress.backoff.delay(asked);
        self.report(failure);
        tokio::time::sleep(delay).await;
    }

    fn report(&self, failure: Failure) {
        self.counts.errors.fetch_add(1, Ordering::Relaxed);
        self.health.send_modify(|health| health.failed(&failure.error));
        (self.on_error)(&InformerError::Request(failure.error));
    }

    /// All objects; by a streaming list, which then goes on as a watch, or by a list.
    async fn read_all(&mut self) -> Result<Option<Watch>, Failure> {
        if self.streaming {
            match self.read_stream().await {
                Ok(watch) => return Ok(Some(watch)),
                Err(Trouble::Otherwise(failure)) => tracing::debug!(error = %failure.error, "no streaming list"),
                Err(Trouble::Again(failure) | Trouble::Relist(failure)) => return Err(failure),
            }
        }
        self.read_list().await.map(|()| None)
    }

    async fn read_stream(&mut self) -> Result<Watch, Trouble> {
        // A version that the server does not have is asked for once, then the newest.
        loop {
            match self.try_stream().await {
                Err(Trouble::Relist(_)) if !self.progress.unavailable => self.progress.unavailable = true,
                other => return other,
            }
        }
    }

    async fn try_stream(&mut self) -> Result<Watch, Trouble> {
        let version = if self.progress.unavailable { "" } else { &self.progress.version };
        let (opened, asked) = (Instant::now(), watch_timeout());
        let body = self.source.watch(version, true, asked).await.map_err(sort_streaming)?;
        let mut watch = Watch::new(body, opened, asked);
        let mut staged = self.cache.begin_list();
        loop {
            let items = match watch.next(&self.decoder, Some(SILENCE)).await {
                Next::Items(items) => items,
                Next::End => return Err(Trouble::Again(self.failure("ended before all objects had come"))),
                Next::Silent => return Err(Trouble::Otherwise(self.failure("there is no streaming list"))),
                Next::Broken(error) => return Err(Trouble::Again(self.source.failure("watch", error))),
            };
            let mut items = items.into_iter();
            while let Some(item) = items.next() {
                match item {
                    WatchItem::Change(change) => self.stage(&mut staged, change),
                    WatchItem::Error(status) => {
                        return Err(sort_streaming(self.source.failure("watch", kube::Error::Api(status))));
                    }
                    WatchItem::InitialEventsEnd(bookmark) => {
                        self.complete(staged, bookmark);
                        if let Err(trouble) = self.take_in(items.collect()) {
                            self.progress.doubtful = true;
                            tracing::debug!(error = %trouble.error, "the watch broke off right after the list");
                        }
                        return Ok(watch);
                    }
                }
            }
        }
    }

    fn failure(&self, why: &str) -> Failure {
        self.source.failure("watch", kube::Error::Service(why.to_owned().into()))
    }

    fn stage(&self, staged: &mut StagedList<K>, change: Change<K>) {
        self.notice(&change);
        staged.apply(change);
    }

    /// Counts and reports.
    fn notice(&self, change: &Change<K>) {
        match change {
            Change::Bookmark(_) => drop(self.counts.bookmarks.fetch_add(1, Ordering::Relaxed)),
            Change::Undecodable { key, object, .. } => {
                self.counts.events.fetch_add(1, Ordering::Relaxed);
                self.counts.undecodable.fetch_add(1, Ordering::Relaxed);
                let error = InformerError::Undecodable { key: key.clone(), object: object.clone() };
                (self.on_error)(&error);
            }
            _ => drop(self.counts.events.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// All objects are there.
    fn complete(&mut self, staged: StagedList<K>, bookmark: Change<K>) {
        let Change::Bookmark(version) = bookmark else { return };
        self.counts.lists.fetch_add(1, Ordering::Relaxed);
        if let Some(version) = &version {
            self.progress.version = version.as_str().to_owned();
        }
        self.progress.unavailable = false;
        self.progress.doubtful = false;
        self.cache.replace(self.scope, staged, version);
        self.health.send_modify(|health| health.well(Phase::Watching));
    }

    async fn read_list(&mut self) -> Result<(), Failure> {
        let version = match (self.progress.unavailable, self.progress.version.as_str()) {
            (true, _) => String::new(),
            (false, "") => "0".to_owned(),
            (false, version) => version.to_owned(),
        };
        let listed = match self.list(&version).await {
            Err(failure) if is_gone(&failure.error) || is_ahead(&failure.error) => {
                self.progress.unavailable = true;
                self.list("").await
            }
            listed => listed,
        };
        let (staged, metadata) = listed?;
        let reached = metadata.resource_version.unwrap_or_default();
        let bookmark = Change::Bookmark(reached.parse().ok());
        self.progress.version = reached;
        self.complete(staged, bookmark);
        Ok(())
    }

    /// All pages of a list.
    async fn list(&mut self, version: &str) -> Result<(StagedList<K>, ListMetadata), Failure> {
        // A server with a cache answers from it only where no limit is set; for "0" it ignores the limit.
        let mut paged = self.progress.paged || version.is_empty() || version == "0";
        let mut staged = self.cache.begin_list();
        let mut continue_token: Option<String> = None;
        loop {
            let page = self.page(version, continue_token.as_deref(), paged, &mut staged).await;
            let metadata = match page {
                // The pages that were left have run out of time: all at once, then.
                Err(failure) if continue_token.is_some() && is_gone(&failure.error) => {
                    (staged, continue_token, paged) = (self.cache.begin_list(), None, false);
                    continue;
                }
                other => other?,
            };
            match metadata.continue_token.as_deref().filter(|token| !token.is_empty()) {
                Some(token) => {
                    self.progress.paged |= version == "0";
                    continue_token = Some(token.to_owned());
                }
                None => return Ok((staged, metadata)),
            }
        }
    }

    async fn page(
        &self,
        version: &str,
        continue_token: Option<&str>,
        paged: bool,
        staged: &mut StagedList<K>,
    ) -> Result<ListMetadata, Failure> {
        let mut body = self.source.list(version, continue_token, paged).await?;
        let mut reader = ListReader::new(&self.decoder);
        let mut take = |change| self.stage(staged, change);
        let malformed = |error| self.source.failure("list", kube::Error::SerdeError(error));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.source.failure("list", error))?;
            if let Some(bytes) = frame.data_ref() {
                reader.feed(bytes, &mut take).map_err(malformed)?;
            }
        }
        reader.finish(&mut take).map_err(malformed)?;
        Ok(reader.metadata)
    }

    /// Follows what happens until all objects must be read anew.
    async fn follow(&mut self, mut open: Option<Watch>) {
        loop {
            let trouble = match open.take() {
                Some(watch) => self.consume(watch).await,
                None => match self.open().await {
                    Ok(watch) => self.consume(watch).await,
                    Err(trouble) => Err(trouble),
                },
            };
            match trouble {
                Ok(()) => {}
                Err(Trouble::Again(failure)) => self.wait(failure).await,
                Err(Trouble::Relist(failure) | Trouble::Otherwise(failure)) => {
                    tracing::debug!(error = %failure.error, "reads all objects anew");
                    return;
                }
            }
        }
    }

    async fn open(&mut self) -> Result<Watch, Trouble> {
        if self.progress.doubtful {
            // The server may have been restored from a backup: a watch from a version to come would be silent.
            let reached = self.source.has_reached(&self.progress.version).await;
            let reached = reached.map_err(|failure| self.sort(failure))?;
            if let Some(version) = reached.resource_version.and_then(|version| version.parse().ok()) {
                self.cache.discard_written_after(self.scope, &version);
            }
        }
        let (opened, asked) = (Instant::now(), watch_timeout());
        let body = self.source.watch(&self.progress.version, false, asked).await.map_err(|failure| {
            self.progress.doubtful = true;
            self.sort(failure)
        })?;
        self.progress.doubtful = false;
        self.counts.watches.fetch_add(1, Ordering::Relaxed);
        Ok(Watch::new(body, opened, asked))
    }

    /// What to do about a watch that failed.
    fn sort(&mut self, failure: Failure) -> Trouble {
        let error = &failure.error;
        if is_ahead(error) {
            self.progress.unavailable = true;
            return Trouble::Relist(failure);
        }
        // On 410 the last version is asked for once more, by a list: that means "at least as new".
        if is_gone(error) {
            return Trouble::Relist(failure);
        }
        match error.status().map(|status| status.code) {
            // The server does not understand what it was asked from this version on.
            Some(400 | 405 | 406 | 422) => {
                self.progress.unavailable = true;
                Trouble::Relist(failure)
            }
            _ => Trouble::Again(failure),
        }
    }

    /// Takes in what a watch tells, until it ends.
    async fn consume(&mut self, mut watch: Watch) -> Result<(), Trouble> {
        self.health.send_modify(|health| health.well(Phase::Watching));
        loop {
            let items = match watch.next(&self.decoder, None).await {
                Next::Items(items) => items,
                Next::Silent => continue,
                Next::End => return self.ended(&watch),
                Next::Broken(error) => {
                    self.progress.doubtful = true;
                    let failure = self.source.failure("watch", error);
                    // What came was no event: the same version would yield the same again.
                    let malformed = matches!(failure.error.reason, crate::client::Reason::Decode(_));
                    return match (malformed, watch.spoke) {
                        (true, _) => Err(Trouble::Relist(failure)),
                        // A connection that brought something and broke is made again at once.
                        (false, true) => Ok(()),
                        (false, false) => Err(Trouble::Again(failure)),
                    };
                }
            };
            self.health.send_if_modified(|health| {
                health.last_response = Some(Instant::now());
                false
            });
            if let Err(failure) = self.take_in(items) {
                self.progress.doubtful = true;
                return Err(self.sort(failure));
            }
        }
    }

    /// A watch ended without an error.
    fn ended(&mut self, watch: &Watch) -> Result<(), Trouble> {
        let lasted = watch.opened.elapsed();
        // Ended before its time, it may be that the server goes away, and another one comes.
        self.progress.doubtful = lasted < watch.asked;
        if lasted < Duration::from_secs(1) && !watch.spoke {
            return Err(Trouble::Again(self.failure("very short watch: it ended within a second, without an event")));
        }
        Ok(())
    }

    /// Takes in events that came at once; readers and handlers see them when this returns.
    fn take_in(&mut self, items: Vec<WatchItem<K>>) -> Result<(), Failure> {
        let mut changes = Vec::with_capacity(items.len());
        let mut failure = None;
        for item in items {
            match item {
                WatchItem::Change(change) | WatchItem::InitialEventsEnd(change) => {
                    self.notice(&change);
                    if let Some(version) = reached(&change) {
                        version.clone_into(&mut self.progress.version);
                    }
                    changes.push(change);
                }
                WatchItem::Error(status) => {
                    failure = Some(self.source.failure("watch", kube::Error::Api(status)));
                    break;
                }
            }
        }
        if !changes.is_empty() {
            self.cache.apply(self.scope, changes);
        }
        failure.map_or(Ok(()), Err)
    }
}

/// The version that a change brings the cache to.
fn reached<K: Resource>(change: &Change<K>) -> Option<&str> {
    match change {
        Change::Applied(cached) => super::event::version(&*cached.object),
        Change::Deleted(gone) => gone.version.as_deref(),
        Change::Undecodable { version, .. } => version.as_deref(),
        Change::Bookmark(version) => version.as_ref().map(super::version::ResourceVersion::as_str),
    }
}

/// From 5 to 10 minutes, by chance, so that not all watches end at once.
fn watch_timeout() -> Duration {
    Duration::from_secs(300) + Duration::from_secs(300).mul_f64(fastrand::f64())
}
