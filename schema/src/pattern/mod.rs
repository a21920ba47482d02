//! Regular expressions of schemas, in Go's RE2 syntax.
//!
//! Like RE2, the crate `regex` matches in linear time. Syntax that the two interpret differently is rewritten. Source:
//! `regexp/syntax`.

#[cfg(feature = "objects")]
mod compile;
#[cfg(feature = "cel")]
mod syntax;

use std::fmt;
use std::ops::Deref;
#[cfg(feature = "objects")]
use std::sync::OnceLock;

#[cfg(feature = "objects")]
pub use compile::compile;
#[cfg(feature = "objects")]
pub(crate) use compile::compile_static;
#[cfg(feature = "cel")]
pub(crate) use syntax::check_syntax;

/// A pattern of a schema, compiled on first use.
#[derive(Clone, Default)]
pub struct Pattern {
    text: String,
    #[cfg(feature = "objects")]
    compiled: OnceLock<Result<regex::Regex, String>>,
}

impl Pattern {
    /// Returns the pattern as in the schema.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Checks that the pattern matches a part of the text; otherwise returns the pattern for the message.
    #[cfg(feature = "objects")]
    pub(crate) fn check(&self, text: &str) -> Result<(), String> {
        match self.compiled.get_or_init(|| compile(&self.text)) {
            Ok(pattern) if pattern.is_match(text) => Ok(()),
            Ok(_) => Err(self.text.clone()),
            Err(message) => Err(format!("{}, but pattern is invalid: {message}", self.text)),
        }
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Pattern {
            text,
            #[cfg(feature = "objects")]
            compiled: OnceLock::new(),
        }
    }
}

impl Deref for Pattern {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(out)
    }
}

#[cfg(all(test, feature = "objects"))]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::from(pattern.to_owned()).check(text).is_ok()
    }

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, yes, no) in [
            (r"^\d+$", "12", "\u{661}"),
            (r"^\w+$", "a_1", "ä"),
            (r"^[\w.]+$", "a.b", "ä"),
            (r"^[^\s]+$", "a", "a b"),
            (r"^[\D]$", "x", "1"),
            ("^[a&&b]+$", "a&b", "c"),
            ("^[[a]+$", "[a", "b"),
            ("^[a--b]+$", "a-b", "c"),
            ("^[]a]+$", "]a", "b"),
            ("^[[:alpha:]]+$", "ab", "1"),
            (r"^a{,2}$", "a{,2}", "aa"),
            (r"^a{2}$", "aa", "a"),
            (r"^x{}$", "x{}", "x"),
            (r"^\Qa.b\E$", "a.b", "axb"),
            (r"\bfoo\b", "a foo", "afoo"),
            (r"^\pL+$", "äb", "1"),
            (r"^\p{^Greek}+$", "ab", "α"),
            (r"^\x41\101$", "AA", "A"),
            ("^a.$", "aä", "a\n"),
            (r"^[a\-z]$", "-", "b"),
        ] {
            assert!(matches(pattern, yes), "{pattern} matches {yes}");
            assert!(!matches(pattern, no), "{pattern} does not match {no}");
        }
    }

    #[test]
    fn invalid_pattern_is_an_error() {
        let message = Pattern::from("a(".to_owned()).check("a").unwrap_err();
        assert!(message.starts_with("a(, but pattern is invalid: error parsing regexp: "), "{message}");
    }

    #[test]
    fn exponential_pattern_is_rejected_or_fast() {
        let start = std::time::Instant::now();
        let _ = matches(r"(a?){500}(a){500}$", &"a".repeat(2_000));
        let _ = matches(r"((a{100}){100}){100}", "a");
        assert!(start.elapsed().as_secs() < 10);
    }
}
