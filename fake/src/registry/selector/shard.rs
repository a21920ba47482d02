//! Shard selectors: parts of the objects of a kind, by the hash of a field.
//!
//! Source: KEP-5866, `apiserver/pkg/sharding/parser.go`, `apimachinery/pkg/sharding`.

use std::fmt;

use kube_structural_schema::object::go;
use serde_json::Value;

use crate::metadata;

/// The ranges of hashes of a shard. All of them are about one field.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    field: Field,
    ranges: Vec<Range>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Uid,
    Namespace,
}

/// From `start` up to `end`, which is not in the range.
#[derive(Clone, Copy, Debug)]
struct Range {
    start: u64,
    end: u128,
}

impl Field {
    const ALL: [Field; 2] = [Field::Uid, Field::Namespace];

    fn path(self) -> &'static str {
        match self {
            Field::Uid => "object.metadata.uid",
            Field::Namespace => "object.metadata.namespace",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Field::Uid => "uid",
            Field::Namespace => "namespace",
        }
    }
}

impl Shard {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_matches(char::is_whitespace);
        if text.is_empty() {
            return Err("empty shard selector is not allowed; omit the parameter for unfiltered lists".to_owned());
        }
        let mut parser = Parser { rest: text };
        let terms = parser.terms(0)?;
        parser.skip_blanks();
        if !parser.rest.is_empty() {
            return Err(parser.unexpected());
        }
        let field = terms[0].0;
        if let Some((other, _)) = terms.iter().find(|(other, _)| *other != field) {
            let (first, second) = (go::quoted(field.path()), go::quoted(other.path()));
            return Err(format!("all shard ranges must use the same field, got {first} and {second}"));
        }
        Ok(Shard { field, ranges: terms.into_iter().map(|(_, range)| range).collect() })
    }

    pub(crate) fn selects(&self, object: &Value) -> bool {
        let hash = hash(metadata::text(object, self.field.name()));
        self.ranges.iter().any(|range| range.start <= hash && u128::from(hash) < range.end)
    }
}

/// The form of `shardInfo.selector`.
impl fmt::Display for Shard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Range { start, end }) in self.ranges.iter().enumerate() {
            let or = if index == 0 { "" } else { " || " };
            write!(out, "{or}shardRange({}, '0x{start:016x}', '0x{end:016x}')", self.field.path())?;
        }
        Ok(())
    }
}

/// FNV-1a with 64 bits.
fn hash(value: &str) -> u64 {
    value.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The API server's limit for the depth of expressions.
const MAX_DEPTH: usize = 250;

/// A parser of the part of CEL that shard selectors may use. Other expressions are errors, most of them with the API server's
/// text.
struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
    }

    fn take(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn unexpected(&self) -> String {
        let found = self.rest.chars().next().map_or_else(|| "<EOF>".to_owned(), String::from);
        format!("CEL parse error: Syntax error: mismatched input '{found}'")
    }

    /// Parses calls with `||` between them.
    fn terms(&mut self, depth: usize) -> Result<Vec<(Field, Range)>, String> {
        if depth > MAX_DEPTH {
            return Err(format!("CEL parse error: expression recursion limit exceeded: {MAX_DEPTH}"));
        }
        let mut terms = self.term(depth)?;
        while self.take("||") {
            terms.append(&mut self.term(depth)?);
        }
        for (sign, function) in [("&&", "_&&_"), ("==", "_==_"), ("!=", "_!=_"), ("?", "_?_:_")] {
            if self.take(sign) {
                return Err(unsupported(function));
            }
        }
        Ok(terms)
    }

    fn term(&mut self, depth: usize) -> Result<Vec<(Field, Range)>, String> {
        if self.take("(") {
            let terms = self.terms(depth + 1)?;
            return if self.take(")") { Ok(terms) } else { Err(self.unexpected()) };
        }
        if self.take("!") {
            return Err(unsupported("!_"));
        }
        let path = match self.argument()? {
            Argument::Path(path) => path,
            Argument::Text(_) | Argument::Number(_) => return Err(kind_error(5)),
        };
        if !self.take("(") {
            let kind = match path.as_str() {
                "true" | "false" | "null" => 5,
                path if path.contains('.') => 7,
                _ => 3,
            };
            return Err(kind_error(kind));
        }
        // The API server ignores the target of a method.
        let function = path.rsplit('.').next().unwrap_or_default();
        let mut arguments = Vec::new();
        if !self.take(")") {
            arguments.push(self.argument()?);
            while self.take(",") {
                arguments.push(self.argument()?);
            }
            if !self.take(")") {
                return Err(self.unexpected());
            }
        }
        if function != "shardRange" {
            return Err(unsupported(function));
        }
        range(arguments).map(|term| vec![term])
    }

    fn argument(&mut self) -> Result<Argument, String> {
        self.skip_blanks();
        let first = self.rest.chars().next();
        if let Some(quote @ ('\'' | '"')) = first {
            let end = self.rest[1..].find(quote).ok_or_else(|| self.unexpected())?;
            let text = self.rest[1..=end].to_owned();
            self.rest = &self.rest[end + 2..];
            return Ok(Argument::Text(text));
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(self.unexpected());
        }
        self.rest = rest;
        let is_number = first.is_some_and(|c| c.is_ascii_digit());
        Ok(if is_number { Argument::Number(word.contains('.')) } else { Argument::Path(word.to_owned()) })
    }
}

