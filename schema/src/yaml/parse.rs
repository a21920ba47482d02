//! Events of the parser become nodes, within bounds.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Marker, Parser, ScalarStyle};

use super::{Content, Key, Node, Position, scalar};

/// The largest source that is read. The API server takes requests of 3 MB, etcd objects of 1.5 MB; a file may bundle many.
pub const MAX_BYTES: usize = 64 << 20;
/// The deepest nesting of mappings and sequences.
pub const MAX_DEPTH: usize = 256;
/// How many nodes the aliases of one source may stand for, all together.
pub const MAX_ALIASED_NODES: usize = 1_000_000;

/// Why a text is no YAML that Kubernetes could read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text breaks YAML's grammar.
    #[error("malformed YAML: {0}")]
    Malformed(String),
    /// The text is not UTF-8.
    #[error("not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// The text is longer than [`MAX_BYTES`].
    #[error("{0} bytes; at most {MAX_BYTES} are read; split the file")]
    TooLarge(usize),
    /// A key stands twice in one mapping.
    #[error("key {key:?} stands twice in this mapping, first at {first}; remove one of them")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it stood first.
        first: Position,
    },
    /// A key is null, a list or a mapping.
    #[error("a key must be a string, a number or a boolean")]
    KeyType,
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Aliases stand for more than [`MAX_ALIASED_NODES`].
    #[error("aliases that stand for more than {MAX_ALIASED_NODES} nodes; write the values out")]
    AliasBomb,
    /// An alias inside the node that it names.
    #[error("an alias that contains itself")]
    CyclicAlias,
    /// `.inf` or `.nan`.
    #[error("{0} has no value in JSON; quote it if it is text")]
    NotJson(String),
    /// A tag that says what the value is not, or that Kubernetes does not read.
    #[error("tag {0} does not fit this value; remove it")]
    Tag(String),
    /// `<<` with something that is no mapping.
    #[error("a merge key `<<` takes a mapping or a list of mappings")]
    Merge,
}

/// Reads all documents of a text. Empty documents are left out.
pub fn parse(text: &[u8]) -> Result<Vec<Node>, (Position, YamlError)> {
    read(text, Builder::default()).map(|builder| builder.documents)
}

/// Reads all documents of a text in which keys may stand twice: the last of them counts. All but the first of each are told
/// as well. Merge keys, anchors and limits are as for [`parse`].
///
/// # Errors
/// As [`parse`], but for keys that stand twice.
pub fn parse_repeating(text: &[u8]) -> Result<(Vec<Node>, Vec<Key>), (Position, YamlError)> {
    let builder = read(text, Builder { repeated: Some(Vec::new()), ..Builder::default() })?;
    Ok((builder.documents, builder.repeated.unwrap_or_default()))
}

fn read(text: &[u8], mut builder: Builder) -> Result<Builder, (Position, YamlError)> {
    if text.len() > MAX_BYTES {
        return Err((Position { line: 1, column: 1 }, YamlError::TooLarge(text.len())));
    }
    let text = std::str::from_utf8(text).map_err(|error| {
        let before = &text[..error.valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        (Position { line: saturate(line), column: 1 }, YamlError::NotUtf8)
    })?;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| (position(error.marker()), YamlError::Malformed(error.info())))?;
        builder.event(event, position(&span.start))?;
    }
    Ok(builder)
}

fn position(marker: &Marker) -> Position {
    Position { line: saturate(marker.line()), column: saturate(marker.col() + 1) }
}

fn saturate(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A collection whose end has not come yet.
struct Open {
    at: Position,
    anchor: usize,
    entries: Entries,
}

enum Entries {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, seen: Seen, key: Option<Pending>, merge: Vec<Node> },
}

/// A key whose value has not come yet.
enum Pending {
    Merge,
    Key(Key),
}

/// The keys of a mapping that is being read: small mappings are looked through, large ones have a set.
#[derive(Default)]
struct Seen(HashSet<String>);

impl Seen {
    const SMALL: usize = 32;

    /// Whether a key is not among the entries so far.
    fn is_new(&mut self, name: &str, entries: &[(Key, Node)]) -> bool {
        if entries.len() < Self::SMALL {
            return entries.iter().all(|(key, _)| key.name != name);
        }
        if self.0.is_empty() {
            self.0.extend(entries.iter().map(|(key, _)| key.name.clone()));
        }
        self.0.insert(name.to_owned())
    }
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    copied: usize,
    /// Keys that stand there once more; `None`: they are errors.
    repeated: Option<Vec<Key>>,
}

const MERGE: &str = "<<";

