//! Parser of expressions, with the limits of cel-go. Macros are calls.
//!
//! Source: `cel-go/parser/gen/CEL.g4`, `cel-go/parser/parser.go`.

mod member;

use super::ast::{Builder, Node};
use super::expr::Literal;
use super::issues::Issues;
use super::token::{Token, Word, tokens};

/// The maximum depth of expressions.
const MAX_DEPTH: usize = 250;
/// The maximum length of expressions in characters.
const MAX_LENGTH: usize = 100_000;
/// The stack that is left when more is allocated, and how much is allocated, in bytes.
const STACK: (usize, usize) = (128 * 1024, 1024 * 1024);

const RELATIONS: [(&str, &str); 6] =
    [("==", "_==_"), ("!=", "_!=_"), ("<=", "_<=_"), (">=", "_>=_"), ("<", "_<_"), (">", "_>_")];
const SUMS: [(&str, &str); 2] = [("+", "_+_"), ("-", "_-_")];
const PRODUCTS: [(&str, &str); 3] = [("*", "_*_"), ("/", "_/_"), ("%", "_%_")];

/// Runs a recursive function with enough stack.
pub(super) fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK.0, STACK.1, work)
}

/// A parsed expression.
pub(super) struct Parsed {
    pub(super) node: Node,
    pub(super) builder: Builder,
    /// Errors after which parsing continued.
    pub(super) issues: Issues,
}

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<Parsed, Issues> {
    let mut issues = Issues::default();
    let length = text.chars().count();
    if length > MAX_LENGTH {
        issues.report_whole(format!("expression code point size exceeds limit: size: {length}, limit {MAX_LENGTH}"));
        return Err(issues);
    }
    let (tokens, errors) = tokens(text);
    for (at, message) in errors {
        if message.ends_with(" literal") {
            // The literal is a token, but without a value.
            issues.report(at, message);
            return Err(issues);
        }
        issues.report(at, format!("Syntax error: {message}"));
    }
    let mut parser = Parser { text, tokens, next: 0, builder: Builder::default(), issues, depth: 0, height: 0 };
    let node = parser.expr().and_then(|node| match parser.peek() {
        None => Ok(node),
        Some(_) if parser.next + 1 == parser.tokens.len() => Err(parser.extraneous("<EOF>")),
        Some(_) => Err(parser.mismatched("<EOF>")),
    });
    match node {
        Ok(node) => return Ok(Parsed { node, builder: parser.builder, issues: parser.issues }),
        Err(Stop::Syntax(at, message)) => parser.issues.report(at, message),
        Err(Stop::Depth(message)) => parser.issues.report_whole(message),
    }
    Err(parser.issues)
}

/// Why parsing stops.
enum Stop {
    Syntax(usize, String),
    Depth(String),
}

