//! Functions: their overloads, costs and implementations.

use std::fmt;

use super::cost::{Call, Cost};
use super::library::Object;
use super::value::{Error, Result, Val, no_overload};

/// The implementation of a function; its arguments match one of the overloads.
pub(super) type Implementation = for<'v> fn(&[Val<'v>]) -> Result<'v>;

/// A function that rules may call.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) style: Style,
    /// The types of the arguments of each overload; for methods, the first is the receiver.
    pub(super) overloads: &'static [&'static [Type]],
    pub(super) cost: Cost,
    pub(super) implementation: Implementation,
}

/// The syntax of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// An operator, with its name in cel-go, such as `_+_`.
    Operator,
    Global,
    Method,
    GlobalOrMethod,
}

/// The type of an argument.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Any,
    Bool,
    Int,
    Uint,
    Double,
    /// An `int`, `uint` or `double`.
    Number,
    Text,
    Bytes,
    Duration,
    Timestamp,
    List,
    Map,
    Optional,
    /// Any type of the Kubernetes libraries.
    Object,
    Ip,
    Cidr,
    Url,
    Quantity,
    Semver,
    Format,
}

impl Type {
    fn matches(self, value: &Val<'_>) -> bool {
        match self {
            Type::Any => true,
            Type::Bool => matches!(value, Val::Bool(_)),
            Type::Int => matches!(value, Val::Int(_)),
            Type::Uint => matches!(value, Val::Uint(_)),
            Type::Double => matches!(value, Val::Double(_)),
            Type::Number => matches!(value, Val::Int(_) | Val::Uint(_) | Val::Double(_)),
            Type::Text => matches!(value, Val::Text(_)),
            Type::Bytes => matches!(value, Val::Bytes(_)),
            Type::Duration => matches!(value, Val::Duration(_)),
            Type::Timestamp => matches!(value, Val::Timestamp(_)),
            Type::List => matches!(value, Val::List(_)),
            Type::Map => matches!(value, Val::Map(_)),
            Type::Optional => matches!(value, Val::Optional(_)),
            Type::Object => matches!(value, Val::Object(_)),
            Type::Ip | Type::Cidr | Type::Url | Type::Quantity | Type::Semver | Type::Format => {
                matches!(value, Val::Object(object) if self.matches_object(object))
            }
        }
    }

    fn matches_object(self, object: &Object) -> bool {
        matches!(
            (self, object),
            (Type::Ip, Object::Address(_))
                | (Type::Cidr, Object::Network(_))
                | (Type::Url, Object::Url(_))
                | (Type::Quantity, Object::Quantity(_))
                | (Type::Semver, Object::Version(_))
                | (Type::Format, Object::Format(_))
        )
    }
}

impl Function {
    /// Calls the function; returns the result and its cost.
    pub(super) fn call<'v>(&self, arguments: &[Val<'v>]) -> std::result::Result<(Val<'v>, u64), Error> {
        if !self.overloads.iter().any(|types| matches(types, arguments)) {
            return self.no_overload(arguments);
        }
        let result = (self.implementation)(arguments)?;
        let cost = (self.cost)(Call { arguments, result: &result });
        Ok((result, cost))
    }

    /// Returns the error of arguments without overload. Invalid items of the list that a function reads take precedence.
    fn no_overload<T>(&self, arguments: &[Val<'_>]) -> std::result::Result<T, Error> {
        let reads_list =
            self.style != Style::Operator && self.overloads.iter().any(|types| matches!(types, [Type::List, _, ..]));
        if let (true, Some(Val::List(list))) = (reads_list, arguments.first()) {
            list.all()?;
        }
        no_overload()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

fn matches(types: &[Type], arguments: &[Val<'_>]) -> bool {
    types.len() == arguments.len() && types.iter().zip(arguments).all(|(type_, argument)| type_.matches(argument))
}
