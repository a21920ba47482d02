//! Splitting of files as in kubectl, and reading of request bodies as in the API server.

use std::borrow::Cow;

use super::compose::Composer;
use super::encoding::{check, decode, lines, strip_mark, utf8};
use super::entries::Duplicates;
use super::error::{Failure, failure};
use super::json::Json;
use super::{Content, Key, MAX_BYTES, Node, Position, STACK_BYTES, YamlError};

/// Reads all documents of a file as kubectl does: consecutive JSON objects, or YAML documents between lines `---`.
/// Skips documents that are empty or null.
///
/// # Errors
/// Returns the first error. Unlike in kubectl, a duplicate key is an error.
pub fn parse(text: &[u8]) -> Result<Vec<Node>, (Position, YamlError)> {
    with_stack(|| file(text, &mut Duplicates::Rejected)).map_err(|failure| *failure)
}

/// Reads a request body as the API server does: the first YAML document, in which the last of duplicate keys is used.
/// Also returns all occurrences of duplicate keys except the first, including those from merge keys.
///
/// # Errors
/// Returns the first error.
pub fn parse_with_duplicates(text: &[u8]) -> Result<(Vec<Node>, Vec<Key>), (Position, YamlError)> {
    with_stack(|| body(text)).map_err(|failure| *failure)
}

/// Reads all documents of a file as kubectl does, including that the last of duplicate keys is used. Also returns all
/// occurrences of duplicate keys except the first, with their positions in the file.
///
/// # Errors
/// Returns the first error.
pub fn parse_all_with_duplicates(text: &[u8]) -> Result<(Vec<Node>, Vec<Key>), (Position, YamlError)> {
    with_stack(|| {
        let mut duplicates = Duplicates::Last(Vec::new());
        let documents = file(text, &mut duplicates)?;
        let found = if let Duplicates::Last(found) = duplicates { found } else { Vec::new() };
        Ok((documents, found))
    })
    .map_err(|failure: Failure| *failure)
}

fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_BYTES, STACK_BYTES, work)
}

fn body(text: &[u8]) -> Result<(Vec<Node>, Vec<Key>), Failure> {
    limit(text)?;
    let mut duplicates = Duplicates::Last(Vec::new());
    let text = decode(text)?;
    let mut documents = Vec::new();
    push(document(&text, 1, &mut duplicates)?, &mut documents);
    let found = if let Duplicates::Last(found) = duplicates { found } else { Vec::new() };
    Ok((documents, found))
}

fn limit(text: &[u8]) -> Result<(), Failure> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(failure(Position { line: 1, column: 1 }, YamlError::TooLarge(text.len())))
}

/// Reads a file as kubectl does: `k8s.io/apimachinery/pkg/util/yaml`, `YAMLOrJSONDecoder`.
pub(super) fn file(text: &[u8], duplicates: &mut Duplicates) -> Result<Vec<Node>, Failure> {
    limit(text)?;
    let mut documents = Vec::new();
    let (mut rest, mut line) = (text, 1);
    if is_json(text) {
        let Some(yaml) = objects(text, duplicates, &mut documents)? else { return Ok(documents) };
        line += lines(&text[..text.len() - yaml.len()]);
        rest = yaml;
    }
    if rest.starts_with(&[0xFF, 0xFE]) || rest.starts_with(&[0xFE, 0xFF]) {
        // kubectl adds a line break of one byte to the end, also in UTF-16.
        let ending: &[u8] = if rest.ends_with(b"\n") { b"" } else { b"\n" };
        let text = decode(&[rest, ending].concat()).map(Cow::into_owned)?;
        push(document(&text, line, duplicates)?, &mut documents);
        return Ok(documents);
    }
    let rest = utf8(rest).map_err(|mut failure| {
        failure.0.line += line - 1;
        failure
    })?;
    let mut chunks = Chunks { rest, line };
    while let Some((chunk, line)) = chunks.next_chunk()? {
        push(document(&as_lines(chunk), line, duplicates)?, &mut documents);
    }
    Ok(documents)
}

