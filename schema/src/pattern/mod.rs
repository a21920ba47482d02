//! Regular expressions of schemas, in Go's RE2 syntax.
//!
//! Like RE2, the crate `regex` matches in linear time. Syntax that the two interpret differently is rewritten. Source:
//! `regexp/syntax`.

#[cfg(feature = "cel")]
mod syntax;

use std::fmt;
use std::ops::Deref;
#[cfg(feature = "objects")]
use std::sync::OnceLock;

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

/// The maximum size of a compiled pattern in bytes.
#[cfg(feature = "objects")]
const SIZE: usize = 32 * 1024 * 1024;

/// Compiles a pattern in Go syntax.
///
/// # Errors
/// Returns an error if the pattern is invalid or too large.
#[cfg(feature = "objects")]
pub fn compile(pattern: &str) -> Result<regex::Regex, String> {
    let rewritten = rewrite(pattern);
    let built = regex::RegexBuilder::new(&rewritten).octal(true).size_limit(SIZE).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!("error parsing regexp: expression too large: `{pattern}`"),
        other => format!("error parsing regexp: {}", other.to_string().lines().last().unwrap_or_default()),
    })
}

/// Compiles a constant pattern of this crate.
#[cfg(feature = "objects")]
pub(crate) fn compile_static(pattern: &str) -> Option<regex::Regex> {
    regex::Regex::new(pattern).ok()
}

/// Rewrites a pattern from Go syntax to the syntax of the crate `regex`.
#[cfg(feature = "objects")]
fn rewrite(pattern: &str) -> String {
    Rewriter { rest: pattern, out: String::with_capacity(pattern.len() + 16) }.all()
}

#[cfg(feature = "objects")]
struct Rewriter<'p> {
    rest: &'p str,
    out: String,
}

#[cfg(feature = "objects")]
impl Rewriter<'_> {
    fn all(mut self) -> String {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape(false),
                '[' => self.class(),
                // A brace without a valid count is a literal.
                '{' if !is_count(self.rest) => self.out.push_str("\\{"),
                '(' => {
                    self.out.push('(');
                    // Comments and verbose mode do not exist in Go.
                }
                c => self.out.push(c),
            }
        }
        self.out
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    /// Rewrites an escape: Perl classes and boundaries are ASCII only.
    fn escape(&mut self, in_class: bool) {
        let Some(c) = self.next() else { return self.out.push('\\') };
        let plain = match c {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            's' => r"[\t\n\f\r ]",
            'S' => r"[^\t\n\f\r ]",
            'b' if !in_class => r"(?-u:\b)",
            'B' if !in_class => r"(?-u:\B)",
            'Q' if !in_class => return self.literal(),
            'p' | 'P' => return self.property(c),
            c => {
                self.out.push('\\');
                return self.out.push(c);
            }
        };
        self.out.push_str(plain);
    }

    /// Rewrites `\p{^Greek}` to `\P{Greek}`.
    fn property(&mut self, p: char) {
        let negated = self.rest.strip_prefix("{^");
        let p = match (p, negated) {
            ('p', Some(_)) => 'P',
            ('P', Some(_)) => 'p',
            (p, _) => p,
        };
        self.out.push('\\');
        self.out.push(p);
        if let Some(rest) = negated {
            self.out.push('{');
            self.rest = rest;
        }
    }

    /// Rewrites text between `\Q` and `\E`.
    fn literal(&mut self) {
        let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
        self.out.push_str(&regex::escape(text));
        self.rest = rest;
    }

    /// Rewrites a bracket expression: only POSIX classes nest, and there are no set operations.
    fn class(&mut self) {
        self.out.push('[');
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.out.push('^');
            self.rest = rest;
        }
        if let Some(rest) = self.rest.strip_prefix(']') {
            self.out.push_str("\\]");
            self.rest = rest;
        }
        while let Some(c) = self.next() {
            match c {
                ']' => return self.out.push(']'),
                '\\' => self.escape(true),
                '[' => match self.rest.strip_prefix(':').and_then(|rest| rest.split_once(":]")) {
                    Some((name, rest)) if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'^') => {
                        self.out.push_str(&format!("[:{name}:]"));
                        self.rest = rest;
                    }
                    _ => self.out.push_str("\\["),
                },
                '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '-' if self.rest.starts_with('-') => self.out.push_str("\\-"),
                c => self.out.push(c),
            }
        }
    }
}

/// Returns whether a valid count follows an opening brace: `3}`, `3,}` or `3,5}`.
#[cfg(feature = "objects")]
fn is_count(rest: &str) -> bool {
    let Some((count, _)) = rest.split_once('}') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match count.split_once(',') {
        None => digits(count),
        Some((min, max)) => digits(min) && (max.is_empty() || digits(max)),
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
