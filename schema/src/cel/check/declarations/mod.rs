//! The declarations of functions for type checks: one row per overload.
//!
//! Source: `apiserver/pkg/cel/environment/base.go` with the compatibility version 1.36, which kube-apiserver 1.37 uses
//! for new expressions.

mod authorizer;
mod libraries;
mod operators;
mod standard;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::types::Type;

/// The name of a function, the identifier of the overload, and its signature: `string.(int) -> string` for a method.
type Row = (&'static str, &'static str, &'static str);

/// An overload of a function.
#[derive(Debug)]
pub(super) struct Overload {
    pub(super) id: &'static str,
    pub(super) is_method: bool,
    /// The types of the arguments; for methods, the first is the receiver.
    pub(super) parameters: Vec<Type>,
    pub(super) result: Type,
    /// The number of type parameters.
    pub(super) variables: u32,
}

static FUNCTIONS: LazyLock<HashMap<&'static str, Vec<Overload>>> = LazyLock::new(|| {
    let mut functions: HashMap<_, Vec<_>> = HashMap::new();
    for (name, id, signature) in [operators::ROWS, standard::ROWS, libraries::ROWS, authorizer::ROWS].concat() {
        functions.entry(name).or_default().extend(overload(id, signature));
    }
    functions
});

/// Functions that only rules may call that were stored before.
const STORED: [&str; 1] = ["includes"];

/// Returns the overloads of a function; `stored`: the expression was stored before.
pub(super) fn function_named(name: &str, stored: bool) -> Option<(&'static str, &'static [Overload])> {
    let (name, overloads) = FUNCTIONS.get_key_value(name)?;
    (stored || !STORED.contains(name)).then_some((*name, overloads.as_slice()))
}

fn overload(id: &'static str, signature: &str) -> Option<Overload> {
    let (left, result) = signature.split_once(" -> ")?;
    let (receiver, arguments) = left.split_once(if left.starts_with('(') { "(" } else { ".(" })?;
    let mut letters = Vec::new();
    let mut parameters = Vec::new();
    if !receiver.is_empty() {
        parameters.push(type_of(receiver, &mut letters)?);
    }
    let mut rest = arguments.strip_suffix(')')?;
    while !rest.is_empty() {
        let (type_, after) = next_type(rest, &mut letters)?;
        parameters.push(type_);
        rest = after.strip_prefix(", ").unwrap_or(after);
    }
    let result = type_of(result, &mut letters)?;
    let variables = u32::try_from(letters.len()).ok()?;
    Some(Overload { id, is_method: !receiver.is_empty(), parameters, result, variables })
}

fn type_of(text: &str, letters: &mut Vec<u8>) -> Option<Type> {
    next_type(text, letters).map(|(type_, _)| type_)
}

/// Reads the type at the start of a text; returns it with the rest.
fn next_type<'t>(text: &'t str, letters: &mut Vec<u8>) -> Option<(Type, &'t str)> {
    let end = text.find(['(', ')', ',']).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    if let &[letter @ b'A'..=b'Z'] = name.as_bytes() {
        let index = letters.iter().position(|known| *known == letter).unwrap_or_else(|| {
            letters.push(letter);
            letters.len() - 1
        });
        return Some((Type::Variable(u32::try_from(index).ok()?), rest));
    }
    let Some(inner) = rest.strip_prefix('(') else { return Some((Type::named(name)?, rest)) };
    let (first, after) = next_type(inner, letters)?;
    rest = after;
    let type_ = match name {
        "list" => Type::list(first),
        "optional_type" => Type::optional(first),
        "type" => Type::type_of(first),
        "map" => {
            let (values, after) = next_type(rest.strip_prefix(", ")?, letters)?;
            rest = after;
            Type::map(first, values)
        }
        _ => return None,
    };
    Some((type_, rest.strip_prefix(')')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::functions;

    #[test]
    fn every_signature_is_read_as_it_is_written() {
        for (name, id, signature) in [operators::ROWS, standard::ROWS, libraries::ROWS, authorizer::ROWS].concat() {
            let overload = overload(id, signature).unwrap_or_else(|| panic!("{name}: {signature}"));
            let mut types: Vec<String> = overload.parameters.iter().map(ToString::to_string).collect();
            let receiver = if overload.is_method { format!("{}.", types.remove(0)) } else { String::new() };
            let mut text = format!("{receiver}({}) -> {}", types.join(", "), overload.result);
            for (index, letter) in signature.matches(|c: char| c.is_ascii_uppercase()).enumerate() {
                text = text.replacen(&format!("_var{index}"), letter, usize::MAX);
            }
            assert_eq!(text.len(), signature.len(), "{name}: {text}, {signature}");
        }
    }

    #[test]
    fn the_evaluator_has_the_declared_functions() {
        for (name, overloads) in
            FUNCTIONS.iter().filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_alphabetic()))
        {
            if authorizer::ROWS.iter().any(|(known, ..)| known == name) || *name == "cel.@mapInsert" {
                continue;
            }
            for Overload { id, is_method, parameters, .. } in overloads {
                let count = parameters.len();
                let exists = if *is_method {
                    functions::method_named(name, count - 1).is_some()
                } else {
                    functions::global_named(name, count).is_some() || name.starts_with("format.")
                };
                assert!(exists, "{name}: {id}");
            }
        }
    }
}
