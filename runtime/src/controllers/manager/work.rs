//! The controllers and tasks of a manager.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::Stop;
use super::error::ManagerError;
use crate::controllers::controller::{Controller, Fence};

/// A controller or a task.
pub(super) struct Work {
    name: String,
    /// Whether it runs only while this process is the leader.
    pub(super) elected: bool,
    part: Part,
}

type TaskFn = Box<dyn FnOnce(Stop) -> Pin<Box<dyn Future<Output = Result<(), TaskError>> + Send>> + Send>;
type TaskError = Box<dyn StdError + Send + Sync>;

enum Part {
    Controller(Controller),
    Task(TaskFn),
}

impl Work {
    pub(super) fn controller(controller: Controller, elected: bool) -> Self {
        Work { name: controller.status().name, elected, part: Part::Controller(controller) }
    }

    pub(super) fn task<F, R, E>(name: String, task: F, elected: bool) -> Self
    where
        F: FnOnce(Stop) -> R + Send + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<TaskError>,
    {
        let task: TaskFn = Box::new(move |stop| {
            let task = task(stop);
            Box::pin(async move { task.await.map_err(Into::into) })
        });
        Work { name, elected, part: Part::Task(task) }
    }

    pub(super) fn as_controller(&self) -> Option<&Controller> {
        match &self.part {
            Part::Controller(controller) => Some(controller),
            Part::Task(_) => None,
        }
    }

    /// Runs the work until it ends, or until it is asked to stop.
    pub(super) async fn run(self, stop: Stop, fence: Option<Fence>) -> Result<(), ManagerError> {
        match self.part {
            Part::Controller(controller) => Ok(controller.run_fenced(stop.wait(), fence).await?),
            Part::Task(task) => {
                let result = task(stop).await;
                result.map_err(|source| ManagerError::Task { task: self.name, source })
            }
        }
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}
