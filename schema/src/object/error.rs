//! Validation errors of objects, with the messages of the API server.

use std::fmt;

use serde_json::Value;

use super::go;

/// A validation error of a field: an entry of `status.details.causes`.
///
/// Its text equals the API server's.
/// Source: `apimachinery/pkg/util/validation/field/errors.go`.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// The kind.
    pub kind: ErrorKind,
    /// The field, such as `spec.rules[0].name`; `<nil>` for the object as a whole.
    pub field: String,
    /// The value, if the text shows it.
    pub value: Option<Value>,
    /// The details; may be empty.
    pub detail: String,
}

/// The kind of a field error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// A required field is missing.
    Required,
    /// A duplicate value.
    Duplicate,
    /// A value refers to something that does not exist.
    NotFound,
    /// A value breaks a rule.
    Invalid,
    /// A value is not one of the allowed values.
    NotSupported,
    /// A field is not allowed, or not in this state.
    Forbidden,
    /// A value is too long.
    TooLong,
    /// There are too many items.
    TooMany,
    /// There are too few items.
    TooFew,
    /// A value has the wrong type.
    TypeInvalid,
    /// An error that the object did not cause.
    Internal,
}

impl ErrorKind {
    /// Returns the reason of a cause, such as `FieldValueInvalid`.
    pub fn reason(self) -> &'static str {
        match self {
            ErrorKind::Required => "FieldValueRequired",
            ErrorKind::Duplicate => "FieldValueDuplicate",
            ErrorKind::NotFound => "FieldValueNotFound",
            ErrorKind::Invalid => "FieldValueInvalid",
            ErrorKind::NotSupported => "FieldValueNotSupported",
            ErrorKind::Forbidden => "FieldValueForbidden",
            ErrorKind::TooLong => "FieldValueTooLong",
            ErrorKind::TooMany => "FieldValueTooMany",
            ErrorKind::TooFew => "FieldValueTooFew",
            ErrorKind::TypeInvalid => "FieldValueTypeInvalid",
            ErrorKind::Internal => "InternalError",
        }
    }

    fn text(self) -> &'static str {
        match self {
            ErrorKind::Required => "Required value",
            ErrorKind::Duplicate => "Duplicate value",
            ErrorKind::NotFound => "Not found",
            ErrorKind::Invalid | ErrorKind::TypeInvalid => "Invalid value",
            ErrorKind::NotSupported => "Unsupported value",
            ErrorKind::Forbidden => "Forbidden",
            ErrorKind::TooLong => "Too long",
            ErrorKind::TooMany => "Too many",
            ErrorKind::TooFew => "Too few",
            ErrorKind::Internal => "Internal error",
        }
    }

    fn shows_value(self) -> bool {
        !matches!(self, ErrorKind::Required | ErrorKind::Forbidden | ErrorKind::TooLong | ErrorKind::Internal)
    }

    /// Returns whether CEL rules are skipped after this error: they may rely on the invalid part.
    pub fn skips_rules(self) -> bool {
        matches!(
            self,
            ErrorKind::NotSupported
                | ErrorKind::Required
                | ErrorKind::TooLong
                | ErrorKind::TooMany
                | ErrorKind::TypeInvalid
        )
    }
}

impl FieldError {
    /// Creates an error whose text shows no value.
    pub fn new(kind: ErrorKind, field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError { kind, field: field.into(), value: None, detail: detail.into() }
    }

    /// Creates an error for a missing required field.
    pub fn required(field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError::new(ErrorKind::Required, field, detail)
    }

    /// Creates an error for a field that is not allowed.
    pub fn forbidden(field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError::new(ErrorKind::Forbidden, field, detail)
    }

    /// Creates an error for a value that breaks a rule.
    pub fn invalid(field: impl Into<String>, value: impl Into<Value>, detail: impl Into<String>) -> Self {
        FieldError { value: Some(value.into()), ..FieldError::new(ErrorKind::Invalid, field, detail) }
    }

    /// Creates an error for a duplicate value.
    pub fn duplicate(field: impl Into<String>, value: impl Into<Value>) -> Self {
        FieldError { value: Some(value.into()), ..FieldError::new(ErrorKind::Duplicate, field, "") }
    }

    /// Creates an error for a value that is not one of the allowed values.
    pub fn not_supported<'t>(
        field: impl Into<String>,
        value: impl Into<Value>,
        allowed: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        let allowed: Vec<String> = allowed.into_iter().map(go::quoted).collect();
        let detail =
            if allowed.is_empty() { String::new() } else { format!("supported values: {}", allowed.join(", ")) };
        FieldError { value: Some(value.into()), ..FieldError::new(ErrorKind::NotSupported, field, detail) }
    }

    /// Creates an error for text with more than `max` bytes.
    pub fn too_long(field: impl Into<String>, max: i64) -> Self {
        if max < 0 {
            return FieldError::new(ErrorKind::TooLong, field, "value is too long");
        }
        let unit = if max == 1 { "byte" } else { "bytes" };
        FieldError::new(ErrorKind::TooLong, field, format!("may not be more than {max} {unit}"))
    }

    /// Creates an error for a list with more than `max` items.
    pub fn too_many(field: impl Into<String>, count: i64, max: i64) -> Self {
        let unit = if max == 1 { "item" } else { "items" };
        let detail = if max < 0 { "has too many items".to_owned() } else { format!("must have at most {max} {unit}") };
        FieldError { value: Some(count.into()), ..FieldError::new(ErrorKind::TooMany, field, detail) }
    }

    /// Returns the text without the field, as in `causes[].message`.
    pub fn body(&self) -> String {
        let mut text = self.kind.text().to_owned();
        if let Some(value) = self.value.as_ref().filter(|_| self.kind.shows_value()) {
            text.push_str(": ");
            match value {
                Value::String(value) => text.push_str(&go::quoted(value)),
                Value::Number(value) => text.push_str(&go::number(value)),
                value => text.push_str(&go::json(value)),
            }
        }
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        text
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.field, self.body())
    }
}

impl std::error::Error for FieldError {}
