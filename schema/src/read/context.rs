//! The state of the reader, and its typed access to YAML values.

use std::borrow::Cow;

use crate::problem::{Note, Place, Problem, ProblemKind};
use crate::yaml::{Content, Node, Position};

#[derive(Default)]
pub(super) struct Context {
    /// The current place: source, CRD, version and schema path.
    pub(super) place: Place,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<Note>,
}

impl Context {
    pub(super) fn problem(&mut self, at: Position, kind: ProblemKind) {
        self.problems.push(Problem { place: Place { at: at.known(), ..self.place.clone() }, kind });
    }

    /// Reports a value that is not allowed at position `at`.
    pub(super) fn wrong_value(
        &mut self,
        at: Position,
        field: &str,
        expected: impl Into<Cow<'static, str>>,
        found: &str,
    ) {
        let (field, found) = (field.to_owned(), found.to_owned());
        self.problem(at, ProblemKind::WrongValue { field, expected: expected.into(), found });
    }

    pub(super) fn wrong_type(&mut self, field: &str, node: &Node, expected: &'static str) {
        self.problem(node.at, ProblemKind::WrongType { field: field.to_owned(), expected, found: node.kind() });
    }

    /// Returns the value of `key` converted by `convert`, unless it is absent or null; reports a wrong type if
    /// `convert` returns `None`.
    fn typed<'n, T>(
        &mut self,
        node: &'n Node,
        key: &str,
        expected: &'static str,
        convert: impl FnOnce(&'n Content) -> Option<T>,
    ) -> Option<T> {
        let value = node.get(key).filter(|value| value.content != Content::Null)?;
        let converted = convert(&value.content);
        if converted.is_none() {
            self.wrong_type(key, value, expected);
        }
        converted
    }

    pub(super) fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        self.typed(node, key, "a string", |content| match content {
            Content::String(text) => Some(text.as_str()),
            _ => None,
        })
    }

    pub(super) fn string(&mut self, node: &Node, key: &str) -> Option<String> {
        self.text(node, key).map(str::to_owned)
    }

    /// Returns a required, non-empty string.
    pub(super) fn required_string(&mut self, node: &Node, key: &str, field: &str) -> Option<String> {
        self.required(node, ProblemKind::Missing(field.to_owned()), |context| {
            context.string(node, key).filter(|text| !text.is_empty())
        })
    }

    /// Returns a required mapping.
    pub(super) fn required_map<'n>(&mut self, node: &'n Node, key: &str, field: &str) -> Option<&'n Node> {
        self.required(node, ProblemKind::Missing(field.to_owned()), |context| context.map(node, key))
    }

    /// Returns the result of `get`; reports `missing` if that is `None` and `get` has not reported a problem itself.
    pub(super) fn required<T>(
        &mut self,
        node: &Node,
        missing: ProblemKind,
        get: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let problems = self.problems.len();
        let value = get(self);
        if value.is_none() && self.problems.len() == problems {
            self.problem(node.at, missing);
        }
        value
    }

    pub(super) fn boolean(&mut self, node: &Node, key: &str) -> bool {
        let value = self.typed(node, key, "a boolean", |content| match content {
            Content::Bool(value) => Some(*value),
            _ => None,
        });
        value.unwrap_or(false)
    }

    /// Returns a size, an `int64` in the API server. Integral floats are integers by then.
    pub(super) fn size(&mut self, node: &Node, key: &str) -> Option<i64> {
        self.typed(node, key, "a whole number", |content| match content {
            Content::Number(number) => number.as_i64(),
            _ => None,
        })
    }

    pub(super) fn number(&mut self, node: &Node, key: &str) -> Option<serde_json::Number> {
        self.typed(node, key, "a number", |content| match content {
            Content::Number(number) => Some(number.clone()),
            _ => None,
        })
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let items = self.typed(node, key, "a list", |content| match content {
            Content::List(items) => Some(items.as_slice()),
            _ => None,
        });
        items.unwrap_or_default()
    }

    pub(super) fn strings(&mut self, node: &Node, key: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for item in self.list(node, key) {
            match item.as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => self.wrong_type(key, item, "a list of strings"),
            }
        }
        texts
    }

    /// Returns the mapping of `key`.
    pub(super) fn map<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        self.typed(node, key, "a mapping", |content| match content {
            Content::Map(_) => Some(()),
            _ => None,
        })?;
        node.get(key)
    }
}
