//! Whether Go can parse a regular expression, and its message if not.
//!
//! Source: Go's `regexp/syntax/parse.go`, with the flags that `regexp.Compile` uses.

use super::known;

/// Repetitions of repetitions make no more copies than this.
const MOST_COPIES: u32 = 1000;
/// Groups nest no deeper.
const DEPTH: usize = 1000;

/// Checks that Go parses a pattern.
///
/// # Errors
/// Go's message.
pub(crate) fn check_syntax(pattern: &str) -> Result<(), String> {
    let mut parser = Parser { pattern, groups: vec![Group::default()] };
    parser.all().map_err(|(code, part)| format!("error parsing regexp: {code}: `{part}`"))
}

type Wrong<'p> = (&'static str, &'p str);

const INVALID_CLASS_RANGE: &str = "invalid character class range";
const INVALID_ESCAPE: &str = "invalid escape sequence";
const INVALID_REPEAT: &str = "invalid repeat count";
const INVALID_NAME: &str = "invalid named capture";
const MISSING_ARGUMENT: &str = "missing argument to repetition operator";

/// What has been parsed of a group.
#[derive(Default)]
struct Group {
    /// How many copies repetitions make of the last expression, if there is one that can be repeated.
    last: Option<u32>,
    /// The most copies of an expression in this group.
    most: u32,
}

impl Group {
    fn push(&mut self, copies: u32) {
        self.last = Some(copies);
        self.most = self.most.max(copies);
    }
}

struct Parser<'p> {
    pattern: &'p str,
    groups: Vec<Group>,
}

/// The part of a text before its rest.
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

    fn all(&mut self) -> Result<(), Wrong<'p>> {
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

    fn open(&mut self, rest: &'p str) -> Result<&'p str, Wrong<'p>> {
        if self.groups.len() >= DEPTH {
            return Err(("expression nests too deeply", self.pattern));
        }
        self.groups.push(Group::default());
        Ok(rest)
    }

    fn close(&mut self) -> Result<(), Wrong<'p>> {
        if self.groups.len() == 1 {
            return Err(("unexpected )", self.pattern));
        }
        let copies = self.groups.pop().map_or(1, |group| group.most.max(1));
        self.group().push(copies);
        Ok(())
    }

    /// A repetition that begins at `text`; `after` is what follows its operator.
    fn repeat(
        &mut self,
        text: &'p str,
        after: &'p str,
        counts: Option<&Counts<'p>>,
        last_repeat: &'p str,
    ) -> Result<&'p str, Wrong<'p>> {
        if counts.is_some_and(|counts| !counts.fit()) {
            return Err((INVALID_REPEAT, before(text, after)));
        }
        let after = after.strip_prefix('?').unwrap_or(after);
        if !last_repeat.is_empty() {
            return Err(("invalid nested repetition operator", before(last_repeat, after)));
        }
        let group = self.group();
        let Some(copies) = group.last else { return Err((MISSING_ARGUMENT, before(text, after))) };
        let times = counts.map_or(1, |counts| counts.most.unwrap_or(counts.least));
        // What is repeated zero times is not looked at.
        let copies = if times == 0 { 0 } else { copies.saturating_mul(times) };
        let counts_copies = counts.is_some_and(|counts| counts.least >= 2 || counts.most.is_some_and(|most| most >= 2));
        if counts_copies && copies > MOST_COPIES {
            return Err((INVALID_REPEAT, before(text, after)));
        }
        group.push(copies);
        Ok(after)
    }

    /// What begins with `(?`: a named group, a group without number, or flags.
    fn flags(&mut self, text: &'p str) -> Result<&'p str, Wrong<'p>> {
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

/// `{least,most}`.
struct Counts<'p> {
    least: u32,
    most: Option<u32>,
    /// A number that is far too large.
    overflows: bool,
    rest: &'p str,
}

impl Counts<'_> {
    fn fit(&self) -> bool {
        !self.overflows && self.least <= 1000 && self.most.is_none_or(|most| most <= 1000 && self.least <= most)
    }
}

