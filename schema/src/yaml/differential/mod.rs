//! Comparison of random documents with the YAML libraries of Kubernetes.

mod documents;
mod fragments;
mod go_reader;

use serde_json::{Number, Value};

use super::entries::Duplicates;
use super::stream::file;
use super::{Node, YamlError, parse, parse_with_duplicates};
use documents::Documents;
use go_reader::{GoReader, Reading};

/// The maximum number of reported differences.
const MAX_DIFFERENCES: usize = 10;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

/// `cargo xtask yaml-differential` builds the Go program and runs this test.
#[test]
#[ignore = "needs Go: run `cargo xtask yaml-differential`"]
fn random_documents_are_read_as_by_kubernetes() {
    let mut go_reader = GoReader::start();
    let (count, seed) = (variable("YAML_DOCUMENTS", 20_000), variable("YAML_SEED", 1));
    let mut documents = Documents::new(seed);
    let (mut differences, mut read) = (Vec::new(), 0);
    for _ in 0..count {
        let text = documents.next_document();
        let reading = go_reader.read(&text);
        read += usize::from(reading.stream.as_ref().is_some_and(|documents| !documents.is_empty()));
        if difference(&text, &reading).is_some() {
            let text = shrink(text, |text| difference(text, &go_reader.read(text)).is_some());
            let found = difference(&text, &go_reader.read(&text)).unwrap_or_default();
            differences.push(format!("{:?}\n    {found}", String::from_utf8_lossy(&text)));
            if differences.len() >= MAX_DIFFERENCES {
                break;
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    // Guards against a generator of documents that are mostly invalid.
    assert!(read as u64 > count / 4, "only {read} of {count} documents have content");
}

/// Removes parts of a text as long as `differs` returns true.
fn shrink(mut text: Vec<u8>, mut differs: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut length = text.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at + length <= text.len() {
            let shorter = [&text[..at], &text[at + length..]].concat();
            if differs(&shorter) {
                text = shorter;
            } else {
                at += 1;
            }
        }
        length /= 2;
    }
    text
}

/// Returns the difference between the reader and Kubernetes.
fn difference(text: &[u8], reading: &Reading) -> Option<String> {
    if reading.random || has_inner_mark(text) {
        return None;
    }
    let lenient = file(text, &mut Duplicates::Last(Vec::new()));
    let strict = match parse(text) {
        Err((_, YamlError::DuplicateKey { .. })) => None,
        strict if values(&strict) == values(&lenient) => None,
        strict => Some(format!("parse: {strict:?} instead of {lenient:?}")),
    };
    let found = match &lenient {
        Err(failure) if is_known_limit(&failure.1, reading.stream_has_duplicates) => None,
        _ => mismatch("file", reading.stream.as_ref(), &reading.stream_error, &values(&lenient)),
    };
    found.or(strict).or_else(|| body_difference(text, reading))
}

fn body_difference(text: &[u8], reading: &Reading) -> Option<String> {
    let expected = reading.body.clone().map(|body| vec![body]);
    match parse_with_duplicates(text) {
        Err((_, error)) if is_known_limit(&error, reading.body_has_duplicates) => None,
        Err((_, error)) => mismatch("body", expected.as_ref(), &reading.body_error, &Err(error.to_string())),
        Ok((mut documents, duplicates)) => {
            let value = documents.pop().map_or(Value::Null, Node::into_json);
            let duplicates = (reading.body.is_some() && duplicates.is_empty() == reading.body_has_duplicates)
                .then(|| format!("body: duplicates: {duplicates:?}"));
            mismatch("body", expected.as_ref(), &reading.body_error, &Ok(vec![value])).or(duplicates)
        }
    }
}

/// Returns whether a text contains an inner byte order mark, which go-yaml may skip, depending on the state of its
/// buffer.
fn has_inner_mark(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).chars().skip(1).any(|character| character == '\u{FEFF}')
}

/// Returns whether Kubernetes may not report an error; see "Known limitations" in `docs/architecture.md`.
fn is_known_limit(error: &YamlError, has_duplicates: bool) -> bool {
    match error {
        // go-yaml decodes 512 bytes at a time, and stops after the first document.
        YamlError::NotUtf8 => true,
        YamlError::Malformed(message) => {
            message.contains("control characters") || message.contains("two byte order marks")
        }
        // The value is replaced before the conversion.
        YamlError::NotJson(_) | YamlError::KeyType => has_duplicates,
        _ => false,
    }
}

fn values<E: std::fmt::Debug>(documents: &Result<Vec<Node>, E>) -> Result<Vec<Value>, String> {
    match documents {
        Ok(documents) => Ok(documents.iter().map(Node::to_json).collect()),
        Err(error) => Err(format!("{error:?}")),
    }
}

fn mismatch(
    subject: &str,
    expected: Option<&Vec<Value>>,
    error: &str,
    found: &Result<Vec<Value>, String>,
) -> Option<String> {
    let same = |expected: &[Value], found: &[Value]| {
        expected.len() == found.len() && expected.iter().zip(found).all(|(expected, found)| is_same(expected, found))
    };
    match (expected, found) {
        (None, Err(_)) => None,
        (Some(expected), Ok(found)) if same(expected, found) => None,
        (expected, found) => Some(format!("{subject}: {found:?}\n    instead of {expected:?} {error}")),
    }
}

/// Returns whether two values are equal except for the notation of numbers.
fn is_same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(expected), Value::Number(found)) => is_same_number(expected, found),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected.iter().zip(found).all(|(expected, found)| is_same(expected, found))
        }
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| is_same(value, found)))
        }
        _ => expected == found,
    }
}

fn is_same_number(expected: &Number, found: &Number) -> bool {
    match (expected.as_i64(), found.as_i64()) {
        (Some(expected), Some(found)) => expected == found,
        (None, None) => expected.as_f64() == found.as_f64(),
        _ => false,
    }
}
