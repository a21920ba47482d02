//! Problems in sources: kind, place and remedy.

use std::borrow::Cow;
use std::fmt;

use crate::yaml::{Position, YamlError};

/// A place in a source: the file, and as much of the surrounding CRD as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of the source, usually a path.
    pub source: String,
    /// The line and column; `None` for the source as a whole.
    pub at: Option<Position>,
    /// The CRD's name, `<plural>.<group>`.
    pub crd: Option<String>,
    /// The version of the CRD.
    pub version: Option<String>,
    /// The path in the version's schema, such as `.spec.rules[].name`.
    pub path: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.source)?;
        if let Some(at) = self.at {
            write!(out, ":{at}")?;
        }
        let around = [&self.crd, &self.version, &self.path];
        let around: Vec<&str> =
            around.into_iter().flatten().map(String::as_str).filter(|part| !part.is_empty()).collect();
        if !around.is_empty() {
            write!(out, ": {}", around.join(" "))?;
        }
        Ok(())
    }
}

/// A problem and its place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {kind}")]
pub struct Problem {
    /// The place.
    pub place: Place,
    /// The kind, with its remedy.
    #[source]
    pub kind: ProblemKind,
}

/// The kind of a problem.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The text is not valid YAML or JSON.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A template that was not rendered.
    #[error("{0}; {{{{ starts a template: render the file first, for example with `helm template`")]
    Template(YamlError),
    /// The sources do not contain a CRD.
    #[error("no CustomResourceDefinition in any of the sources; pass a file or folder that contains one")]
    NoCrd,
    /// An unsupported version, such as `apiextensions.k8s.io/v1beta1`.
    #[error("{0} is no longer served by any supported cluster; convert the CRD to apiextensions.k8s.io/v1")]
    ApiVersion(String),
    /// A required field is missing.
    #[error("{0} is missing; the API server requires it")]
    Missing(String),
    /// A field has the wrong type.
    #[error("{field} must be {expected}, found {found}")]
    WrongType {
        /// The field.
        field: String,
        /// The expected type.
        expected: &'static str,
        /// The actual type.
        found: &'static str,
    },
    /// A field has a value that the API server rejects.
    #[error("{field} must be {expected}, found {found:?}")]
    WrongValue {
        /// The field.
        field: String,
        /// The expected values.
        expected: Cow<'static, str>,
        /// The actual value.
        found: String,
    },
    /// A version has no schema.
    #[error(
        "version has no schema.openAPIV3Schema; apiextensions.k8s.io/v1 requires one: `type: object` with `x-kubernetes-preserve-unknown-fields: true` accepts anything"
    )]
    NoSchema,
    /// A schema is not structural.
    #[error("not structural: {0}")]
    NotStructural(String),
    /// A problem that only the validation of the API server finds.
    #[error("the API server rejects it: {0}")]
    Rejected(String),
    /// Several sources contain different definitions of one CRD.
    #[error("{part} differs from the same CRD in {other}; pass only one of them")]
    Conflict {
        /// The part that differs.
        part: String,
        /// The place of the other definition.
        other: String,
    },
}

/// A remark about a source that is not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The place.
    pub place: Place,
    /// The remark.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.text)
    }
}

/// All problems, in the order of sources and lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write!(out, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
