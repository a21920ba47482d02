//! The format `FieldsV1`: a tree of path elements. An element whose value is empty, or contains `.`, is a member of the set;
//! others are only steps to members.
//!
//! Source: KEP-555, `structured-merge-diff/fieldpath/serialize.go` and `serialize-pe.go`.

use serde_json::{Map, Value};

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Element {
    /// A field of an object, or an entry of a map.
    Field(String),
    /// The item of a list map with these keys.
    Keys(Map<String, Value>),
    /// The item of a set.
    Value(Value),
    /// The item of a list at this index.
    Index(usize),
}

impl Element {
    /// Parses an element such as `f:spec`, `k:{"name":"a"}`, `v:"a"` or `i:0`.
    pub(super) fn parse(text: &str) -> Option<Element> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Element::Field(rest.to_owned())),
            "k" => match serde_json::from_str(rest).ok()? {
                Value::Object(keys) => Some(Element::Keys(keys)),
                _ => None,
            },
            "v" => serde_json::from_str(rest).ok().map(Element::Value),
            "i" => rest.parse().ok().map(Element::Index),
            _ => None,
        }
    }
}

/// The member mark of an element with descendants.
const SELF: &str = ".";

/// Returns the elements below an element.
pub(super) fn children(set: &Value) -> impl Iterator<Item = (&String, &Value)> {
    set.as_object().into_iter().flatten().filter(|(name, _)| *name != SELF)
}

/// Returns whether an element is a member without descendants.
pub(super) fn is_leaf(set: &Value) -> bool {
    children(set).next().is_none()
}

fn is_member(set: &Value) -> bool {
    is_leaf(set) || set.get(SELF).is_some()
}

/// Adds the members of another set.
pub(super) fn union(set: &mut Value, other: &Value) {
    let Value::Object(mine) = set else {
        *set = other.clone();
        return;
    };
    for (name, theirs) in children(other) {
        let Some(own) = mine.get_mut(name) else {
            mine.insert(name.clone(), theirs.clone());
            continue;
        };
        let member = is_member(own) || is_member(theirs);
        union(own, theirs);
        if let Value::Object(own) = own {
            own.remove(SELF);
            if member && !own.is_empty() {
                own.insert(SELF.to_owned(), Value::Object(Map::new()));
            }
        }
    }
}

/// Removes a member that has no descendants.
pub(super) fn remove(set: &mut Value, path: &[&str]) {
    let (Value::Object(fields), [first, rest @ ..]) = (set, path) else { return };
    let Some(below) = fields.get_mut(*first) else { return };
    if rest.is_empty() {
        fields.remove(*first);
        return;
    }
    let member = is_member(below);
    remove(below, rest);
    if is_leaf(below) {
        // An empty element would be a member.
        fields.remove(*first);
        if member {
            fields.insert((*first).to_owned(), Value::Object(Map::new()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_of_all_kinds_are_parsed() {
        assert_eq!(Element::parse("f:a:b"), Some(Element::Field("a:b".to_owned())));
        let keys = Map::from_iter([("name".to_owned(), json!("a"))]);
        assert_eq!(Element::parse(r#"k:{"name":"a"}"#), Some(Element::Keys(keys)));
        assert_eq!(Element::parse(r#"v:"a""#), Some(Element::Value(json!("a"))));
        assert_eq!(Element::parse("i:3"), Some(Element::Index(3)));
        for invalid in ["", ".", "x:a", "k:[]", "k:", "v:", "i:-1", "i:a"] {
            assert_eq!(Element::parse(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn union_keeps_members_with_and_without_descendants() {
        let mut set = json!({"f:a": {}, "f:b": {"f:c": {}}, "f:d": {".": {}, "f:e": {}}});
        union(&mut set, &json!({"f:a": {"f:x": {}}, "f:b": {"f:y": {}}, "f:d": {}, "f:z": {}}));
        assert_eq!(
            set,
            json!({
                "f:a": {".": {}, "f:x": {}},
                "f:b": {"f:c": {}, "f:y": {}},
                "f:d": {".": {}, "f:e": {}},
                "f:z": {},
            })
        );
    }

    #[test]
    fn removal_does_not_create_members() {
        let mut set = json!({"f:m": {"f:a": {"f:x": {}}, "f:l": {}}});
        remove(&mut set, &["f:m", "f:a", "f:x"]);
        assert_eq!(set, json!({"f:m": {"f:l": {}}}));
        let mut set = json!({"f:m": {"f:a": {".": {}, "f:x": {}}}});
        remove(&mut set, &["f:m", "f:a", "f:x"]);
        assert_eq!(set, json!({"f:m": {"f:a": {}}}));
        let mut set = json!({"f:m": {"f:a": {"f:x": {}}}});
        remove(&mut set, &["f:m", "f:a", "f:y"]);
        assert_eq!(set, json!({"f:m": {"f:a": {"f:x": {}}}}));
    }
}
