//! The task that writes events.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::events::v1::Event;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval_at};

use super::correlate::{Correlator, Decision};
use super::metrics::{Metrics, Outcome};
use super::new_event::NewEvent;
use super::series::{FINISH_TIME, REFRESH_TIME};
use super::sink::{Sink, Written};

/// An entry of the queue.
pub(super) enum Message {
    Event(Box<NewEvent>, Timestamp, Instant),
    Flush(oneshot::Sender<()>),
}

/// Writes the events of a queue, one after the other.
pub(super) struct Worker {
    pub(super) correlator: Correlator,
    pub(super) sink: Sink,
    pub(super) metrics: Arc<Metrics>,
}

impl Worker {
    /// Writes events until all recorders are dropped.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let start = Instant::now();
        let mut finish = interval_at(start + FINISH_TIME, FINISH_TIME);
        let mut refresh = interval_at(start + REFRESH_TIME, REFRESH_TIME);
        loop {
            tokio::select! {
                message = queue.recv() => match message {
                    Some(Message::Event(event, time, now)) => self.record(*event, time, now).await,
                    Some(Message::Flush(done)) => {
                        self.write_counts().await;
                        let _ = done.send(());
                    }
                    None => break,
                },
                now = finish.tick() => self.finish(now).await,
                _ = refresh.tick() => self.refresh().await,
            }
        }
        self.write_counts().await;
    }

    async fn record(&mut self, event: NewEvent, time: Timestamp, now: Instant) {
        match self.correlator.correlate(event, time, now) {
            Decision::Write(key) => {
                self.write(&key).await;
            }
            Decision::Counted => self.metrics.count(Outcome::Counted),
            Decision::Spam => self.metrics.count(Outcome::Spam),
        }
    }

    /// Writes an event as it is now, and returns whether the API server has it.
    async fn write(&mut self, key: &str) -> bool {
        let series = &mut self.correlator.series;
        let Some(event) = series.event(key) else { return false };
        let written = self.sink.write(&event).await;
        self.metrics.count(match written {
            Written::Created => Outcome::Created,
            Written::Patched => Outcome::Patched,
            Written::Rejected => Outcome::Rejected,
            Written::Failed => Outcome::Failed,
        });
        match written {
            Written::Created | Written::Patched => series.written(key, count(&event)),
            Written::Rejected => series.forget(key),
            Written::Failed if event.series.is_none() => series.forget(key),
            Written::Failed => {}
        }
        matches!(written, Written::Created | Written::Patched)
    }

    /// Writes the counts that were not written yet.
    async fn write_counts(&mut self) {
        for key in self.correlator.series.pending() {
            self.write(&key).await;
        }
    }

    /// Writes the last count of the series that have ended, and forgets the events that have not occurred for a while.
    async fn finish(&mut self, now: Instant) {
        let pending = self.correlator.series.pending();
        for key in self.correlator.series.finished(now) {
            if !pending.contains(&key) || self.write(&key).await {
                self.correlator.series.forget(&key);
            }
        }
    }

    /// Writes all series, so that the API server does not delete them.
    async fn refresh(&mut self) {
        for key in self.correlator.series.series() {
            self.write(&key).await;
        }
    }
}

fn count(event: &Event) -> i32 {
    event.series.as_ref().map_or(1, |series| series.count)
}
