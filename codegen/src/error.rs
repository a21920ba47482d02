//! Errors of generation.

use std::fmt;

use camino::Utf8Path;
use kube_structural_schema::{Problem, Problems};

use crate::position::{Override, line_and_column};

/// A reason why a client cannot be generated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A source is invalid.
    #[error(transparent)]
    Source(Box<Problem>),
    /// codegen.toml contains a schema path, kind or group that does not exist.
    #[error("{setting}: {path:?} is not in any of the CRDs{hint}")]
    UnknownPath {
        /// The entry.
        setting: Box<Override>,
        /// The path.
        path: String,
        /// The remedy, with the nearest existing path.
        hint: String,
    },
    /// codegen.toml contains a name that is not valid in Rust, or that is already used.
    #[error("{setting}: {name:?} for {path:?}: {reason}")]
    InvalidName {
        /// The entry.
        setting: Box<Override>,
        /// The path.
        path: String,
        /// The name.
        name: String,
        /// The reason.
        reason: String,
    },
    /// codegen.toml contains one name for two types.
    #[error(
        "{setting}: {name} is given to {first} and to {second}, which are different types; give one of them another name"
    )]
    DuplicateName {
        /// The entry of the second type.
        setting: Box<Override>,
        /// The name.
        name: String,
        /// The first use of one type.
        first: String,
        /// The first use of the other type.
        second: String,
    },
    /// A file of the project cannot be read, or is invalid.
    #[error("{file}: {reason}")]
    InvalidFile {
        /// The file, with line and column if they are known.
        file: String,
        /// The reason.
        reason: String,
    },
    /// The sources do not contain a CRD.
    #[error("{place}: no CustomResourceDefinition: {found}{advice}; name a file or folder that contains one")]
    NoCrd {
        /// The sources.
        place: String,
        /// Their contents.
        found: String,
        /// The files that were skipped, and the remedy.
        advice: String,
    },
    /// A duplicate top-level key, which usually means that `---` is missing between two objects.
    #[error("{0}; if the line starts another object, put a line `---` before it")]
    MissingSeparator(Box<Problem>),
    /// kopium cannot be run.
    #[error("kopium: {0}")]
    Kopium(String),
    /// Emitted code is not valid Rust: a bug of this generator.
    #[error("bug in kube-client-gen: {module} is not valid Rust: {reason}; report it with the CRD")]
    InvalidRust {
        /// The module.
        module: String,
        /// The error of the parser.
        reason: String,
    },
}

impl Error {
    /// Creates the error of a file that cannot be read, or is invalid.
    pub(crate) fn invalid_file(path: &Utf8Path, reason: impl Into<String>) -> Self {
        Error::InvalidFile { file: path.to_string(), reason: reason.into() }
    }

    /// Creates the error of a TOML file, with its position if that is known.
    pub(crate) fn malformed(file: &str, text: &str, error: &toml::de::Error, advice: &str) -> Self {
        let position = error.span().map(|span| line_and_column(text, span.start));
        let file = position.map_or(file.to_owned(), |(line, column)| format!("{file}:{line}:{column}"));
        Error::InvalidFile { file, reason: format!("{}{advice}", error.message().trim()) }
    }
}

/// All reasons why a client cannot be generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors(pub Vec<Error>);

impl fmt::Display for Errors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write!(out, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Errors(vec![error])
    }
}

impl From<Problems> for Errors {
    fn from(problems: Problems) -> Self {
        Errors(problems.0.into_iter().map(|problem| Error::Source(Box::new(problem))).collect())
    }
}
