//! Exit codes, output and errors of the program.

use std::io::{self, Write};

/// The exit code for drift, additions, or a missing name.
pub(super) const DIFFERENT: u8 = 1;
/// The exit code for errors.
pub(super) const ERROR: u8 = 2;

pub(super) type CliError = Box<dyn std::error::Error>;

/// Writes text to the standard output. Unlike `print!`, it does not panic if the reader of a pipe is closed.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| format!("cannot write to the standard output: {error}").into())
}
