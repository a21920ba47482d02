//! Expressions from text.

mod call;

use super::expr::{Expr, Field, Literal};
use super::function::Function;
use super::names::unescape;
use super::token::{Token, Word, tokens};

/// Expressions nest no deeper. Source: `cel-go/parser`, `maxRecursionDepth`.
const DEPTH: usize = 250;
/// Expressions are no longer, in characters.
const LENGTH: usize = 100_000;

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("compilation failed: ERROR: <input>:1:{column}: {why}")]
pub struct CompileError {
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub why: String,
}

/// An expression over variables, which lie on the stack in this order, and whether it looks at the last of them.
pub(super) fn parse(text: &str, variables: &[&str]) -> Result<(Expr, bool), CompileError> {
    let error = |at: usize, why: String| CompileError { column: text[..at.min(text.len())].chars().count() + 1, why };
    if text.chars().count() > LENGTH {
        return Err(error(
            0,
            format!("expression code point size exceeds limit: size: {}, limit {LENGTH}", text.chars().count()),
        ));
    }
    let tokens = tokens(text).map_err(|(at, why)| error(at, why))?;
    let scope = variables.iter().map(|name| (*name).to_owned()).collect();
    let last = variables.len().saturating_sub(1);
    let mut parser = Parser { tokens, next: 0, end: text.len(), scope, depth: 0, last, uses_last: false };
    let expr = parser.expr().and_then(|expr| match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.unexpected()),
    });
    let uses_last = parser.uses_last;
    expr.map(|expr| (expr, uses_last)).map_err(|(at, why)| error(at, why))
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    end: usize,
    /// Names of variables, by their place on the stack.
    scope: Vec<String>,
    depth: usize,
    /// The place of the last variable that was given, and whether the expression looks at it.
    last: usize,
    uses_last: bool,
}

type Parsed = Result<Expr, (usize, String)>;

impl Parser {
    fn peek(&self) -> Option<&Word> {
        self.tokens.get(self.next).map(|token| &token.what)
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

    fn one_of(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().copied().find(|sign| self.sign(sign))
    }

    fn expect(&mut self, sign: &str) -> Result<(), (usize, String)> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn word(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(Word::Name(found)) if found == name);
        self.next += usize::from(found);
        found
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, (usize, String)>) -> Result<T, (usize, String)> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err((self.at(), format!("expression recursion limit exceeded: {DEPTH}")));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// What is chained from the left nests as deep as it is long.
    fn long(&self, length: usize) -> Result<(), (usize, String)> {
        if self.depth + length > DEPTH {
            return Err((self.at(), format!("expression recursion limit exceeded: {DEPTH}")));
        }
        Ok(())
    }

    fn expr(&mut self) -> Parsed {
        self.deeper(|parser| {
            let condition = parser.or()?;
            if !parser.sign("?") {
                return Ok(condition);
            }
            let yes = parser.or()?;
            parser.expect(":")?;
            let no = parser.expr()?;
            Ok(Expr::If(Box::new(condition), Box::new(yes), Box::new(no)))
        })
    }

    fn or(&mut self) -> Parsed {
        let mut terms = vec![self.and()?];
        while self.sign("||") {
            terms.push(self.and()?);
        }
        Ok(balanced(terms, Expr::Or))
    }

    fn and(&mut self) -> Parsed {
        let mut terms = vec![self.relation()?];
        while self.sign("&&") {
            terms.push(self.relation()?);
        }
        Ok(balanced(terms, Expr::And))
    }

