//! Types and estimated costs of rules in definitions: the messages of the API server.
//!
//! The messages are those of apiextensions-apiserver 0.37.2, which names the type of `self` differently with each write.

mod messages;

use kube_structural_schema::{Source, definition, read};
use serde_json::{Value, json};

use messages::{ACCEPTED, REFUSED, SCHEMA};

fn schema() -> Value {
    let mut schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let properties = &mut schema["properties"]["spec"]["properties"];
    properties["objs5"] = properties["objs"].clone();
    properties["objs5"]["maxItems"] = 5.into();
    schema
}

/// Returns a definition with rules in a schema, a pointer from the root.
fn definition(pointer: &str, rules: &Value) -> Value {
    let mut schema = schema();
    schema.pointer_mut(pointer).expect(pointer)["x-kubernetes-validations"] = rules.clone();
    let mut definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
        "status": {"storedVersions": ["v1"]},
    });
    definition::set_defaults(&mut definition);
    definition
}

fn errors(pointer: &str, rules: &Value) -> Vec<String> {
    let errors = definition::validate(&definition(pointer, rules), definition::any_resource);
    errors.iter().map(ToString::to_string).collect()
}

const SPEC: &str = "/properties/spec";
const ROOT: &str = "spec.validation.openAPIV3Schema";
const FIELD: &str = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]";

