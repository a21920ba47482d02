//! CEL rules: supported expressions, and errors with the messages of kube-apiserver 1.37.

use kube_structural_schema::cel::{RuleResults, validate_rules};
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
    // The reader rejects rules that do not compile; evaluation must handle them nevertheless.
    read_accepted(&crd).expect("a CRD").versions.remove(0).schema
}

fn spec() -> Value {
    json!({
        "size": 3, "name": "héllo", "until": "2024-01-02T03:04:05Z", "wait": "1h30m", "data": "aGk=", "port": "http",
        "dashed-name": "d", "labels": {"a": "1", "b": "2"}, "numbers": [1, 2, 3], "set": ["b", "a"],
        "parts": [{"name": "p", "weight": 1}, {"name": "q", "weight": 2}],
    })
}

fn validate(rule: &Value, new: &Value, old: Option<&Value>) -> RuleResults {
    let old = old.map(|old| json!({"spec": old}));
    validate_rules(&schema(&json!([rule])), &json!({"spec": new}), old.as_ref())
}

fn errors(rule: &Value, new: &Value, old: Option<&Value>) -> Vec<String> {
    validate(rule, new, old).errors.iter().map(ToString::to_string).collect()
}

#[test]
fn valid_values_have_no_errors() {
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
        assert_eq!(errors(&json!({"rule": rule}), &spec(), None), Vec::<String>::new(), "{rule}");
    }
}

#[test]
fn violation_has_message_expression_result_or_rule() {
    let plain = json!({"rule": "self.size < 3"});
    assert_eq!(errors(&plain, &spec(), None), ["spec: Invalid value: failed rule: self.size < 3"]);
    let message = json!({"rule": "self.size < 3", "message": "too big"});
    assert_eq!(errors(&message, &spec(), None), ["spec: Invalid value: too big"]);
    let expression = json!({
        "rule": "self.size < 3", "message": "too big", "messageExpression": "'size is ' + string(self.size)",
    });
    assert_eq!(errors(&expression, &spec(), None), ["spec: Invalid value: size is 3"]);
    let fails = json!({"rule": "self.size < 3", "message": "too big", "messageExpression": "string(1 / 0)"});
    assert_eq!(errors(&fails, &spec(), None), ["spec: Invalid value: too big"]);
}

#[test]
fn violation_has_field_path_and_reason() {
    let rule = json!({
        "rule": "self.size < 3", "message": "no", "fieldPath": ".size", "reason": "FieldValueForbidden",
    });
    assert_eq!(errors(&rule, &spec(), None), ["spec.size: Forbidden: no"]);
    let rule = json!({"rule": "false", "message": "m", "fieldPath": ".labels['a']", "reason": "FieldValueRequired"});
    assert_eq!(errors(&rule, &spec(), None), ["spec.labels[a]: Required value: m"]);
}

#[test]
fn evaluation_error_is_a_violation() {
    let rule = json!({"rule": "1 / 0 == 1"});
    let message = "spec: Invalid value: \"object\": division by zero evaluating rule: 1 / 0 == 1";
    assert_eq!(errors(&rule, &spec(), None), [message]);
}

#[test]
fn transition_rule_requires_old_value_unless_optional() {
    let rule = json!({"rule": "self.size == oldSelf.size", "message": "immutable"});
    assert_eq!(errors(&rule, &spec(), None), Vec::<String>::new());
    let mut old = spec();
    assert_eq!(errors(&rule, &spec(), Some(&old)), Vec::<String>::new());
    old["size"] = 2.into();
    assert_eq!(errors(&rule, &spec(), Some(&old)), ["spec: Invalid value: immutable"]);

    let rule = json!({"rule": "oldSelf.hasValue()", "message": "born", "optionalOldSelf": true});
    assert_eq!(errors(&rule, &spec(), None), ["spec: Invalid value: born"]);
    assert_eq!(errors(&rule, &spec(), Some(&old)), Vec::<String>::new());
}

#[test]
fn unchanged_violation_is_a_warning() {
    let rule = json!({"rule": "self.size < 3", "message": "too big"});
    let results = validate(&rule, &spec(), Some(&spec()));
    assert_eq!(results.errors, []);
    assert_eq!(results.warnings, ["spec: Invalid value: too big"]);
}

#[test]
fn exceeded_cost_limit_stops_validation() {
    let rule = json!({"rule": "self.numbers.all(a, self.numbers.all(b, self.numbers.all(c, a + b + c > 0)))"});
    let mut new = spec();
    new["numbers"] = (1..=100).collect::<Vec<i32>>().into();
    let errors = errors(&rule, &new, None);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("'operation cancelled: actual cost limit exceeded'"), "{}", errors[0]);
    assert!(validate(&json!({"rule": "self.size > 1"}), &spec(), None).cost < 10);
}

#[test]
fn parser_handles_invalid_and_deep_expressions() {
    let deep = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    let nots = format!("{}true", "!".repeat(90_000));
    let dots = format!("{}self", ".".repeat(90_000));
    let chains = format!("{}1{}", "(".repeat(200), format!("{})", "+1".repeat(200)).repeat(200));
    let texts = ["(", "'", "self.", "self.size >", "1 +", "a ? b", "[1,", "{'a'", "\u{0}", "self.size.all("];
    for rule in texts.into_iter().chain([deep.as_str(), &nots, &dots, &chains]) {
        let errors = errors(&json!({"rule": rule}), &spec(), None);
        assert!(errors.len() <= 1, "{errors:?}");
    }
}

#[test]
fn expressions_of_maximum_depth_are_evaluated() {
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
        assert_eq!(errors(&json!({"rule": rule}), &spec(), None), Vec::<String>::new(), "{}", &rule[..40]);
    }
}
