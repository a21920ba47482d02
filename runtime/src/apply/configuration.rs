//! The trait of all apply configurations.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::shape::Shape;
use super::{ConfigurationError, Fields, check};

/// A type with the fields of an object, or of a part of one, that a field manager applies.
pub trait Configuration: Sized {
    /// How the API server merges the fields.
    const SHAPE: &'static Shape;

    /// Creates a configuration with these fields.
    fn from_fields(fields: Fields) -> Self;

    /// Returns the fields that are set.
    fn fields(&self) -> &Fields;

    /// Returns the fields that are set.
    fn fields_mut(&mut self) -> &mut Fields;

    /// Returns the fields that are set.
    fn into_fields(self) -> Fields;

    /// Sets a field for which the type has no method, such as one of a newer version of the CRD, or null.
    #[must_use]
    fn with_field(mut self, name: &str, value: impl Serialize) -> Self {
        self.fields_mut().set_encoded(name, &value);
        self
    }

    /// Returns the JSON of a field, if it is set.
    fn field(&self, name: &str) -> Option<&Value> {
        self.fields().get(name)
    }

    /// Removes a field from the configuration: the manager gives it up with the next apply.
    fn unset_field(&mut self, name: &str) {
        self.fields_mut().take(name);
    }

    /// Checks the lists of the configuration. [`ResourceClient::apply`](crate::client::ResourceClient::apply) does this
    /// before it sends the request.
    ///
    /// # Errors
    /// Returns an error if two items of a list map have the same keys, if an item lacks a key, if two items of a set are
    /// equal, or if a value could not be encoded.
    fn check(&self) -> Result<(), ConfigurationError> {
        check::check(self.fields(), Self::SHAPE)
    }
}

/// Writes a configuration for debugging, without sensitive values.
#[doc(hidden)]
pub fn debug(name: &str, fields: &Fields, shape: &Shape, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(out, "{name}({})", check::visible(fields, shape))
}
