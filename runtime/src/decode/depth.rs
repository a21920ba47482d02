//! The depth of JSON: the number of lists and objects around the innermost value.

use serde_json::Value;

/// The maximum depth of objects of generated types: the limit of the API server.
///
/// Source: `maxNestingDepth` in `encoding/json/scanner.go`, and in the copy of it in `sigs.k8s.io/json`.
pub const MAX_DEPTH: usize = 10_000;

/// The maximum depth of objects of other types. Cloning a `serde_json::Value` of this depth takes 1 MiB of stack without
/// optimization, half of a thread's stack.
pub const MAX_FOREIGN_DEPTH: usize = 512;

/// The depth up to which values are measured by recursion.
const SHALLOW: usize = 64;

/// Returns the depth of JSON text. For text that is not JSON, the result is arbitrary.
pub(crate) fn of_text(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut bytes) = (0_usize, 0, json.iter());
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

/// Returns the depth of a value.
pub(crate) fn of_value(value: &Value) -> usize {
    within(value, SHALLOW).unwrap_or_else(|| by_level(value))
}

/// Returns the depth, or `None` if it exceeds `levels`.
fn within(value: &Value, levels: usize) -> Option<usize> {
    let deepest = |depth: Option<usize>, value: &Value| Some(depth?.max(within(value, levels.checked_sub(1)?)?));
    match value {
        Value::Array(items) => {
            items.iter().filter(|value| is_nested(value)).fold(Some(0), deepest).map(|depth| depth + 1)
        }
        Value::Object(fields) => {
            fields.values().filter(|value| is_nested(value)).fold(Some(0), deepest).map(|depth| depth + 1)
        }
        _ => Some(0),
    }
}

fn by_level(value: &Value) -> usize {
    let mut depth = 0;
    let mut level = vec![value];
    while !level.is_empty() {
        depth += 1;
        let mut next = Vec::new();
        for value in level {
            match value {
                Value::Array(items) => next.extend(items.iter().filter(|value| is_nested(value))),
                Value::Object(fields) => next.extend(fields.values().filter(|value| is_nested(value))),
                _ => {}
            }
        }
        level = next;
    }
    depth
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn depth_counts_lists_and_objects() {
        for (value, depth) in [
            (json!(1), 0),
            (json!([]), 1),
            (json!({}), 1),
            (json!({"a": 1, "b": [1, {}], "c": []}), 3),
            (json!(["[[[", "\\\"[[", {"{": "}"}]), 2),
        ] {
            assert_eq!((of_value(&value), of_text(value.to_string().as_bytes())), (depth, depth), "{value}");
        }
    }

    #[test]
    fn depth_of_deep_values_is_exact() {
        for levels in [SHALLOW - 1, SHALLOW, SHALLOW + 1, SHALLOW + 2, 300] {
            let value = (0..levels).fold(json!(1), |inner, _| json!([0, inner]));
            assert_eq!((of_value(&value), of_text(value.to_string().as_bytes())), (levels, levels));
        }
    }
}
