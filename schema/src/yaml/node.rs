//! The nodes of a document.

use std::fmt;

/// A position in a source. Lines and columns start at 1; values from JSON have no position, and both are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line, starting at 1.
    pub line: u32,
    /// The column in characters, starting at 1.
    pub column: u32,
}

impl Position {
    /// Returns the position unless it is unknown.
    pub fn known(self) -> Option<Self> {
        (self.line > 0).then_some(self)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// A value of a document with its position.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The start of the value.
    pub at: Position,
    /// The value.
    pub content: Content,
}

/// Converts a value without copying; positions are unknown.
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

/// The value of a [`Node`].
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `null`, `~`, or an empty value.
    Null,
    /// `true`, `false` and their equivalents in YAML 1.1.
    Bool(bool),
    /// An integer or a float.
    Number(serde_json::Number),
    /// A string.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the document, without duplicate keys.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping with its position.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The start of the key.
    pub at: Position,
    /// The key as text; numbers and booleans are formatted as `sigs.k8s.io/yaml` does.
    pub name: String,
}

impl Node {
    /// Returns the value of `key` if this is a mapping that contains it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(found, _)| found.name == key).map(|(_, node)| node)
    }

    /// Returns the entries of a mapping; other values have none.
    pub fn entries(&self) -> &[(Key, Node)] {
        if let Content::Map(entries) = &self.content { entries } else { &[] }
    }

    /// Returns the text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Content::String(text) = &self.content { Some(text) } else { None }
    }

    /// Returns the type of the value for messages.
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

    /// Converts the value to JSON without copying.
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

    /// Returns the value as JSON.
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
