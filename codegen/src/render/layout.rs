//! Structs, enums and constructors as text.
//!
//! The layout is prettyplease's. An item is written with a line for each member; where one of its lines is too long, it
//! is prettyplease that breaks it. That spares nearly all of a crate the way through tokens and a syntax tree.

use crate::emit::{Constructor, Definition, visible};

/// prettyplease's: a line has at most so many bytes.
const WIDTH: usize = 89;

/// prettyplease's: a struct's value stands in one line up to so many bytes, its closing brace not counted.
const VALUE_WIDTH: usize = 34;

/// From this many parameters on clippy minds.
const MANY: usize = 8;

/// Text that knows whether all of its code fits into lines.
#[derive(Default)]
struct Lines {
    text: String,
    is_too_wide: bool,
}

impl Lines {
    /// A line of code, `indent` steps in.
    fn code(&mut self, indent: usize, parts: &[&str]) {
        let start = self.text.len();
        self.indent(indent);
        self.text.extend(parts.iter().copied());
        self.is_too_wide |= self.text.len() - start > WIDTH;
        self.text.push('\n');
    }

    /// Documentation; no text, no lines.
    fn docs(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            self.indent(indent);
            self.text.push_str("///");
            let start = self.text.len();
            if !line.is_empty() {
                self.text.push(' ');
                self.text.push_str(&visible(line));
            }
            self.text.truncate(start + self.text[start..].trim_end_matches(' ').len());
            self.text.push('\n');
        }
    }

    fn indent(&mut self, steps: usize) {
        (0..steps).for_each(|_| self.text.push_str("    "));
    }

    /// The text, by prettyplease where it does not fit.
    fn finish(self) -> String {
        if !self.is_too_wide {
            return self.text;
        }
        syn::parse_file(&self.text).map_or(self.text, |file| prettyplease::unparse(&file))
    }
}

/// A struct or an enum.
pub(super) fn definition(definition: &Definition) -> String {
    let mut lines = Lines::default();
    lines.docs(0, &definition.docs);
    for attribute in &definition.attributes {
        lines.code(0, &["#[", attribute, "]"]);
    }
    if definition.members.is_empty() {
        lines.code(0, &["pub ", &definition.head, " {}"]);
        return lines.finish();
    }
    lines.code(0, &["pub ", &definition.head, " {"]);
    for member in &definition.members {
        lines.docs(1, &member.docs);
        if !member.serde.is_empty() {
            lines.code(1, &["#[serde(", &member.serde.join(", "), ")]"]);
        }
        lines.code(1, &[&member.code, ","]);
    }
    lines.code(0, &["}"]);
    lines.finish()
}

/// A constructor.
pub(super) fn constructor(constructor: &Constructor) -> String {
    let mut lines = Lines::default();
    lines.code(0, &["impl ", &constructor.of, " {"]);
    lines.docs(1, &constructor.docs);
    if constructor.parameters.len() >= MANY {
        lines.code(1, &["#[allow(clippy::too_many_arguments)]"]);
    }
    signature(constructor, &mut lines);
    value(constructor, &mut lines);
    lines.code(1, &["}"]);
    lines.code(0, &["}"]);
    lines.finish()
}

fn signature(constructor: &Constructor, lines: &mut Lines) {
    let one_line = format!("pub fn new({}) -> Self {{", constructor.parameters.join(", "));
    if 4 + one_line.len() <= WIDTH {
        lines.code(1, &[&one_line]);
        return;
    }
    lines.code(1, &["pub fn new("]);
    for parameter in &constructor.parameters {
        lines.code(2, &[parameter, ","]);
    }
    lines.code(1, &[") -> Self {"]);
}

fn value(constructor: &Constructor, lines: &mut Lines) {
    let one_line = format!("Self {{ {} ", constructor.values.join(", "));
    if !constructor.others && one_line.len() <= VALUE_WIDTH {
        lines.code(2, &[&one_line, "}"]);
        return;
    }
    lines.code(2, &["Self {"]);
    for value in &constructor.values {
        lines.code(3, &[value, ","]);
    }
    if constructor.others {
        lines.code(3, &["..::core::default::Default::default()"]);
    }
    lines.code(2, &["}"]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::emit::Member;

    fn is_as_prettyplease_lays_it_out(text: &str) {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(prettyplease::unparse(&file), text);
    }

    fn type_() -> impl Strategy<Value = String> {
        "[A-Z][a-z]{1,60}".prop_recursive(3, 6, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|of| format!("Vec<{of}>")),
                inner.clone().prop_map(|of| format!("::std::option::Option<{of}>")),
                (inner.clone(), inner).prop_map(|(key, value)| format!("BTreeMap<{key}, {value}>")),
            ]
        })
    }

    fn serde() -> impl Strategy<Value = Vec<String>> {
        let attribute = prop_oneof![
            Just("default".to_owned()),
            Just("flatten".to_owned()),
            "[a-z]{1,50}".prop_map(|name| format!("rename = {name:?}")),
            Just("skip_serializing_if = \"::std::option::Option::is_none\"".to_owned()),
        ];
        prop::collection::vec(attribute, 0..4)
    }

    fn member() -> impl Strategy<Value = Member> {
        ("[ -~\n]{0,60}", serde(), "[a-z]{1,70}_x", type_()).prop_map(|(docs, serde, name, type_)| Member {
            docs,
            serde,
            code: format!("pub {name}: {type_}"),
        })
    }

    fn parameter() -> impl Strategy<Value = (String, String)> {
        ("[a-z]{1,70}_x", type_(), 0..4).prop_map(|(name, type_, mode)| match mode {
            0 => (format!("{name}: {type_}"), name),
            1 => (format!("{name}: impl Into<{type_}>"), format!("{name}: {name}.into()")),
            2 => (format!("{name}: impl Into<{type_}>"), format!("{name}: Some({name}.into())")),
            _ => (
                format!("{name}: impl IntoIterator<Item = impl Into<{type_}>>"),
                format!("{name}: {name}.into_iter().map(::core::convert::Into::into).collect()"),
            ),
        })
    }

    proptest! {
        #[test]
        fn a_definition_is_as_prettyplease_lays_it_out(
            docs in "[ -~\n]{0,200}",
            members in prop::collection::vec(member(), 0..5),
        ) {
            let attributes = vec!["derive(Clone, Debug)".to_owned()];
            let item = Definition { docs, attributes, head: "struct Widget".to_owned(), members };
            is_as_prettyplease_lays_it_out(&definition(&item));
        }

        #[test]
        fn a_constructor_is_as_prettyplease_lays_it_out(
            parameters in prop::collection::vec(parameter(), 1..10),
            others in any::<bool>(),
        ) {
            let (parameters, values) = parameters.into_iter().unzip();
            let docs = "`Widget` of this name.".to_owned();
            let item = Constructor { of: "Widget".to_owned(), docs, parameters, values, others };
            is_as_prettyplease_lays_it_out(&constructor(&item));
        }
    }
}
