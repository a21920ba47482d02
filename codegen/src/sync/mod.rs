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
#[cfg(feature = "cli")]
pub(crate) use self::inputs::input_files;
pub use self::project::Project;
pub use self::report::Report;
pub use self::run::{Mode, Target, sync};
