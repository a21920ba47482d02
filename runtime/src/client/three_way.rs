//! Three-way merge: applies a change of a typed object to the JSON that it was decoded from.

use serde_json::{Map, Value, json};

/// The number of pairs of items beyond which lists are compared by position.
const MAX_PAIRS: usize = 1 << 20;

/// Returns `raw` with the change from `before` to `after` applied. Fields that `before` lacks are unknown to the type and are
/// preserved.
pub(super) fn merge(raw: &Value, before: &Value, after: &Value) -> Value {
    if before == after {
        return raw.clone();
    }
    match (raw, before, after) {
        (Value::Object(raw), Value::Object(before), Value::Object(after)) => {
            Value::Object(merge_object(raw, before, after))
        }
        (Value::Array(raw), Value::Array(before), Value::Array(after)) if raw.len() == before.len() => {
            Value::Array(merge_list(raw, before, after))
        }
        _ => after.clone(),
    }
}

fn merge_object(
    raw: &Map<String, Value>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Map<String, Value> {
    let unknown = raw.iter().filter(|(name, _)| !before.contains_key(*name) && !after.contains_key(*name));
    let mut result: Map<String, Value> = unknown.map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, after) in after {
        let value = match (raw.get(name), before.get(name)) {
            (Some(raw), Some(before)) => merge(raw, before, after),
            _ => after.clone(),
        };
        result.insert(name.clone(), value);
    }
    result
}

/// Unchanged items keep their unknown fields, even if they moved. Of the items between them, a removed and an added one are
/// the same item if they have the same name or, if as many were removed as added, the same position.
fn merge_list(raw: &[Value], before: &[Value], after: &[Value]) -> Vec<Value> {
    let mut result = Vec::with_capacity(after.len());
    let (mut old, mut new) = (0, 0);
    for (old_same, new_same) in common_items(before, after).into_iter().chain([(before.len(), after.len())]) {
        merge_gap(&raw[old..old_same], &before[old..old_same], &after[new..new_same], &mut result);
        result.extend(raw.get(old_same).cloned());
        (old, new) = (old_same + 1, new_same + 1);
    }
    result.truncate(after.len());
    result
}

fn merge_gap(raw: &[Value], before: &[Value], after: &[Value], result: &mut Vec<Value>) {
    for (index, item) in after.iter().enumerate() {
        let same_name = |other: &Value| identity(item).is_some() && identity(item) == identity(other);
        let by_name = before.iter().position(same_name);
        let by_position = (before.len() == after.len() && identity(&before[index]).is_none()).then_some(index);
        result.push(match by_name.or(by_position) {
            Some(old) => merge(&raw[old], &before[old], item),
            None => item.clone(),
        });
    }
}

/// Returns the identity of a list item: the value of the field that most lists in Kubernetes use as their map key.
fn identity(item: &Value) -> Option<&str> {
    ["name", "key", "type", "id"].iter().find_map(|field| item.get(field)?.as_str())
}

/// Returns the index pairs of the longest common subsequence.
fn common_items(before: &[Value], after: &[Value]) -> Vec<(usize, usize)> {
    let head = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let tail =
        before[head..].iter().rev().zip(after[head..].iter().rev()).take_while(|(one, other)| one == other).count();
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|index| (index, index)).collect();
    let (old, new) = (&before[head..before.len() - tail], &after[head..after.len() - tail]);
    if old.len().saturating_mul(new.len()) <= MAX_PAIRS {
        pairs.extend(longest_common_subsequence(old, new).into_iter().map(|(one, other)| (one + head, other + head)));
    }
    pairs.extend((0..tail).rev().map(|back| (before.len() - 1 - back, after.len() - 1 - back)));
    pairs
}

fn longest_common_subsequence(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            lengths[i * width + j] = if one == other {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Returns the JSON patch (RFC 6902) from one object to another. Lists are replaced as a whole.
pub(super) fn operations(from: &Value, to: &Value) -> Vec<Value> {
    let mut operations = Vec::new();
    compare(from, to, &mut String::new(), &mut operations);
    operations
}

fn compare(from: &Value, to: &Value, path: &mut String, operations: &mut Vec<Value>) {
    if from == to {
        return;
    }
    let (Value::Object(from), Value::Object(to)) = (from, to) else {
        operations.push(json!({"op": "replace", "path": path, "value": to}));
        return;
    };
    let length = path.len();
    for (name, value) in to {
        path.push('/');
        path.push_str(&token(name));
        match from.get(name) {
            Some(old) => compare(old, value, path, operations),
            None => operations.push(json!({"op": "add", "path": path, "value": value})),
        }
        path.truncate(length);
    }
    for name in from.keys().filter(|name| !to.contains_key(*name)) {
        operations.push(json!({"op": "remove", "path": format!("{path}/{}", token(name))}));
    }
}

/// Returns a name as the token of a JSON pointer.
fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unknown_fields_are_preserved_next_to_changes() {
        let raw = json!({"spec": {"a": 1, "new": true, "list": [{"name": "x", "new": 1}, {"name": "y", "new": 2}]}});
        let before = json!({"spec": {"a": 1, "list": [{"name": "x"}, {"name": "y"}]}});
        let after = json!({"spec": {"a": 2, "list": [{"name": "y"}]}});
        assert_eq!(
            merge(&raw, &before, &after),
            json!({"spec": {"a": 2, "new": true, "list": [{"name": "y", "new": 2}]}})
        );
    }

    #[test]
    fn moved_and_changed_items_keep_their_unknown_fields() {
        let raw = json!([{"name": "a", "new": 1}, {"name": "b", "new": 2, "v": 0}, {"name": "c", "new": 3}]);
        let before = json!([{"name": "a"}, {"name": "b", "v": 0}, {"name": "c"}]);
        let after = json!([{"name": "z"}, {"name": "b", "v": 9}, {"name": "c"}, {"name": "d"}]);
        assert_eq!(
            merge(&raw, &before, &after),
            json!([{"name": "z"}, {"name": "b", "v": 9, "new": 2}, {"name": "c", "new": 3}, {"name": "d"}])
        );
    }

    #[test]
    fn null_is_a_value_and_names_are_escaped() {
        let from = json!({"a/b": 1, "c~d": {"e": 1}});
        let to = json!({"a/b": null, "c~d": {}});
        assert_eq!(
            operations(&from, &to),
            [json!({"op": "replace", "path": "/a~1b", "value": null}), json!({"op": "remove", "path": "/c~0d/e"})]
        );
        assert!(operations(&to, &to).is_empty());
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3_i64).prop_map(Value::from),
            "[ab]".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[abc]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn merge_without_unknown_fields_returns_the_changed_value(before in json_value(), after in json_value()) {
            prop_assert_eq!(merge(&before, &before, &after), after);
        }

        #[test]
        fn merge_without_a_change_returns_the_raw_value(raw in json_value(), typed in json_value()) {
            prop_assert_eq!(merge(&raw, &typed, &typed), raw);
        }
    }
}
