//! Conversion of objects between the versions of a kind.
//!
//! It follows the API server, which replaces `apiVersion` and prunes the object by the schema of the other version, unless the
//! CRD has a conversion webhook. Generated crates implement [`ConvertTo`] between all served versions of such kinds. Only the
//! webhook knows how it converts: its versions have no implementation.
//!
//! The API server prunes silently. [`convert`](ConvertTo::convert) is an error instead, which names the paths.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/>,
//! `apiextensions-apiserver/pkg/apiserver/conversion/nop_converter.go`

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::decode::{self, depth, stack};
use crate::resource::CustomKind;
use crate::types::Json;
use crate::validate::{Validator, ValidatorError};

/// Conversion to the version `V` of the same kind.
pub trait ConvertTo<V>: CustomKind + Serialize + Sized
where
    V: CustomKind + DeserializeOwned + 'static,
{
    /// Converts the object. The result has the same fields, without defaults of the other version, unless fields that it
    /// requires have only a default. Limits, enums and required fields of the other version are verified, CEL rules are not.
    ///
    /// # Errors
    /// Returns all paths that the other version does not have, or whose values it does not accept.
    fn convert(&self) -> Result<V, ConvertError> {
        match convert_object::<Self, V>(self)? {
            (Some(object), misfits) if misfits.is_empty() => Ok(object),
            (_, misfits) => Err(ConvertError::misfit::<Self, V>(self, misfits)),
        }
    }

    /// Converts the object, and drops what the other version does not have. The result contains the paths that were dropped,
    /// and those whose values the other version does not accept.
    ///
    /// # Errors
    /// Returns an error if the type cannot hold what remains, such as without a field that it requires.
    fn convert_lossy(&self) -> Result<Converted<V>, ConvertError> {
        match convert_object::<Self, V>(self)? {
            (Some(object), misfits) => Ok(Converted { object, misfits }),
            (None, misfits) => Err(ConvertError::misfit::<Self, V>(self, misfits)),
        }
    }
}

/// The result of [`convert_lossy`](ConvertTo::convert_lossy).
#[derive(Clone, Debug, PartialEq)]
pub struct Converted<V> {
    /// The object.
    pub object: V,
    /// What does not fit the version, in the order of the schema.
    pub misfits: Vec<Misfit>,
}

/// A field or value that does not fit a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The path, such as `spec.rules[0].name`; `<nil>` for the object as a whole.
    pub path: String,
    /// Why it does not fit.
    pub reason: MisfitReason,
}

/// Why a field does not fit a version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MisfitReason {
    /// The version does not have the field; it is dropped.
    UnknownField,
    /// The value has another type than the field; it is dropped. The message is that of the API server.
    WrongType(String),
    /// The version does not accept the value, or requires one; the value is kept. The message is that of the API server.
    Invalid(String),
}

impl Misfit {
    /// Returns whether [`convert_lossy`](ConvertTo::convert_lossy) drops the field.
    pub fn is_lost(&self) -> bool {
        !matches!(self.reason, MisfitReason::Invalid(_))
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            MisfitReason::UnknownField => write!(out, "{}: the version does not have this field", self.path),
            MisfitReason::WrongType(message) | MisfitReason::Invalid(message) => {
                write!(out, "{}: {message}", self.path)
            }
        }
    }
}

/// An object that could not be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The other version cannot represent the object.
    #[error(
        "{kind} {name:?} does not fit {api_version}: {}; change these fields, or drop what is lost with convert_lossy",
        texts(misfits)
    )]
    Misfits {
        /// The kind.
        kind: &'static str,
        /// The name of the object.
        name: String,
        /// The group and the version to which it was converted.
        api_version: String,
        /// What does not fit, in the order of the schema.
        misfits: Vec<Misfit>,
    },
    /// The object cannot be encoded as JSON.
    #[error("cannot encode the object: {0}")]
    Encode(#[source] serde_json::Error),
    /// The object fits the schema of the other version, but not the type.
    #[error("cannot decode the converted object: {0}")]
    Decode(#[source] serde_json::Error),
    /// The CRD of the kind cannot be used.
    #[error(transparent)]
    Crd(#[from] ValidatorError),
}

impl ConvertError {
    fn misfit<K: CustomKind, V: CustomKind>(object: &K, misfits: Vec<Misfit>) -> Self {
        ConvertError::Misfits {
            kind: K::INFO.kind,
            name: object.meta().name.clone().unwrap_or_default(),
            api_version: V::INFO.api_version(),
            misfits,
        }
    }

    /// Returns what does not fit the version.
    pub fn misfits(&self) -> &[Misfit] {
        if let ConvertError::Misfits { misfits, .. } = self { misfits } else { &[] }
    }
}

fn texts(misfits: &[Misfit]) -> String {
    misfits.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns the object, unless its type cannot hold what remains of it.
fn convert_object<K, V>(object: &K) -> Result<(Option<V>, Vec<Misfit>), ConvertError>
where
    K: CustomKind + Serialize,
    V: CustomKind + DeserializeOwned + 'static,
{
    let validator = Validator::of::<V>()?;
    let mut json = Json::from(serde_json::to_value(object).map_err(ConvertError::Encode)?);
    let levels = depth::of_value(&json);
    let found = stack::with_stack_for(levels, || validator.fit(&mut json));
    let unknown = found.unknown.into_iter().map(|path| Misfit { path, reason: MisfitReason::UnknownField });
    let errors = found.errors.into_iter().map(|error| {
        let message = error.body();
        let is_type = error.kind == kube_structural_schema::object::ErrorKind::TypeInvalid;
        let reason = if is_type { MisfitReason::WrongType(message) } else { MisfitReason::Invalid(message) };
        Misfit { path: error.field, reason }
    });
    let misfits: Vec<Misfit> = unknown.chain(errors).collect();
    let defaulted = Json::from(found.defaulted);
    match decode::from_value(json).or_else(|_| decode::from_value(defaulted)) {
        Ok(object) => Ok((Some(object), misfits)),
        Err(_) if !misfits.is_empty() => Ok((None, misfits)),
        Err(error) => Err(ConvertError::Decode(error)),
    }
}
