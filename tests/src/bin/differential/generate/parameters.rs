//! Scripts of requests with valid and invalid parameters.

use super::{Generator, JSON};
use crate::script::{Script, Step};

/// Valid and invalid values of each parameter.
const PARAMETERS: [(&str, &[&str]); 19] = [
    ("fieldManager", &["", "one", "has space", "ü", "a\tb", "\u{7}", "\u{200b}", "<<times:128:x>>", "<<times:129:x>>"]),
    ("resourceVersion", &["", "0", "-1", "x", "0x1", "00", "1.5", " 1", "18446744073709551616", "<<start>>"]),
    ("resourceVersionMatch", &["", "Exact", "NotOlderThan", "exact", "x"]),
    ("timeoutSeconds", &["", "0", "1", "-1", "x", "1.5", "1s", "99999999999999999999"]),
    ("continue", &TOKENS),
    ("limit", &["", "0", "1", "-1", "x", "1e3", "2147483648", "9223372036854775808"]),
    ("includeObject", &["", "None", "Metadata", "Object", "object", "x"]),
    ("dryRun", &["", "All", "all", "None", "All,All", "true"]),
    ("fieldValidation", &["", "Ignore", "Warn", "Strict", "strict", "x"]),
    ("propagationPolicy", &["", "Background", "Foreground", "Orphan", "orphan", "x"]),
    ("orphanDependents", &["", "true", "false", "0", "x"]),
    ("gracePeriodSeconds", &["", "0", "1", "-1", "x", "1.5", "9223372036854775808"]),
    ("labelSelector", &LABELS),
    ("fieldSelector", &FIELDS),
    ("pretty", &["", "true", "false", "1", "0", "x"]),
    ("force", &["", "true", "false", "0", "x", "False"]),
    ("sendInitialEvents", &["", "true", "false", "0", "x", "False"]),
    ("allowWatchBookmarks", &["", "true", "false", "0", "x", "False"]),
    ("unknownParameter", &["", "x"]),
];

/// Values of `watch`.
const WATCH: [&str; 8] = ["", "true", "false", "1", "0", "x", "False", "TRUE"];

const LABELS: [&str; 26] = [
    "",
    " ",
    ",",
    "x",
    "!x",
    "x=1",
    "x==1",
    "x!=1",
    "x in (1)",
    "x in ()",
    "x in (1,)",
    "x notin (1,2)",
    "x>1",
    "x<a",
    "x>",
    "=",
    "x=",
    "=1",
    "x=1,x=2",
    "a/b/c=1",
    "x=!",
    "x in (a",
    "x in a)",
    "!x=1",
    "<<times:64:x>>",
    "x=<<times:64:1>>",
];

const FIELDS: [&str; 16] = [
    "",
    " ",
    ",",
    "metadata.name=a",
    "metadata.name==a",
    "metadata.name!=a",
    "metadata.name",
    "metadata.name=",
    "=a",
    "metadata.namespace=<<ns0>>",
    "metadata.uid=1",
    "spec.count=1",
    "metadata.name=a,metadata.name=b",
    "metadata.name=a\\,b",
    "metadata.name in (a)",
    "metadata.name=a=b",
];

/// Continue tokens: invalid base64, invalid JSON, and invalid versions, start keys or formats.
const TOKENS: [&str; 11] = [
    "",
    "x",
    "e30",
    "bnVsbA",
    "!",
    "<<continue>>",
    "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0",
    "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYSJ9",
    "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi94In0",
    "eyJ2IjoieCIsInJ2IjoxLCJzdGFydCI6ImEifQ",
    "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0",
];

/// Bodies of deletions.
const OPTIONS: [&str; 14] = [
    "{}",
    "null",
    "[]",
    "x",
    r#"{"propagationPolicy":"x"}"#,
    r#"{"propagationPolicy":"Orphan","orphanDependents":true}"#,
    r#"{"gracePeriodSeconds":-1}"#,
    r#"{"gracePeriodSeconds":"1"}"#,
    r#"{"dryRun":["x"]}"#,
    r#"{"dryRun":"All"}"#,
    r#"{"preconditions":{"uid":"x"}}"#,
    r#"{"preconditions":{"resourceVersion":"x"}}"#,
    r#"{"apiVersion":"v1","kind":"DeleteOptions","x":1}"#,
    r#"{"apiVersion":"v1","kind":"Pod"}"#,
];

impl Generator<'_> {
    /// Generates requests for one kind with random parameters.
    pub(super) fn parameters(&mut self, steps: usize) -> Script {
        let kind = &self.kinds[self.rng.usize(..self.kinds.len())];
        let steps = (0..steps).map(|_| self.with_parameters(&[kind])).collect();
        Script { steps, ..Script::default() }
    }

    fn with_parameters(&mut self, kinds: &[&super::Kind]) -> Step {
        let target = self.target(kinds);
        let mut step = match self.rng.usize(..12) {
            0..2 => self.get(&target),
            2..5 => self.list(&target),
            5 => self.delete_with_options(&target),
            6 => self.delete_collection(&target),
            7 => self.status(&target),
            8 => self.scale(&target),
            _ => self.step(kinds),
        };
        for _ in 0..=self.rng.usize(..3) {
            let (name, values) = PARAMETERS[self.rng.usize(..PARAMETERS.len())];
            step = step.query(name, values[self.rng.usize(..values.len())]);
        }
        if step.method == "GET" && self.one_in(6) {
            step = step.query("watch", WATCH[self.rng.usize(..WATCH.len())]);
        }
        Self::with_short_timeout(step)
    }

    /// Limits the duration of a watch.
    fn with_short_timeout(mut step: Step) -> Step {
        if step.has("watch") {
            step.query.retain(|(name, value)| name != "timeoutSeconds" || value == "x" || value == "1.5");
            if !step.has("timeoutSeconds") {
                step = step.query("timeoutSeconds", "1");
            }
        }
        step
    }

    fn delete_with_options(&mut self, target: &super::Target<'_>) -> Step {
        let path = if self.one_in(3) && target.kind.namespaced { target.collection() } else { target.path() };
        let options = OPTIONS[self.rng.usize(..OPTIONS.len())];
        let type_ = *self.rng.choice(&[JSON, JSON, "application/yaml", "text/plain"]).unwrap_or(&JSON);
        Step::new("DELETE", path).body(type_, options)
    }
}
