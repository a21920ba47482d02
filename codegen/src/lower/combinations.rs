//! Sentences about `oneOf`, `anyOf`, `allOf` and `not` that require or forbid properties.

use kube_structural_schema::{Limits, Schema};

use crate::markdown::code;

/// The requirement of a branch.
enum Requirement<'s> {
    /// All of these properties must be set.
    Set(Vec<&'s str>),
    /// None of these properties may be set.
    Unset(Vec<&'s str>),
}

/// Describes which properties the combinations of a schema require and forbid. Other combinations are omitted.
pub(super) fn of(schema: &Schema) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(exactly_one(&schema.one_of));
    facts.extend(at_least_one(&schema.any_of));
    for branch in &schema.all_of {
        match requirement(branch) {
            Some(Requirement::Set(names)) => facts.push(format!("{} must be set.", all(&names))),
            Some(Requirement::Unset(names)) => facts.push(must_not_be_set(&names)),
            None => facts.extend(of(branch)),
        }
    }
    facts.extend(schema.not.as_ref().and_then(|not| forbidden(not)));
    facts
}

fn exactly_one(branches: &[Schema]) -> Option<String> {
    let (sets, unset) = requirements(branches)?;
    match (alternatives(&sets)?, unset) {
        (names, None) if sets.len() > 1 => Some(format!("Exactly one of {names} must be set.")),
        (names, None) => Some(format!("{names} must be set.")),
        // If none of them is set, the branch that forbids them matches.
        (names, Some(unset)) if sets.iter().flatten().all(|name| unset.contains(name)) => {
            Some(if sets.len() > 1 { format!("At most one of {names} may be set.") } else { return None })
        }
        _ => None,
    }
}

fn at_least_one(branches: &[Schema]) -> Option<String> {
    let (sets, unset) = requirements(branches)?;
    match (alternatives(&sets)?, unset) {
        (names, None) if sets.len() > 1 => Some(format!("At least one of {names} must be set.")),
        (names, None) => Some(format!("{names} must be set.")),
        (_, Some(_)) => None,
    }
}

fn forbidden(not: &Schema) -> Option<String> {
    if let Some(Requirement::Set(names)) = requirement(not) {
        return Some(must_not_be_set(&names));
    }
    if !has_only(not, Part::AnyOf) {
        return None;
    }
    let (sets, unset) = requirements(&not.any_of)?;
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

/// The properties that each branch requires, and the properties that one branch forbids.
type Requirements<'s> = (Vec<Vec<&'s str>>, Option<Vec<&'s str>>);

fn requirements(branches: &[Schema]) -> Option<Requirements<'_>> {
    let (mut sets, mut unset) = (Vec::new(), None);
    for branch in branches {
        match requirement(branch)? {
            Requirement::Set(names) => sets.push(names),
            Requirement::Unset(names) if unset.is_none() => unset = Some(names),
            Requirement::Unset(_) => return None,
        }
    }
    Some((sets, unset))
}

fn requirement(branch: &Schema) -> Option<Requirement<'_>> {
    if has_only(branch, Part::Required) {
        return Some(Requirement::Set(branch.required.iter().map(String::as_str).collect()));
    }
    let not = branch.not.as_ref().filter(|_| has_only(branch, Part::Not))?;
    if not.required.len() == 1 && has_only(not, Part::Required) {
        return Some(Requirement::Unset(not.required.iter().map(String::as_str).collect()));
    }
    if !has_only(not, Part::AnyOf) {
        return None;
    }
    let (sets, unset) = requirements(&not.any_of)?;
    (unset.is_none() && !sets.is_empty()).then(|| Requirement::Unset(sets.concat()))
}

/// A group of keywords that restrict values.
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

/// Returns whether a schema has this part only.
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

/// Formats alternatives as in "`a`, `b` and `c`"; several properties of one are in parentheses.
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
