//! Composition of nodes from tokens, with limits.

mod budget;
mod collection;

use std::borrow::Cow;
use std::collections::HashMap;

use super::entries::Duplicates;
use super::error::{Failure, failure, malformed};
use super::scalar::{Resolved, resolve};
use super::scan::{Kind, Scanner, Token};
use super::tag::{MERGE, resolve_tagged};
use super::{Content, MAX_DEPTH, Node, Position, YamlError};
use budget::{Budget, bytes};

/// A node that may be used as a key.
struct Composed<'t> {
    at: Position,
    value: Value<'t>,
    /// The number of nodes that go-yaml decodes for this node.
    size: usize,
    is_merge_key: bool,
    is_alias: bool,
}

#[derive(Clone)]
enum Value<'t> {
    Scalar(Resolved<'t>),
    Collection(Content),
}

/// A node with an anchor.
struct Anchored<'t> {
    value: Value<'t>,
    size: usize,
    bytes: usize,
}

/// Reads documents from tokens.
pub(super) struct Composer<'t, 'd> {
    scanner: Scanner<'t>,
    /// Tag handles and their prefixes.
    tags: HashMap<&'t str, Vec<u8>>,
    names: HashMap<&'t str, usize>,
    /// The anchored nodes; `None` until the node is complete.
    anchors: Vec<Option<Anchored<'t>>>,
    budget: Budget,
    depth: usize,
    duplicates: &'d mut Duplicates,
}

impl Value<'_> {
    fn into_content(self, at: Position) -> Result<Content, Failure> {
        match self {
            Value::Scalar(scalar) => scalar.into_content().map_err(|text| failure(at, YamlError::NotJson(text))),
            Value::Collection(content) => Ok(content),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Value::Scalar(Resolved::Text(text)) => size_of::<Node>() + text.len(),
            Value::Scalar(_) => size_of::<Node>(),
            Value::Collection(content) => bytes(content),
        }
    }
}

impl<'t> Composed<'t> {
    fn null(at: Position) -> Self {
        Composed { at, value: Value::Scalar(Resolved::Null), size: 1, is_merge_key: false, is_alias: false }
    }

    /// Sets the value of a scalar.
    fn read(&mut self, text: Cow<'t, str>, is_plain: bool, tag: Option<&[u8]>) -> Result<(), Failure> {
        let is_implicit = tag.map_or(is_plain, |tag| tag == b"!");
        self.is_merge_key = text == "<<" && (is_implicit || tag == Some(MERGE));
        self.value = Value::Scalar(match tag {
            None if is_plain => resolve(text),
            None => Resolved::Text(text),
            Some(tag) => resolve_tagged(tag, text).map_err(|error| failure(self.at, error))?,
        });
        Ok(())
    }

    fn into_node(self) -> Result<Node, Failure> {
        Ok(Node { at: self.at, content: self.value.into_content(self.at)? })
    }
}

impl<'t, 'd> Composer<'t, 'd> {
    /// Creates a composer for a text that starts at this line.
    pub(super) fn new(text: &'t str, line: u32, duplicates: &'d mut Duplicates) -> Self {
        Composer {
            scanner: Scanner::new(text, line),
            tags: HashMap::new(),
            names: HashMap::new(),
            anchors: Vec::new(),
            budget: Budget::default(),
            depth: 0,
            duplicates,
        }
    }

    /// Reads the first document, if any. Ignores text after it, as go-yaml does.
    pub(super) fn document(&mut self) -> Result<Option<Node>, Failure> {
        let token = self.scanner.peek()?;
        let at = token.at;
        self.budget.add(1, 0, at)?;
        let is_explicit = match token.kind {
            Kind::StreamEnd => return Ok(None),
            Kind::Version { .. } | Kind::TagDirective { .. } | Kind::DocumentStart => true,
            _ => false,
        };
        if is_explicit {
            self.directives()?;
        }
        self.tags.entry("!").or_insert_with(|| b"!".to_vec());
        self.tags.entry("!!").or_insert_with(|| b"tag:yaml.org,2002:".to_vec());
        let is_empty = is_explicit
            && matches!(
                self.kind()?,
                Kind::Version { .. }
                    | Kind::TagDirective { .. }
                    | Kind::DocumentStart
                    | Kind::DocumentEnd
                    | Kind::StreamEnd
            );
        let root = if is_empty { self.empty(at)? } else { self.node(true, false)? };
        // The end of a document requires a valid token.
        self.scanner.peek()?;
        root.into_node().map(Some)
    }

    /// Reads directives and the start of the document after them.
    fn directives(&mut self) -> Result<(), Failure> {
        let mut has_version = false;
        loop {
            let at = self.at()?;
            match self.scanner.take().map(|token| token.kind) {
                Some(Kind::Version { .. }) if has_version => {
                    return Err(malformed(at, "found duplicate %YAML directive"));
                }
                Some(Kind::Version { is_1_1: false }) => {
                    return Err(malformed(at, "found incompatible YAML document; Kubernetes reads YAML 1.1"));
                }
                Some(Kind::Version { .. }) => has_version = true,
                Some(Kind::TagDirective { handle, .. }) if self.tags.contains_key(handle) => {
                    return Err(malformed(at, "found duplicate %TAG directive"));
                }
                Some(Kind::TagDirective { handle, prefix }) => {
                    self.tags.insert(handle, prefix);
                }
                Some(Kind::DocumentStart) => return Ok(()),
                _ => return Err(malformed(at, "did not find expected <document start>")),
            }
        }
    }

