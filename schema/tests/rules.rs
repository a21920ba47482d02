//! Rules in CEL: what they may say, and what is said of objects that break them. The words are those of kube-apiserver 1.37.

use kube_structural_schema::cel::{Checked, validate_rules};
use kube_structural_schema::{Schema, read_accepted};
use serde_json::{Value, json};

fn schema(rules: &Value) -> Schema {
    let parts = json!({
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "weight": {"type": "integer"},
        }},
    });
    let spec = json!({"type": "object", "x-kubernetes-validations": rules, "properties": {
        "size": {"type": "integer"},
        "name": {"type": "string"},
        "until": {"type": "string", "format": "date-time"},
        "wait": {"type": "string", "format": "duration"},
        "data": {"type": "string", "format": "byte"},
        "port": {"x-kubernetes-int-or-string": true},
        "dashed-name": {"type": "string"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "parts": parts,
    }});
    let versions = json!([{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
        "type": "object", "properties": {"spec": spec},
    }}}]);
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "versions": versions,
            "names": {"kind": "Widget", "plural": "widgets"},
        },
    });
    // What cannot be compiled is refused when a CRD is read; evaluation must survive it all the same.
    read_accepted(&crd).expect("a CRD").versions.remove(0).schema
}

fn spec() -> Value {
    json!({
        "size": 3, "name": "héllo", "until": "2024-01-02T03:04:05Z", "wait": "1h30m", "data": "aGk=", "port": "http",
        "dashed-name": "d", "labels": {"a": "1", "b": "2"}, "numbers": [1, 2, 3], "set": ["b", "a"],
        "parts": [{"name": "p", "weight": 1}, {"name": "q", "weight": 2}],
    })
}

fn checked(rule: &Value, new: &Value, old: Option<&Value>) -> Checked {
    let old = old.map(|old| json!({"spec": old}));
    validate_rules(&schema(&json!([rule])), &json!({"spec": new}), old.as_ref())
}

fn said(rule: &Value, new: &Value, old: Option<&Value>) -> Vec<String> {
    checked(rule, new, old).errors.iter().map(ToString::to_string).collect()
}

#[test]
fn rules_that_hold_say_nothing() {
    let rules = [
        "self.size > 2 && self.size in [1, 2, 3]",
        "has(self.name) && self.parts.all(part, has(part.weight))",
        "self.name.size() == 5 && self.name.startsWith('hé')",
        "self.name.matches('^h.*o$')",
        "self.until > timestamp('2024-01-01T00:00:00Z') && self.until.getHours() == 3",
        "self.wait == duration('90m') && self.wait.getMinutes() == 90",
        "self.data == b'hi'",
        "type(self.port) == string && self.port == 'http'",
        "self.dashed__dash__name == 'd' || self.dashed__dash__name != ''",
        "self.labels.all(key, self.labels[key] in ['1', '2']) && 'a' in self.labels",
        "self.numbers.map(n, n * 2).filter(n, n > 2) == [4, 6]",
        "self.numbers.sum() == 6 && self.numbers.isSorted() && self.numbers.max() == 3",
        "self.set == ['a', 'b']",
        "self.set + ['c'] == ['c', 'a', 'b']",
        "self.parts + self.parts == self.parts",
        "self.parts.exists_one(part, part.name == 'q' && part.weight == 2)",
        "self.labels[?'c'].orValue('x') == 'x'",
        "1 / 0 == 1 || true",
        "dyn(1) == dyn(1.0) && 1 < 2",
        "'a,b'.split(',').map(x, x.upperAscii()).join('-') == 'A-B'",
    ];
    for rule in rules {
        assert_eq!(said(&json!({"rule": rule}), &spec(), None), Vec::<String>::new(), "{rule}");
    }
}

#[test]
fn a_broken_rule_says_its_message_its_expression_or_itself() {
    let plain = json!({"rule": "self.size < 3"});
    assert_eq!(said(&plain, &spec(), None), ["spec: Invalid value: failed rule: self.size < 3"]);
    let message = json!({"rule": "self.size < 3", "message": "too big"});
    assert_eq!(said(&message, &spec(), None), ["spec: Invalid value: too big"]);
    let expression = json!({
        "rule": "self.size < 3", "message": "too big", "messageExpression": "'size is ' + string(self.size)",
    });
    assert_eq!(said(&expression, &spec(), None), ["spec: Invalid value: size is 3"]);
    let fails = json!({"rule": "self.size < 3", "message": "too big", "messageExpression": "string(1 / 0)"});
    assert_eq!(said(&fails, &spec(), None), ["spec: Invalid value: too big"]);
}

