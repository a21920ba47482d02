//! Access to the disk: reads a project, compares files, and writes those that differ.

mod difference;
mod error;
mod inputs;
mod project;
mod report;
mod run;
mod write;

pub use self::difference::{Change, Difference};
pub use self::error::SyncError;
pub use self::project::Project;
pub use self::report::Report;
pub use self::run::{Mode, Target, sync};
