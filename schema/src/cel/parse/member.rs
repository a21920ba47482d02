//! Parser of names, fields, calls, and literals.

use super::{Parser, Step, Stop};
use crate::cel::ast::{Entry, Kind, Node};
use crate::cel::expr::Literal;
use crate::cel::names::is_reserved;
use crate::cel::token::Word;

/// What an expression may start with, in messages.
const EXPRESSION: &str =
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

impl Parser<'_> {
    pub(super) fn member(&mut self) -> Step {
        let depth = self.depth;
        let mut left = self.primary()?;
        loop {
            let at = self.at();
            let height = self.height;
            if self.sign(".") {
                self.enter()?;
                left = self.field(left, at)?;
            } else if self.sign("[") {
                self.enter()?;
                let function = if self.sign("?") { "_[?_]" } else { "_[_]" };
                let index = self.expr()?;
                self.expect("]")?;
                left = self.builder.call(at, function, vec![left, index]);
            } else {
                self.depth = depth;
                return Ok(left);
            }
            self.raise(height.max(self.height))?;
        }
    }

    /// Parses what follows a `.`: a field or a call.
    fn field(&mut self, operand: Node, at: usize) -> Step {
        let optional = self.sign("?");
        let name_at = self.at();
        let (name, is_escaped) = match self.peek().cloned() {
            Some(Word::Name(name)) if !matches!(name.as_str(), "in" | "true" | "false" | "null") => (name, false),
            Some(Word::Escaped(name)) => (name, true),
            _ => return Err(self.no_name()),
        };
        self.next += 1;
        let open = self.at();
        self.height = 0;
        if optional {
            let name = self.builder.literal(name_at, Literal::Text(name));
            return Ok(self.builder.call(at, "_?._", vec![operand, name]));
        }
        if !is_escaped && self.sign("(") {
            let arguments = self.arguments()?;
            return Ok(self.builder.method(open, &name, operand, arguments));
        }
        Ok(self.builder.node(at, Kind::Select { operand: Box::new(operand), field: name, test: false }))
    }

    /// Returns the error of a missing expression.
    fn no_expression(&self) -> Stop {
        let is_next = self.peek().is_some() && self.starts_expression(self.next + 1);
        if is_next { self.extraneous(EXPRESSION) } else { self.mismatched(EXPRESSION) }
    }

    fn arguments(&mut self) -> Step<Vec<Node>> {
        let mut arguments = Vec::new();
        self.height = 0;
        if self.sign(")") {
            return Ok(arguments);
        }
        let mut height = 0;
        loop {
            arguments.push(self.expr()?);
            height = height.max(self.height);
            if !self.sign(",") {
                break;
            }
        }
        self.expect(")")?;
        self.height = height;
        Ok(arguments)
    }

    fn primary(&mut self) -> Step {
        let at = self.at();
        if !self.starts_expression(self.next) {
            return Err(self.no_expression());
        }
        let Some(word) = self.peek().cloned() else { return Err(self.no_expression()) };
        self.next += 1;
        self.height = 0;
        let literal = match word {
            Word::Int(value) => Literal::Int(value),
            Word::Uint(value) => Literal::Uint(value),
            Word::Double(value) => Literal::Double(value),
            Word::Text(text) => Literal::Text(text),
            Word::Bytes(bytes) => Literal::Bytes(bytes),
            Word::MinInt => {
                self.issues.report(at, "invalid int literal".to_owned());
                Literal::Null
            }
            Word::Sign("(") => {
                let inner = self.expr()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Word::Sign("[") => return self.list(at),
            Word::Sign("{") => return self.map(at),
            Word::Sign(".") if matches!(self.peek(), Some(Word::Name(_))) => return self.primary(),
            Word::Name(name) => match name.as_str() {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                "null" => Literal::Null,
                _ => return self.name(name, at),
            },
            Word::Sign(_) | Word::Escaped(_) => {
                self.next -= 1;
                return Err(self.no_expression());
            }
        };
        Ok(self.builder.literal(at, literal))
    }

    /// Parses a variable, the call of a function, or a message that starts with a name.
    fn name(&mut self, name: String, at: usize) -> Step {
        if let Some(length) = self.message_name() {
            return self.message(name, length);
        }
        let open = self.at();
        let arguments = if self.sign("(") { Some(self.arguments()?) } else { None };
        if is_reserved(&name) {
            self.issues.report(at, format!("reserved identifier: {name}"));
            return Ok(self.builder.literal(at, Literal::Null));
        }
        if let Some(arguments) = arguments {
            return Ok(self.builder.call(open, &name, arguments));
        }
        Ok(self.builder.node(at, Kind::Ident(name)))
    }

    /// Returns the number of remaining tokens of the name of a message.
    fn message_name(&self) -> Option<usize> {
        let word = |index: usize| self.tokens.get(self.next + index).map(|token| &token.word);
        let mut length = 0;
        while let (Some(Word::Sign(".")), Some(Word::Name(_))) = (word(length), word(length + 1)) {
            length += 2;
        }
        matches!(word(length), Some(Word::Sign("{"))).then_some(length)
    }

    fn message(&mut self, mut name: String, length: usize) -> Step {
        for token in &self.tokens[self.next..self.next + length] {
            match &token.word {
                Word::Name(part) => name.push_str(part),
                _ => name.push('.'),
            }
        }
        self.next += length;
        let at = self.at();
        self.expect("{")?;
        let mut values = Vec::new();
        let mut height = 0;
        while !self.sign("}") {
            self.sign("?");
            let Some(Word::Name(_) | Word::Escaped(_)) = self.peek() else { return Err(self.mismatched("IDENTIFIER")) };
            self.next += 1;
            self.expect_colon()?;
            values.push(self.expr()?);
            height = height.max(self.height);
            if !self.sign(",") {
                self.expect_end("}")?;
                break;
            }
        }
        self.height = height;
        Ok(self.builder.node(at, Kind::Message(name, values)))
    }

    /// Skips a comma that is alone in a list or map, which the syntax allows.
    fn skip_lone_comma(&mut self, end: &str) {
        if self.is_followed_by(&[end]) {
            self.sign(",");
        }
    }

    fn list(&mut self, at: usize) -> Step {
        let mut items = Vec::new();
        let mut height = 0;
        self.skip_lone_comma("]");
        while !self.sign("]") {
            let optional = self.sign("?");
            items.push((self.expr()?, optional));
            height = height.max(self.height);
            if !self.sign(",") {
                self.expect_end("]")?;
                break;
            }
        }
        self.height = height;
        Ok(self.builder.node(at, Kind::List(items)))
    }

    fn map(&mut self, at: usize) -> Step {
        let mut entries = Vec::new();
        let mut height = 0;
        self.skip_lone_comma("}");
        while !self.sign("}") {
            let optional = self.sign("?");
            let key = self.expr()?;
            height = height.max(self.height);
            self.expect_colon()?;
            let value = self.expr()?;
            entries.push(Entry { key, value, optional });
            height = height.max(self.height);
            if !self.sign(",") {
                self.expect_end("}")?;
                break;
            }
        }
        self.height = height;
        Ok(self.builder.node(at, Kind::Map(entries)))
    }
}