/// Whether a scalar is a merge key: `<<`, or as some programs write it, `!!merge <<`.
fn is_merge(text: &str, style: ScalarStyle, tag: Option<&str>) -> bool {
    text == MERGE && tag.map_or(style == ScalarStyle::Plain, |tag| short(tag) == "merge")
}

impl Builder {
    fn event(&mut self, event: Event<'_>, at: Position) -> Result<(), (Position, YamlError)> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| tag.to_string());
                let merge_key = is_merge(&text, style, tag.as_deref());
                let content = scalar_content(&text, style, tag.as_deref()).map_err(|error| (at, error))?;
                self.finish(Node { at, content }, anchor, merge_key)?;
            }
            Event::SequenceStart(_, anchor, _) => self.begin(at, anchor, Entries::List(Vec::new()))?,
            Event::MappingStart(_, anchor, _) => {
                let entries = Entries::Map { entries: Vec::new(), seen: Seen::default(), key: None, merge: Vec::new() };
                self.begin(at, anchor, entries)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let content = open.entries.close().map_err(|error| (open.at, error))?;
                    self.finish(Node { at: open.at, content }, open.anchor, false)?;
                }
            }
            Event::Alias(anchor) => {
                let Some((node, nodes)) = self.anchors.get(&anchor).cloned() else {
                    return Err((at, YamlError::CyclicAlias));
                };
                self.copy(nodes, at)?;
                self.finish(node, 0, false)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts nodes that anchors keep and aliases repeat, so that neither can blow up.
    fn copy(&mut self, nodes: usize, at: Position) -> Result<(), (Position, YamlError)> {
        self.copied += nodes;
        if self.copied > MAX_ALIASED_NODES { Err((at, YamlError::AliasBomb)) } else { Ok(()) }
    }

    fn begin(&mut self, at: Position, anchor: usize, entries: Entries) -> Result<(), (Position, YamlError)> {
        if self.open.len() >= MAX_DEPTH {
            return Err((at, YamlError::TooDeep));
        }
        self.open.push(Open { at, anchor, entries });
        Ok(())
    }

    /// A whole node goes where it belongs: a list's item, a mapping's key or value, or a document.
    fn finish(&mut self, node: Node, anchor: usize, merge_key: bool) -> Result<(), (Position, YamlError)> {
        if anchor != 0 {
            let nodes = count(&node);
            self.copy(nodes, node.at)?;
            self.anchors.insert(anchor, (node.clone(), nodes));
        }
        let at = node.at;
        match self.open.last_mut() {
            None if matches!(node.content, Content::Null) => {}
            None => self.documents.push(node),
            Some(Open { entries: Entries::List(items), .. }) => items.push(node),
            Some(Open { entries: Entries::Map { entries, seen, key, merge }, .. }) => match key.take() {
                None if merge_key => *key = Some(Pending::Merge),
                None => {
                    let name = scalar::key(&node.content).ok_or((at, YamlError::KeyType))?;
                    if !seen.is_new(&name, entries) {
                        let first = entries.iter().position(|(key, _)| key.name == name);
                        let Some(repeated) = &mut self.repeated else {
                            let first = first.map_or(at, |first| entries[first].0.at);
                            return Err((at, YamlError::DuplicateKey { key: name, first }));
                        };
                        first.map(|first| entries.remove(first));
                        repeated.push(Key { at, name: name.clone() });
                    }
                    *key = Some(Pending::Key(Key { at, name }));
                }
                Some(Pending::Merge) => merge.push(node),
                Some(Pending::Key(found)) => entries.push((found, node)),
            },
        }
        Ok(())
    }
}

impl Entries {
    /// The finished collection; merge keys fill in what the mapping itself does not say.
    fn close(self) -> Result<Content, YamlError> {
        let (mut entries, merge) = match self {
            Entries::List(items) => return Ok(Content::List(items)),
            Entries::Map { entries, merge, .. } => (entries, merge),
        };
        if merge.is_empty() {
            return Ok(Content::Map(entries));
        }
        let mut seen: HashSet<String> = entries.iter().map(|(key, _)| key.name.clone()).collect();
        let mut merged = Vec::new();
        for node in merge {
            match node.content {
                Content::Map(_) => merged.push(node),
                Content::List(nodes) => merged.extend(nodes),
                _ => return Err(YamlError::Merge),
            }
        }
        for node in merged {
            let Content::Map(more) = node.content else { return Err(YamlError::Merge) };
            for (key, value) in more {
                if seen.insert(key.name.clone()) {
                    entries.push((key, value));
                }
            }
        }
        Ok(Content::Map(entries))
    }
}

