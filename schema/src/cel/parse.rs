//! Parser of expressions.

mod call;

use super::expr::{Expr, Field, Literal};
use super::function::Function;
use super::functions;
use super::names::{is_reserved, unescape};
use super::token::{Token, Word, tokens};

/// The maximum depth of expressions: evaluation at this depth needs less than half of a thread's stack of 2 MiB, also
/// without optimization. The API server's limit is 250. Source: `cel-go/parser`, `maxRecursionDepth`.
const MAX_DEPTH: usize = 80;
/// The maximum length of expressions in characters.
const MAX_LENGTH: usize = 100_000;

/// Operators with their precedence and the name of their function; `||` and `&&` are not functions.
const OPERATORS: [(&str, usize, Option<&str>); 13] = [
    ("||", 0, None),
    ("&&", 1, None),
    ("==", 2, Some("_==_")),
    ("!=", 2, Some("_!=_")),
    ("<=", 2, Some("_<=_")),
    (">=", 2, Some("_>=_")),
    ("<", 2, Some("_<_")),
    (">", 2, Some("_>_")),
    ("+", 3, Some("_+_")),
    ("-", 3, Some("_-_")),
    ("*", 4, Some("_*_")),
    ("/", 4, Some("_/_")),
    ("%", 4, Some("_%_")),
];

/// A syntax error in an expression, or a limit that it exceeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("compilation failed: ERROR: <input>:1:{column}: {message}")]
pub struct CompileError {
    /// The column in characters, starting at 1.
    pub column: usize,
    /// The error.
    pub message: String,
}

const TOO_DEEP: &str = "expression recursion limit exceeded";

/// Parses an expression with variables in the order of the stack; also returns whether it uses the last variable.
pub(super) fn parse(text: &str, variables: &[&str]) -> Result<(Expr, bool), CompileError> {
    let error =
        |at: usize, message: String| CompileError { column: text[..at.min(text.len())].chars().count() + 1, message };
    if text.chars().count() > MAX_LENGTH {
        return Err(error(
            0,
            format!("expression code point size exceeds limit: size: {}, limit {MAX_LENGTH}", text.chars().count()),
        ));
    }
    let tokens = tokens(text).map_err(|(at, message)| error(at, message))?;
    let scope = variables.iter().map(|name| (*name).to_owned()).collect();
    let last = variables.len().saturating_sub(1);
    let mut parser = Parser { tokens, next: 0, end: text.len(), scope, depth: 0, height: 0, last, uses_last: false };
    let expr = parser.expr().and_then(|expr| match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.unexpected()),
    });
    let uses_last = parser.uses_last;
    expr.map(|expr| (expr, uses_last)).map_err(|(at, message)| error(at, message))
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    end: usize,
    /// The names of variables by their index in the stack.
    scope: Vec<String>,
    /// The nesting depth of the expression being parsed.
    depth: usize,
    /// The height of the last parsed expression.
    height: usize,
    /// The index of the last variable passed by the caller.
    last: usize,
    /// Whether the expression uses that variable.
    uses_last: bool,
}

type Parsed = Result<Expr, (usize, String)>;