fn counts(text: &str) -> Option<Counts<'_>> {
    let (least, rest) = number(text.strip_prefix('{')?)?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (Some(least), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => number(rest).map(|(most, rest)| (Some(most), rest))?,
    };
    let overflows = least.is_none() || most == Some(None);
    Some(Counts { least: least.unwrap_or_default(), most: most.flatten(), overflows, rest: rest.strip_prefix('}')? })
}

/// Digits without a leading zero; within, `None` where they are too many.
#[allow(clippy::option_option)]
fn number(text: &str) -> Option<(Option<u32>, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().ok().filter(|number| *number < 1_000_000_000), rest))
}

/// What follows an escape outside of brackets, and whether it is an expression.
fn escape(text: &str) -> Result<(&str, bool), Wrong<'_>> {
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

/// `\pL`, `\p{Greek}` and `\d`.
fn shorthand(text: &str) -> Result<Option<&str>, Wrong<'_>> {
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

/// Whether Unicode has a category or a script of this name.
fn is_unicode_class(name: &str) -> bool {
    let plain = name.replace(['_', '-', ' '], "").to_ascii_lowercase();
    if matches!(plain.as_str(), "any" | "assigned" | "ascii" | "lc") {
        return true;
    }
    let is_name = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_name && ["gc", "sc"].into_iter().any(|property| known(&format!("\\p{{{property}={plain}}}")).is_some())
}

/// One escaped character.
fn character(text: &str) -> Result<(char, &str), Wrong<'_>> {
    let mut chars = text[1..].chars();
    let Some(c) = chars.next() else { return Err(("trailing backslash at end of expression", "")) };
    let wrong = |rest: &str| Err((INVALID_ESCAPE, &text[..text.len() - rest.len()]));
    match c {
        '0'..='7' => {
            let digits = &text[1..];
            let end = digits.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            if c != '0' && end == 1 {
                return wrong(chars.as_str());
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
        _ => wrong(chars.as_str()),
    }
}

/// `\x7F` and `\x{10FFFF}`; `digits` is what follows the `x`.
fn hexadecimal<'p>(text: &'p str, digits: &'p str) -> Result<(char, &'p str), Wrong<'p>> {
    let mut chars = digits.chars();
    let wrong = |rest: &str| Err((INVALID_ESCAPE, &text[..text.len() - rest.len()]));
    let mut value = 0;
    if digits.starts_with('{') {
        chars.next();
        let mut count = 0;
        loop {
            match chars.next() {
                Some('}') if count > 0 => return Ok((char::from_u32(value).unwrap_or_default(), chars.as_str())),
                Some(c) if c.is_ascii_hexdigit() => value = value * 16 + c.to_digit(16).unwrap_or_default(),
                _ => return wrong(chars.as_str()),
            }
            count += 1;
            if value > 0x10_ffff {
                return wrong(chars.as_str());
            }
        }
    }
    let (one, two) = (chars.next(), chars.next());
    match (one.and_then(|c| c.to_digit(16)), two.and_then(|c| c.to_digit(16))) {
        (Some(one), Some(two)) => Ok((char::from_u32(one * 16 + two).unwrap_or_default(), chars.as_str())),
        _ => wrong(chars.as_str()),
    }
}

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// What follows a class in brackets.
fn class(text: &str) -> Result<&str, Wrong<'_>> {
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
        let begin = rest;
        let (low, after) = class_character(rest, text)?;
        rest = after;
        if rest.starts_with('-') && rest.len() >= 2 && !rest[1..].starts_with(']') {
            let (high, after) = class_character(&rest[1..], text)?;
            if high < low {
                return Err((INVALID_CLASS_RANGE, before(begin, after)));
            }
            rest = after;
        }
    }
    Ok(&rest[1..])
}

fn class_character<'p>(text: &'p str, whole: &'p str) -> Result<(char, &'p str), Wrong<'p>> {
    match text.chars().next() {
        None => Err(("missing closing ]", whole)),
        Some('\\') => character(text),
        Some(c) => Ok((c, &text[c.len_utf8()..])),
    }
}

#[cfg(test)]
mod tests {
    use super::check_syntax;

    #[test]
    fn messages_are_those_of_go() {
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
    fn patterns_that_go_parses_are_accepted() {
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
