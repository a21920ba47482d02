//! `oneOf`, `anyOf`, `allOf` and `not` of properties that must be set, in sentences.

use kube_structural_schema::{Limits, Schema};

use crate::markdown::code;

/// The requirement of a combination.
enum Demand<'s> {
    /// All of these properties are set.
    Set(Vec<&'s str>),
    /// None of these properties is set.
    Unset(Vec<&'s str>),
}

/// The requirements of the combinations of a schema, as sentences. Other combinations are left out.
pub(super) fn of(schema: &Schema) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(exactly_one(&schema.one_of));
    facts.extend(at_least_one(&schema.any_of));
    for branch in &schema.all_of {
        match demand(branch) {
            Some(Demand::Set(names)) => facts.push(format!("{} must be set.", all(&names))),
            Some(Demand::Unset(names)) => facts.push(must_not_be_set(&names)),
            None => facts.extend(of(branch)),
        }
    }
    facts.extend(schema.not.as_ref().and_then(|not| forbidden(not)));
    facts
}

fn exactly_one(branches: &[Schema]) -> Option<String> {
    let (sets, unset) = demands(branches)?;
    match (alternatives(&sets)?, unset) {
        (names, None) if sets.len() > 1 => Some(format!("Exactly one of {names} must be set.")),
        (names, None) => Some(format!("{names} must be set.")),
        // Without any of these properties, the branch that forbids them all matches.
        (names, Some(unset)) if sets.iter().flatten().all(|name| unset.contains(name)) => {
            Some(if sets.len() > 1 { format!("At most one of {names} may be set.") } else { return None })
        }
        _ => None,
    }
}

fn at_least_one(branches: &[Schema]) -> Option<String> {
    let (sets, unset) = demands(branches)?;
    match (alternatives(&sets)?, unset) {
        (names, None) if sets.len() > 1 => Some(format!("At least one of {names} must be set.")),
        (names, None) => Some(format!("{names} must be set.")),
        (_, Some(_)) => None,
    }
}

fn forbidden(not: &Schema) -> Option<String> {
    if let Some(Demand::Set(names)) = demand(not) {
        return Some(must_not_be_set(&names));
    }
    if !has_only(not, Part::AnyOf) {
        return None;
    }
    let (sets, unset) = demands(&not.any_of)?;
    let each: Vec<&str> = sets.iter().filter_map(|set| if let [one] = set[..] { Some(one) } else { None }).collect();
    if unset.is_some() || each.is_empty() || each.len() < sets.len() {
        return None;
    }
    Some(format!("{} must not be set.", list(&each, "and")))
}

fn must_not_be_set(names: &[&str]) -> String {
    match names {
        [one] => format!("{} must not be set.", code(one)),
        several => format!("{} must not be set together.", list(several, "and")),
    }
}

/// The properties that each branch requires, and those that one branch forbids.
type Demands<'s> = (Vec<Vec<&'s str>>, Option<Vec<&'s str>>);

fn demands(branches: &[Schema]) -> Option<Demands<'_>> {
    let (mut sets, mut unset) = (Vec::new(), None);
    for branch in branches {
        match demand(branch)? {
            Demand::Set(names) => sets.push(names),
            Demand::Unset(names) if unset.is_none() => unset = Some(names),
            Demand::Unset(_) => return None,
        }
    }
    Some((sets, unset))
}

fn demand(branch: &Schema) -> Option<Demand<'_>> {
    if has_only(branch, Part::Required) {
        return Some(Demand::Set(branch.required.iter().map(String::as_str).collect()));
    }
    let not = branch.not.as_ref().filter(|_| has_only(branch, Part::Not))?;
    if not.required.len() == 1 && has_only(not, Part::Required) {
        return Some(Demand::Unset(not.required.iter().map(String::as_str).collect()));
    }
    if !has_only(not, Part::AnyOf) {
        return None;
    }
    let (sets, unset) = demands(&not.any_of)?;
    (unset.is_none() && !sets.is_empty()).then(|| Demand::Unset(sets.concat()))
}

/// A part of a schema that restricts values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Properties,
    Required,
    Items,
    AdditionalProperties,
    Limits,
    Enum,
    Rules,
    AllOf,
    AnyOf,
    OneOf,
    Not,
}

/// Whether a schema has this part and no other one.
fn has_only(schema: &Schema, part: Part) -> bool {
    let parts = [
        (Part::Properties, !schema.properties.is_empty()),
        (Part::Required, !schema.required.is_empty()),
        (Part::Items, schema.items.is_some()),
        (Part::AdditionalProperties, schema.additional_properties.is_some()),
        (Part::Limits, schema.limits != Limits::default()),
        (Part::Enum, !schema.enumeration.is_empty()),
        (Part::Rules, !schema.rules.is_empty()),
        (Part::AllOf, !schema.all_of.is_empty()),
        (Part::AnyOf, !schema.any_of.is_empty()),
        (Part::OneOf, !schema.one_of.is_empty()),
        (Part::Not, schema.not.is_some()),
    ];
    parts.into_iter().all(|(each, is_present)| is_present == (each == part))
}

/// `a`, `b` and `c`; sets of several properties in parentheses.
fn alternatives(sets: &[Vec<&str>]) -> Option<String> {
    let shown: Vec<String> = sets
        .iter()
        .map(|set| match set[..] {
            [one] => code(one),
            ref several => format!("({})", all(several)),
        })
        .collect();
    (!shown.is_empty()).then(|| joined(&shown, "and"))
}

fn all(names: &[&str]) -> String {
    list(names, "and")
}

fn list(names: &[&str], last: &str) -> String {
    joined(&names.iter().map(|name| code(name)).collect::<Vec<_>>(), last)
}

fn joined(texts: &[String], last: &str) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., end] => format!("{} {last} {end}", head.join(", ")),
    }
}
