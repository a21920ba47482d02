//! Syntax check of regular expressions with Go's messages.
//!
//! Source: Go's `regexp/syntax/parse.go`, with the flags that `regexp.Compile` uses.

use super::compile_static;

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

type SyntaxError<'p> = (&'static str, &'p str);

const INVALID_CLASS_RANGE: &str = "invalid character class range";
const INVALID_ESCAPE: &str = "invalid escape sequence";
const INVALID_REPEAT: &str = "invalid repeat count";
const INVALID_NAME: &str = "invalid named capture";
const MISSING_ARGUMENT: &str = "missing argument to repetition operator";

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

/// Returns the part of a text before its suffix `rest`.
fn before<'p>(text: &'p str, rest: &str) -> &'p str {
    &text[..text.len() - rest.len()]
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

/// `{min,max}`.
struct Counts<'p> {
    min: u32,
    max: Option<u32>,
    /// Whether a number overflows.
    overflows: bool,
    rest: &'p str,
}

impl Counts<'_> {
    fn are_valid(&self) -> bool {
        !self.overflows && self.min <= 1000 && self.max.is_none_or(|max| max <= 1000 && self.min <= max)
    }
}

fn counts(text: &str) -> Option<Counts<'_>> {
    let (min, rest) = number(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => number(rest).map(|(max, rest)| (Some(max), rest))?,
    };
    let overflows = min.is_none() || max == Some(None);
    Some(Counts { min: min.unwrap_or_default(), max: max.flatten(), overflows, rest: rest.strip_prefix('}')? })
}

/// Parses digits without a leading zero; the number is `None` if it is too large.
#[allow(clippy::option_option)]
fn number(text: &str) -> Option<(Option<u32>, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().ok().filter(|number| *number < 1_000_000_000), rest))
}

/// Parses an escape outside of brackets; returns the rest, and whether the escape is an expression.
fn escape(text: &str) -> Result<(&str, bool), SyntaxError<'_>> {
    match text.as_bytes().get(1) {
        Some(b'A' | b'b' | b'B' | b'z') => Ok((&text[2..], true)),
        Some(b'C') => Err((INVALID_ESCAPE, &text[..2])),
        Some(b'Q') => {
            let (literal, rest) = text[2..].split_once("\\E").unwrap_or((&text[2..], ""));
            Ok((rest, !literal.is_empty()))
        }
        _ => match shorthand(text)? {
            Some(rest) => Ok((rest, true)),
            None => character(text).map(|(_, rest)| (rest, true)),
        },
    }
}

/// Parses a class such as `\pL`, `\p{Greek}` or `\d`.
fn shorthand(text: &str) -> Result<Option<&str>, SyntaxError<'_>> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), Some('d' | 'D' | 's' | 'S' | 'w' | 'W')) => return Ok(Some(chars.as_str())),
        (Some('\\'), Some('p' | 'P')) => {}
        _ => return Ok(None),
    }
    let (name, rest) = match chars.next() {
        None => return Ok(None),
        Some('{') => chars.as_str().split_once('}').ok_or((INVALID_CLASS_RANGE, text))?,
        Some(letter) => (&text[2..2 + letter.len_utf8()], chars.as_str()),
    };
    let name = name.strip_prefix('^').unwrap_or(name);
    if is_unicode_class(name) { Ok(Some(rest)) } else { Err((INVALID_CLASS_RANGE, before(text, rest))) }
}

/// Returns whether Unicode has a category or script of this name.
fn is_unicode_class(name: &str) -> bool {
    let plain = name.replace(['_', '-', ' '], "").to_ascii_lowercase();
    if matches!(plain.as_str(), "any" | "assigned" | "ascii" | "lc") {
        return true;
    }
    let is_name = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_name && ["gc", "sc"].into_iter().any(|property| compile_static(&format!("\\p{{{property}={plain}}}")).is_some())
}

/// Parses an escaped character.
fn character(text: &str) -> Result<(char, &str), SyntaxError<'_>> {
    let mut chars = text[1..].chars();
    let Some(c) = chars.next() else { return Err(("trailing backslash at end of expression", "")) };
    let invalid = |rest: &str| Err((INVALID_ESCAPE, &text[..text.len() - rest.len()]));
    match c {
        '0'..='7' => {
            let digits = &text[1..];
            let end = digits.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            if c != '0' && end == 1 {
                return invalid(chars.as_str());
            }
            let code = u32::from_str_radix(&digits[..end], 8).unwrap_or_default();
            Ok((char::from_u32(code).unwrap_or_default(), &digits[end..]))
        }
        'x' => hexadecimal(text, chars.as_str()),
        'a' => Ok(('\u{7}', chars.as_str())),
        'f' => Ok(('\u{c}', chars.as_str())),
        'n' => Ok(('\n', chars.as_str())),
        'r' => Ok(('\r', chars.as_str())),
        't' => Ok(('\t', chars.as_str())),
        'v' => Ok(('\u{b}', chars.as_str())),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok((c, chars.as_str())),
        _ => invalid(chars.as_str()),
    }
}

/// Parses `\x7F` or `\x{10FFFF}`; `digits` is the text after the `x`.
fn hexadecimal<'p>(text: &'p str, digits: &'p str) -> Result<(char, &'p str), SyntaxError<'p>> {
    let mut chars = digits.chars();
    let invalid = |rest: &str| Err((INVALID_ESCAPE, &text[..text.len() - rest.len()]));
    let mut value = 0;
    if digits.starts_with('{') {
        chars.next();
        let mut count = 0;
        loop {
            match chars.next() {
                Some('}') if count > 0 => return Ok((char::from_u32(value).unwrap_or_default(), chars.as_str())),
                Some(c) if c.is_ascii_hexdigit() => value = value * 16 + c.to_digit(16).unwrap_or_default(),
                _ => return invalid(chars.as_str()),
            }
            count += 1;
            if value > 0x10_ffff {
                return invalid(chars.as_str());
            }
        }
    }
    let (one, two) = (chars.next(), chars.next());
    match (one.and_then(|c| c.to_digit(16)), two.and_then(|c| c.to_digit(16))) {
        (Some(one), Some(two)) => Ok((char::from_u32(one * 16 + two).unwrap_or_default(), chars.as_str())),
        _ => invalid(chars.as_str()),
    }
}

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// Parses a bracket expression.
fn class(text: &str) -> Result<&str, SyntaxError<'_>> {
    let rest = &text[1..];
    let mut rest = rest.strip_prefix('^').unwrap_or(rest);
    let mut is_first = true;
    while is_first || !rest.starts_with(']') {
        is_first = false;
        if rest.len() > 2
            && let Some((name, after)) = rest.strip_prefix("[:").and_then(|inner| inner.split_once(":]"))
        {
            if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
                return Err((INVALID_CLASS_RANGE, before(rest, after)));
            }
            rest = after;
            continue;
        }
        if let Some(after) = shorthand(rest)? {
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = class_character(rest, text)?;
        rest = after;
        if rest.starts_with('-') && rest.len() >= 2 && !rest[1..].starts_with(']') {
            let (high, after) = class_character(&rest[1..], text)?;
            if high < low {
                return Err((INVALID_CLASS_RANGE, before(start, after)));
            }
            rest = after;
        }
    }
    Ok(&rest[1..])
}

fn class_character<'p>(text: &'p str, class: &'p str) -> Result<(char, &'p str), SyntaxError<'p>> {
    match text.chars().next() {
        None => Err(("missing closing ]", class)),
        Some('\\') => character(text),
        Some(c) => Ok((c, &text[c.len_utf8()..])),
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
