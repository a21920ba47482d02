//! The local clock and the tasks of an elector. Tests simulate both.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The process that an elector runs in: its monotonic clock and its tasks.
///
/// All decisions use this clock and never the wall clock, as in client-go.
#[derive(Clone, Default)]
pub(in crate::controllers) struct Host {
    #[cfg(test)]
    pub(in crate::controllers) simulation: Option<std::sync::Arc<dyn Simulation>>,
}

/// A process with another clock, and with pauses.
#[cfg(test)]
pub(in crate::controllers) trait Simulation: Send + Sync {
    /// Returns the time of the process's clock.
    fn now(&self) -> Instant;
    /// Returns tokio's time at a time of the process's clock.
    fn real(&self, local: Instant) -> Instant;
    /// Returns a task that does not run while the process is paused.
    fn task(&self, task: futures::future::BoxFuture<'static, ()>) -> futures::future::BoxFuture<'static, ()>;
}

#[cfg(not(test))]
impl Host {
    #[allow(clippy::unused_self)]
    pub(in crate::controllers) fn now(&self) -> Instant {
        Instant::now()
    }

    pub(in crate::controllers) async fn sleep_until(&self, at: Instant) {
        tokio::time::sleep_until(at).await;
    }

    #[allow(clippy::unused_self)]
    pub(in crate::controllers) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        tokio::spawn(task)
    }
}

#[cfg(test)]
impl Host {
    pub(in crate::controllers) fn now(&self) -> Instant {
        self.simulation.as_ref().map_or_else(Instant::now, |process| process.now())
    }

    pub(in crate::controllers) async fn sleep_until(&self, at: Instant) {
        tokio::time::sleep_until(self.simulation.as_ref().map_or(at, |process| process.real(at))).await;
    }

    pub(in crate::controllers) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        match &self.simulation {
            Some(process) => tokio::spawn(process.task(Box::pin(task))),
            None => tokio::spawn(task),
        }
    }
}

impl Host {
    pub(in crate::controllers) async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.now() + duration).await;
    }

    /// Awaits a future until this time; `None` if it is not ready by then.
    pub(in crate::controllers) async fn within<T>(&self, until: Instant, future: impl Future<Output = T>) -> Option<T> {
        let future = std::pin::pin!(future);
        let limit = std::pin::pin!(self.sleep_until(until));
        match futures::future::select(future, limit).await {
            futures::future::Either::Left((output, _)) => Some(output),
            futures::future::Either::Right(_) => None,
        }
    }
}