type Step<T = Node> = Result<T, Stop>;

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
    builder: Builder,
    issues: Issues,
    /// The number of levels of the rule being parsed.
    depth: usize,
    /// The height of the last parsed expression, without macros.
    height: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Word> {
        self.tokens.get(self.next).map(|token| &token.word)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.len(), |token| token.at)
    }

    /// Returns the text of the next token.
    fn found(&self) -> &str {
        self.tokens.get(self.next).map_or("<EOF>", |token| &self.text[token.at..token.end])
    }

    /// Returns whether the token after the next one is one of these signs.
    fn is_followed_by(&self, signs: &[&str]) -> bool {
        matches!(self.tokens.get(self.next + 1), Some(Token { word: Word::Sign(sign), .. }) if signs.contains(sign))
    }

    fn syntax(&self, message: &str) -> Stop {
        Stop::Syntax(self.at(), format!("Syntax error: {message}"))
    }

    fn mismatched(&self, expected: &str) -> Stop {
        self.syntax(&format!("mismatched input '{}' expecting {expected}", self.found()))
    }

    /// Returns the error of a token without which the expression may be valid.
    fn extraneous(&self, expected: &str) -> Stop {
        self.syntax(&format!("extraneous input '{}' expecting {expected}", self.found()))
    }

    /// Returns the error of a missing name after a `.`.
    fn no_name(&self) -> Stop {
        let found = self.tokens.get(self.next).map_or("", |token| &self.text[token.at..token.end]);
        self.syntax(&format!("no viable alternative at input '.{found}'"))
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Word::Sign(found)) if *found == sign);
        self.next += usize::from(found);
        found
    }

    /// Consumes a sign; the messages of its absence depend on the tokens after it.
    fn expect(&mut self, sign: &str) -> Step<()> {
        if self.sign(sign) {
            return Ok(());
        }
        let expected = format!("'{sign}'");
        if self.is_followed_by(&[sign]) {
            return Err(self.extraneous(&expected));
        }
        // Expressions may end after a closing bracket.
        if matches!(sign, ")" | "]") && self.peek().is_none() {
            return Err(self.syntax(&format!("missing {expected} at '<EOF>'")));
        }
        Err(self.mismatched(&expected))
    }

    /// Consumes the end of a list or map after an item.
    fn expect_end(&mut self, sign: &str) -> Step<()> {
        if self.sign(sign) {
            return Ok(());
        }
        let expected = format!("{{'{sign}', ','}}");
        Err(if self.is_followed_by(&[sign, ","]) { self.extraneous(&expected) } else { self.mismatched(&expected) })
    }

    /// Consumes the colon between key and value.
    fn expect_colon(&mut self) -> Step<()> {
        if self.sign(":") {
            return Ok(());
        }
        if self.starts_expression(self.next) {
            return Err(self.syntax(&format!("missing ':' at '{}'", self.found())));
        }
        Err(self.mismatched("':'"))
    }

    /// Returns whether an expression can start with the token with this index.
    fn starts_expression(&self, index: usize) -> bool {
        match self.tokens.get(index).map(|token| &token.word) {
            None | Some(Word::Escaped(_)) => false,
            Some(Word::Sign(sign)) => matches!(*sign, "[" | "{" | "(" | "." | "-" | "!"),
            Some(Word::Name(name)) => name != "in",
            Some(_) => true,
        }
    }

    /// Consumes one of these operators; returns its position and function.
    fn operator(&mut self, operators: &[(&str, &'static str)]) -> Option<(usize, &'static str)> {
        let at = self.at();
        let found = match self.peek()? {
            Word::Sign(sign) => operators.iter().find(|(known, _)| known == sign)?.1,
            Word::Name(name) if name == "in" && operators.len() == RELATIONS.len() => "@in",
            _ => return None,
        };
        self.next += 1;
        Some((at, found))
    }

    /// Enters a level of a rule, which `leave` leaves.
    fn enter(&mut self) -> Step<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Depth(format!("expression recursion limit exceeded: {MAX_DEPTH}")));
        }
        Ok(())
    }

    /// Sets the height of the last parsed expression from the maximum height of its operands.
    fn raise(&mut self, operands: usize) -> Step<()> {
        self.height = operands + 1;
        if self.height > MAX_DEPTH {
            return Err(Stop::Depth("max recursion depth exceeded".to_owned()));
        }
        Ok(())
    }

    fn expr(&mut self) -> Step {
        let depth = self.depth;
        self.enter()?;
        let parsed = with_stack(|| self.conditional());
        self.depth = depth;
        parsed
    }

    fn conditional(&mut self) -> Step {
        let condition = self.logical("||", "_||_", |parser| parser.logical("&&", "_&&_", Parser::relation))?;
        let at = self.at();
        if !self.sign("?") {
            return Ok(condition);
        }
        let mut height = self.height;
        let yes = self.logical("||", "_||_", |parser| parser.logical("&&", "_&&_", Parser::relation))?;
        height = height.max(self.height);
        self.expect(":")?;
        let no = self.expr()?;
        self.raise(height.max(self.height))?;
        Ok(self.builder.call(at, "_?_:_", vec![condition, yes, no]))
    }

    fn logical(&mut self, sign: &str, function: &str, term: fn(&mut Self) -> Step) -> Step {
        let mut terms = vec![term(self)?];
        let mut signs = Vec::new();
        let mut height = self.height;
        loop {
            let at = self.at();
            if !self.sign(sign) {
                break;
            }
            signs.push(at);
            terms.push(term(self)?);
            height = height.max(self.height);
        }
        self.height = height;
        Ok(self.balance(function, terms, &signs))
    }

    /// Joins terms into a tree of minimal depth.
    ///
    /// Source: `cel-go/parser/helper.go`, `balancedTree`.
    fn balance(&mut self, function: &str, mut terms: Vec<Node>, signs: &[usize]) -> Node {
        if terms.len() < 2 {
            return terms.pop().unwrap_or_else(|| self.builder.literal(0, Literal::Null));
        }
        let middle = signs.len() / 2;
        let right = terms.split_off(middle + 1);
        let left = self.balance(function, terms, &signs[..middle]);
        let right = self.balance(function, right, &signs[middle + 1..]);
        self.builder.call(signs[middle], function, vec![left, right])
    }

    fn relation(&mut self) -> Step {
        self.chain(&RELATIONS, |parser| parser.chain(&SUMS, |parser| parser.chain(&PRODUCTS, Parser::unary)))
    }

    /// Parses operands joined by operators of the same precedence, from left to right.
    fn chain(&mut self, operators: &[(&str, &'static str)], operand: fn(&mut Self) -> Step) -> Step {
        let depth = self.depth;
        let mut left = operand(self)?;
        while let Some((at, function)) = self.operator(operators) {
            self.enter()?;
            let height = self.height;
            let right = operand(self)?;
            self.raise(height.max(self.height))?;
            left = self.builder.call(at, function, vec![left, right]);
        }
        self.depth = depth;
        Ok(left)
    }

    fn unary(&mut self) -> Step {
        let start = self.at();
        let mut count = 0;
        while self.sign("!") {
            count += 1;
        }
        if count > 0 {
            let inner = self.member()?;
            return Ok(if count % 2 == 1 { self.builder.call(start, "!_", vec![inner]) } else { inner });
        }
        while self.sign("-") {
            count += 1;
        }
        // A single sign directly before a number is part of the literal.
        let number = match self.tokens.get(self.next).map(|token| &token.word) {
            Some(Word::Int(value)) => Some(Word::Int(-value)),
            Some(Word::MinInt) => Some(Word::Int(i64::MIN)),
            Some(Word::Double(value)) => Some(Word::Double(-value)),
            _ => None,
        };
        if let Some(word) = number.filter(|_| count == 1) {
            self.tokens[self.next] = Token { word, at: start, ..self.tokens[self.next] };
            return self.member();
        }
        let inner = self.member()?;
        Ok(if count % 2 == 1 { self.builder.call(start, "-_", vec![inner]) } else { inner })
    }
}
