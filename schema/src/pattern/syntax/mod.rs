//! Syntax check of regular expressions with Go's messages.
//!
//! Source: Go's `regexp/syntax/parse.go`, with the flags that `regexp.Compile` uses.

mod class;
mod error;
mod escape;
mod repeat;

use class::class;
use error::{INVALID_NAME, INVALID_REPEAT, MISSING_ARGUMENT, SyntaxError, before};
use escape::escape;
use repeat::{Counts, counts};

/// The maximum number of copies of nested repetitions.
const MAX_COPIES: u32 = 1000;
/// The maximum depth of groups.
const MAX_DEPTH: usize = 1000;

/// Checks that Go accepts a pattern.
///
/// # Errors
/// Returns Go's message.
pub(crate) fn check_syntax(pattern: &str) -> Result<(), String> {
    let mut parser = Parser { pattern, groups: vec![Group::default()] };
    parser.all().map_err(|(code, part)| format!("error parsing regexp: {code}: `{part}`"))
}

/// The state of a group.
#[derive(Default)]
struct Group {
    /// The number of copies of the last expression, if it can be repeated.
    last: Option<u32>,
    /// The maximum number of copies of an expression in this group.
    max: u32,
}

impl Group {
    fn push(&mut self, copies: u32) {
        self.last = Some(copies);
        self.max = self.max.max(copies);
    }
}

struct Parser<'p> {
    pattern: &'p str,
    groups: Vec<Group>,
}

