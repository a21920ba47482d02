//! Reading of all objects, by a streaming list or by a list.

use std::time::Duration;

use http_body_util::BodyExt;
use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::decision::{Decision, Failure, FailureKind, Operation, decide};
use super::decode::WatchItem;
use super::list_reader::{ListMetadata, ListReader};
use super::source::watch_timeout;
use super::state::Reflector;
use super::watch_reader::{WatchRead, WatchReader};
use crate::informer::cache::{Change, StagedList};

/// The time without data at the start of a streaming list after which the server is assumed not to support it.
const MAX_IDLE: Duration = Duration::from_secs(30);

impl<K> Reflector<K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Reads all objects. Returns the watch that continues a streaming list.
    pub(super) async fn list_all(&mut self) -> Result<Option<WatchReader>, Failure> {
        while self.streaming {
            let operation = Operation::StreamingList { at_version: !self.progress.version_unavailable };
            let failure = match self.streaming_list().await {
                Ok(watch) => return Ok(Some(watch)),
                Err(failure) => failure,
            };
            match decide(operation, &failure) {
                Decision::RelistLatest => self.progress.version_unavailable = true,
                Decision::FallBackToList => {
                    tracing::debug!(error = %failure.error, "streaming list failed; falling back to a list");
                    break;
                }
                _ => return Err(failure),
            }
        }
        self.list().await.map(|()| None)
    }

    async fn streaming_list(&mut self) -> Result<WatchReader, Failure> {
        let version = if self.progress.version_unavailable { "" } else { &self.progress.version };
        let (opened, timeout) = (Instant::now(), watch_timeout());
        let body = self.source.watch(version, true, timeout).await?;
        let mut watch = WatchReader::new(body, opened, timeout);
        let mut staged = self.cache.begin_list();
        loop {
            let items = match watch.next(&self.decoder, Some(MAX_IDLE)).await {
                WatchRead::Items(items) => items,
                WatchRead::End => {
                    let kind = FailureKind::Ended { lasted: opened.elapsed(), received: watch.received };
                    return Err(self.source.watch_failure(kind, "the streaming list ended early"));
                }
                WatchRead::Idle => {
                    return Err(self.source.watch_failure(FailureKind::Idle, "the streaming list returned no data"));
                }
                WatchRead::Failed(error) => {
                    let kind = FailureKind::Interrupted { received: watch.received };
                    return Err(self.source.failure("watch", kind, error));
                }
            };
            let mut items = items.into_iter();
            while let Some(item) = items.next() {
                match item {
                    WatchItem::Change(change) => self.stage(&mut staged, change),
                    WatchItem::Error(status) => {
                        return Err(self.source.failure("watch", FailureKind::Rejected, kube::Error::Api(status)));
                    }
                    WatchItem::InitialEventsEnd(version) => {
                        self.finish_list(staged, version);
                        // The server ends the watch after an error event, which is then handled.
                        if let Err(failure) = self.apply(items.collect()) {
                            self.progress.verify_version = true;
                            tracing::debug!(error = %failure.error, "the watch failed right after the streaming list");
                        }
                        return Ok(watch);
                    }
                }
            }
        }
    }

    fn stage(&self, staged: &mut StagedList<K>, change: Change<K>) {
        self.record(&change);
        staged.apply(change);
    }

    /// Reads all pages of a list.
    async fn list(&mut self) -> Result<(), Failure> {
        let mut version = match (self.progress.version_unavailable, self.progress.version.as_str()) {
            (true, _) => String::new(),
            (false, "") => "0".to_owned(),
            (false, version) => version.to_owned(),
        };
        // A server with a watch cache uses it only without a limit; for version "0" it ignores the limit.
        let mut paged = self.progress.paged || version.is_empty() || version == "0";
        let mut staged = self.cache.begin_list();
        let mut continue_token: Option<String> = None;
        let mut first_attempt = true;
        let metadata = loop {
            let failure = match self.page(&version, continue_token.as_deref(), paged, &mut staged).await {
                Ok(metadata) => match metadata.continue_token.as_ref().filter(|token| !token.is_empty()) {
                    Some(token) => {
                        self.progress.paged |= version == "0";
                        continue_token = Some(token.clone());
                        continue;
                    }
                    None => break metadata,
                },
                Err(failure) => failure,
            };
            match decide(Operation::List { first_attempt, continued: continue_token.is_some() }, &failure) {
                Decision::RestartWithoutPages => paged = false,
                Decision::RelistLatest => {
                    self.progress.version_unavailable = true;
                    (version, paged, first_attempt) = (String::new(), true, false);
                }
                _ => return Err(failure),
            }
            (staged, continue_token) = (self.cache.begin_list(), None);
        };
        let version = metadata.resource_version.unwrap_or_default();
        let comparable = version.parse().ok();
        self.progress.version = version;
        self.finish_list(staged, comparable);
        Ok(())
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
        let mut emit = |change| self.stage(staged, change);
        let interrupted = |error| self.source.failure("list", FailureKind::Interrupted { received: false }, error);
        let malformed = |error| interrupted(kube::Error::SerdeError(error));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(interrupted)?;
            if let Some(bytes) = frame.data_ref() {
                reader.feed(bytes, &mut emit).map_err(malformed)?;
            }
        }
        reader.finish(&mut emit).map_err(malformed)?;
        Ok(reader.metadata)
    }
}