    fn relation(&mut self) -> Parsed {
        let mut left = self.sum()?;
        for length in 0.. {
            let function = match self.one_of(&["==", "!=", "<=", ">=", "<", ">"]) {
                Some("==") => Function::Equal,
                Some("!=") => Function::NotEqual,
                Some("<=") => Function::LessOrEqual,
                Some(">=") => Function::GreaterOrEqual,
                Some("<") => Function::Less,
                Some(_) => Function::Greater,
                None if self.word("in") => Function::In,
                None => break,
            };
            self.long(length)?;
            left = Expr::Call(function, vec![left, self.sum()?]);
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        for length in 0.. {
            let function = match self.one_of(&["+", "-"]) {
                Some("+") => Function::Add,
                Some(_) => Function::Subtract,
                None => break,
            };
            self.long(length)?;
            left = Expr::Call(function, vec![left, self.product()?]);
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.unary()?;
        for length in 0.. {
            let function = match self.one_of(&["*", "/", "%"]) {
                Some("*") => Function::Multiply,
                Some("/") => Function::Divide,
                Some(_) => Function::Modulo,
                None => break,
            };
            self.long(length)?;
            left = Expr::Call(function, vec![left, self.unary()?]);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        let mut count = 0;
        while self.sign("!") {
            count += 1;
        }
        if count > 0 {
            let inner = self.member()?;
            return Ok(if count % 2 == 1 { Expr::Not(Box::new(inner)) } else { inner });
        }
        while self.sign("-") {
            count += 1;
        }
        if count % 2 == 0 {
            return self.member();
        }
        // A number right behind its sign is one literal.
        match self.tokens.get(self.next).map(|token| token.what.clone()) {
            Some(Word::Int(value)) => self.tokens[self.next].what = Word::Int(-value),
            Some(Word::LeastInt) => self.tokens[self.next].what = Word::Int(i64::MIN),
            Some(Word::Double(value)) => self.tokens[self.next].what = Word::Double(-value),
            _ => return Ok(Expr::Call(Function::Negate, vec![self.member()?])),
        }
        self.member()
    }

    fn member(&mut self) -> Parsed {
        let mut left = self.primary()?;
        for length in 0.. {
            if self.sign(".") {
                let optional = self.sign("?");
                let at = self.at();
                let Some(Word::Name(name)) = self.peek().cloned() else { return Err(self.unexpected()) };
                self.next += 1;
                self.long(length)?;
                left = if !optional && self.sign("(") {
                    self.method(left, &name, at)?
                } else {
                    Expr::Select(Box::new(left), field(name), optional)
                };
            } else if self.sign("[") {
                let optional = self.sign("?");
                self.long(length)?;
                let index = self.expr()?;
                self.expect("]")?;
                left = Expr::Index(Box::new(left), Box::new(index), optional);
            } else {
                break;
            }
        }
        Ok(left)
    }

    fn primary(&mut self) -> Parsed {
        let at = self.at();
        let Some(word) = self.peek().cloned() else { return Err(self.unexpected()) };
        self.next += 1;
        Ok(match word {
            Word::Int(value) => Expr::Literal(Literal::Int(value)),
            Word::Uint(value) => Expr::Literal(Literal::Uint(value)),
            Word::Double(value) => Expr::Literal(Literal::Double(value)),
            Word::Text(text) => Expr::Literal(Literal::Text(text)),
            Word::Bytes(bytes) => Expr::Literal(Literal::Bytes(bytes)),
            Word::LeastInt => return Err((at, "invalid int literal".to_owned())),
            Word::Sign("(") => {
                let inner = self.expr()?;
                self.expect(")")?;
                inner
            }
            Word::Sign("[") => self.list()?,
            Word::Sign("{") => self.map()?,
            Word::Sign(".") => return self.primary(),
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
        if RESERVED.contains(&name) {
            return Err((at, format!("Syntax error: reserved identifier: {name}")));
        }
        if let Some(place) = self.scope.iter().rposition(|known| known == name) {
            self.uses_last |= place == self.last;
            return Ok(Expr::Variable(place));
        }
        if let Some(type_) = super::value::type_named(name) {
            return Ok(Expr::Call(Function::TypeNamed(type_), Vec::new()));
        }
        // Libraries have names of their own: `optional.of`, `sets.contains`.
        if matches!(self.peek(), Some(Word::Sign("."))) {
            let start = self.next;
            self.next += 1;
            if let Some(Word::Name(member)) = self.peek().cloned() {
                self.next += 1;
                let full = format!("{name}.{member}");
                if self.sign("(") {
                    let arguments = self.arguments()?;
                    return Function::global(&full, arguments.len())
                        .map(|function| Expr::Call(function, arguments))
                        .ok_or_else(|| (at, format!("undeclared reference to '{name}' (in container '')")));
                }
            }
            self.next = start;
        }
        Err((at, format!("undeclared reference to '{name}' (in container '')")))
    }

    fn list(&mut self) -> Parsed {
        let mut items = Vec::new();
        while !self.sign("]") {
            let optional = self.sign("?");
            items.push((self.expr()?, optional));
            if !self.sign(",") {
                self.expect("]")?;
                break;
            }
        }
        Ok(Expr::List(items))
    }

    fn map(&mut self) -> Parsed {
        let mut entries = Vec::new();
        while !self.sign("}") {
            let optional = self.sign("?");
            let key = self.expr()?;
            self.expect(":")?;
            entries.push((key, self.expr()?, optional));
            if !self.sign(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Expr::Map(entries))
    }
}

const RESERVED: [&str; 18] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

fn field(name: String) -> Field {
    let unescaped = unescape(&name);
    Field { name, unescaped }
}

/// Terms as a tree that is no deeper than it must be.
fn balanced(mut terms: Vec<Expr>, join: fn(Box<Expr>, Box<Expr>) -> Expr) -> Expr {
    if terms.len() < 3 {
        let mut terms = terms.into_iter();
        return match (terms.next(), terms.next()) {
            (Some(left), Some(right)) => join(Box::new(left), Box::new(right)),
            (Some(only), _) => only,
            (None, _) => Expr::Literal(Literal::Null),
        };
    }
    let right = terms.split_off(terms.len() / 2);
    join(Box::new(balanced(terms, join)), Box::new(balanced(right, join)))
}
