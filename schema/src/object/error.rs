//! What is wrong with an object, in the API server's words.

use std::fmt;

use serde_json::Value;

use super::go;

/// One thing that is wrong with an object: an entry of `status.details.causes`.
///
/// Its text is what the API server would answer.
/// Source: `apimachinery/pkg/util/validation/field/errors.go`.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The field, such as `spec.rules[0].name`; `<nil>` for the object as a whole.
    pub field: String,
    /// The value, where the text shows it.
    pub value: Option<Value>,
    /// What is wrong with it, in words; may be empty.
    pub detail: String,
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// It must be there.
    Required,
    /// It is there twice.
    Duplicate,
    /// It breaks a rule.
    Invalid,
    /// It is none of the values that are allowed.
    NotSupported,
    /// It must not be there, or not now.
    Forbidden,
    /// It is too long.
    TooLong,
    /// There are too many of it.
    TooMany,
    /// There are too few of it.
    TooFew,
    /// It is of another type.
    TypeInvalid,
    /// Something that the object is not to blame for.
    Internal,
}

impl ErrorKind {
    /// The reason of a cause, such as `FieldValueInvalid`.
    pub fn reason(self) -> &'static str {
        match self {
            ErrorKind::Required => "FieldValueRequired",
            ErrorKind::Duplicate => "FieldValueDuplicate",
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

    fn words(self) -> &'static str {
        match self {
            ErrorKind::Required => "Required value",
            ErrorKind::Duplicate => "Duplicate value",
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

    /// Whether rules in CEL are not looked at where this is found: they may rely on what is wrong.
    pub fn hides_rules(self) -> bool {
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
    /// An error whose text shows no value.
    pub fn new(kind: ErrorKind, field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError { kind, field: field.into(), value: None, detail: detail.into() }
    }

    /// A field that must be there.
    pub fn required(field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError::new(ErrorKind::Required, field, detail)
    }

    /// A field that must not be there.
    pub fn forbidden(field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError::new(ErrorKind::Forbidden, field, detail)
    }

    /// A value that breaks a rule.
    pub fn invalid(field: impl Into<String>, value: impl Into<Value>, detail: impl Into<String>) -> Self {
        FieldError { value: Some(value.into()), ..FieldError::new(ErrorKind::Invalid, field, detail) }
    }

    /// A value that is there twice.
    pub fn duplicate(field: impl Into<String>, value: impl Into<Value>) -> Self {
        FieldError { value: Some(value.into()), ..FieldError::new(ErrorKind::Duplicate, field, "") }
    }

    /// A value that is none of those allowed.
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

    /// Text of more bytes than it may have.
    pub fn too_long(field: impl Into<String>, most: i64) -> Self {
        if most < 0 {
            return FieldError::new(ErrorKind::TooLong, field, "value is too long");
        }
        let unit = if most == 1 { "byte" } else { "bytes" };
        FieldError::new(ErrorKind::TooLong, field, format!("may not be more than {most} {unit}"))
    }

    /// More entries than there may be.
    pub fn too_many(field: impl Into<String>, there_are: i64, most: i64) -> Self {
        let unit = if most == 1 { "item" } else { "items" };
        let detail =
            if most < 0 { "has too many items".to_owned() } else { format!("must have at most {most} {unit}") };
        FieldError { value: Some(there_are.into()), ..FieldError::new(ErrorKind::TooMany, field, detail) }
    }

    /// The text without the field, as `causes[].message` has it.
    pub fn body(&self) -> String {
        let mut text = self.kind.words().to_owned();
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