    fn kind(&mut self) -> Result<&Kind<'t>, Failure> {
        self.scanner.peek().map(|token| &token.kind)
    }

    fn at(&mut self) -> Result<Position, Failure> {
        self.scanner.peek().map(|token| token.at)
    }

    /// Consumes the next token if it has this kind.
    fn consume(&mut self, kind: &Kind<'_>) -> Result<bool, Failure> {
        let found = self.kind()? == kind;
        if found {
            self.scanner.take();
        }
        Ok(found)
    }

    /// Returns an empty node.
    fn empty(&mut self, at: Position) -> Result<Composed<'t>, Failure> {
        self.budget.add(1, 0, at)?;
        Ok(Composed::null(at))
    }

    fn node(&mut self, is_block: bool, may_be_indentless: bool) -> Result<Composed<'t>, Failure> {
        let at = self.at()?;
        if let Kind::Alias(name) = *self.kind()? {
            self.scanner.take();
            return self.alias(name, at);
        }
        let (anchor, tag) = self.properties()?;
        self.budget.add(1, 0, at)?;
        let anchor = anchor.map(|name| self.define(name));
        let mut composed = Composed::null(at);
        // This function's stack frame exists once per level, so code with large frames is in other functions.
        match self.kind()? {
            Kind::BlockEntry if may_be_indentless => self.collection(&mut composed, Self::indentless_sequence)?,
            Kind::FlowSequence => self.collection(&mut composed, Self::flow_sequence)?,
            Kind::FlowMapping => self.collection(&mut composed, Self::flow_mapping)?,
            Kind::BlockSequence if is_block => self.collection(&mut composed, Self::block_sequence)?,
            Kind::BlockMapping if is_block => self.collection(&mut composed, Self::block_mapping)?,
            _ => self.leaf(&mut composed, tag.as_deref(), anchor.is_some())?,
        }
        if let Some(anchor) = anchor {
            self.complete(anchor, &composed)?;
        }
        Ok(composed)
    }

    /// Reads a scalar, or an empty node after a tag or an anchor.
    fn leaf(&mut self, composed: &mut Composed<'t>, tag: Option<&[u8]>, is_anchored: bool) -> Result<(), Failure> {
        if let Kind::Scalar { .. } = self.kind()?
            && let Some(Token { kind: Kind::Scalar { text, is_plain }, .. }) = self.scanner.take()
        {
            return composed.read(text, is_plain, tag);
        }
        match tag {
            Some(_) => composed.read(Cow::Borrowed(""), false, tag),
            None if is_anchored => Ok(()),
            None => Err(malformed(self.at()?, "did not find expected node content")),
        }
    }

    /// Registers an anchor whose node is not complete.
    fn define(&mut self, name: &'t str) -> usize {
        self.anchors.push(None);
        self.names.insert(name, self.anchors.len() - 1);
        self.anchors.len() - 1
    }

    fn complete(&mut self, anchor: usize, composed: &Composed<'t>) -> Result<(), Failure> {
        let bytes = composed.value.bytes();
        self.budget.copy(bytes, composed.at)?;
        self.anchors[anchor] = Some(Anchored { value: composed.value.clone(), size: composed.size, bytes });
        Ok(())
    }

    fn alias(&mut self, name: &'t str, at: Position) -> Result<Composed<'t>, Failure> {
        let anchor = self.names.get(name).and_then(|index| self.anchors.get(*index));
        let anchored = match anchor {
            None => return Err(failure(at, YamlError::UnknownAnchor(name.to_owned()))),
            Some(None) => return Err(failure(at, YamlError::CyclicAlias(name.to_owned()))),
            Some(Some(anchored)) => anchored,
        };
        self.budget.add(1, 0, at)?;
        self.budget.add(anchored.size, anchored.size, at)?;
        self.budget.copy(anchored.bytes, at)?;
        let (value, size) = (anchored.value.clone(), anchored.size.saturating_add(1));
        Ok(Composed { at, value, size, is_merge_key: false, is_alias: true })
    }

    /// Reads the anchor and the tag before a node, in either order.
    fn properties(&mut self) -> Result<(Option<&'t str>, Option<Vec<u8>>), Failure> {
        let (mut anchor, mut tag) = (None, None);
        loop {
            match self.kind()? {
                Kind::Anchor(_) if anchor.is_none() => {}
                Kind::Tag { .. } if tag.is_none() => {}
                _ => break,
            }
            let Some(token) = self.scanner.take() else { break };
            match token.kind {
                Kind::Anchor(name) => anchor = Some(name),
                Kind::Tag { handle: "", suffix } => tag = Some(suffix),
                Kind::Tag { handle, suffix } => {
                    let prefix = self.tags.get(handle);
                    let prefix = prefix.ok_or_else(|| malformed(token.at, "found undefined tag handle"))?;
                    tag = Some([prefix.as_slice(), &suffix].concat());
                }
                _ => break,
            }
        }
        Ok((anchor, tag))
    }

    /// Reads a nested collection.
    fn collection(
        &mut self,
        composed: &mut Composed<'t>,
        read: fn(&mut Self, &mut usize) -> Result<Content, Failure>,
    ) -> Result<(), Failure> {
        if self.depth >= MAX_DEPTH {
            return Err(failure(composed.at, YamlError::TooDeep));
        }
        self.depth += 1;
        composed.value = Value::Collection(read(self, &mut composed.size)?);
        self.depth -= 1;
        Ok(())
    }
}
