//! Values of expressions. Values of objects are not copied.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};

use super::library::Object;
use super::view::{Entries, Items};

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Val<'v> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Cow<'v, str>),
    Bytes(Rc<[u8]>),
    Duration(SignedDuration),
    Timestamp(Timestamp),
    List(Items<'v>),
    Map(Entries<'v>),
    Type(&'static str),
    Optional(Option<Rc<Val<'v>>>),
    /// A value of a type of the Kubernetes libraries.
    Object(Rc<Object>),
    /// An unknown field that the schema preserves: supports comparison only.
    Unknown(&'v serde_json::Value),
}

/// An evaluation error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Error {
    Failed(Cow<'static, str>),
    /// The cost limit was exceeded; no operator absorbs this error.
    TooCostly,
}

pub(super) type Result<'v> = std::result::Result<Val<'v>, Error>;

pub(super) fn failed<T>(message: impl Into<Cow<'static, str>>) -> std::result::Result<T, Error> {
    Err(Error::Failed(message.into()))
}

pub(super) fn no_overload<T>() -> std::result::Result<T, Error> {
    failed("no such overload")
}

/// Returns the name of a type that an expression can name.
pub(super) fn type_named(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 16] = [
        "bool",
        "bytes",
        "double",
        "int",
        "list",
        "map",
        "null_type",
        "string",
        "type",
        "uint",
        "optional_type",
        "dyn",
        "google.protobuf.Duration",
        "google.protobuf.Timestamp",
        "net.CIDR",
        "net.IP",
    ];
    NAMES.into_iter().find(|known| *known == name)
}

impl<'v> Val<'v> {
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Val::Null => "null_type",
            Val::Bool(_) => "bool",
            Val::Int(_) => "int",
            Val::Uint(_) => "uint",
            Val::Double(_) => "double",
            Val::Text(_) => "string",
            Val::Bytes(_) => "bytes",
            Val::Duration(_) => "google.protobuf.Duration",
            Val::Timestamp(_) => "google.protobuf.Timestamp",
            Val::List(_) => "list",
            Val::Map(_) => "map",
            Val::Type(_) => "type",
            Val::Optional(_) => "optional_type",
            Val::Object(object) => object.type_name(),
            Val::Unknown(_) => "unknown",
        }
    }

    pub(super) fn text(text: impl Into<Cow<'v, str>>) -> Self {
        Val::Text(text.into())
    }

    pub(super) fn list(items: Vec<Val<'v>>) -> Self {
        Val::List(Items::Owned(items.into(), None))
    }

    /// Returns the size of the value for costs.
    pub(super) fn size(&self) -> u64 {
        (match self {
            Val::Text(text) => text.chars().count(),
            Val::Bytes(bytes) => bytes.len(),
            Val::List(items) => items.len(),
            Val::Map(entries) => entries.len(),
            Val::Optional(Some(value)) => return value.size(),
            Val::Object(object) => return object.size(),
            _ => 1,
        }) as u64
    }

    /// Returns whether two values are equal. Values of different types are not equal, except for numbers.
    pub(super) fn equals(&self, other: &Val<'v>) -> std::result::Result<bool, Error> {
        Ok(match (self, other) {
            (Val::Null, Val::Null) | (Val::Optional(None), Val::Optional(None)) => true,
            (Val::Bool(a), Val::Bool(b)) => a == b,
            (Val::Text(a), Val::Text(b)) => a == b,
            (Val::Bytes(a), Val::Bytes(b)) => a == b,
            (Val::Duration(a), Val::Duration(b)) => a == b,
            (Val::Timestamp(a), Val::Timestamp(b)) => a == b,
            (Val::Type(a), Val::Type(b)) => a == b,
            (Val::Optional(Some(a)), Val::Optional(Some(b))) => return a.equals(b),
            (Val::Object(a), Val::Object(b)) => return a.equals(b).map_or_else(no_overload, Ok),
            (Val::List(a), Val::List(b)) => return a.equals(b),
            (Val::Map(a), Val::Map(b)) => return a.equals(b),
            (Val::Unknown(a), Val::Unknown(b)) => a == b,
            (Val::List(items), _) if items.is_from_object() => return no_overload(),
            (Val::Object(_) | Val::Map(Entries::Borrowed(..)), _) => return no_overload(),
            (a, b) => matches!(a.number_order(b), Some(Some(Ordering::Equal))),
        })
    }

    /// Compares two numbers; `None` if one is not a number, `Some(None)` for NaN.
    #[allow(clippy::option_option)]
    fn number_order(&self, other: &Val<'_>) -> Option<Option<Ordering>> {
        #[allow(clippy::cast_precision_loss)]
        let float = |integer: i64| integer as f64;
        #[allow(clippy::cast_precision_loss)]
        let unsigned = |integer: u64| integer as f64;
        Some(match (self, other) {
            (Val::Int(a), Val::Int(b)) => Some(a.cmp(b)),
            (Val::Uint(a), Val::Uint(b)) => Some(a.cmp(b)),
            (Val::Int(a), Val::Uint(b)) => Some(u64::try_from(*a).map_or(Ordering::Less, |a| a.cmp(b))),
            (Val::Uint(a), Val::Int(b)) => Some(u64::try_from(*b).map_or(Ordering::Greater, |b| a.cmp(&b))),
            (Val::Double(a), Val::Double(b)) => a.partial_cmp(b),
            (Val::Int(a), Val::Double(b)) => float(*a).partial_cmp(b),
            (Val::Double(a), Val::Int(b)) => a.partial_cmp(&float(*b)),
            (Val::Uint(a), Val::Double(b)) => unsigned(*a).partial_cmp(b),
            (Val::Double(a), Val::Uint(b)) => a.partial_cmp(&unsigned(*b)),
            _ => return None,
        })
    }

    /// Compares two values of one type.
    pub(super) fn order(&self, other: &Val<'_>) -> std::result::Result<Option<Ordering>, Error> {
        Ok(match (self, other) {
            (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
            (Val::Text(a), Val::Text(b)) => Some(a.cmp(b)),
            (Val::Bytes(a), Val::Bytes(b)) => Some(a.cmp(b)),
            (Val::Duration(a), Val::Duration(b)) => Some(a.cmp(b)),
            (Val::Timestamp(a), Val::Timestamp(b)) => Some(a.cmp(b)),
            (a, b) => match a.number_order(b) {
                Some(order) => order,
                None => return no_overload(),
            },
        })
    }

    /// Returns whether the value is zero, empty, false or null.
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Val::Null => true,
            Val::Bool(value) => !value,
            Val::Int(value) => *value == 0,
            Val::Uint(value) => *value == 0,
            Val::Double(value) => *value == 0.0,
            Val::Text(text) => text.is_empty(),
            Val::Bytes(bytes) => bytes.is_empty(),
            Val::Duration(duration) => duration.is_zero(),
            Val::Timestamp(_) | Val::Type(_) | Val::Object(_) | Val::Unknown(_) => false,
            Val::List(items) => items.len() == 0,
            Val::Map(entries) => entries.len() == 0,
            Val::Optional(value) => value.is_none(),
        }
    }

    /// Formats the value as messages do.
    pub(super) fn display(&self) -> String {
        match self {
            Val::Bool(value) => value.to_string(),
            Val::Int(value) => value.to_string(),
            Val::Uint(value) => value.to_string(),
            Val::Double(value) => crate::object::go::general(*value),
            Val::Text(text) => text.to_string(),
            other => other.type_name().to_owned(),
        }
    }
}

/// Sorts values by key; returns the error of keys without order.
pub(super) fn sort_by_key<'v, T>(items: &mut [T], key: impl Fn(&T) -> &Val<'v>) -> std::result::Result<(), Error> {
    let mut comparison = Ok(());
    items.sort_by(|a, b| match key(a).order(key(b)) {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(error) => {
            comparison = Err(error);
            Ordering::Equal
        }
    });
    comparison
}