impl Parser {
    fn peek(&self) -> Option<&Word> {
        self.tokens.get(self.next).map(|token| &token.word)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |token| token.at)
    }

    fn unexpected(&self) -> (usize, String) {
        let found = match self.peek() {
            None => "<EOF>".to_owned(),
            Some(Word::Name(name)) => name.clone(),
            Some(Word::Sign(sign)) => (*sign).to_owned(),
            Some(other) => format!("{other:?}"),
        };
        (self.at(), format!("Syntax error: mismatched input '{found}'"))
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Word::Sign(found)) if *found == sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), (usize, String)> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn too_deep(&self) -> (usize, String) {
        (self.at(), format!("{TOO_DEEP}: {MAX_DEPTH}"))
    }

    /// Sets the height of the last parsed expression from the maximum height of its operands.
    fn set_height(&mut self, operands: usize) -> Result<(), (usize, String)> {
        self.height = operands + 1;
        if self.height > MAX_DEPTH { Err(self.too_deep()) } else { Ok(()) }
    }

    fn expr(&mut self) -> Parsed {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let parsed = self.conditional();
        self.depth -= 1;
        parsed
    }

    fn conditional(&mut self) -> Parsed {
        let condition = self.binary(0)?;
        if !self.sign("?") {
            return Ok(condition);
        }
        let mut height = self.height;
        let yes = self.binary(0)?;
        height = height.max(self.height);
        self.expect(":")?;
        let no = self.expr()?;
        self.set_height(height.max(self.height))?;
        Ok(Expr::If(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    /// Parses operators with at least this precedence.
    fn binary(&mut self, min: usize) -> Parsed {
        let mut left = self.unary()?;
        while let Some((precedence, function)) = self.operator(min) {
            let mut height = self.height;
            left = if let Some(function) = function {
                let right = self.binary(precedence + 1)?;
                height = height.max(self.height);
                Expr::Call(function, vec![left, right])
            } else {
                let (sign, join): (_, fn(_, _) -> _) =
                    if precedence == 0 { ("||", Expr::Or) } else { ("&&", Expr::And) };
                let mut terms = vec![left];
                loop {
                    terms.push(self.binary(precedence + 1)?);
                    height = height.max(self.height);
                    if !self.sign(sign) {
                        break;
                    }
                }
                height += terms.len().ilog2() as usize;
                balance(terms, join)
            };
            self.set_height(height)?;
        }
        Ok(left)
    }

    /// Consumes the next operator if it has at least this precedence; returns its precedence and function, which `||`
    /// and `&&` do not have.
    fn operator(&mut self, min: usize) -> Option<(usize, Option<&'static Function>)> {
        let (precedence, function) = match self.peek()? {
            Word::Sign(sign) => {
                OPERATORS.iter().find(|(known, ..)| known == sign).map(|(_, precedence, call)| (*precedence, *call))?
            }
            Word::Name(name) if name == "in" => (2, Some("@in")),
            _ => return None,
        };
        (precedence >= min).then(|| self.next += 1)?;
        Some((precedence, function.and_then(functions::operator_named)))
    }

    fn unary(&mut self) -> Parsed {
        let mut count = 0;
        while self.sign("!") {
            count += 1;
        }
        if count > 0 {
            let inner = self.member()?;
            self.set_height(self.height)?;
            return Ok(if count % 2 == 1 { Expr::Not(Box::new(inner)) } else { inner });
        }
        while self.sign("-") {
            count += 1;
        }
        if count % 2 == 0 {
            return self.member();
        }
        // A sign directly before a number is part of the literal.
        match self.tokens.get(self.next).map(|token| token.word.clone()) {
            Some(Word::Int(value)) => self.tokens[self.next].word = Word::Int(-value),
            Some(Word::MinInt) => self.tokens[self.next].word = Word::Int(i64::MIN),
            Some(Word::Double(value)) => self.tokens[self.next].word = Word::Double(-value),
            _ => {
                let inner = self.member()?;
                self.set_height(self.height)?;
                return functions::operator_named("-_")
                    .map(|negate| Expr::Call(negate, vec![inner]))
                    .ok_or_else(|| self.unexpected());
            }
        }
        self.member()
    }

    fn member(&mut self) -> Parsed {
        let mut left = self.primary()?;
        loop {
            let mut height = self.height;
            if self.sign(".") {
                let optional = self.sign("?");
                let at = self.at();
                let Some(Word::Name(name)) = self.peek().cloned() else { return Err(self.unexpected()) };
                self.next += 1;
                left = if !optional && self.sign("(") {
                    self.height = 0;
                    let call = self.method(left, &name, at)?;
                    height = height.max(self.height);
                    call
                } else {
                    Expr::Select(Box::new(left), field(name), optional)
                };
            } else if self.sign("[") {
                let optional = self.sign("?");
                let index = self.expr()?;
                height = height.max(self.height);
                self.expect("]")?;
                left = Expr::Index(Box::new(left), Box::new(index), optional);
            } else {
                return Ok(left);
            }
            self.set_height(height)?;
        }
    }

    fn primary(&mut self) -> Parsed {
        let at = self.at();
        let Some(word) = self.peek().cloned() else { return Err(self.unexpected()) };
        self.next += 1;
        self.height = 1;
        Ok(match word {
            Word::Int(value) => Expr::Literal(Literal::Int(value)),
            Word::Uint(value) => Expr::Literal(Literal::Uint(value)),
            Word::Double(value) => Expr::Literal(Literal::Double(value)),
            Word::Text(text) => Expr::Literal(Literal::Text(text)),
            Word::Bytes(bytes) => Expr::Literal(Literal::Bytes(bytes)),
            Word::MinInt => return Err((at, "invalid int literal".to_owned())),
            Word::Sign("(") => {
                let inner = self.expr()?;
                self.expect(")")?;
                inner
            }
            Word::Sign("[") => self.list()?,
            Word::Sign("{") => self.map()?,
            Word::Sign(".") if matches!(self.peek(), Some(Word::Name(_))) => return self.primary(),
            Word::Sign(_) => {
                self.next -= 1;
                return Err(self.unexpected());
            }
            Word::Name(name) => match name.as_str() {
                "true" => Expr::Literal(Literal::Bool(true)),
                "false" => Expr::Literal(Literal::Bool(false)),
                "null" => Expr::Literal(Literal::Null),
                _ if self.sign("(") => self.function(&name, at)?,
                _ => self.variable(&name, at)?,
            },
        })
    }

    fn variable(&mut self, name: &str, at: usize) -> Parsed {
        if is_reserved(name) {
            return Err((at, format!("Syntax error: reserved identifier: {name}")));
        }
        if let Some(index) = self.scope.iter().rposition(|known| known == name) {
            self.uses_last |= index == self.last;
            return Ok(Expr::Variable(index));
        }
        if let Some(type_) = super::value::type_named(name) {
            return Ok(Expr::Type(type_));
        }
        // Qualified names: `optional.of`, `sets.contains`, `net.IP`.
        let mut qualified = name.to_owned();
        while matches!(self.peek(), Some(Word::Sign(".")))
            && let Some(Word::Name(member)) = self.tokens.get(self.next + 1).map(|token| token.word.clone())
        {
            self.next += 2;
            qualified = format!("{qualified}.{member}");
            if let Some(type_) = super::value::type_named(&qualified) {
                return Ok(Expr::Type(type_));
            }
            if self.sign("(") {
                let arguments = self.arguments()?;
                return call::global(&qualified, arguments)
                    .ok_or_else(|| (at, format!("undeclared reference to '{name}' (in container '')")));
            }
        }
        Err((at, format!("undeclared reference to '{name}' (in container '')")))
    }

    fn list(&mut self) -> Parsed {
        let mut items = Vec::new();
        let mut height = 0;
        while !self.sign("]") {
            let optional = self.sign("?");
            items.push((self.expr()?, optional));
            height = height.max(self.height);
            if !self.sign(",") {
                self.expect("]")?;
                break;
            }
        }
        self.set_height(height)?;
        Ok(Expr::List(items))
    }

    fn map(&mut self) -> Parsed {
        let mut entries = Vec::new();
        let mut height = 0;
        while !self.sign("}") {
            let optional = self.sign("?");
            let key = self.expr()?;
            height = height.max(self.height);
            self.expect(":")?;
            entries.push((key, self.expr()?, optional));
            height = height.max(self.height);
            if !self.sign(",") {
                self.expect("}")?;
                break;
            }
        }
        self.set_height(height)?;
        Ok(Expr::Map(entries))
    }
}

fn field(name: String) -> Field {
    let unescaped = unescape(&name);
    Field { name, unescaped }
}

/// Joins terms into a tree of minimal depth.
fn balance(mut terms: Vec<Expr>, join: fn(Box<Expr>, Box<Expr>) -> Expr) -> Expr {
    if terms.len() < 3 {
        let mut terms = terms.into_iter();
        return match (terms.next(), terms.next()) {
            (Some(left), Some(right)) => join(Box::new(left), Box::new(right)),
            (Some(only), _) => only,
            (None, _) => Expr::Literal(Literal::Null),
        };
    }
    let right = terms.split_off(terms.len() / 2);
    join(Box::new(balance(terms, join)), Box::new(balance(right, join)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_functions() {
        let names = OPERATORS.iter().filter_map(|(_, _, name)| *name).chain(["@in", "-_"]);
        for name in names {
            assert!(functions::operator_named(name).is_some(), "{name}");
        }
    }
}
