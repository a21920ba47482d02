//! Nesting of JSON, and the stack that it needs.
//!
//! Source: `maxNestingDepth` of Go's `encoding/json/scanner.go`. Go's stacks grow automatically; here the stack is
//! grown before a request is executed.

use kube_structural_schema::yaml;
use serde_json::Value;

/// The maximum nesting of JSON, as in Go.
pub(crate) const MAX_LEVELS: usize = 10_000;

/// The nesting that fits into the default stack of a thread.
const SHALLOW: usize = 100;
/// The stack that one level needs at most, in code without optimization.
const BYTES_PER_LEVEL: usize = 8 << 10;
/// The stack that a request needs regardless of nesting.
const BASE_BYTES: usize = 1 << 20;

/// Returns the nesting of a JSON text. The result is only exact above `SHALLOW`.
pub(crate) fn json_levels(json: &[u8]) -> usize {
    let opened = json.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opened <= SHALLOW { opened } else { exact_levels(json) }
}

/// Returns an upper bound of the nesting of a YAML text, which also nests without brackets.
pub(crate) fn yaml_levels(text: &[u8]) -> usize {
    let opened = text.iter().filter(|byte| matches!(byte, b'{' | b'[' | b'-' | b':' | b'?')).count();
    if opened <= SHALLOW { opened } else { exact_levels(text).max(yaml::MAX_DEPTH) }
}

fn exact_levels(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut bytes) = (0_usize, 0, json.iter());
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next().filter(|byte| **byte != b'"') {
                    if *byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            _ => {}
        }
    }
    deepest
}

/// Returns the nesting of a value.
pub(crate) fn value_levels(value: &Value) -> usize {
    let (mut levels, mut level) = (0, vec![value]);
    loop {
        level.retain(|value| value.is_array() || value.is_object());
        if level.is_empty() {
            return levels;
        }
        levels += 1;
        level = level.into_iter().flat_map(children).collect();
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

/// Runs `work` on a stack that is large enough for values with this nesting.
pub(crate) fn with_stack_for<T>(levels: usize, work: impl FnOnce() -> T) -> T {
    if levels <= SHALLOW {
        return work();
    }
    let bytes = levels.saturating_mul(BYTES_PER_LEVEL).saturating_add(BASE_BYTES);
    stacker::maybe_grow(bytes, bytes, work)
}
