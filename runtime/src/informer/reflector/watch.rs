//! Watching of changes.

use std::sync::atomic::Ordering;

use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::decision::{Decision, Failure, FailureKind, Operation, decide};
use super::health::Phase;
use super::source::watch_timeout;
use super::state::Reflector;
use super::watch_reader::{WatchRead, WatchReader};

impl<K> Reflector<K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Applies the events of watches until all objects must be listed again.
    pub(super) async fn watch_until_relist(&mut self, mut open: Option<WatchReader>) {
        loop {
            let opened = match open.take() {
                Some(watch) => Ok(watch),
                None => self.open_watch().await,
            };
            let failure = match opened {
                Ok(watch) => self.process(watch).await,
                Err(failure) => failure,
            };
            match decide(Operation::Watch, &failure) {
                Decision::Resume => continue,
                Decision::BackOff => {
                    self.back_off(failure).await;
                    continue;
                }
                Decision::RelistLatest => self.progress.version_unavailable = true,
                Decision::Relist | Decision::RestartWithoutPages | Decision::FallBackToList => {}
            }
            tracing::debug!(error = %failure.error, "the watch failed; listing all objects again");
            return;
        }
    }

    async fn open_watch(&mut self) -> Result<WatchReader, Failure> {
        if self.progress.verify_version {
            // The server may have been restored from a backup: a watch from a later version would return no events.
            let current = self.source.current_version(&self.progress.version).await?;
            if let Some(version) = current.resource_version.and_then(|version| version.parse().ok()) {
                self.cache.discard_written_after(self.scope, &version);
            }
        }
        // The next attempt verifies the version if this one fails.
        self.progress.verify_version = true;
        let (opened, timeout) = (Instant::now(), watch_timeout());
        let body = self.source.watch(&self.progress.version, false, timeout).await?;
        self.progress.verify_version = false;
        self.counts.watches.fetch_add(1, Ordering::Relaxed);
        Ok(WatchReader::new(body, opened, timeout))
    }

    /// Applies the events of a watch until it fails or ends.
    async fn process(&mut self, mut watch: WatchReader) -> Failure {
        self.health.send_modify(|health| health.succeeded(Phase::Watching));
        loop {
            let items = match watch.next(&self.decoder, None).await {
                WatchRead::Items(items) => items,
                WatchRead::Idle => continue,
                WatchRead::End => {
                    let lasted = watch.opened.elapsed();
                    // A watch that ends before its timeout may mean that the server is being replaced.
                    self.progress.verify_version = lasted < watch.timeout;
                    let kind = FailureKind::Ended { lasted, received: watch.received };
                    return self
                        .source
                        .watch_failure(kind, "very short watch: it ended within a second, without an event");
                }
                WatchRead::Failed(error) => {
                    self.progress.verify_version = true;
                    let kind = FailureKind::Interrupted { received: watch.received };
                    return self.source.failure("watch", kind, error);
                }
            };
            self.health.send_if_modified(|health| {
                health.last_response = Some(Instant::now());
                false
            });
            if let Err(failure) = self.apply(items) {
                self.progress.verify_version = true;
                return failure;
            }
        }
    }
}