/// Returns a string as Go's encoder writes it.
fn quoted(text: &str) -> String {
    let text = Value::from(text).to_string();
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[test]
fn refused_rules_have_the_messages_of_the_api_server() {
    for (rule, detail) in REFUSED {
        let value = format!(
            r#"{{"Rule":{},"Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}}"#,
            quoted(rule)
        );
        let expected = format!("{FIELD}.rule: Invalid value: {value}: {detail}");
        assert_eq!(errors(SPEC, &json!([{"rule": rule}])), [expected]);
    }
}

#[test]
fn rules_with_valid_types_are_accepted() {
    for rule in ACCEPTED {
        assert_eq!(errors(SPEC, &json!([{"rule": rule}])), Vec::<String>::new(), "{rule}");
    }
}

#[test]
fn names_of_types_are_values_and_local_variables_are_not_types() {
    let rule = |rule: &str| errors(SPEC, &json!([{"rule": rule}]));
    let accepted = [
        "['1s'].map(x, duration(x)).all(duration, duration > duration('0s'))",
        "[self.dt].all(timestamp, timestamp > timestamp('2026-01-01T00:00:00Z'))",
    ];
    for accepted in accepted {
        assert_eq!(rule(accepted), Vec::<String>::new(), "{accepted}");
    }
    let found = rule("[type(self.size)].all(t, t == int)");
    assert!(found[0].ends_with("program instantiation failed: reference to undefined type: t"), "{found:?}");
}

#[test]
fn times_are_in_the_years_1_to_9999() {
    let rule = |time: &str| errors(SPEC, &json!([{"rule": format!("self.dt < timestamp({time})")}]));
    for time in ["'9999-12-31T23:59:59Z'", "253402300799", "'0001-01-01T00:00:00Z'", "-62135596800"] {
        assert_eq!(rule(time), Vec::<String>::new(), "{time}");
    }
    for time in ["'0000-12-31T23:59:59Z'", "253402300800", "-62135596801", "'2026-01-01T00:00:00Z[UTC]'"] {
        assert!(rule(time)[0].contains("invalid timestamp argument"), "{time}");
    }
}

#[test]
fn names_in_backquotes_may_be_keywords() {
    let mut definition = definition(SPEC, &json!([{"rule": "has(self.`in`)"}, {"rule": "self.`text` == self.`in`"}]));
    let spec = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    spec["properties"]["in"] = json!({"type": "string"});
    let found = |definition: &Value| definition::validate(definition, definition::any_resource);
    assert_eq!(found(&definition), []);
    for rule in ["`self`.size == 1", "self.`size`()", "self.`a$` == 1", "1 `in` [1]"] {
        let found = errors(SPEC, &json!([{"rule": rule}]));
        assert!(found[0].contains("compilation failed"), "{rule}: {found:?}");
    }
}

#[test]
fn paths_of_fields_of_loop_variables_are_shared_as_in_go() {
    let errors = |rule: &str, members: Value| {
        let mut definition = definition(SPEC, &json!([{"rule": rule}]));
        let spec = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let properties = json!({"members": members, "count": {"type": "integer"}});
        let items = json!({"type": "object", "properties": properties});
        spec["properties"]["groups"] = json!({"type": "array", "maxItems": 10, "items": items});
        definition::validate(&definition, definition::any_resource).len()
    };
    let unbounded = json!({"type": "array", "items": {"type": "string"}});
    let bounded = json!({"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 10}});
    // The number of iterations is the size of the last field in the loop.
    assert_eq!(errors("self.groups.all(g, g.members.all(m, g.count > 0))", unbounded.clone()), 0);
    assert_ne!(errors("self.groups.all(g, g.members.all(m, m.matches('^a')))", unbounded), 0);
    assert_ne!(errors("self.groups.all(g, g.members[g.count].matches('^a'))", bounded.clone()), 0);
    assert_eq!(errors("self.groups.all(g, g.members[0].matches('^a'))", bounded), 0);
}

#[test]
fn message_expressions_must_be_strings() {
    let errors = |expression: &str| {
        let found = errors(SPEC, &json!([{"rule": "true", "messageExpression": expression}]));
        found
            .into_iter()
            .map(|error| error.rsplit_once("null}: ").map_or(error.clone(), |(_, end)| end.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(errors("'a' + self.color"), Vec::<String>::new());
    assert_eq!(errors("self.size"), ["messageExpression must evaluate to a string"]);
    let undefined =
        "messageExpression compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope\n | ....^";
    assert_eq!(errors("self.nope"), [undefined]);
    let invalid = "messageExpression instantiation failed: type conversion error from 'string' to 'int'";
    assert_eq!(errors("string(int('a'))"), [invalid]);
    let costly = "estimated messageExpression cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    let found = errors("self.tags.map(t, self.tags.join(t)).join(',')");
    assert_eq!(found[0], format!("{FIELD}.messageExpression: Forbidden: {costly}"));
}

#[test]
fn old_values_are_optional_if_the_rule_says_so() {
    let errors = |rule: &str, optional: bool| errors(SPEC, &json!([{"rule": rule, "optionalOldSelf": optional}]));
    assert_eq!(errors("oldSelf.orValue(self).size == self.size", true), Vec::<String>::new());
    assert_eq!(errors("oldSelf.size == self.size", false), Vec::<String>::new());
    // The fields of an optional value are optional, too.
    assert!(errors("oldSelf.size == 1", true)[0].contains("'_==_' applied to '(optional_type(int), int)'"));
    let unused = format!("{FIELD}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule");
    assert_eq!(errors("self.size > 1", true), [unused]);
    // A local variable of this name counts as a use.
    assert_eq!(errors("self.tags5.all(oldSelf, oldSelf == 'a')", true), Vec::<String>::new());
}

#[test]
fn rules_of_values_without_declared_type_are_refused() {
    let pointer = "/properties/spec/properties/any";
    let expected = format!(
        "{ROOT}.properties[spec].properties[any].x-kubernetes-validations: Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations"
    );
    assert_eq!(errors(pointer, &json!([{"rule": "true"}])), [expected]);
}

/// The schema of a rule, the rule, the factor by which its cost exceeds the limit, and the number of errors: three if
/// the cost also exceeds the limit for all rules of the schema.
#[rustfmt::skip]
const COSTS: &[(&str, &str, &str, usize)] = &[
    ("/properties/spec", "self.tags.map(t, t + 'a').size() > 1", "more than 100x", 3),
    ("/properties/spec", "self.tags.filter(t, t.size() > 1).size() > 1", "1.7x", 1),
    ("/properties/spec", "self.objs.map(o, o.n).sum() > 3", "1.6x", 1),
    ("/properties/spec", "self.tags.transformMapEntry(i, v, {v: i}).size() > 0", "3.6x", 1),
    ("/properties/spec", "format.dns1123Label().validate(self.text).hasValue()", "1.006634x", 1),
    ("/properties/spec", "self.tags5.all(t, self.text.contains(t) && self.text.matches('^[a-z0-9]+([-.][a-z0-9]+)*$'))", "1.415583x", 1),
    ("/properties/spec", "self.ints5.sort() == self.ints5", "", 0),
    ("/properties/spec", "self.ints.all(i, i in self.ints5)", "1.7x", 1),
    ("/properties/spec", "self.text.split(',', 3).join(';') == 'a'", "more than 100x", 3),
    ("/properties/spec", "self.text.replace('a', 'bcd').matches('^[a-z]{1,63}$')", "", 0),
    ("/properties/spec", "self.parts.all(o, self.parts.exists_one(p, p.name == o.name))", "", 0),
    ("/properties/spec", "self.objs.exists(o, o.a.startsWith('abc') || o.n > 3)", "1.048575x", 1),
    ("/properties/spec", "self.?text.optMap(t, t + t + t).orValue('').contains('abc')", "more than 100x", 3),
    ("/properties/spec", "self.labels.all(k, self.labels[k].size() < 3 && k.size() < 3)", "", 0),
    ("/properties/spec", "self.text.lowerAscii().upperAscii().trim().find('[a-z]+') == ''", "", 0),
    ("/properties/spec", "sets.equivalent(self.tags5, self.tags)", "1.048576x", 1),
    ("/properties/spec", "self.tags.exists(t, cidr('10.0.0.0/8').containsCIDR(t))", "more than 100x", 3),
    ("/properties/spec/properties/tags/items", "self.matches('^[a-z]+$')", "more than 100x", 3),
    ("/properties/spec/properties/tags/items", "self.size() > 1", "", 0),
    ("/properties/spec/properties/labels/additionalProperties", "self.startsWith('a')", "", 0),
    ("/properties/spec/properties/tags5/items", "self.matches('^[a-z]+$')", "", 0),
    ("/properties/spec/properties/objs/items", "self.a != 'x' || self.n > 1", "", 0),
    ("/properties/spec/properties/nested/items/items", "self == 'a'", "", 0),
    ("/properties/spec/properties/parts/items", "self.name != self.kind", "", 0),
    ("", "self.metadata.name.startsWith(self.spec.text)", "", 0),
    ("", "self.metadata.name.matches('^[a-z0-9]+$') && self.metadata.generateName.size() < 10", "", 0),
];

#[test]
fn costs_are_those_of_the_api_server() {
    for (pointer, rule, factor, count) in COSTS {
        let errors = errors(pointer, &json!([{"rule": rule}]));
        assert_eq!(errors.len(), *count, "{rule}: {errors:?}");
        let hint = "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared";
        if *count > 0 {
            let expected =
                format!(".rule: Forbidden: estimated rule cost exceeds budget by factor of {factor} ({hint})");
            assert!(errors[0].ends_with(&expected), "{rule}: {errors:?}");
        }
        if *count == 3 {
            let detail = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
            assert!(errors[1].ends_with(&format!(".rule: Forbidden: {detail}")), "{errors:?}");
            let name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
            let total = format!("{ROOT}: Forbidden: {name} exceeds budget by factor of {factor} ({hint})");
            assert_eq!(errors[2], total);
        }
    }
}

#[test]
fn costs_of_all_rules_are_limited_together() {
    // Each rule is below the limit of 10,000,000.
    let rules = |count: usize| Value::from(vec![json!({"rule": "self.text.contains('abcdefghij')"}); count]);
    let costly: Vec<Value> = (0..30).map(|_| json!({"rule": "self.text.matches('^[a-z0-9.]+$')"})).collect();
    assert_eq!(errors(SPEC, &rules(30)), Vec::<String>::new());
    assert_eq!(errors(SPEC, &Value::from(costly[..29].to_vec())).len(), 0);
    let all: Vec<Value> = (0..150).map(|_| json!({"rule": "self.text.matches('^[a-z0-9.]+$')"})).collect();
    let found = errors(SPEC, &all.into());
    assert!(
        found.last().is_some_and(|error| error.contains("rule cost total for entire OpenAPIv3 schema")),
        "{found:?}"
    );
}

#[test]
fn stored_rules_may_call_functions_that_new_ones_may_not() {
    let includes = definition(SPEC, &json!([{"rule": "self.tags5.includes('a')"}]));
    assert_eq!(definition::validate(&includes, definition::any_resource).len(), 1);
    assert_eq!(definition::validate_update(&includes, &includes, definition::any_resource), []);
    let undefined = definition(SPEC, &json!([{"rule": "self.nope"}]));
    assert_eq!(definition::validate_update(&undefined, &undefined, definition::any_resource).len(), 1);
}

#[test]
fn costs_of_unchanged_schemas_are_only_limited_together() {
    let rule = json!({"rule": "self.objs.map(o, o.n).sum() > 3"});
    let costly = definition(SPEC, &json!([rule]));
    assert_eq!(definition::validate(&costly, definition::any_resource).len(), 1);
    assert_eq!(definition::validate_update(&costly, &costly, definition::any_resource), []);
    let changed = definition(SPEC, &json!([rule, {"rule": "true"}]));
    assert_eq!(definition::validate_update(&changed, &costly, definition::any_resource).len(), 1);
}

#[test]
fn reader_reports_rules_with_their_positions() {
    let text = definition(SPEC, &json!([{"rule": "self.size == 'a'"}])).to_string();
    let problems = read(&[Source::new("widgets.json", text)]).expect_err("a wrong type").to_string();
    assert!(problems.starts_with("widgets.json:1:"), "{problems}");
    assert!(problems.contains("found no matching overload for '_==_' applied to '(int, string)'"), "{problems}");
}

#[test]
fn hostile_rules_are_checked_in_bounded_time() {
    let nested = |open: &str, inner: &str, close: &str, count: usize| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    let too_deep = "compilation failed: ERROR: <input>:-1:0: expression recursion limit exceeded: 250";
    for rule in [
        nested("(", "true", ")", 40_000),
        nested("[", "1", "]", 40_000),
        format!("self{} == 1", ".a".repeat(40_000)),
        format!("1{} == 1", " + 1".repeat(20_000)),
    ] {
        let found = errors(SPEC, &json!([{"rule": rule}]));
        assert!(found.len() == 1 && found[0].ends_with(too_deep), "{}", &found[0][found[0].len() - 200..]);
    }
    let long = format!("true{}", " && self.size == 1".repeat(5_000));
    assert_eq!(errors(SPEC, &json!([{"rule": long}])), Vec::<String>::new());
    // Macros that copy their receiver, and types that grow exponentially: the rule is accepted unchecked.
    for rule in [
        format!("self.?size{}.hasValue()", ".optMap(x, x)".repeat(60)),
        format!("[1]{}.size() > 0", ".map(x, {x: x})".repeat(60)),
        format!("[1]{}.size() > 0", ".map(x, {'a': [x, x], 'b': [x, x]})".repeat(60)),
    ] {
        errors(SPEC, &json!([{"rule": rule}]));
    }
}
