//! `Warning` headers.

use std::borrow::Cow;

use ::http::HeaderMap;
use ::http::header::{HeaderValue, WARNING};

/// The number of characters of all warnings after which each of them is truncated.
const TOTAL: usize = 4096;
/// The number of characters of a truncated warning.
const TRUNCATED: usize = 256;

/// Adds a header `Warning` for each text: `299 - "text"` with an escaped text. A text with control characters is not sent.
///
/// Source: `apimachinery/pkg/util/net/http.go`, `NewWarningHeader`.
pub(super) fn append_warnings(headers: &mut HeaderMap, texts: &[String]) {
    for text in limited(texts) {
        let header = format!("299 - \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        // Texts are not restricted to ASCII.
        if let Ok(value) = HeaderValue::from_bytes(header.as_bytes()) {
            headers.append(WARNING, value);
        }
    }
}

fn is_sendable(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}

/// Returns the texts that are sent. If they exceed the limit, all are truncated, and after the limit no more are sent.
///
/// Source: `apiserver/pkg/endpoints/filters/warning.go`, `AddWarning`.
fn limited(texts: &[String]) -> Vec<Cow<'_, str>> {
    let length = |text: &str| text.chars().count();
    let texts: Vec<&str> = texts.iter().map(String::as_str).filter(|text| is_sendable(text)).collect();
    let mut written = 0;
    let fitting = texts.iter().take_while(|text| {
        written += length(text);
        written <= TOTAL
    });
    let fitting = fitting.count();
    if fitting == texts.len() {
        return texts.into_iter().map(Cow::Borrowed).collect();
    }
    // The first text that does not fit is sent with those before it, whatever they add up to.
    let mut written = 0;
    let truncated = texts.iter().map(|text| Cow::Owned(text.chars().take(TRUNCATED).collect::<String>()));
    let sent = truncated.enumerate().take_while(|(index, text)| {
        let is_sent = *index <= fitting || written < TOTAL;
        written += length(text);
        is_sent
    });
    sent.map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::limited;

    fn lengths(texts: &[usize]) -> Vec<usize> {
        let texts: Vec<String> = texts.iter().map(|length| "é".repeat(*length)).collect();
        limited(&texts).iter().map(|text| text.chars().count()).collect()
    }

    #[test]
    fn warnings_within_the_limit_are_complete() {
        assert_eq!(lengths(&[4096]), [4096]);
        assert_eq!(lengths(&[4000, 0, 96]), [4000, 96]);
        assert_eq!(limited(&["a\u{80}b".to_owned(), "c".to_owned()]), ["c"]);
    }

    #[test]
    fn warnings_beyond_the_limit_are_truncated() {
        assert_eq!(lengths(&[4097]), [256]);
        assert_eq!(lengths(&[300, 10, 3787]), [256, 10, 256]);
        assert_eq!(lengths(&[2048, 2048, 300, 20]), [256, 256, 256, 20]);
        let many = lengths(&[100; 60]);
        assert_eq!(many, [100; 41], "4100 characters exceed the limit and end it");
        assert_eq!(lengths(&[300; 30]).len(), 16, "16 of 256 characters are the limit");
    }

    #[test]
    fn short_warnings_before_the_first_long_one_are_sent() {
        let mut texts = vec![1; 4096];
        texts.push(2);
        texts.push(1);
        assert_eq!(lengths(&texts).len(), 4097);
    }
}
