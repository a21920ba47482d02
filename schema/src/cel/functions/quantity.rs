//! Functions of quantities.

use super::arguments::{object, parsed, text};
use crate::cel::library::Object;
use crate::cel::library::quantity::Quantity;
use crate::cel::value::{Error, Result, Val, failed, no_overload};

fn receiver(arguments: &[Val<'_>]) -> std::result::Result<Quantity, Error> {
    operand(arguments.first())
}

/// Returns a quantity, or an integer as a quantity.
fn operand(argument: Option<&Val<'_>>) -> std::result::Result<Quantity, Error> {
    match argument {
        Some(Val::Object(object)) => match &**object {
            Object::Quantity(quantity) => Ok(*quantity),
            _ => no_overload(),
        },
        Some(Val::Int(value)) => Ok(Quantity::from(*value)),
        _ => no_overload(),
    }
}

pub(super) fn quantity<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    parsed(Quantity::parse(text(arguments)?).map(Object::Quantity))
}

pub(super) fn is_quantity<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(Quantity::parse(text(arguments)?).is_ok()))
}

pub(super) fn sign<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Int(receiver(arguments)?.sign()))
}

pub(super) fn as_approximate_float<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Double(receiver(arguments)?.float()))
}

pub(super) fn is_integer<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(receiver(arguments)?.integer().is_some()))
}

pub(super) fn as_integer<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let integer = receiver(arguments)?.integer();
    integer.map_or_else(|| failed("cannot convert value to integer"), |value| Ok(Val::Int(value)))
}

pub(super) fn add<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    sum(receiver(arguments)?.plus(operand(arguments.get(1))?))
}

pub(super) fn sub<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    sum(receiver(arguments)?.plus(operand(arguments.get(1))?.negated()))
}

fn sum<'v>(result: Option<Quantity>) -> Result<'v> {
    result.map_or_else(|| failed("the quantity is too large"), |sum| Ok(object(Object::Quantity(sum))))
}
