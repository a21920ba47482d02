//! Why a client could not be generated.

use std::fmt;

use kube_structural_schema::Problem;

use crate::config::Override;

/// One reason.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A source is wrong.
    #[error(transparent)]
    Source(Box<Problem>),
    /// codegen.toml names a schema path that nothing has.
    #[error("{setting}: {path:?} is in none of the CRDs{hint}")]
    NoSuchPath {
        /// The line.
        setting: Box<Override>,
        /// The path.
        path: String,
        /// The most similar valid line.
        hint: String,
    },
    /// codegen.toml has a name that Rust does not allow, or that is already used.
    #[error("{setting}: {name:?} for {path:?}: {why}")]
    BadName {
        /// The line.
        setting: Box<Override>,
        /// The path.
        path: String,
        /// The name.
        name: String,
        /// Why it is invalid.
        why: String,
    },
    /// codegen.toml has one name for two types.
    #[error(
        "{setting}: {name} is given to {first} and to {second}, which are different types; give one of them another name"
    )]
    SameName {
        /// The line of the second.
        setting: Box<Override>,
        /// The name.
        name: String,
        /// One type's first use.
        first: String,
        /// The other's.
        second: String,
    },
    /// codegen.toml or codegen.lock cannot be read.
    #[error("{file}: {why}")]
    Setting {
        /// The file.
        file: String,
        /// Why it is invalid.
        why: String,
    },
    /// The sources hold no CRD.
    #[error("{place}: no CustomResourceDefinition: {found}{advice}; name a file or folder that contains one")]
    NoCrd {
        /// The sources.
        place: String,
        /// The objects found instead.
        found: String,
        /// The skipped files and the remedy.
        advice: String,
    },
    /// A top-level key that is duplicated, as where `---` is missing between two objects.
    #[error("{0}; if the line starts another object, put a line `---` before it")]
    MissingSeparator(Box<Problem>),
    /// kopium cannot be run.
    #[error("kopium: {0}")]
    Kopium(String),
    /// Emitted code is not Rust. A mistake in this generator.
    #[error("generator mistake: {module} is no Rust: {why}; report it with the CRD")]
    InvalidRust {
        /// The module.
        module: String,
        /// The parser's message.
        why: String,
    },
}

/// All reasons.
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

impl From<kube_structural_schema::Problems> for Errors {
    fn from(problems: kube_structural_schema::Problems) -> Self {
        Errors(problems.0.into_iter().map(|problem| Error::Source(Box::new(problem))).collect())
    }
}
