//! Reads the text of label selectors.

use std::collections::BTreeSet;

use super::{Operator, Requirement, Selector};

pub(super) fn parse(text: &str) -> Result<Selector, String> {
    let mut requirements = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (requirement, after) = requirement(rest)?;
        requirements.push(requirement);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(more) if more.trim().is_empty() => return Err("it ends with a comma".to_owned()),
            Some(more) => rest = more.trim_start(),
            None if rest.is_empty() => {}
            None => return Err(format!("expected a comma at {rest:?}")),
        }
    }
    Ok(Selector { requirements })
}

fn requirement(text: &str) -> Result<(Requirement, &str), String> {
    if let Some(after) = text.strip_prefix('!') {
        let (key, rest) = key(after.trim_start())?;
        return Ok((Requirement { key, operator: Operator::DoesNotExist }, rest));
    }
    let (key, rest) = key(text)?;
    let (operator, rest) = operator(rest.trim_start())?;
    Ok((Requirement { key, operator }, rest))
}

fn operator(text: &str) -> Result<(Operator, &str), String> {
    if let Some(after) = text.strip_prefix("!=") {
        let (value, rest) = value(after.trim_start())?;
        return Ok((Operator::NotEqual(value), rest));
    }
    if let Some(after) = text.strip_prefix("==").or_else(|| text.strip_prefix('=')) {
        let (value, rest) = value(after.trim_start())?;
        return Ok((Operator::Equal(value), rest));
    }
    if let Some(after) = text.strip_prefix('>') {
        return integer(after).map(|(number, rest)| (Operator::GreaterThan(number), rest));
    }
    if let Some(after) = text.strip_prefix('<') {
        return integer(after).map(|(number, rest)| (Operator::LessThan(number), rest));
    }
    let (word, after) = word(text);
    match word {
        "" => Ok((Operator::Exists, text)),
        "in" => set(after).map(|(values, rest)| (Operator::In(values), rest)),
        "notin" => set(after).map(|(values, rest)| (Operator::NotIn(values), rest)),
        other => Err(format!("{other:?} is not an operator; expected =, ==, !=, in, notin, > or <")),
    }
}

fn integer(text: &str) -> Result<(i64, &str), String> {
    let (value, rest) = value(text.trim_start())?;
    let number = value.parse().map_err(|_| format!("{value:?} is not an integer"))?;
    Ok((number, rest))
}

/// `(a, b)`
fn set(text: &str) -> Result<(BTreeSet<String>, &str), String> {
    let Some(mut rest) = text.trim_start().strip_prefix('(') else {
        return Err("expected ( and values after in or notin".to_owned());
    };
    let mut values = BTreeSet::new();
    if rest.trim_start().starts_with(')') {
        return Err("in and notin need at least one value".to_owned());
    }
    loop {
        let (value, after) = value(rest.trim_start())?;
        values.insert(value);
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix(')') {
            return Ok((values, after));
        }
        rest = rest.strip_prefix(',').ok_or("expected , or ) after a value")?;
    }
}

/// Splits text at the first separator.
fn word(text: &str) -> (&str, &str) {
    let separates = |letter: char| letter.is_whitespace() || "=!(),<>".contains(letter);
    text.split_at(text.find(separates).unwrap_or(text.len()))
}

/// Source: `apimachinery/pkg/util/validation/validation.go`, `IsQualifiedName`.
pub(super) fn key(text: &str) -> Result<(String, &str), String> {
    let (word, rest) = word(text);
    let (prefix, name) = word.rsplit_once('/').map_or((None, word), |(prefix, name)| (Some(prefix), name));
    let domain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '.');
    let valid_prefix =
        prefix.is_none_or(|prefix| !prefix.is_empty() && prefix.len() <= 253 && prefix.chars().all(domain));
    if name.is_empty() || !is_name(name) || !valid_prefix {
        return Err(format!("{word:?} is not a label key"));
    }
    Ok((word.to_owned(), rest))
}

pub(super) fn value(text: &str) -> Result<(String, &str), String> {
    let (word, rest) = word(text);
    // A negative integer for > and < starts with a character that a label value must not start with.
    let valid = word.is_empty() || is_name(word) || word.parse::<i64>().is_ok();
    if valid { Ok((word.to_owned(), rest)) } else { Err(format!("{word:?} is not a label value")) }
}

/// Returns whether text has at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_name(text: &str) -> bool {
    let ends = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    text.len() <= 63
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
        && ends(text.chars().next())
        && ends(text.chars().last())
}
