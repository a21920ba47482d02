//! Random documents, compared with the YAML libraries of Kubernetes.

mod documents;
mod fragments;
mod judge;

use serde_json::{Number, Value};

use super::entries::Duplicates;
use super::stream::file;
use super::{Node, YamlError, parse, parse_repeating};
use documents::Documents;
use judge::{Judge, Verdict};

/// How many differences are shown.
const SHOWN: usize = 10;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

/// `cargo xtask yaml-differential` builds the Go program and runs this test.
#[test]
#[ignore = "needs Go: run `cargo xtask yaml-differential`"]
fn random_documents_are_read_as_kubernetes_reads_them() {
    let mut judge = Judge::start();
    let (count, seed) = (variable("YAML_DOCUMENTS", 20_000), variable("YAML_SEED", 1));
    let mut documents = Documents::new(seed);
    let (mut differences, mut read) = (Vec::new(), 0);
    for _ in 0..count {
        let text = documents.next_document();
        let verdict = judge.verdict(&text);
        read += usize::from(verdict.stream.as_ref().is_some_and(|documents| !documents.is_empty()));
        if difference(&text, &verdict).is_some() {
            let text = shrink(text, |text| difference(text, &judge.verdict(text)).is_some());
            let why = difference(&text, &judge.verdict(&text)).unwrap_or_default();
            differences.push(format!("{:?}\n    {why}", String::from_utf8_lossy(&text)));
            if differences.len() >= SHOWN {
                break;
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    // Most documents of a generator that only makes errors would agree as well.
    assert!(read as u64 > count / 4, "only {read} of {count} documents have content");
}

/// Removes parts of a text as long as `differs` holds.
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

/// What differs between the reader and Kubernetes.
fn difference(text: &[u8], verdict: &Verdict) -> Option<String> {
    if verdict.random || has_inner_mark(text) {
        return None;
    }
    let lenient = file(text, &mut Duplicates::Last(Vec::new()));
    let strict = match parse(text) {
        Err((_, YamlError::DuplicateKey { .. })) => None,
        strict if values(&strict) == values(&lenient) => None,
        strict => Some(format!("parse: {strict:?} instead of {lenient:?}")),
    };
    let found = match &lenient {
        Err(failure) if is_known_limit(&failure.1, verdict.stream_repeated) => None,
        _ => unlike("file", verdict.stream.as_ref(), &verdict.stream_error, &values(&lenient)),
    };
    found.or(strict).or_else(|| body_difference(text, verdict))
}

fn body_difference(text: &[u8], verdict: &Verdict) -> Option<String> {
    let expected = verdict.body.clone().map(|body| vec![body]);
    match parse_repeating(text) {
        Err((_, error)) if is_known_limit(&error, verdict.repeated) => None,
        Err((_, error)) => unlike("body", expected.as_ref(), &verdict.body_error, &Err(error.to_string())),
        Ok((mut documents, repeated)) => {
            let value = documents.pop().map_or(Value::Null, Node::into_json);
            let repeated = (verdict.body.is_some() && repeated.is_empty() == verdict.repeated)
                .then(|| format!("body: repeated: {repeated:?}"));
            unlike("body", expected.as_ref(), &verdict.body_error, &Ok(vec![value])).or(repeated)
        }
    }
}

/// Whether a text has a byte order mark in it, which go-yaml skips or not, depending on the state of its buffer.
fn has_inner_mark(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).chars().skip(1).any(|character| character == '\u{FEFF}')
}

/// Whether an error is one that Kubernetes may not report; see "Known limits" in `docs/architecture.md`.
fn is_known_limit(error: &YamlError, has_duplicates: bool) -> bool {
    match error {
        // go-yaml decodes 512 bytes at a time, and nothing after the first document.
        YamlError::NotUtf8 => true,
        YamlError::Malformed(why) => why.contains("control characters") || why.contains("two byte order marks"),
        // The value is replaced before it is converted.
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

fn unlike(
    what: &str,
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
        (expected, found) => Some(format!("{what}: {found:?}\n    instead of {expected:?} {error}")),
    }
}

/// Whether two values are the same but for the way in which numbers are written.
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
