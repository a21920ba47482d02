//! Why a text cannot be read.

use super::{MAX_BYTES, MAX_DEPTH, Position};

/// An error and its position. It is boxed because nodes are read recursively: without optimization, each `?` puts a result on
/// the stack.
pub(super) type Failure = Box<(Position, YamlError)>;

#[expect(clippy::unnecessary_box_returns, reason = "results hold the box")]
pub(super) fn failure(at: Position, error: YamlError) -> Failure {
    Box::new((at, error))
}

/// Why Kubernetes does not read a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text breaks YAML's grammar.
    #[error("malformed YAML: {0}")]
    Malformed(String),
    /// The text is neither UTF-8 nor UTF-16 with a byte order mark that kubectl reads.
    #[error("not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// The text is longer than [`MAX_BYTES`].
    #[error("{0} bytes; at most {MAX_BYTES} are read; split the file")]
    TooLarge(usize),
    /// A mapping contains a key twice.
    #[error("key {key:?} stands twice in this mapping, first at {first}; remove one of them")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The position of the first.
        first: Position,
    },
    /// A key is null, a list, a mapping or an integer beyond 64 bits with sign.
    #[error("a key must be a string, a number or a boolean")]
    KeyType,
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Most of the document comes from aliases, or the aliases copy more than [`MAX_ALIASED_BYTES`](super::MAX_ALIASED_BYTES).
    #[error("excessive aliasing; write the values out")]
    AliasBomb,
    /// An alias inside the node that it names.
    #[error("anchor {0:?} contains an alias of itself; write the values out")]
    CyclicAlias(String),
    /// An alias without an anchor.
    #[error("unknown anchor {0:?}; define it before the alias, in the same document")]
    UnknownAnchor(String),
    /// `.inf` or `.nan`.
    #[error("{0} has no value in JSON; quote it if it is text")]
    NotJson(String),
    /// A tag that the value does not match.
    #[error("tag {tag} does not fit this value; remove it")]
    Tag {
        /// The tag, such as `!!int`.
        tag: String,
        /// The tag that the value has without it, such as `!!str`.
        found: &'static str,
        /// The value as it is written.
        value: String,
    },
    /// `<<` with a value that is not a mapping.
    #[error("a merge key `<<` takes a mapping or a list of mappings")]
    Merge,
    /// A line that begins with `---` and continues with content.
    #[error(
        "content after the document separator `---`; move it to the next line, because kubectl splits a file there"
    )]
    Separator,
}

/// A [`YamlError::Malformed`] with its position.
#[expect(clippy::unnecessary_box_returns, reason = "results hold the box")]
pub(super) fn malformed(at: Position, why: impl Into<String>) -> Failure {
    failure(at, YamlError::Malformed(why.into()))
}