/// A scalar by its tag, else by its style: only plain text is looked at for what it might mean.
fn scalar_content(text: &str, style: ScalarStyle, tag: Option<&str>) -> Result<Content, YamlError> {
    let resolved = || scalar::resolve(text).ok_or_else(|| YamlError::NotJson(text.to_owned()));
    let Some(tag) = tag else {
        return if style == ScalarStyle::Plain { resolved() } else { Ok(Content::String(text.to_owned())) };
    };
    let content = resolved()?;
    match (short(tag), &content) {
        ("str" | "", _) => Ok(Content::String(text.to_owned())),
        ("null", Content::Null)
        | ("bool", Content::Bool(_))
        | ("int" | "float", Content::Number(_))
        | ("timestamp", Content::String(_)) => Ok(content),
        ("merge", _) if text == MERGE => Ok(content),
        _ => Err(YamlError::Tag(tag.to_owned())),
    }
}

/// A tag without what is the same in all tags of YAML itself.
fn short(tag: &str) -> &str {
    tag.trim_start_matches("tag:yaml.org,2002:").trim_start_matches('!')
}

fn count(node: &Node) -> usize {
    1 + match &node.content {
        Content::List(items) => items.iter().map(count).sum(),
        Content::Map(entries) => entries.iter().map(|(_, node)| count(node)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn json_of(text: &str) -> serde_json::Value {
        parse(text.as_bytes()).unwrap()[0].to_json()
    }

    fn error_of(text: &str) -> (String, YamlError) {
        let (at, error) = parse(text.as_bytes()).unwrap_err();
        (at.to_string(), error)
    }

    #[test]
    fn nodes_know_where_they_stand() {
        let node = &parse(b"a:\n  b: [1, x]\n").unwrap()[0];
        let list = node.get("a").unwrap().get("b").unwrap();
        assert_eq!(list.at.to_string(), "2:6");
        let Content::List(items) = &list.content else { panic!("no list") };
        assert_eq!(items[1].at.to_string(), "2:10");
    }

    #[test]
    fn json_is_read_as_well() {
        assert_eq!(json_of(r#"{"a": [1, "\u00e4", null, {"b": true}]}"#), json!({"a": [1, "ä", null, {"b": true}]}));
    }

    #[test]
    fn several_documents_are_read_and_empty_ones_left_out() {
        assert_eq!(parse(b"---\n# nothing\n---\na: 1\n---\n---\nb: 2\n").unwrap().len(), 2);
    }

    #[test]
    fn quoted_scalars_stay_text() {
        assert_eq!(
            json_of("a: 'on'\nb: \"1\"\nc: |-\n  2\nd: !!str 3\n"),
            json!({"a": "on", "b": "1", "c": "2", "d": "3"})
        );
    }

    #[test]
    fn keys_become_text() {
        assert_eq!(json_of("on: 1\n2: 2\n"), json!({"true": 1, "2": 2}));
    }

    #[test]
    fn aliases_and_merge_keys_are_filled_in() {
        for key in ["<<", "!!merge <<"] {
            let text = format!("base: &b {{p: 1, q: 2}}\nmine:\n  {key}: *b\n  q: 3\nsame: *b\n");
            assert_eq!(
                json_of(&text),
                json!({"base": {"p": 1, "q": 2}, "mine": {"p": 1, "q": 3}, "same": {"p": 1, "q": 2}})
            );
        }
    }

    #[test]
    fn a_duplicate_key_names_both_places() {
        let (at, error) = error_of("a: 1\nb: 2\na: 3\n");
        assert_eq!(at, "3:1");
        assert_eq!(error.to_string(), "key \"a\" stands twice in this mapping, first at 1:1; remove one of them");
    }

    #[test]
    fn hostile_texts_are_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert_eq!(error_of(&bomb).1, YamlError::AliasBomb);
        assert_eq!(error_of("a: &a [*a]\n").1, YamlError::CyclicAlias);
        let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
        assert!(matches!(error_of(&deep).1, YamlError::TooDeep | YamlError::Malformed(_)));
        assert_eq!(parse(b"a: \xff").unwrap_err().1, YamlError::NotUtf8);
        assert_eq!(error_of("? [a]\n: 1\n").1, YamlError::KeyType);
        assert!(matches!(error_of("a: .inf\n").1, YamlError::NotJson(_)));
        assert!(matches!(error_of("a: [1\nb: 2\n").1, YamlError::Malformed(_)));
        assert_eq!(parse(&vec![b' '; MAX_BYTES + 1]).unwrap_err().1, YamlError::TooLarge(MAX_BYTES + 1));
    }
}
