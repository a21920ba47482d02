//! What is wrong with a source, where, and what to do about it.

use std::borrow::Cow;
use std::fmt;

use crate::yaml::{Position, YamlError};

/// Where something stands: the file, and as much of the CRD around it as is known there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of the source, usually a path.
    pub source: String,
    /// Line and column in it; `None` for the source as a whole.
    pub at: Option<Position>,
    /// The CRD's name, `<plural>.<group>`.
    pub crd: Option<String>,
    /// The version inside the CRD.
    pub version: Option<String>,
    /// The path inside the version's schema, such as `.spec.rules[].name`.
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

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {mistake}")]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, and what to do.
    #[source]
    pub mistake: Mistake,
}

/// What can be wrong with a source.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// The text cannot be read.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A template that has not been rendered.
    #[error("{0}; {{{{ starts a template: render the file first, as `helm template` does, and read what that prints")]
    Template(YamlError),
    /// All sources together hold no CRD.
    #[error("no CustomResourceDefinition in any of the sources; name a file or folder that holds one")]
    NoCrd,
    /// `apiextensions.k8s.io/v1beta1` and others.
    #[error("{0} is no longer served by any supported cluster; convert the CRD to apiextensions.k8s.io/v1")]
    ApiVersion(String),
    /// A field that must be there.
    #[error("{0} is missing; the API server requires it")]
    Missing(String),
    /// A field of another type than Kubernetes gives it.
    #[error("{field} must be {expected}, here it is {found}")]
    WrongType {
        /// The field.
        field: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A value that the API server would refuse.
    #[error("{field} must be {expected}, here it is {found:?}")]
    WrongValue {
        /// The field.
        field: String,
        /// What it must be.
        expected: Cow<'static, str>,
        /// What it is.
        found: String,
    },
    /// A version without a schema.
    #[error(
        "version has no schema.openAPIV3Schema; apiextensions.k8s.io/v1 requires one: `type: object` with `x-kubernetes-preserve-unknown-fields: true` takes anything"
    )]
    NoSchema,
    /// A schema that is not structural.
    #[error("not structural: {0}")]
    Unstructural(String),
    /// What only the API server's own validation finds.
    #[error("the API server refuses it: {0}")]
    Refused(String),
    /// Several sources describe one CRD and disagree.
    #[error("{what} differs from the same CRD in {other}; give one of them only")]
    Conflict {
        /// What differs.
        what: String,
        /// Where the other one stands.
        other: String,
    },
}

/// Something worth telling that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub place: Place,
    /// What.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.text)
    }
}

/// All that is wrong, in the order of sources and lines.
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