enum Argument {
    Path(String),
    Text(String),
    /// A number; whether it is a double.
    Number(bool),
}

/// The numbers of kinds are those of `cel-go/common/ast`.
fn kind_error(kind: u8) -> String {
    format!("unexpected expression kind {kind}; expected shardRange() call or || operator")
}

fn unsupported(function: &str) -> String {
    format!("unsupported function {}; only shardRange() and || are allowed", go::quoted(function))
}

fn range(arguments: Vec<Argument>) -> Result<(Field, Range), String> {
    let count = arguments.len();
    let [path, start, end] = <[Argument; 3]>::try_from(arguments)
        .map_err(|_| format!("shardRange() requires exactly 3 arguments, got {count}"))?;
    let Argument::Path(path) = path else {
        let expected = "expected field path (e.g. object.metadata.uid), got expression kind 5";
        return Err(format!("shardRange() first argument: {expected}"));
    };
    let Some(field) = Field::ALL.into_iter().find(|field| field.path() == path) else {
        let path = go::quoted(&path);
        return Err(format!(
            "unsupported field path {path}; supported: object.metadata.uid, object.metadata.namespace"
        ));
    };
    let ((start_text, start), (end_text, end)) = (bound(start, "hexStart")?, bound(end, "hexEnd")?);
    match u64::try_from(start) {
        Ok(start) if u128::from(start) < end => Ok((field, Range { start, end })),
        _ => Err(format!("shard range start {start_text} must be less than end {end_text}")),
    }
}

/// Reads a bound: 16 hexadecimal digits, or 2^64.
fn bound(argument: Argument, name: &str) -> Result<(String, u128), String> {
    let text = match argument {
        Argument::Text(text) => text,
        Argument::Number(double) => {
            let type_ = if double { "float64" } else { "int64" };
            return Err(format!("{name} must be a string literal, got {type_}"));
        }
        Argument::Path(path) => {
            let kind = if path.contains('.') { 7 } else { 3 };
            return Err(format!("{name} must be a string literal (e.g. '0xff'), got expression kind {kind}"));
        }
    };
    let quoted = go::quoted(&text);
    let Some(digits) = text.strip_prefix("0x") else {
        return Err(format!("{name} must have '0x' prefix, got {quoted}"));
    };
    if digits.is_empty() {
        return Err(format!("{name}: hex value is required after '0x'"));
    }
    if digits.len() > 17 {
        let digits_quoted = go::quoted(digits);
        return Err(format!("{name}: hex value too long ({} chars, max 17): {digits_quoted}", digits.len()));
    }
    if let Some(other) = digits.chars().find(|c| !matches!(c, '0'..='9' | 'a'..='f')) {
        let other = go::quoted(&other.to_string());
        return Err(format!("{name}: invalid hex character {other} in {quoted}"));
    }
    let value = u128::from_str_radix(digits, 16).map_err(|error| error.to_string())?;
    match digits.len() {
        17 if value == 1 << 64 => {}
        17 => return Err(format!("{name}: 17-digit hex value must be '0x10000000000000000' (2^64), got {quoted}")),
        16 => {}
        _ => {
            let padded = go::quoted(&format!("0x{digits:0>16}"));
            return Err(format!(
                "{name} must be a 0x-prefixed 16-digit hex value, got {quoted} (did you mean {padded}?)"
            ));
        }
    }
    Ok((text, value))
}
