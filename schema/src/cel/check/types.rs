//! Types of expressions.
//!
//! Source: `cel-go/common/types/types.go`, `cel-go/checker/format.go`.

use std::fmt;
use std::sync::Arc;

use super::declared::Declared;

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    Dyn,
    /// The type of an expression with an error.
    Error,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Duration,
    Timestamp,
    List(Arc<Type>),
    Map(Arc<(Type, Type)>),
    Optional(Arc<Type>),
    /// An object of the schema.
    Object(Arc<Object>),
    /// A type of the Kubernetes libraries with the kind of an object.
    Struct(&'static str),
    /// Another type of the Kubernetes libraries.
    Opaque(&'static str),
    /// The type of types.
    Meta(Option<Arc<Type>>),
    /// A type parameter.
    Variable(u32),
}

/// An object of the schema, identified by its name.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) declared: Arc<Declared>,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const STRUCTS: [&str; 9] = [
    "kubernetes.NamedFormat",
    "kubernetes.Quantity",
    "kubernetes.Semver",
    "kubernetes.URL",
    "kubernetes.authorization.Authorizer",
    "kubernetes.authorization.Decision",
    "kubernetes.authorization.GroupCheck",
    "kubernetes.authorization.PathCheck",
    "kubernetes.authorization.ResourceCheck",
];
const OPAQUES: [&str; 2] = ["net.CIDR", "net.IP"];

impl Type {
    pub(super) fn list(item: Type) -> Type {
        Type::List(Arc::new(item))
    }

    pub(super) fn map(key: Type, value: Type) -> Type {
        Type::Map(Arc::new((key, value)))
    }

    pub(super) fn optional(of: Type) -> Type {
        Type::Optional(Arc::new(of))
    }

    pub(super) fn type_of(of: Type) -> Type {
        Type::Meta(Some(Arc::new(of)))
    }

    /// Returns the type without parameters that a declaration names.
    pub(super) fn named(name: &str) -> Option<Type> {
        let known = |names: &[&'static str]| names.iter().copied().find(|known| *known == name);
        Some(match name {
            "dyn" => Type::Dyn,
            "bool" => Type::Bool,
            "int" => Type::Int,
            "uint" => Type::Uint,
            "double" => Type::Double,
            "string" => Type::Text,
            "bytes" => Type::Bytes,
            "duration" => Type::Duration,
            "timestamp" => Type::Timestamp,
            _ => match known(&STRUCTS) {
                Some(name) => Type::Struct(name),
                None => Type::Opaque(known(&OPAQUES)?),
            },
        })
    }

    /// Returns the type of an identifier that names a type.
    pub(super) fn of_identifier(name: &str) -> Option<Type> {
        let named = match name {
            "list" => Type::list(Type::Dyn),
            "map" => Type::map(Type::Dyn, Type::Dyn),
            "null_type" => Type::Null,
            "type" => Type::Meta(None),
            "optional_type" => Type::optional(Type::Dyn),
            "google.protobuf.Duration" => Type::Duration,
            "google.protobuf.Timestamp" => Type::Timestamp,
            "dyn" => return None,
            name => Type::named(name).filter(|named| !matches!(named, Type::Struct(_)))?,
        };
        Some(Type::type_of(named))
    }

    pub(super) fn is_dyn(&self) -> bool {
        matches!(self, Type::Dyn)
    }

    pub(super) fn is_dyn_or_error(&self) -> bool {
        matches!(self, Type::Dyn | Type::Error)
    }

    /// Returns the type of the value if this is an optional value.
    pub(super) fn unwrapped(&self) -> Option<&Type> {
        if let Type::Optional(of) = self { Some(of) } else { None }
    }

    /// Returns the parameters of the type.
    pub(super) fn parameters(&self) -> Vec<&Type> {
        match self {
            Type::List(of) | Type::Optional(of) | Type::Meta(Some(of)) => vec![of],
            Type::Map(of) => vec![&of.0, &of.1],
            _ => Vec::new(),
        }
    }

    /// Returns the name at run time, without parameters.
    pub(super) fn runtime_name(&self) -> &str {
        match self {
            Type::Error => "error",
            Type::Null => "null_type",
            Type::Duration => "google.protobuf.Duration",
            Type::Timestamp => "google.protobuf.Timestamp",
            other => other.name(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Type::Dyn | Type::Variable(_) => "dyn",
            Type::Error => "!error!",
            Type::Null => "null",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Uint => "uint",
            Type::Double => "double",
            Type::Text => "string",
            Type::Bytes => "bytes",
            Type::Duration => "duration",
            Type::Timestamp => "timestamp",
            Type::List(_) => "list",
            Type::Map(_) => "map",
            Type::Optional(_) => "optional_type",
            Type::Object(object) => &object.name,
            Type::Struct(name) | Type::Opaque(name) => name,
            Type::Meta(_) => "type",
        }
    }

    /// Returns the type with other type parameters: those of an overload become new ones.
    pub(super) fn instantiated(&self, first: u32) -> Type {
        match self {
            Type::Variable(index) => Type::Variable(first + index),
            Type::List(of) => Type::list(of.instantiated(first)),
            Type::Map(of) => Type::map(of.0.instantiated(first), of.1.instantiated(first)),
            Type::Optional(of) => Type::optional(of.instantiated(first)),
            Type::Meta(Some(of)) => Type::type_of(of.instantiated(first)),
            other => other.clone(),
        }
    }

    /// Returns whether this type is equal to another one, or less specific.
    pub(super) fn is_equal_or_less_specific(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Dyn | Type::Variable(_), _) | (Type::Meta(_), Type::Meta(_)) => true,
            (_, Type::Dyn | Type::Variable(_)) => false,
            (Type::List(one), Type::List(other)) | (Type::Optional(one), Type::Optional(other)) => {
                one.is_equal_or_less_specific(other)
            }
            (Type::Map(one), Type::Map(other)) => {
                one.0.is_equal_or_less_specific(&other.0) && one.1.is_equal_or_less_specific(&other.1)
            }
            (one, other) => one == other,
        }
    }

    pub(super) fn accepts_null(&self) -> bool {
        matches!(
            self,
            Type::Null
                | Type::Optional(_)
                | Type::Opaque(_)
                | Type::Object(_)
                | Type::Struct(_)
                | Type::Duration
                | Type::Timestamp
        )
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Type::Variable(index) = self {
            return write!(out, "_var{index}");
        }
        out.write_str(self.name())?;
        match self.parameters()[..] {
            [one] => write!(out, "({one})"),
            [one, other] => write!(out, "({one}, {other})"),
            _ => Ok(()),
        }
    }
}
