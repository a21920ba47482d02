//! Parsing of calls and macros.

use super::{Parsed, Parser};
use crate::cel::expr::{Expr, Fold, FoldKind, Literal, Pattern};
use crate::cel::function::Function;
use crate::cel::functions;
use crate::cel::library::named_format;
use crate::cel::names::is_reserved;
use crate::cel::token::Word;

impl Parser {
    /// Parses arguments up to the closing parenthesis; sets the height of the call.
    pub(super) fn arguments(&mut self) -> Result<Vec<Expr>, (usize, String)> {
        let mut arguments = Vec::new();
        let mut height = 0;
        if self.sign(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expr()?);
            height = height.max(self.height);
            if !self.sign(",") {
                break;
            }
        }
        self.expect(")")?;
        self.set_height(height)?;
        Ok(arguments)
    }

    pub(super) fn function(&mut self, name: &str, at: usize) -> Parsed {
        let arguments = self.arguments()?;
        if name == "has" {
            return match <[Expr; 1]>::try_from(arguments) {
                Ok([Expr::Select(operand, field, false)]) => Ok(Expr::Has(operand, field)),
                _ => Err((at, "invalid argument to has() macro".to_owned())),
            };
        }
        global(name, arguments).ok_or_else(|| (at, format!("undeclared reference to '{name}' (in container '')")))
    }

    pub(super) fn method(&mut self, target: Expr, name: &str, at: usize) -> Parsed {
        if let Some(fold) = self.fold(target, name, at)? {
            return match fold {
                Ok(fold) => Ok(fold),
                Err(target) => {
                    let mut arguments = vec![target];
                    arguments.extend(self.arguments()?);
                    match functions::method_named(name, arguments.len() - 1) {
                        Some(function) => Ok(call(function, arguments)),
                        None => Err((at, format!("undeclared reference to '{name}' (in container '')"))),
                    }
                }
            };
        }
        Err((at, format!("undeclared reference to '{name}' (in container '')")))
    }

    /// Parses a macro; returns the receiver if the method is not a macro.
    fn fold(&mut self, target: Expr, name: &str, at: usize) -> Result<Option<Result<Expr, Expr>>, (usize, String)> {
        let kind = match name {
            "all" => FoldKind::All,
            "exists" => FoldKind::Exists,
            "exists_one" | "existsOne" => FoldKind::ExistsOne,
            "map" => FoldKind::Map,
            "filter" => FoldKind::Filter,
            "transformList" => FoldKind::TransformList,
            "transformMap" => FoldKind::TransformMap,
            "transformMapEntry" => FoldKind::TransformMapEntry,
            "sortBy" => FoldKind::SortBy,
            "optMap" | "optFlatMap" => {
                let variable = self.fold_variable(at)?;
                self.scope.push(variable);
                let body = self.expr();
                self.scope.pop();
                let body = body?;
                self.expect(")")?;
                return Ok(Some(Ok(Expr::OptionalMap(Box::new(target), Box::new(body), name == "optFlatMap"))));
            }
            _ => return Ok(Some(Err(target))),
        };
        let first = self.fold_variable(at)?;
        let can_have_two = !matches!(kind, FoldKind::Map | FoldKind::Filter | FoldKind::SortBy);
        let second = if can_have_two { self.second_variable(kind) } else { None };
        let depth = self.scope.len();
        self.scope.push(first);
        let two = second.is_some();
        self.scope.extend(second);
        let body = self.fold_body(kind, at);
        self.scope.truncate(depth);
        let (filter, body) = body?;
        self.expect(")")?;
        Ok(Some(Ok(Expr::Fold(Box::new(Fold { kind, range: target, two, filter, body })))))
    }

    fn fold_body(&mut self, kind: FoldKind, at: usize) -> Result<(Option<Expr>, Expr), (usize, String)> {
        let first = self.expr()?;
        let can_filter = matches!(
            kind,
            FoldKind::Map | FoldKind::TransformList | FoldKind::TransformMap | FoldKind::TransformMapEntry
        );
        if !self.sign(",") {
            return Ok((None, first));
        }
        if !can_filter {
            return Err((at, "too many arguments of a macro".to_owned()));
        }
        let height = self.height;
        let body = self.expr()?;
        self.height = height.max(self.height);
        Ok((Some(first), body))
    }

    fn fold_variable(&mut self, at: usize) -> Result<String, (usize, String)> {
        let Some(Word::Name(name)) = self.peek().cloned() else {
            return Err((at, "argument must be a simple name".to_owned()));
        };
        self.next += 1;
        self.expect(",")?;
        Ok(name)
    }

    /// Parses a second variable, if the macro has one.
    fn second_variable(&mut self, kind: FoldKind) -> Option<String> {
        let Some(Word::Name(name)) = self.peek().cloned() else { return None };
        let follows = matches!(self.tokens.get(self.next + 1).map(|token| &token.word), Some(Word::Sign(",")));
        let transforms = matches!(kind, FoldKind::TransformList | FoldKind::TransformMap | FoldKind::TransformMapEntry);
        if !follows || (!transforms && is_reserved(&name)) {
            return None;
        }
        self.next += 2;
        Some(name)
    }
}

/// Returns the call of a global function with these arguments, if it exists.
pub(super) fn global(name: &str, mut arguments: Vec<Expr>) -> Option<Expr> {
    if arguments.is_empty()
        && let Some(format) = named_format::of_function(name)
    {
        return Some(Expr::Format(format));
    }
    let function = functions::global_named(name, arguments.len())?;
    // Types are not checked in advance, so `dyn` has no effect.
    if function.name == "dyn" { arguments.pop() } else { Some(call(function, arguments)) }
}

/// Returns a call; a constant pattern of `matches` is compiled in advance.
fn call(function: &'static Function, arguments: Vec<Expr>) -> Expr {
    if function.name != "matches" {
        return Expr::Call(function, arguments);
    }
    match <[Expr; 2]>::try_from(arguments) {
        Ok([text, Expr::Literal(Literal::Text(pattern))]) => {
            let compiled = crate::pattern::compile(&pattern);
            Expr::Matches(Box::new(text), Pattern { text: pattern, compiled })
        }
        Ok(arguments) => Expr::Call(function, arguments.into()),
        Err(arguments) => Expr::Call(function, arguments),
    }
}