impl<'p> Parser<'p> {
    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn all(&mut self) -> Result<(), SyntaxError<'p>> {
        let mut rest = self.pattern;
        let mut last_repeat = "";
        while let Some(c) = rest.chars().next() {
            let mut repeat = "";
            match c {
                '(' => {
                    rest = if rest.starts_with("(?") { self.flags(rest)? } else { self.open(&rest[1..])? };
                }
                '|' => {
                    self.group().last = None;
                    rest = &rest[1..];
                }
                ')' => {
                    self.close()?;
                    rest = &rest[1..];
                }
                '[' => {
                    rest = class(rest)?;
                    self.group().push(1);
                }
                '*' | '+' | '?' => {
                    repeat = rest;
                    rest = self.repeat(rest, &rest[1..], None, last_repeat)?;
                }
                '{' => match counts(rest) {
                    None => {
                        self.group().push(1);
                        rest = &rest[1..];
                    }
                    Some(found) => {
                        repeat = rest;
                        rest = self.repeat(rest, found.rest, Some(&found), last_repeat)?;
                    }
                },
                '\\' => {
                    let (after, is_expression) = escape(rest)?;
                    rest = after;
                    if is_expression {
                        self.group().push(1);
                    }
                }
                c => {
                    self.group().push(1);
                    rest = &rest[c.len_utf8()..];
                }
            }
            last_repeat = repeat;
        }
        if self.groups.len() == 1 { Ok(()) } else { Err(("missing closing )", self.pattern)) }
    }

    fn open(&mut self, rest: &'p str) -> Result<&'p str, SyntaxError<'p>> {
        if self.groups.len() >= MAX_DEPTH {
            return Err(("expression nests too deeply", self.pattern));
        }
        self.groups.push(Group::default());
        Ok(rest)
    }

    fn close(&mut self) -> Result<(), SyntaxError<'p>> {
        if self.groups.len() == 1 {
            return Err(("unexpected )", self.pattern));
        }
        let copies = self.groups.pop().map_or(1, |group| group.max.max(1));
        self.group().push(copies);
        Ok(())
    }

    /// Parses a repetition at `text`; `after` is the text after its operator.
    fn repeat(
        &mut self,
        text: &'p str,
        after: &'p str,
        counts: Option<&Counts<'p>>,
        last_repeat: &'p str,
    ) -> Result<&'p str, SyntaxError<'p>> {
        if counts.is_some_and(|counts| !counts.are_valid()) {
            return Err((INVALID_REPEAT, before(text, after)));
        }
        let after = after.strip_prefix('?').unwrap_or(after);
        if !last_repeat.is_empty() {
            return Err(("invalid nested repetition operator", before(last_repeat, after)));
        }
        let group = self.group();
        let Some(copies) = group.last else { return Err((MISSING_ARGUMENT, before(text, after))) };
        let times = counts.map_or(1, |counts| counts.max.unwrap_or(counts.min));
        // Go ignores the copies of an expression that is repeated zero times.
        let copies = if times == 0 { 0 } else { copies.saturating_mul(times) };
        let counts_copies = counts.is_some_and(|counts| counts.min >= 2 || counts.max.is_some_and(|max| max >= 2));
        if counts_copies && copies > MAX_COPIES {
            return Err((INVALID_REPEAT, before(text, after)));
        }
        group.push(copies);
        Ok(after)
    }

    /// Parses a construct that starts with `(?`: a named group, a non-capturing group, or flags.
    fn flags(&mut self, text: &'p str) -> Result<&'p str, SyntaxError<'p>> {
        let name = text.strip_prefix("(?P<").filter(|_| text.len() > 4);
        if let Some(name) = name.or_else(|| text.strip_prefix("(?<").filter(|_| text.len() > 3)) {
            let (name, rest) = name.split_once('>').ok_or((INVALID_NAME, text))?;
            if name.is_empty() || !name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
                return Err((INVALID_NAME, before(text, rest)));
            }
            return self.open(rest);
        }
        let mut rest = &text[2..];
        let (mut negated, mut saw_flag) = (false, false);
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                'i' | 'm' | 's' | 'U' => saw_flag = true,
                '-' if !negated => (negated, saw_flag) = (true, false),
                ':' | ')' if !negated || saw_flag => {
                    return if c == ':' { self.open(rest) } else { Ok(rest) };
                }
                _ => break,
            }
        }
        Err(("invalid or unsupported Perl syntax", before(text, rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::check_syntax;

    #[test]
    fn error_messages_match_go() {
        for (pattern, message) in [
            ("a(", "missing closing ): `a(`"),
            ("a)", "unexpected ): `a)`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("(|*?)", "missing argument to repetition operator: `*?`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a{2}{3}?", "invalid nested repetition operator: `{2}{3}?`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("a{3,2}", "invalid repeat count: `{3,2}`"),
            ("(a{100}){11}", "invalid repeat count: `{11}`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?<=a)", "invalid named capture: `(?<=a)`"),
            ("(?<a-b>c)", "invalid named capture: `(?<a-b>`"),
            ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
            ("[a", "missing closing ]: `[a`"),
            ("x[z-a]", "invalid character class range: `z-a`"),
            ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
            ("\\p{Nope}", "invalid character class range: `\\p{Nope}`"),
            ("\\q", "invalid escape sequence: `\\q`"),
            ("\\1", "invalid escape sequence: `\\1`"),
            ("\\C", "invalid escape sequence: `\\C`"),
            ("\\x{110000}", "invalid escape sequence: `\\x{110000`"),
            ("a\\", "trailing backslash at end of expression: ``"),
            ("\\Z", "invalid escape sequence: `\\Z`"),
        ] {
            assert_eq!(check_syntax(pattern), Err(format!("error parsing regexp: {message}")), "{pattern}");
        }
    }

    #[test]
    fn valid_patterns_are_accepted() {
        for pattern in [
            "",
            "a{,2}",
            "a{1000}",
            "{",
            "a{x",
            "[]a]",
            "[^]]",
            "[a-]",
            "[-a]",
            "(?P<n>a)",
            "(?<n>a)",
            "(?i)a",
            "(?i:a)*",
            "(?s-i)a",
            "^*",
            "\\Q(\\E+",
            "\\pL",
            "\\p{^Greek}",
            "\\PN",
            "\\p{Lu}",
            "\\012",
            "\\x7f",
            "\\_",
            "a|*b|".trim_end_matches("*b|"),
            "()",
            "()*",
            "(|a)*",
            "a{0}{1}".trim_end_matches("{1}"),
            "[[:^alpha:]\\d]",
            "[[:x]",
            "(a{1000}){1}",
        ] {
            assert_eq!(check_syntax(pattern), Ok(()), "{pattern}");
        }
    }
}
