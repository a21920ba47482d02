//! The syntax of paths.

use serde_json::{Number, Value};

use super::quote::unquoted;
use super::{Filter, JsonPath, JsonPathError, Slice, Step};

impl JsonPath {
    /// Parses a path: what kubectl's syntax has between braces, such as `.status.conditions[0].type`.
    ///
    /// # Errors
    /// Returns an error if the path is not valid.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        if text.matches("[?").count() > MAX_FILTERS {
            return error("the path has too many filters");
        }
        let mut parser = Parser { text, start: 0, position: 0, steps: Vec::new() };
        while parser.step()? {}
        Ok(JsonPath(parser.steps))
    }
}

/// The filters of one path, which may be inside of each other.
const MAX_FILTERS: usize = 32;

fn error<T>(message: impl Into<String>) -> Result<T, JsonPathError> {
    Err(JsonPathError::new(message))
}

struct Parser<'t> {
    text: &'t str,
    /// The start of the current step.
    start: usize,
    position: usize,
    steps: Vec<Step>,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position += next.len_utf8();
        Some(next)
    }

    /// Returns the text since the start of the step, and starts the next one.
    fn consume(&mut self) -> &'t str {
        let text = &self.text[self.start..self.position];
        self.start = self.position;
        text
    }

    /// Parses the next step; false at the end. A brace ends the path.
    fn step(&mut self) -> Result<bool, JsonPathError> {
        if self.rest().starts_with("[?(") {
            self.filter()?;
            return Ok(true);
        }
        if self.rest().starts_with("..") {
            self.recursive()?;
            return Ok(true);
        }
        let next = self.peek();
        match next {
            None | Some('}') => return Ok(false),
            Some('\r' | '\n') => return error("unclosed action"),
            Some(' ' | '@' | '$') => {
                self.next();
                self.consume();
            }
            Some('[') => self.array()?,
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            Some('.') => {
                self.next();
                self.field()?;
            }
            Some(digit) if matches!(digit, '+' | '-') || digit.is_numeric() => self.number()?,
            Some(letter) if letter == '_' || letter.is_alphabetic() => self.identifier(),
            Some(other) => {
                let code = u32::from(other);
                return error(format!("unrecognized character in action: U+{code:04X} '{other}'"));
            }
        }
        Ok(true)
    }

    fn recursive(&mut self) -> Result<(), JsonPathError> {
        if self.steps.last() == Some(&Step::Recursive) {
            return error("invalid multiple recursive descent");
        }
        self.position += 2;
        self.consume();
        self.steps.push(Step::Recursive);
        match self.peek() {
            Some(letter) if letter == '_' || letter.is_alphanumeric() => self.field(),
            _ => Ok(()),
        }
    }

    /// Parses the name of a field, in which a backslash escapes a character.
    fn field(&mut self) -> Result<(), JsonPathError> {
        self.consume();
        while let Some(letter) = self.peek().filter(|letter| !is_terminator(*letter)) {
            self.next();
            if letter == '\\' && self.next().is_none() {
                return error("unclosed action");
            }
        }
        let name = self.consume();
        self.steps.push(if name == "*" { Step::All } else { Step::Field(name.replace('\\', "")) });
        Ok(())
    }

    fn identifier(&mut self) {
        while self.peek().is_some_and(|letter| !is_terminator(letter)) {
            self.next();
        }
        let step = match self.consume() {
            "true" => Step::Literal(true.into()),
            "false" => Step::Literal(false.into()),
            name => Step::Identifier(name.to_owned()),
        };
        self.steps.push(step);
    }

    fn number(&mut self) -> Result<(), JsonPathError> {
        self.next();
        while self.peek().is_some_and(|letter| letter == '.' || letter.is_numeric()) {
            self.next();
        }
        let text = self.consume();
        let float = || text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number);
        match text.parse::<i64>().ok().map(Value::from).or_else(float) {
            Some(number) => self.steps.push(Step::Literal(number)),
            None => return error(format!("cannot parse number {text}")),
        }
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<(), JsonPathError> {
        let mut before = self.next();
        loop {
            match self.next() {
                None | Some('\n') => return error("unterminated quoted string"),
                Some(letter) if letter == quote && before != Some('\\') => break,
                letter => before = letter,
            }
        }
        let text = self.consume();
        let Some(unquoted) = unquoted(text) else {
            return error(format!("unquote string {text} error invalid syntax"));
        };
        self.steps.push(Step::Text(unquoted.into()));
        Ok(())
    }

    fn array(&mut self) -> Result<(), JsonPathError> {
        loop {
            match self.next() {
                None | Some('\n') => return error("unterminated array"),
                Some(']') => break,
                Some(_) => {}
            }
        }
        let text = self.consume();
        let text = &text[1..text.len() - 1];
        if text.contains(',') {
            let parts = text.split(',').map(|part| JsonPath::parse(&format!("[{}]", part.trim_matches(' '))));
            self.steps.push(Step::Union(parts.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = text.strip_prefix('\'').and_then(|key| key.strip_suffix('\''));
        match key.filter(|key| !key.contains('\'')) {
            // Dots separate keys here as well.
            Some(key) => self.steps.extend(JsonPath::parse(&format!(".{key}"))?.0),
            None => self.steps.push(Step::Slice(slice(if text == "*" { ":" } else { text })?)),
        }
        Ok(())
    }

    fn filter(&mut self) -> Result<(), JsonPathError> {
        self.position += 3;
        self.consume();
        let (mut quote, mut is_closed, mut before) = (None, false, '(');
        loop {
            let letter = self.next();
            match letter {
                None | Some('\n') => return error("unterminated filter"),
                Some(letter @ ('"' | '\'')) if quote.is_none() => quote = Some(letter),
                letter if letter.is_some() && letter == quote && before != '\\' => is_closed = true,
                Some(')') if quote.is_some() == is_closed => break,
                Some(_) => {}
            }
            before = letter.unwrap_or_default();
        }
        if self.next() != Some(']') {
            return error("unclosed array expect ]");
        }
        let text = self.consume();
        self.steps.push(Step::Filter(Box::new(comparison(&text[..text.len() - 2])?)));
        Ok(())
    }
}

/// Returns whether a character ends a name.
fn is_terminator(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

/// Parses the text of a filter.
fn comparison(text: &str) -> Result<Filter, JsonPathError> {
    let is_operator = |letter: char| matches!(letter, '!' | '<' | '>' | '=');
    let start = text.find(is_operator).filter(|start| *start > 0);
    let parts = start.map(|start| text.split_at(start)).map(|(left, rest)| {
        let end = rest.find(|letter| !is_operator(letter)).unwrap_or(rest.len() - 1);
        (left, &rest[..end], &rest[end..])
    });
    match parts.filter(|(_, operator, _)| !operator.is_empty()) {
        None => Ok(Filter { left: JsonPath::parse(text)?, comparison: None }),
        Some((left, operator, right)) => {
            let (left, right) = (JsonPath::parse(left)?, JsonPath::parse(right)?);
            Ok(Filter { left, comparison: Some((operator.to_owned(), right)) })
        }
    }
}

/// Parses `start:end:step`.
fn slice(text: &str) -> Result<Slice, JsonPathError> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_number = |part: &&str| part.strip_prefix('-').unwrap_or(part).bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(is_number) {
        return error(format!("invalid array index {text}"));
    }
    let number = |index: usize| match parts.get(index) {
        None | Some(&"") => Ok(None),
        Some(part) => {
            let number = part.parse().map(Some);
            number.or_else(|_| error(format!("array index {part} is not a number")))
        }
    };
    Ok(Slice { start: number(0)?, end: number(1)?, step: number(2)?, is_index: parts.len() == 1 })
}
