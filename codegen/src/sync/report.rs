//! The report of a check.

use std::fmt;

use camino::Utf8PathBuf;

use super::difference::Difference;

/// The result of a check: whether an emitted crate is what the generator writes.
///
/// Its `Display` is the complete report: each difference, then one line with the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The files that differ.
    pub differences: Vec<Difference>,
    /// The folder of the emitted crate.
    pub out: Utf8PathBuf,
    /// The command that updates it.
    pub command: String,
}

impl Report {
    /// Returns whether nothing differs.
    pub fn is_up_to_date(&self) -> bool {
        self.differences.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { differences, out, command } = self;
        differences.iter().try_for_each(|difference| write!(f, "{difference}"))?;
        match differences.len() {
            0 => write!(f, "{out} is up to date"),
            1 => write!(f, "1 file is not up to date; run {command} and commit the result"),
            count => write!(f, "{count} files are not up to date; run {command} and commit the result"),
        }
    }
}
