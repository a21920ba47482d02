//! The tree that a document is read into.

use std::fmt;

/// A place in a source. Lines and columns count from 1; what has come as JSON has none, and both are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// The position, if there is one.
    pub fn known(self) -> Option<Self> {
        (self.line > 0).then_some(self)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// A value of a document, and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value begins.
    pub at: Position,
    /// The value.
    pub content: Content,
}

/// A value without positions, nothing copied.
impl From<serde_json::Value> for Node {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Bool(value),
            Value::Number(number) => Content::Number(number),
            Value::String(text) => Content::String(text),
            Value::Array(items) => Content::List(items.into_iter().map(Node::from).collect()),
            Value::Object(entries) => {
                let key = |name| Key { at: Position::default(), name };
                Content::Map(entries.into_iter().map(|(name, value)| (key(name), value.into())).collect())
            }
        };
        Self { at: Position::default(), content }
    }
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true`, `false` and YAML 1.1's other words for them.
    Bool(bool),
    /// An integer or a float.
    Number(serde_json::Number),
    /// Text.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the document, without duplicate keys.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Where the key begins.
    pub at: Position,
    /// The key as text; a number or a boolean is written out as `sigs.k8s.io/yaml` writes it.
    pub name: String,
}

impl Node {
    /// The value under `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(found, _)| found.name == key).map(|(_, node)| node)
    }

    /// The entries of a mapping, none for everything else.
    pub fn entries(&self) -> &[(Key, Node)] {
        if let Content::Map(entries) = &self.content { entries } else { &[] }
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Content::String(text) = &self.content { Some(text) } else { None }
    }

    /// What kind of value this is, in a word for messages.
    pub fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "null",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::String(_) => "a string",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }

    /// The value as JSON, positions left behind, nothing copied.
    pub fn into_json(self) -> serde_json::Value {
        use serde_json::Value;
        match self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(value),
            Content::Number(number) => Value::Number(number),
            Content::String(text) => Value::String(text),
            Content::List(items) => Value::Array(items.into_iter().map(Node::into_json).collect()),
            Content::Map(entries) => {
                Value::Object(entries.into_iter().map(|(key, node)| (key.name, node.into_json())).collect())
            }
        }
    }

    /// The value as JSON, positions left behind.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::String(text) => Value::String(text.clone()),
            Content::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Content::Map(entries) => {
                Value::Object(entries.iter().map(|(key, node)| (key.name.clone(), node.to_json())).collect())
            }
        }
    }
}