#[test]
fn a_rule_may_name_its_field_and_its_reason() {
    let rule = json!({
        "rule": "self.size < 3", "message": "no", "fieldPath": ".size", "reason": "FieldValueForbidden",
    });
    assert_eq!(said(&rule, &spec(), None), ["spec.size: Forbidden: no"]);
    let rule = json!({"rule": "false", "message": "m", "fieldPath": ".labels['a']", "reason": "FieldValueRequired"});
    assert_eq!(said(&rule, &spec(), None), ["spec.labels[a]: Required value: m"]);
}

#[test]
fn a_rule_that_cannot_be_told_is_broken() {
    let rule = json!({"rule": "1 / 0 == 1"});
    let words = "spec: Invalid value: \"object\": division by zero evaluating rule: 1 / 0 == 1";
    assert_eq!(said(&rule, &spec(), None), [words]);
}

#[test]
fn a_transition_waits_for_an_old_value_unless_it_takes_none() {
    let rule = json!({"rule": "self.size == oldSelf.size", "message": "immutable"});
    assert_eq!(said(&rule, &spec(), None), Vec::<String>::new());
    let mut old = spec();
    assert_eq!(said(&rule, &spec(), Some(&old)), Vec::<String>::new());
    old["size"] = 2.into();
    assert_eq!(said(&rule, &spec(), Some(&old)), ["spec: Invalid value: immutable"]);

    let rule = json!({"rule": "oldSelf.hasValue()", "message": "born", "optionalOldSelf": true});
    assert_eq!(said(&rule, &spec(), None), ["spec: Invalid value: born"]);
    assert_eq!(said(&rule, &spec(), Some(&old)), Vec::<String>::new());
}

#[test]
fn what_broke_a_rule_before_and_has_not_changed_is_a_warning() {
    let rule = json!({"rule": "self.size < 3", "message": "too big"});
    let checked = checked(&rule, &spec(), Some(&spec()));
    assert_eq!(checked.errors, []);
    assert_eq!(checked.warnings, ["spec: Invalid value: too big"]);
}

#[test]
fn a_rule_that_costs_too_much_ends_the_looking() {
    let rule = json!({"rule": "self.numbers.all(a, self.numbers.all(b, self.numbers.all(c, a + b + c > 0)))"});
    let mut new = spec();
    new["numbers"] = (1..=100).collect::<Vec<i32>>().into();
    let said = said(&rule, &new, None);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("'operation cancelled: actual cost limit exceeded'"), "{}", said[0]);
    assert!(checked(&json!({"rule": "self.size > 1"}), &spec(), None).cost < 10);
}

#[test]
fn no_text_makes_the_reader_of_rules_fail() {
    let deep = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    let nots = format!("{}true", "!".repeat(90_000));
    let dots = format!("{}self", ".".repeat(90_000));
    let chains = format!("{}1{}", "(".repeat(200), format!("{})", "+1".repeat(200)).repeat(200));
    let texts = ["(", "'", "self.", "self.size >", "1 +", "a ? b", "[1,", "{'a'", "\u{0}", "self.size.all("];
    for rule in texts.into_iter().chain([deep.as_str(), &nots, &dots, &chains]) {
        let said = said(&json!({"rule": rule}), &spec(), None);
        assert!(said.len() <= 1, "{said:?}");
    }
}

#[test]
fn what_is_nested_as_deep_as_it_may_be_is_evaluated() {
    let nested = |open: &str, inner: &str, close: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let rules = [
        format!("{} == {0}", nested("[", "1", "]", 75)),
        format!("{} == 1", nested("-(", "1", ")", 70)),
        nested("(true ? ", "true", " : false)", 70),
        format!("1{} == 76", " + 1".repeat(75)),
        format!("'a'{} == 'a'", ".trim()".repeat(75)),
        nested("[1].all(x, ", "x == 1", ")", 70),
    ];
    for rule in rules {
        assert_eq!(said(&json!({"rule": rule}), &spec(), None), Vec::<String>::new(), "{}", &rule[..40]);
    }
}
