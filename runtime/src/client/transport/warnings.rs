//! Warnings of the API server.
//!
//! Source: <https://kubernetes.io/blog/2020/09/03/warnings/>, RFC 7234 §5.5, `k8s.io/client-go/rest/warnings.go`.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, header};

/// A warning of the API server, such as a deprecated version or an unknown field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Warning {
    /// The code; 299 for all warnings of API servers.
    pub code: u16,
    /// The agent that warns; `-` for API servers.
    pub agent: String,
    /// The text.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// A receiver of the warnings of the API server. Closures implement it.
pub trait WarningHandler: Send + Sync {
    /// Handles a warning. It is called before the call returns.
    fn handle(&self, warning: &Warning);
}

impl<F: Fn(&Warning) + Send + Sync> WarningHandler for F {
    fn handle(&self, warning: &Warning) {
        self(warning);
    }
}

/// Logs each text once, at the level WARN; the default, as in kubectl.
#[derive(Debug, Default)]
pub struct LogWarnings {
    logged: Mutex<HashSet<String>>,
}

/// The number of texts that are remembered; a text may contain names of objects.
const MAX_REMEMBERED: usize = 1000;

impl WarningHandler for LogWarnings {
    fn handle(&self, warning: &Warning) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.contains(&warning.text) {
            return;
        }
        if logged.len() >= MAX_REMEMBERED {
            logged.clear();
        }
        logged.insert(warning.text.clone());
        drop(logged);
        tracing::warn!("warning of the API server: {warning}");
    }
}

/// Passes the warnings of a response to a handler.
pub(super) fn report(headers: &HeaderMap, handler: &dyn WarningHandler) {
    warnings(headers).iter().for_each(|warning| handler.handle(warning));
}

/// Returns the warnings of a response.
pub(crate) fn warnings(headers: &HeaderMap) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for value in headers.get_all(header::WARNING) {
        // Texts in UTF-8 are sent as they are.
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut rest = value.as_ref();
        while let Some((warning, next)) = parse(rest) {
            warnings.push(warning);
            rest = next;
        }
    }
    warnings
}

/// Parses the first warning of a header: `299 - "text"`, optionally followed by a date and a comma.
fn parse(header: &str) -> Option<(Warning, &str)> {
    let header = header.trim_start_matches([' ', '\t', ',']);
    let (code, rest) = header.split_once(' ')?;
    let (agent, rest) = rest.split_once(' ')?;
    let code = code.parse().ok().filter(|_| code.len() == 3)?;
    let (text, rest) = quoted(rest)?;
    // A date is a second quoted string.
    let rest = quoted(rest.trim_start()).map_or(rest, |(_, rest)| rest);
    Some((Warning { code, agent: agent.to_owned(), text }, rest))
}

/// Parses a quoted string, in which a backslash escapes the next character.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.char_indices();
    let mut unquoted = String::new();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((unquoted, &text[at + 2..])),
            '\\' => unquoted.extend(chars.next().map(|(_, char)| char)),
            _ => unquoted.push(char),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::WARNING, HeaderValue::from_str(value).unwrap());
        }
        let texts = Mutex::new(Vec::new());
        report(&headers, &|warning: &Warning| texts.lock().unwrap().push(warning.text.clone()));
        texts.into_inner().unwrap()
    }

    #[test]
    fn each_warning_of_each_header_is_reported() {
        assert_eq!(texts(&[r#"299 - "one""#, r#"299 - "two", 299 - "three""#]), ["one", "two", "three"]);
        assert_eq!(texts(&[r#"299 - "a" "Tue, 15 Nov 1994 08:12:31 GMT", 299 - "b""#]), ["a", "b"]);
    }

    #[test]
    fn quotes_commas_and_backslashes_belong_to_the_text() {
        assert_eq!(
            texts(&[r#"299 - "unknown field \"spec.a\", ignored \\""#]),
            [r#"unknown field "spec.a", ignored \"#]
        );
        assert_eq!(texts(&["299 - \"größer\""]), ["größer"]);
    }

    #[test]
    fn malformed_warnings_are_ignored() {
        let malformed =
            ["", "299", "299 -", "299 - ", "299 - \"", "299 - \"open", "x - \"a\"", "29 - \"a\"", "299 - a"];
        assert!(texts(&malformed).is_empty());
    }

    #[test]
    fn remembered_texts_are_bounded() {
        let handler = LogWarnings::default();
        for number in 0..2 * MAX_REMEMBERED {
            handler.handle(&Warning { code: 299, agent: "-".to_owned(), text: number.to_string() });
        }
        assert!(handler.logged.lock().unwrap().len() <= MAX_REMEMBERED);
    }
}
