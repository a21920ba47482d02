//! Where the reader is, what it found wrong so far, and how it takes a value of a given type.

use std::borrow::Cow;

use crate::problem::{Mistake, Note, Place, Problem};
use crate::yaml::{Content, Node, Position};

#[derive(Default)]
pub(super) struct Context {
    /// Where the reader is: source, CRD, version and schema path.
    pub(super) place: Place,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<Note>,
    /// How many definitions of the source have been read.
    pub(super) definitions: usize,
    /// What the API server refuses in them, by the number and the name of the definition.
    #[cfg(feature = "cel")]
    pub(super) refused: Vec<(usize, String, Vec<super::refused::Refused>)>,
}

impl Context {
    pub(super) fn problem(&mut self, at: Position, mistake: Mistake) {
        self.problems.push(Problem { place: Place { at: at.known(), ..self.place.clone() }, mistake });
    }

    /// A value that is not what it must be; `at` is its place.
    pub(super) fn wrong_value(
        &mut self,
        at: Position,
        field: &str,
        expected: impl Into<Cow<'static, str>>,
        found: &str,
    ) {
        let (field, found) = (field.to_owned(), found.to_owned());
        self.problem(at, Mistake::WrongValue { field, expected: expected.into(), found });
    }

    pub(super) fn wrong_type(&mut self, field: &str, node: &Node, expected: &'static str) {
        self.problem(node.at, Mistake::WrongType { field: field.to_owned(), expected, found: node.kind() });
    }

    /// The value under `key` if it is there and not null, made by `take`; a value that `take` refuses is a problem.
    fn typed<'n, T>(
        &mut self,
        node: &'n Node,
        key: &str,
        expected: &'static str,
        take: impl FnOnce(&'n Content) -> Option<T>,
    ) -> Option<T> {
        let value = node.get(key).filter(|value| value.content != Content::Null)?;
        let taken = take(&value.content);
        if taken.is_none() {
            self.wrong_type(key, value, expected);
        }
        taken
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

    /// A string that must be there and not empty.
    pub(super) fn required_string(&mut self, node: &Node, key: &str, field: &str) -> Option<String> {
        self.required(node, Mistake::Missing(field.to_owned()), |context| {
            context.string(node, key).filter(|text| !text.is_empty())
        })
    }

    /// A mapping that must be there.
    pub(super) fn required_map<'n>(&mut self, node: &'n Node, key: &str, field: &str) -> Option<&'n Node> {
        self.required(node, Mistake::Missing(field.to_owned()), |context| context.map(node, key))
    }

    /// What `take` gives; where that is nothing and has not told why, `mistake` is the problem.
    pub(super) fn required<T>(
        &mut self,
        node: &Node,
        mistake: Mistake,
        take: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let problems = self.problems.len();
        let taken = take(self);
        if taken.is_none() && self.problems.len() == problems {
            self.problem(node.at, mistake);
        }
        taken
    }

    pub(super) fn boolean(&mut self, node: &Node, key: &str) -> bool {
        let value = self.typed(node, key, "a boolean", |content| match content {
            Content::Bool(value) => Some(*value),
            _ => None,
        });
        value.unwrap_or(false)
    }

    /// A size, which the API server decodes to Go's `int64`. Whole floats have become integers before.
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

    /// The mapping under `key`.
    pub(super) fn map<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        self.typed(node, key, "a mapping", |content| match content {
            Content::Map(_) => Some(()),
            _ => None,
        })?;
        node.get(key)
    }
}
