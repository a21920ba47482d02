//! Definitions with random rules, many of which have wrong types or high costs.

use serde_json::{Value, json};

use super::definitions::GROUP;
use super::{Generator, JSON};
use crate::endpoint::DEFINITIONS;
use crate::script::{Script, Step};

/// The schema of `spec`.
const SPEC: &str = r#"{"type":"object","properties":{
    "count":{"type":"integer"},"ratio":{"type":"number"},"flag":{"type":"boolean"},"text":{"type":"string"},
    "short":{"type":"string","maxLength":10},"mode":{"type":"string","enum":["a","b"]},
    "when":{"type":"string","format":"date-time"},"span":{"type":"string","format":"duration"},
    "port":{"x-kubernetes-int-or-string":true},
    "tags":{"type":"array","items":{"type":"string"}},
    "few":{"type":"array","maxItems":5,"items":{"type":"string","maxLength":5}},
    "numbers":{"type":"array","maxItems":10,"items":{"type":"integer"}},
    "labels":{"type":"object","additionalProperties":{"type":"string"}},
    "parts":{"type":"array","maxItems":8,"items":{"type":"object","properties":{
        "a":{"type":"string","maxLength":20},"n":{"type":"integer"}}}}
}}"#;

/// Expressions by their types. A capital letter is replaced by an expression of this type, `x` is a variable.
const BOOLS: &[&str] = &[
    "true",
    "self.flag",
    "has(self.text)",
    "has(self.parts)",
    "(B && B)",
    "(B || B)",
    "!(B)",
    "I > I",
    "I == I",
    "S == S",
    "S != S",
    "S in L",
    "L == L",
    "N == N",
    "self.ratio > 1.5",
    "self.when > timestamp('2020-01-01T00:00:00Z')",
    "self.span < duration('1h')",
    "S.startsWith(S)",
    "S.contains(S)",
    "S.matches('^[a-z]+$')",
    "L.all(x, B)",
    "L.exists(x, x == S)",
    "L.exists_one(x, x.size() > I)",
    "self.parts.all(x, x.n > I && x.a == S)",
    "self.labels.all(x, self.labels[x] == S)",
    "L.all(i, x, i < I && x == S)",
    "(B ? B : B)",
    "O.hasValue()",
    "isIP(S)",
    "cidr('10.0.0.0/8').containsIP(S)",
    "quantity(S).isGreaterThan(quantity('1'))",
    "semver(S).isLessThan(semver('1.0.0'))",
    "!format.dns1123Label().validate(S).hasValue()",
    "sets.contains(L, L)",
    "N.isSorted()",
    "type(self.port) == string",
    "dyn(I) == dyn(S)",
    "url(S).getHost() == S",
    "S == I",
    "I",
    "S.foo()",
    "self.nothing == S",
];
const INTS: &[&str] = &[
    "1",
    "-5",
    "self.count",
    "I + I",
    "I * I",
    "(I % I)",
    "S.size()",
    "size(L)",
    "L.size()",
    "N.sum()",
    "N.max()",
    "N[I]",
    "int(S)",
    "S.indexOf(S)",
    "self.when.getFullYear()",
    "self.span.getHours()",
    "self.?count.orValue(I)",
    "self.parts.map(x, x.n).sum()",
    "string(I)",
    "self.ratio",
];
const STRINGS: &[&str] = &[
    "'a'",
    "''",
    "'h\u{e9}llo'",
    "self.text",
    "self.short",
    "self.mode",
    "S + S",
    "S.lowerAscii()",
    "S.trim()",
    "S.substring(I)",
    "S.replace(S, S)",
    "S.replace('a', 'bcd')",
    "L.join(S)",
    "L[I]",
    "self.labels[S]",
    "string(I)",
    "O.orValue(S)",
    "S.find('[a-z]+')",
    "'%s %d'.format([S, I])",
    "(B ? S : S)",
    "S.charAt(I)",
    "strings.quote(S)",
    "'%d'.format([S])",
    "string(self.port)",
    "I",
];
const LISTS: &[&str] = &[
    "['a', 'b']",
    "[]",
    "self.tags",
    "self.few",
    "L + L",
    "[S, S]",
    "S.split(S)",
    "S.split(',', 3)",
    "L.filter(x, B)",
    "L.map(x, x + S)",
    "self.parts.map(x, x.a)",
    "L.sort()",
    "L.distinct()",
    "L.reverse()",
    "S.findAll('a')",
    "[?O]",
    "L.sortBy(x, x)",
    "['a', 1]",
    "N",
];
const NUMBERS: &[&str] = &[
    "[1, 2, 3]",
    "self.numbers",
    "N + N",
    "N.map(x, x + I)",
    "N.filter(x, x > I)",
    "lists.range(10)",
    "N.sort()",
    "L",
];
const OPTIONALS: &[&str] = &[
    "optional.of(S)",
    "optional.none()",
    "self.?text",
    "L[?I]",
    "self.labels[?S]",
    "O.or(O)",
    "O.optMap(x, x + S)",
    "O.optFlatMap(x, optional.of(x))",
    "L.first()",
    "S",
];

impl Generator<'_> {
    /// Generates a script of definitions with random rules, which are not stored.
    pub(super) fn rules(&mut self, steps: usize) -> Script {
        let query = vec![("dryRun".to_owned(), "All".to_owned())];
        let step = |definition: Value| Step {
            query: query.clone(),
            ..Step::new("POST", DEFINITIONS).body(JSON, definition.to_string())
        };
        Script { steps: (0..steps).map(|_| step(self.ruled_definition())).collect(), ..Script::default() }
    }

    fn ruled_definition(&mut self) -> Value {
        let mut rule = json!({"rule": self.expression('B', 3)});
        if self.one_in(6) {
            rule["messageExpression"] = self.expression('S', 2).into();
        }
        if self.one_in(10) {
            let old = if self.rng.bool() { "oldSelf.flag" } else { "oldSelf.hasValue()" };
            rule["rule"] = format!("{old} || {}", self.expression('B', 1)).into();
            rule["optionalOldSelf"] = self.rng.bool().into();
        }
        let mut spec: Value = serde_json::from_str(SPEC).unwrap_or_default();
        spec["x-kubernetes-validations"] = json!([rule]);
        let schema = json!({"type": "object", "properties": {"spec": spec}});
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("ruled.{GROUP}")},
            "spec": {
                "group": GROUP, "scope": "Namespaced", "names": {"plural": "ruled", "kind": "Ruled"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
            },
        })
    }

    /// Returns an expression of a type with at most `depth` levels of other expressions.
    fn expression(&mut self, type_: char, depth: usize) -> String {
        let all = match type_ {
            'B' => BOOLS,
            'I' => INTS,
            'S' => STRINGS,
            'L' => LISTS,
            'N' => NUMBERS,
            _ => OPTIONALS,
        };
        let is_type = |c: char| "BISLNO".contains(c);
        let constants: Vec<&str> = all.iter().copied().filter(|form| !form.contains(is_type)).collect();
        let forms = if depth == 0 { &constants[..] } else { all };
        let form = forms[self.rng.usize(..forms.len())];
        let mut text = String::new();
        let mut previous = ' ';
        for c in form.chars() {
            // Letters in names, such as `exists_one` or `isIP`, are not types.
            if is_type(c) && !previous.is_ascii_alphanumeric() {
                text.push_str(&self.expression(c, depth - 1));
            } else {
                text.push(c);
            }
            previous = c;
        }
        text
    }
}
