//! The values at a path.

use std::cell::Cell;

use serde_json::Value;

use super::compare::compare;
use super::{Filter, JsonPath, JsonPathError, Slice, Step};
use crate::object::go;

/// The values that one search may visit. Recursive descents and unions that repeat each other multiply them.
const MAX_VISITED: usize = 1_000_000;

/// What is left of [`MAX_VISITED`].
struct Budget(Cell<usize>);

impl Budget {
    fn spend(&self, values: usize) -> Result<(), JsonPathError> {
        let left = self.0.get().checked_sub(values);
        self.0.set(left.ok_or_else(|| JsonPathError::new("the path visits too many values"))?);
        Ok(())
    }
}

impl JsonPath {
    /// Returns all values at the path. A missing key has no value.
    ///
    /// # Errors
    /// Returns an error if the path does not fit the value, such as an index beyond the end of a list, or visits more than a million
    /// values.
    pub fn find<'v>(&'v self, value: &'v Value) -> Result<Vec<&'v Value>, JsonPathError> {
        self.walk(vec![value], &Budget(Cell::new(MAX_VISITED)))
    }

    fn walk<'v>(&'v self, values: Vec<&'v Value>, budget: &Budget) -> Result<Vec<&'v Value>, JsonPathError> {
        self.0.iter().try_fold(values, |values, step| {
            budget.spend(values.len())?;
            step.apply(values, budget)
        })
    }
}

impl Step {
    fn apply<'v>(&'v self, values: Vec<&'v Value>, budget: &Budget) -> Result<Vec<&'v Value>, JsonPathError> {
        match self {
            Step::Field(name) => Ok(values.into_iter().filter_map(|value| value.as_object()?.get(name)).collect()),
            Step::All => Ok(values.into_iter().flat_map(children).collect()),
            Step::Recursive => {
                let mut all = Vec::new();
                for value in values {
                    let before = all.len();
                    descend(value, &mut all);
                    budget.spend(all.len() - before)?;
                }
                Ok(all)
            }
            Step::Slice(slice) => slice.of_all(values),
            Step::Filter(filter) => filter.of_all(values, budget),
            Step::Union(paths) => {
                let found = paths.iter().map(|path| path.walk(values.clone(), budget));
                Ok(found.collect::<Result<Vec<_>, _>>()?.concat())
            }
            Step::Text(text) => Ok(vec![text]),
            Step::Literal(literal) => Ok(vec![literal; values.len()]),
            Step::Identifier(name) => Err(JsonPathError::new(match name.as_str() {
                "end" => "not in range, nothing to end".to_owned(),
                name => format!("unrecognized identifier {name}"),
            })),
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

/// Adds a value and all below it: texts, and lists and objects that are not empty.
fn descend<'v>(value: &'v Value, all: &mut Vec<&'v Value>) {
    let children = children(value);
    if !children.is_empty() || value.as_str().is_some_and(|text| !text.is_empty()) {
        all.push(value);
    }
    children.into_iter().for_each(|child| descend(child, all));
}

impl Slice {
    fn of_all<'v>(&self, values: Vec<&'v Value>) -> Result<Vec<&'v Value>, JsonPathError> {
        let mut all = Vec::new();
        for value in values.into_iter().filter(|value| !value.is_null()) {
            let items = value
                .as_array()
                .ok_or_else(|| JsonPathError::new(format!("{} is not array or slice", go::type_name(value))))?;
            match self.range(i64::try_from(items.len()).unwrap_or(i64::MAX))? {
                Some((start, end, step)) => {
                    all.extend(items.get(start..end).into_iter().flatten().step_by(step));
                }
                // The values that follow are skipped as well.
                None => break,
            }
        }
        Ok(all)
    }

    /// Returns the start, the end and the step for a list of a length; `None` if it selects nothing.
    fn range(&self, length: i64) -> Result<Option<(usize, usize, usize)>, JsonPathError> {
        let start = self.start.unwrap_or(0);
        let end = if self.is_index { start.saturating_add(1) } else { self.end.unwrap_or(length) };
        let start = if start < 0 { start + length } else { start };
        let end = if end < 0 || (end == 0 && self.is_index) { end + length } else { end };
        if start == end {
            return Ok(None);
        }
        let outside =
            |index: i64| Err(JsonPathError::new(format!("array index out of bounds: index {index}, length {length}")));
        match (usize::try_from(start), usize::try_from(end)) {
            (Ok(_), _) if start >= length => outside(start),
            (Err(_), _) => outside(start),
            (_, Ok(_)) if end > length => outside(end - 1),
            (_, Err(_)) => outside(end - 1),
            _ if start > end => {
                Err(JsonPathError::new(format!("starting index {start} is greater than ending index {end}")))
            }
            (Ok(start), Ok(end)) => {
                let step = usize::try_from(self.step.unwrap_or(1)).ok().filter(|step| *step > 0);
                Ok(Some((start, end, step.ok_or_else(|| JsonPathError::new("step must be > 0"))?)))
            }
        }
    }
}

impl Filter {
    fn of_all<'v>(&self, values: Vec<&'v Value>, budget: &Budget) -> Result<Vec<&'v Value>, JsonPathError> {
        let mut all = Vec::new();
        for value in values {
            let items = value.as_array().ok_or_else(|| {
                JsonPathError::new(format!("{} is not array or slice and cannot be filtered", go::plain(value)))
            })?;
            for item in items {
                if self.passes(item, budget)? {
                    all.push(item);
                }
            }
        }
        Ok(all)
    }

    fn passes(&self, item: &Value, budget: &Budget) -> Result<bool, JsonPathError> {
        budget.spend(1)?;
        let lefts = self.left.walk(vec![item], budget);
        let Some((operator, right)) = &self.comparison else {
            // client-go ignores the error, and what it found until then exists.
            return Ok(lefts.map_or(true, |lefts| !lefts.is_empty()));
        };
        let Some(left) = single(&lefts?)? else { return Ok(false) };
        let Some(right) = single(&right.walk(vec![item], budget)?)? else { return Ok(false) };
        compare(left, operator, right)
    }
}

fn single<'v>(values: &[&'v Value]) -> Result<Option<&'v Value>, JsonPathError> {
    match values {
        [] => Ok(None),
        [value] => Ok(Some(value)),
        _ => Err(JsonPathError::new("can only compare one element at a time")),
    }
}
