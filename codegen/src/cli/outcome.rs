//! Exit codes and errors of the program.

/// The exit code for drift, additions, or a missing name.
pub(super) const DIFFERENT: u8 = 1;
/// The exit code for errors.
pub(super) const ERROR: u8 = 2;

pub(super) type CliError = Box<dyn std::error::Error>;
