//! Conversions between typed and dynamic objects.

use kube::Resource;
use kube::core::{DynamicObject, TypeMeta};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::decode;
use crate::types::Json;

/// An object that cannot be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConversionError {
    /// The object is of another kind or version.
    #[error("the object is {found}, not {expected}")]
    OtherKind {
        /// The kind of the type, such as `Deployment.apps/v1`.
        expected: String,
        /// The kind of the object.
        found: String,
    },
    /// The object does not fit the type.
    #[error("cannot convert {kind}: {source}")]
    Malformed {
        /// The kind.
        kind: String,
        /// The error of the encoder or decoder.
        source: serde_json::Error,
    },
}

fn text(kind: &str, api_version: &str) -> String {
    format!("{kind}.{api_version}")
}

/// Converts a dynamic object into a type. Items of lists of Kubernetes' own kinds have no kind; they are not checked.
///
/// # Errors
/// Returns an error if the object is of another kind or version, or does not fit the type.
///
/// ```
/// use kube_client_runtime::dynamic::{from_typed, try_into_typed};
/// use kube_client_runtime::k8s_openapi::api::core::v1::{ConfigMap, Secret};
///
/// let object = from_typed(&ConfigMap::default(), &())?;
/// assert_eq!(object.types.as_ref().map(|types| types.kind.as_str()), Some("ConfigMap"));
/// assert!(try_into_typed::<Secret>(object.clone()).is_err());
/// assert_eq!(try_into_typed::<ConfigMap>(object)?, ConfigMap::default());
/// # Ok::<(), kube_client_runtime::dynamic::ConversionError>(())
/// ```
pub fn try_into_typed<K>(object: DynamicObject) -> Result<K, ConversionError>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    let expected = text(&K::kind(&()), &K::api_version(&()));
    let found = object.types.as_ref().map(|types| text(&types.kind, &types.api_version));
    if let Some(found) = found.filter(|found| *found != expected) {
        return Err(ConversionError::OtherKind { expected, found });
    }
    let json = serde_json::to_value(object).map(Json::from);
    json.and_then(decode::from_value).map_err(|source| ConversionError::Malformed { kind: expected, source })
}

/// Converts a typed object into a dynamic one. `kind` is `&()` for types whose kind is known at compile time.
///
/// # Errors
/// Returns an error if the object cannot be encoded.
pub fn from_typed<K: Resource + Serialize>(
    object: &K,
    kind: &K::DynamicType,
) -> Result<DynamicObject, ConversionError> {
    let json = serde_json::to_value(object).map(Json::from);
    let mut object: DynamicObject = json
        .and_then(decode::from_value)
        .map_err(|source| ConversionError::Malformed { kind: text(&K::kind(kind), &K::api_version(kind)), source })?;
    object.types = Some(TypeMeta { api_version: K::api_version(kind).into_owned(), kind: K::kind(kind).into_owned() });
    Ok(object)
}
