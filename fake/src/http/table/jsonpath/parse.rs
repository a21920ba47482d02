//! The syntax of paths.

use serde_json::{Number, Value};

use super::{Filter, JsonPath, Operand, Operator, Slice, Step};

impl JsonPath {
    /// Parses a path; `None` if it is invalid.
    pub(in crate::http::table) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (step, after) = step(rest)?;
            steps.extend(step);
            rest = after;
        }
        Some(JsonPath(steps))
    }
}

/// Parses the first step of a path and returns the rest.
fn step(text: &str) -> Option<(Option<Step>, &str)> {
    if let Some(after) = text.strip_prefix("..") {
        return Some((Some(Step::Recursive), after));
    }
    if let Some(inner) = text.strip_prefix("[?(") {
        let end = filter_end(inner)?;
        let filter = filter(&inner[..end])?;
        return Some((Some(Step::Filter(Box::new(filter))), inner[end + 1..].strip_prefix(']')?));
    }
    if let Some(inner) = text.strip_prefix('[') {
        let (inner, after) = inner.split_once(']')?;
        return Some((Some(bracket(inner)?), after));
    }
    let name = text.strip_prefix(['.', '@', '$']).unwrap_or(text);
    let (name, after) = name.split_at(name_end(name));
    let step = match name {
        "" => None,
        "*" => Some(Step::All),
        name => Some(Step::Field(name.replace('\\', ""))),
    };
    if step.is_none() && after.len() == text.len() {
        return None;
    }
    Some((step, after))
}

fn name_end(text: &str) -> usize {
    let mut escaped = false;
    let ends = |(_, c): &(usize, char)| {
        let ends = !escaped && matches!(c, '.' | '[' | '@' | '$' | ' ' | '{' | '}');
        escaped = *c == '\\';
        ends
    };
    text.char_indices().find(ends).map_or(text.len(), |(index, _)| index)
}

/// Returns the position of a filter's closing parenthesis outside of quotes.
fn filter_end(text: &str) -> Option<usize> {
    let (mut quote, mut before) = (None, ' ');
    for (index, c) in text.char_indices() {
        match quote {
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == ')' => return Some(index),
            Some(open) if c == open && before != '\\' => quote = None,
            _ => {}
        }
        before = c;
    }
    None
}

fn filter(text: &str) -> Option<Filter> {
    let is_operator = |c: char| matches!(c, '!' | '<' | '>' | '=');
    let Some(start) = text.find(is_operator).filter(|start| *start > 0) else {
        return Some(Filter { left: JsonPath::parse(text)?, comparison: None });
    };
    let (left, rest) = text.split_at(start);
    let (operator, right) = rest.split_at(rest.find(|c| !is_operator(c))?);
    let operator = match operator {
        "==" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        _ => return None,
    };
    Some(Filter { left: JsonPath::parse(left)?, comparison: Some((operator, operand(right.trim())?)) })
}

fn operand(text: &str) -> Option<Operand> {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let inner = inner.strip_suffix(quote)?;
            return Some(Operand::Literal(inner.replace(&format!("\\{quote}"), &quote.to_string()).into()));
        }
    }
    match text {
        "true" => return Some(Operand::Literal(true.into())),
        "false" => return Some(Operand::Literal(false.into())),
        _ => {}
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Operand::Literal(integer.into()));
    }
    if let Some(float) = text.parse::<f64>().ok().and_then(Number::from_f64) {
        return Some(Operand::Literal(Value::Number(float)));
    }
    JsonPath::parse(text).map(Operand::Path)
}

/// Parses the text within brackets.
fn bracket(text: &str) -> Option<Step> {
    if text.contains(',') {
        let parts = text.split(',').map(|part| JsonPath::parse(&format!("[{}]", part.trim())));
        return parts.collect::<Option<Vec<_>>>().map(Step::Union);
    }
    if let Some(name) = text.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')) {
        return Some(Step::Field(name.replace('\\', "")));
    }
    let mut parts = if text == "*" { ":" } else { text }.split(':');
    let mut number = || match parts.next().map(str::trim) {
        None => Some((false, None)),
        Some("") => Some((true, None)),
        Some(text) => text.parse().ok().map(|number| (true, Some(number))),
    };
    let ((_, start), (has_end, end), (_, step)) = (number()?, number()?, number()?);
    let is_index = !has_end;
    Some(Step::Slice(Slice { start, end, step, is_index: is_index && start.is_some() }))
}
