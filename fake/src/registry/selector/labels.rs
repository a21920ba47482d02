//! Parsing of label selectors.
//!
//! Source: `apimachinery/pkg/labels/selector.go`.

use std::collections::BTreeSet;

use kube_structural_schema::object::go;

use super::{Operator, Requirement};
use kube_structural_schema::object::names;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Unknown,
    End,
    Close,
    Comma,
    Not,
    DoubleEquals,
    Equals,
    GreaterThan,
    Word,
    In,
    LessThan,
    NotEquals,
    NotIn,
    Open,
}

fn keyword(text: &str) -> Option<Token> {
    Some(match text {
        ")" => Token::Close,
        "," => Token::Comma,
        "!" => Token::Not,
        "==" => Token::DoubleEquals,
        "=" => Token::Equals,
        ">" => Token::GreaterThan,
        "in" => Token::In,
        "<" => Token::LessThan,
        "!=" => Token::NotEquals,
        "notin" => Token::NotIn,
        "(" => Token::Open,
        _ => return None,
    })
}

fn is_sign(c: char) -> bool {
    matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Splits a text into tokens; the last is `End`.
fn tokens(text: &str) -> Vec<(Token, String)> {
    let mut tokens = Vec::new();
    // A zero byte ends the text.
    let mut rest = text.split('\0').next().unwrap_or_default().trim_start_matches(is_space);
    while !rest.is_empty() {
        let length = if rest.starts_with(is_sign) {
            let signs = rest.find(|c| !is_sign(c)).unwrap_or(rest.len());
            // Takes the longest known operator; unknown characters before it are skipped.
            let first = (1..=signs).find(|end| keyword(&rest[..*end]).is_some());
            let Some(first) = first else {
                tokens.push((Token::Unknown, format!("error expected: keyword found '{}'", &rest[..signs])));
                rest = rest[signs..].trim_start_matches(is_space);
                continue;
            };
            (first..=signs).take_while(|end| keyword(&rest[..*end]).is_some()).last().unwrap_or(first)
        } else {
            rest.find(|c| is_sign(c) || is_space(c)).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(length);
        tokens.push((keyword(word).unwrap_or(Token::Word), word.to_owned()));
        rest = after.trim_start_matches(is_space);
    }
    tokens.push((Token::End, String::new()));
    tokens
}

/// Parses a selector.
pub(super) fn parse(text: &str) -> Result<Vec<Requirement>, String> {
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    let mut requirements = Vec::new();
    loop {
        match parser.peek() {
            (Token::Word | Token::Not, _) => {
                let requirement = parser.requirement();
                requirements.push(requirement.map_err(|reason| format!("unable to parse requirement: {reason}"))?);
                match parser.next() {
                    (Token::End, _) => return Ok(requirements),
                    (Token::Comma, _) => {
                        let (token, found) = parser.peek();
                        if !matches!(token, Token::Word | Token::Not) {
                            return Err(format!("found '{found}', expected: identifier after ','"));
                        }
                    }
                    (_, found) => return Err(format!("found '{found}', expected: ',' or 'end of string'")),
                }
            }
            (Token::End, _) => return Ok(requirements),
            (_, found) => return Err(format!("found '{found}', expected: !, identifier, or 'end of string'")),
        }
    }
}

struct Parser {
    tokens: Vec<(Token, String)>,
    at: usize,
}

impl Parser {
    fn raw(&self) -> (Token, String) {
        self.tokens.get(self.at).cloned().unwrap_or((Token::End, String::new()))
    }

    /// Returns the next token; `in` and `notin` may also be identifiers.
    fn peek(&self) -> (Token, String) {
        match self.raw() {
            (Token::In | Token::NotIn, text) => (Token::Word, text),
            other => other,
        }
    }

    fn next(&mut self) -> (Token, String) {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut token, mut label) = self.next();
        let absent = token == Token::Not;
        if absent {
            (token, label) = self.next();
        }
        if token != Token::Word {
            return Err(format!("found '{label}', expected: identifier"));
        }
        check("<nil>", &label, &names::qualified_name(&label))?;
        if absent {
            return Ok(Requirement { label, operator: Operator::DoesNotExist });
        }
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(Requirement { label, operator: Operator::Exists });
        }
        let (operator, found) = self.raw();
        self.at += 1;
        let values = match operator {
            Token::In | Token::NotIn => self.values()?,
            Token::Equals | Token::DoubleEquals | Token::NotEquals | Token::GreaterThan | Token::LessThan => {
                self.value()?
            }
            _ => return Err(format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        let operator = parse_operator(operator, &label, values)?;
        Ok(Requirement { label, operator })
    }

    fn value(&mut self) -> Result<BTreeSet<String>, String> {
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(BTreeSet::from([String::new()]));
        }
        match self.next() {
            (Token::Word, value) => Ok(BTreeSet::from([value])),
            (_, found) => Err(format!("found '{found}', expected: identifier")),
        }
    }

    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let (token, found) = self.next();
        if token != Token::Open {
            return Err(format!("found '{found}' expected: '('"));
        }
        match self.peek() {
            (Token::Word | Token::Comma, _) => self.comma_separated(),
            (Token::Close, _) => {
                self.at += 1;
                Ok(BTreeSet::from([String::new()]))
            }
            (_, found) => Err(format!("found '{found}', expected: ',', ')' or identifier")),
        }
    }

    /// Parses comma-separated values up to the parenthesis; values may be empty.
    fn comma_separated(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        loop {
            match self.next() {
                (Token::Word, value) => {
                    values.insert(value);
                    match self.peek() {
                        (Token::Comma, _) => {}
                        (Token::Close, _) => break,
                        (_, found) => return Err(format!("found '{found}', expected: ',' or ')'")),
                    }
                }
                (Token::Comma, _) => {
                    let next = self.peek().0;
                    if values.is_empty() || matches!(next, Token::Comma | Token::Close) {
                        values.insert(String::new());
                    }
                    if next == Token::Close {
                        break;
                    }
                }
                (_, found) => return Err(format!("found '{found}', expected: ',', or identifier")),
            }
        }
        self.at += 1;
        Ok(values)
    }
}

fn parse_operator(operator: Token, label: &str, values: BTreeSet<String>) -> Result<Operator, String> {
    let mut errors = Vec::new();
    let mut number = 0;
    for (index, value) in values.iter().enumerate() {
        if matches!(operator, Token::GreaterThan | Token::LessThan) {
            match value.parse::<i64>() {
                Ok(parsed) => number = parsed,
                Err(_) => errors.push(invalid(
                    &format!("values[{index}]"),
                    value,
                    "for 'Gt', 'Lt' operators, the value must be an integer",
                )),
            }
        }
    }
    for (index, value) in values.iter().enumerate() {
        errors.extend(check(&format!("values[{index}][{label}]"), value, &names::label_value(value)).err());
    }
    match errors.as_slice() {
        [] => {}
        [one] => return Err(one.clone()),
        more => return Err(format!("[{}]", more.join(", "))),
    }
    Ok(match operator {
        Token::GreaterThan => Operator::GreaterThan(number),
        Token::LessThan => Operator::LessThan(number),
        Token::NotEquals | Token::NotIn => Operator::NotIn(values),
        _ => Operator::In(values),
    })
}

fn check(field: &str, value: &str, errors: &[String]) -> Result<(), String> {
    if errors.is_empty() { Ok(()) } else { Err(invalid(field, value, &errors.join("; "))) }
}

fn invalid(field: &str, value: &str, reason: &str) -> String {
    format!("{field}: Invalid value: {}: {reason}", go::quoted(value))
}
