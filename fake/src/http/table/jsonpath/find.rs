//! The values at a path.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Filter, JsonPath, Operand, Operator, Slice, Step};

impl JsonPath {
    /// Returns all values at the path; `None` if the path does not fit the value.
    pub(in crate::http::table) fn find<'v>(&'v self, value: &'v Value) -> Option<Vec<&'v Value>> {
        self.0.iter().try_fold(vec![value], |values, step| step.apply(values))
    }
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
