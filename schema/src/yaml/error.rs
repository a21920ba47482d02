//! Errors of reading YAML.

use super::{MAX_BYTES, MAX_DEPTH, Position};

/// An error and its position. Boxed because nodes are read recursively: without optimization, each `?` puts a result on
/// the stack.
pub(super) type Failure = Box<(Position, YamlError)>;

#[expect(clippy::unnecessary_box_returns, reason = "results contain the box")]
pub(super) fn failure(at: Position, error: YamlError) -> Failure {
    Box::new((at, error))
}

/// An error of reading a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text is not valid YAML.
    #[error("malformed YAML: {0}")]
    Malformed(String),
    /// The text is neither UTF-8 nor UTF-16 with a byte order mark.
    #[error("not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// The text is longer than [`MAX_BYTES`].
    #[error("{0} bytes exceed the limit of {MAX_BYTES}; split the file")]
    TooLarge(usize),
    /// A mapping contains a duplicate key.
    #[error("duplicate key {key:?}, first at {first}; remove one of them")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The position of the first occurrence.
        first: Position,
    },
    /// A key is null, a list, a mapping or an integer that exceeds a signed 64-bit integer.
    #[error("a key must be a string, a number or a boolean")]
    KeyType,
    /// The nesting is deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Aliases are most of the document, or copy more than [`MAX_ALIASED_BYTES`](super::MAX_ALIASED_BYTES).
    #[error("excessive aliasing; write the values out")]
    ExcessiveAliasing,
    /// An alias is inside of the node that it refers to.
    #[error("anchor {0:?} contains an alias of itself; write the values out")]
    CyclicAlias(String),
    /// An alias refers to an undefined anchor.
    #[error("unknown anchor {0:?}; define it before the alias, in the same document")]
    UnknownAnchor(String),
    /// The value is `.inf` or `.nan`.
    #[error("{0} has no value in JSON; quote it if it is text")]
    NotJson(String),
    /// A tag does not match the value.
    #[error("tag {tag} does not match this value; remove it")]
    Tag {
        /// The tag, such as `!!int`.
        tag: String,
        /// The tag of the value without this tag, such as `!!str`.
        found: &'static str,
        /// The text of the value.
        value: String,
    },
    /// The value of `<<` is not a mapping.
    #[error("a merge key `<<` requires a mapping or a list of mappings")]
    Merge,
    /// A line that starts with `---` has content.
    #[error(
        "content after the document separator `---`; move it to the next line, because kubectl splits a file there"
    )]
    Separator,
}

/// Creates a [`YamlError::Malformed`] with its position.
#[expect(clippy::unnecessary_box_returns, reason = "results contain the box")]
pub(super) fn malformed(at: Position, message: impl Into<String>) -> Failure {
    failure(at, YamlError::Malformed(message.into()))
}
