//! Validation of generated types.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use super::{ValidateError, Validator, ValidatorError};
use crate::resource::CustomKind;

/// The validators of kinds that were used. A schema is read once: CEL rules are compiled when they are first evaluated.
static VALIDATORS: LazyLock<Mutex<HashMap<TypeId, Arc<Validator>>>> = LazyLock::new(Mutex::default);

impl Validator {
    /// Returns the validator of a kind, by its embedded CRD.
    ///
    /// # Errors
    /// Returns an error if the API server would not accept the embedded CRD.
    pub fn of<K: CustomKind + 'static>() -> Result<Arc<Self>, ValidatorError> {
        let lock = || VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = lock().get(&TypeId::of::<K>()) {
            return Ok(Arc::clone(validator));
        }
        let crd = serde_json::to_value(K::custom_resource_definition());
        let crd = crd.map_err(|error| ValidatorError::Invalid(error.to_string()))?;
        let validator = Arc::new(Validator::new(&crd, K::INFO.version)?);
        lock().insert(TypeId::of::<K>(), Arc::clone(&validator));
        Ok(validator)
    }
}

/// Validation of an object by the CRD of its kind, before it is sent. See the [module](super) for what is validated.
pub trait Validate: CustomKind + Serialize + Sized + 'static {
    /// Validates the object as if it were created.
    ///
    /// # Errors
    /// Returns the errors that the API server would return.
    fn validate(&self) -> Result<(), ValidateError> {
        Ok(Validator::of::<Self>()?.validate(&json(self)?)?)
    }

    /// Validates the object as the update of an older state of it, with transition rules.
    ///
    /// # Errors
    /// Returns the errors that the API server would return.
    fn validate_update(&self, old: &Self) -> Result<(), ValidateError> {
        Ok(Validator::of::<Self>()?.validate_update(&json(self)?, &json(old)?)?)
    }

    /// Validates the object as the update of the status of an older state of it.
    ///
    /// # Errors
    /// Returns the errors that the API server would return.
    fn validate_status_update(&self, old: &Self) -> Result<(), ValidateError> {
        Ok(Validator::of::<Self>()?.validate_status_update(&json(self)?, &json(old)?)?)
    }
}

impl<K: CustomKind + Serialize + 'static> Validate for K {}

fn json(object: &impl Serialize) -> Result<Value, serde_json::Error> {
    serde_json::to_value(object)
}
