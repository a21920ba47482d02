//! Errors of constant parts, which the API server finds when it prepares an expression for evaluation.
//!
//! Source: `cel-go/interpreter/decorators.go`.

use super::checker::Checked;
use super::types::Type;
use crate::cel::ast::{Kind, Node};
use crate::cel::eval::literal_value;
use crate::cel::functions;
use crate::cel::parse::with_stack;
use crate::cel::value::{Error, Val};

/// Functions that are evaluated if their argument is constant.
const CONVERSIONS: [&str; 10] =
    ["bool", "bytes", "double", "dyn", "duration", "int", "string", "timestamp", "type", "uint"];

/// The names of types that an expression can use as values; so can names with a point, such as `net.IP`.
const TYPES: [&str; 11] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "optional_type", "string", "type", "uint"];

/// Returns the error of the first constant part that is not valid.
pub(super) fn error(node: &Node, checked: &Checked) -> Option<String> {
    value(node, checked).err()
}

/// Returns the value of a constant expression, or `None` for other expressions.
fn value<'n>(node: &'n Node, checked: &Checked) -> Result<Option<Val<'n>>, String> {
    match &node.kind {
        Kind::Literal(value) => Ok(Some(literal_value(value))),
        // A variable whose value is a type is read as the name of a type.
        Kind::Ident(name)
            if matches!(checked.type_of(node), Type::Meta(_))
                && !name.contains('.')
                && !TYPES.contains(&name.as_str()) =>
        {
            Err(format!("reference to undefined type: {name}"))
        }
        _ => {
            let mut values = Vec::new();
            let mut error = None;
            with_stack(|| {
                node.each_part(&mut |part| match value(part, checked) {
                    Ok(value) => values.push(value),
                    Err(message) => {
                        error.get_or_insert(message);
                    }
                });
            });
            if let Some(message) = error {
                return Err(message);
            }
            let Kind::Call { function, .. } = &node.kind else { return Ok(None) };
            match (function.as_str(), &values[..]) {
                ("matches" | "find" | "findAll", [_, Some(Val::Text(pattern)), ..]) => {
                    crate::pattern::check_syntax(pattern).map(|()| None)
                }
                (name, [Some(value)]) if CONVERSIONS.contains(&name) => converted(name, value),
                _ => Ok(None),
            }
        }
    }
}

fn converted<'v>(name: &str, value: &Val<'v>) -> Result<Option<Val<'v>>, String> {
    let Some(function) = functions::global_named(name, 1) else { return Ok(None) };
    match function.call(std::slice::from_ref(value)) {
        Ok((converted, _)) => Ok(Some(converted)),
        Err(Error::Failed(message)) if message == "no such overload" => {
            Err(format!("{message}: {name}({})", value.type_name()))
        }
        Err(Error::Failed(message)) => Err(message.into_owned()),
        Err(Error::TooCostly) => Ok(None),
    }
}
