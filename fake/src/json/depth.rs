//! How deep JSON nests, and stack for it.
//!
//! Source: `maxNestingDepth` of Go's `encoding/json/scanner.go`. Go's stacks grow; ours has to be large enough before.

use kube_structural_schema::yaml;
use serde_json::Value;

/// JSON that nests deeper is not read.
pub(crate) const MOST_LEVELS: usize = 10_000;

/// Threads have stack for this many levels without asking.
const SHALLOW: usize = 100;
/// What one level takes at most, in code that is not optimized.
const BYTES_PER_LEVEL: usize = 8 << 10;
/// What all the rest of a request takes.
const BYTES_BESIDES: usize = 1 << 20;

/// How many lists and objects are around the innermost value of a text, or more where these are few enough for any stack.
pub(crate) fn levels(json: &[u8]) -> usize {
    let opened = json.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opened <= SHALLOW { opened } else { exact_levels(json) }
}

/// An upper bound of [`levels`] for YAML, which also nests without brackets.
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

/// How many lists and objects are around the innermost value.
pub(crate) fn levels_of(value: &Value) -> usize {
    let (mut levels, mut level) = (0, vec![value]);
    loop {
        level.retain(|value| value.is_array() || value.is_object());
        if level.is_empty() {
            return levels;
        }
        levels += 1;
        level = level.into_iter().flat_map(members).collect();
    }
}

fn members(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

/// Runs `work` on a stack for values of so many levels.
pub(crate) fn grown_for<T>(levels: usize, work: impl FnOnce() -> T) -> T {
    if levels <= SHALLOW {
        return work();
    }
    let bytes = levels.saturating_mul(BYTES_PER_LEVEL).saturating_add(BYTES_BESIDES);
    stacker::maybe_grow(bytes, bytes, work)
}
