//! A simulated process: a clock with its own rate, and pauses such as those of SIGSTOP.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::controllers::election::host::Simulation;

pub(in crate::controllers) struct Process {
    start: Instant,
    /// The seconds that pass on its clock in one second.
    rate: f64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    paused: bool,
    /// The tasks that wait until the process is resumed.
    waiting: Vec<Waker>,
}

impl Process {
    pub(in crate::controllers) fn new(rate: f64) -> Arc<Self> {
        Arc::new(Process { start: Instant::now(), rate, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(in crate::controllers) fn pause(&self) {
        self.state().paused = true;
    }

    pub(in crate::controllers) fn is_paused(&self) -> bool {
        self.state().paused
    }

    pub(in crate::controllers) fn resume(&self) {
        let waiting = {
            let mut state = self.state();
            state.paused = false;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Returns a future that is not polled while the process is paused.
    pub(in crate::controllers) fn paused_with<T>(self: &Arc<Self>, task: BoxFuture<'static, T>) -> Task<T> {
        Task { process: self.clone(), task }
    }
}

pub(in crate::controllers) struct Task<T> {
    process: Arc<Process>,
    task: BoxFuture<'static, T>,
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let is_paused = {
            let mut state = self.process.state();
            if state.paused {
                state.waiting.push(context.waker().clone());
            }
            state.paused
        };
        if is_paused { Poll::Pending } else { self.task.as_mut().poll(context) }
    }
}

/// The process as an elector sees it.
pub(in crate::controllers) struct Simulated(pub(in crate::controllers) Arc<Process>);

impl Simulation for Simulated {
    fn now(&self) -> Instant {
        self.0.start + self.0.start.elapsed().mul_f64(self.0.rate)
    }

    fn real(&self, local: Instant) -> Instant {
        self.0.start + local.saturating_duration_since(self.0.start).div_f64(self.0.rate)
    }

    fn task(&self, task: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        Box::pin(self.0.paused_with(task))
    }
}