/// Normalizes a document as kubectl does when it joins its lines: each ends with `
/// `, without the `\r` before it.
fn as_lines(chunk: &str) -> Cow<'_, str> {
    let ending = if chunk.ends_with('\n') { "" } else { "\n" };
    // Only relevant after another `\r`, which is a line break itself.
    if chunk.contains('\r') && chunk.contains("\r\r\n") {
        Cow::Owned(chunk.replace("\r\n", "\n") + ending)
    } else if ending.is_empty() {
        Cow::Borrowed(chunk)
    } else {
        Cow::Owned(format!("{chunk}{ending}"))
    }
}

fn push(document: Option<Node>, documents: &mut Vec<Node>) {
    documents.extend(document.filter(|node| node.content != Content::Null));
}

fn document(text: &str, line: u32, duplicates: &mut Duplicates) -> Result<Option<Node>, Failure> {
    let text = strip_mark(text, line)?;
    check(text, line)?;
    Composer::new(text, line, duplicates).document()
}

/// Returns whether kubectl considers a text to be JSON.
fn is_json(text: &[u8]) -> bool {
    match text.trim_ascii_start().first() {
        Some(b'{') => return true,
        // A vertical tab is a blank, too.
        Some(byte) if byte.is_ascii() && *byte != b'\x0B' => return false,
        _ => {}
    }
    let start = text.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    start.trim_start().starts_with('{')
}

/// Reads JSON objects. If the first or the second is not JSON, kubectl continues with YAML: returns the rest in this
/// case.
fn objects<'t>(
    text: &'t [u8],
    duplicates: &mut Duplicates,
    documents: &mut Vec<Node>,
) -> Result<Option<&'t [u8]>, Failure> {
    let mut json = Json::new(text);
    for count in 0_usize.. {
        let start = json.offset();
        match json.document(duplicates) {
            Ok(None) => break,
            Ok(document) => push(document, documents),
            Err(failure) => match after_blanks(&text[start..]) {
                Some(yaml) if count < 2 && matches!(failure.1, YamlError::Malformed(_)) => return Ok(Some(yaml)),
                _ => return Err(failure),
            },
        }
    }
    Ok(None)
}

/// Removes the blanks at the start of a text, up to the first line break. Like kubectl, returns `None` if less than
/// four bytes are left.
fn after_blanks(text: &[u8]) -> Option<&[u8]> {
    let start = text.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    for (at, character) in start.char_indices() {
        if text.len() - at < 4 || character == char::REPLACEMENT_CHARACTER {
            return None;
        }
        if character == '\n' {
            return Some(&text[at + 1..]);
        }
        if !character.is_whitespace() {
            return Some(&text[at..]);
        }
    }
    None
}

/// The documents of a file, split before parsing.
struct Chunks<'t> {
    rest: &'t str,
    line: u32,
}

impl<'t> Chunks<'t> {
    /// Returns the next document and its first line. A separator at its start belongs to it.
    fn next_chunk(&mut self) -> Result<Option<(&'t str, u32)>, Failure> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (rest, line) = (self.rest, self.line);
        if rest.starts_with("---") {
            separator(rest, line)?;
        }
        let length = rest.find("\n---").map_or(rest.len(), |at| at + 1);
        let (chunk, next) = rest.split_at(length);
        self.line = self.line.saturating_add(lines(chunk.as_bytes()));
        self.rest = "";
        if !next.is_empty() {
            separator(next, self.line)?;
            self.rest = next.find('\n').map_or("", |end| &next[end + 1..]);
            self.line = self.line.saturating_add(1);
        }
        Ok(Some((chunk, line)))
    }
}

/// Checks that the line of a separator contains nothing but a comment.
fn separator(text: &str, line: u32) -> Result<(), Failure> {
    let end = text.find('\n').unwrap_or(text.len());
    let after = text[3..end].trim();
    if after.is_empty() || after.starts_with('#') {
        return Ok(());
    }
    Err(failure(Position { line, column: 4 }, YamlError::Separator))
}
