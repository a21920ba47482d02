//! JSONPath of printer columns.
//!
//! Source: `client-go/util/jsonpath`, restricted to a single path.

use serde_json::{Number, Value};

/// A parsed path.
#[derive(Debug, PartialEq)]
pub(super) struct JsonPath(Vec<Step>);

#[derive(Debug, PartialEq)]
enum Step {
    Field(String),
    /// `.*`: all values of an object or array.
    All,
    /// `..`: the value and all nested values.
    Recursive,
    Slice(Slice),
    Filter(Box<Filter>),
    Union(Vec<JsonPath>),
}

/// `[start:end:step]`, or a single index.
#[derive(Debug, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
    is_index: bool,
}

#[derive(Debug, PartialEq)]
struct Filter {
    left: JsonPath,
    /// Without a comparison, the left side must exist.
    comparison: Option<(Operator, Operand)>,
}

#[derive(Debug, PartialEq)]
enum Operand {
    Literal(Value),
    Path(JsonPath),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl JsonPath {
    /// Parses a path; `None` if it is invalid.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (step, after) = step(rest)?;
            steps.extend(step);
            rest = after;
        }
        Some(JsonPath(steps))
    }

    /// Returns all values at the path; `None` if the path does not fit the value.
    pub(super) fn find<'v>(&'v self, value: &'v Value) -> Option<Vec<&'v Value>> {
        self.0.iter().try_fold(vec![value], |values, step| step.apply(values))
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

impl Step {
    fn apply<'v>(&'v self, values: Vec<&'v Value>) -> Option<Vec<&'v Value>> {
        match self {
            Step::Field(name) => Some(values.into_iter().filter_map(|value| value.as_object()?.get(name)).collect()),
            Step::All => Some(values.into_iter().flat_map(children).collect()),
            Step::Recursive => {
                let mut all = Vec::new();
                values.into_iter().for_each(|value| descend(value, &mut all));
                Some(all)
            }
            Step::Slice(slice) => {
                let mut all = Vec::new();
                for value in values.into_iter().filter(|value| !value.is_null()) {
                    all.extend(slice.apply(value.as_array()?)?);
                }
                Some(all)
            }
            Step::Filter(filter) => {
                let mut all = Vec::new();
                for value in values {
                    for item in value.as_array()? {
                        if filter.passes(item)? {
                            all.push(item);
                        }
                    }
                }
                Some(all)
            }
            Step::Union(paths) => {
                let mut all = Vec::new();
                for path in paths {
                    for value in &values {
                        all.extend(path.find(value)?);
                    }
                }
                Some(all)
            }
        }
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

fn descend<'v>(value: &'v Value, all: &mut Vec<&'v Value>) {
    all.push(value);
    children(value).into_iter().for_each(|child| descend(child, all));
}

impl Slice {
    fn apply<'v>(&self, items: &'v [Value]) -> Option<Vec<&'v Value>> {
        let length = i64::try_from(items.len()).ok()?;
        let from_end = |index: i64| if index < 0 { index + length } else { index };
        let start = from_end(self.start.unwrap_or(0));
        let end = if self.is_index { start + 1 } else { from_end(self.end.unwrap_or(length)) };
        if start == end {
            return Some(Vec::new());
        }
        if start < 0 || start >= length || end > length || end < start {
            return None;
        }
        let step = usize::try_from(self.step.unwrap_or(1)).ok().filter(|step| *step > 0)?;
        let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        Some(items.get(range)?.iter().step_by(step).collect())
    }
}

impl Filter {
    /// Whether an item passes; `None` if the operands cannot be compared.
    fn passes(&self, item: &Value) -> Option<bool> {
        let lefts = self.left.find(item);
        let Some((operator, right)) = &self.comparison else {
            return Some(lefts.is_some_and(|lefts| !lefts.is_empty()));
        };
        let rights = match right {
            Operand::Literal(value) => vec![value],
            Operand::Path(path) => path.find(item)?,
        };
        match (lefts?.as_slice(), rights.as_slice()) {
            ([], _) | (_, []) => Some(false),
            ([left], [right]) => compare(left, *operator, right),
            _ => None,
        }
    }
}

fn compare(left: &Value, operator: Operator, right: &Value) -> Option<bool> {
    use std::cmp::Ordering;
    let order = match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) if matches!(operator, Operator::Equal | Operator::NotEqual) => {
            left.cmp(right)
        }
        // Integers and floats are not comparable.
        (Value::Number(left), Value::Number(right)) if left.is_f64() == right.is_f64() => {
            left.as_f64()?.partial_cmp(&right.as_f64()?)?
        }
        _ => return None,
    };
    Some(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::JsonPath;

    fn found(path: &str) -> Option<Value> {
        let object = json!({
            "a": {"b.c": 1, "list": [1, 2, 3]},
            "conditions": [
                {"type": "Ready", "status": "True", "n": 2},
                {"type": "Synced", "status": "False", "n": 3},
            ],
        });
        let path = JsonPath::parse(path)?;
        path.find(&object).map(|values| values.into_iter().cloned().collect())
    }

    #[test]
    fn paths_match_client_go() {
        for (path, expected) in [
            (".a.list", json!([[1, 2, 3]])),
            ("a.list", json!([[1, 2, 3]])),
            (r".a.b\.c", json!([1])),
            (".a['b.c']", json!([1])),
            (".a.list[0]", json!([1])),
            (".a.list[-1]", json!([3])),
            (".a.list[-1:]", json!([3])),
            (".a.list[0:2]", json!([1, 2])),
            (".a.list[::2]", json!([1, 3])),
            (".a.list[0,2]", json!([1, 3])),
            (".a.list[*]", json!([1, 2, 3])),
            (".a.nothing.at.all", json!([])),
            (".conditions[*].type", json!(["Ready", "Synced"])),
            ("..n", json!([2, 3])),
            (r#".conditions[?(@.type=="Ready")].status"#, json!(["True"])),
            (".conditions[?(@.type == 'Synced')].status", json!(["False"])),
            (".conditions[?(@.n>2)].type", json!(["Synced"])),
            (".conditions[?(@.n!=2)].type", json!(["Synced"])),
            (".conditions[?(@.nothing)].type", json!([])),
        ] {
            assert_eq!(found(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn unsuitable_paths_return_none() {
        for path in
            [".a.list[9]", ".a[0]", ".conditions[?(@.type==", ".a[x]", ".conditions[?(@.n=='2')].type", ".a[?(@.b)]"]
        {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
