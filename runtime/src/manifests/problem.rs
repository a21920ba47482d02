//! Problems of manifests, with their positions.

use std::fmt;

use kube_structural_schema::yaml::Position;
use serde::Serialize;

/// The place of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin {
    /// The path of the file, or the name of the source.
    pub source: String,
    /// The line, starting at 1; `None` for values in memory.
    pub line: Option<u32>,
    /// The column in characters, starting at 1; `None` for values in memory.
    pub column: Option<u32>,
}

impl Origin {
    pub(super) fn new(source: &str, at: Position) -> Self {
        let at = at.known();
        Origin { source: source.to_owned(), line: at.map(|at| at.line), column: at.map(|at| at.column) }
    }

    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { origin: self.clone(), message: message.into() }
    }
}

/// `file:line`
impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.source)?;
        self.line.map_or(Ok(()), |line| write!(out, ":{line}"))
    }
}

/// A manifest or a source that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The place.
    pub origin: Origin,
    /// The problem.
    pub message: String,
}

/// `file:line:column: message`
impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(out)?;
        self.origin.column.map_or(Ok(()), |column| write!(out, ":{column}"))?;
        write!(out, ": {}", self.message)
    }
}

/// All problems of an input, one on each line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            write!(out, "{}{problem}", if number == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
