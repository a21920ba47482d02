//! Compilation of expressions into the form for evaluation: with resolved names and macros.

use super::ast::{Entry, Kind, Node};
use super::expr::{Expr, Field, Fold, FoldKind, Literal, Pattern};
use super::function::Function;
use super::functions;
use super::issues::Issues;
use super::library::named_format;
use super::names::unescape;
use super::parse::{Parsed, parse};
use super::value::type_named;

/// The maximum depth of expressions: evaluation at this depth needs less than half of a thread's stack of 2 MiB, also
/// without optimization. The API server's limit is 250.
const MAX_DEPTH: usize = 80;

/// Compiles an expression with variables in the order of the stack; also returns whether it uses the last variable.
///
/// # Errors
/// Returns the errors of the syntax, of unknown names, and of limits.
pub(super) fn compile(text: &str, variables: &[&str]) -> Result<(Expr, bool), String> {
    let failed = |issues: Issues| format!("compilation failed: {}", issues.text(text));
    let Parsed { node, issues, .. } = parse(text).map_err(failed)?;
    if !issues.is_empty() {
        return Err(failed(issues));
    }
    let scope = variables.iter().map(|name| (*name).to_owned()).collect();
    let last = variables.len().saturating_sub(1);
    let mut lowering = Lowering { scope, depth: 0, last, uses_last: false };
    let expr = lowering.expr(node).map_err(|(at, message)| {
        let mut issues = Issues::default();
        issues.report(at, message);
        failed(issues)
    })?;
    Ok((expr, lowering.uses_last))
}

struct Lowering {
    /// The names of variables by their index in the stack.
    scope: Vec<String>,
    depth: usize,
    /// The index of the last variable passed by the caller.
    last: usize,
    /// Whether the expression uses that variable.
    uses_last: bool,
}

type Lowered<T = Expr> = Result<T, (usize, String)>;

fn undeclared<T>(at: usize, name: &str) -> Lowered<T> {
    Err((at, format!("undeclared reference to '{name}' (in container '')")))
}

impl Lowering {
    fn expr(&mut self, node: Node) -> Lowered {
        if self.depth >= MAX_DEPTH {
            return Err((node.at, format!("expression recursion limit exceeded: {MAX_DEPTH}")));
        }
        self.depth += 1;
        let lowered = self.parts(node);
        self.depth -= 1;
        lowered
    }

    fn boxed(&mut self, node: Node) -> Lowered<Box<Expr>> {
        self.expr(node).map(Box::new)
    }

    fn all(&mut self, nodes: Vec<Node>) -> Lowered<Vec<Expr>> {
        nodes.into_iter().map(|node| self.expr(node)).collect()
    }

    fn parts(&mut self, node: Node) -> Lowered {
        if let Some(expr) = self.name(&node) {
            return Ok(expr);
        }
        let at = node.at;
        match node.kind {
            Kind::Literal(value) => Ok(Expr::Literal(value)),
            Kind::Ident(name) | Kind::Message(name, _) => undeclared(at, &name),
            Kind::Select { operand, field, .. } => Ok(Expr::Select(self.boxed(*operand)?, self::field(field), false)),
            Kind::List(items) => {
                let item = |(item, optional)| Ok((self.expr(item)?, optional));
                items.into_iter().map(item).collect::<Lowered<_>>().map(Expr::List)
            }
            Kind::Map(entries) => {
                let entry = |entry: Entry| Ok((self.expr(entry.key)?, self.expr(entry.value)?, entry.optional));
                entries.into_iter().map(entry).collect::<Lowered<_>>().map(Expr::Map)
            }
            Kind::Call { function, target: None, arguments } => self.global(&function, at, arguments),
            Kind::Call { function, target: Some(target), arguments } => self.method(*target, &function, at, arguments),
            Kind::Fold(_) => Err((at, "comprehensions have no syntax".to_owned())),
        }
    }

    /// Returns a variable or the name of a type.
    fn name(&mut self, node: &Node) -> Option<Expr> {
        let name = node.qualified_name()?;
        if let Some(index) = self.scope.iter().rposition(|known| *known == name) {
            self.uses_last |= index == self.last;
            return Some(Expr::Variable(index));
        }
        if self.is_variable(&name) { None } else { type_named(&name).map(Expr::Type) }
    }

    /// Returns whether a qualified name starts with a variable.
    fn is_variable(&self, name: &str) -> bool {
        let first = name.split('.').next().unwrap_or_default();
        self.scope.iter().any(|known| known == first)
    }

    fn global(&mut self, name: &str, at: usize, arguments: Vec<Node>) -> Lowered {
        if let Some(expr) = operator(name, at, &arguments) {
            return expr.and_then(|build| build(self, arguments));
        }
        let arguments = self.all(arguments)?;
        call_named(name, arguments).map_or_else(|| undeclared(at, name), Ok)
    }

    fn method(&mut self, target: Node, name: &str, at: usize, arguments: Vec<Node>) -> Lowered {
        if let Some(kind) = fold_kind(name, arguments.len()) {
            return self.fold(kind, target, arguments);
        }
        if matches!(name, "optMap" | "optFlatMap") && arguments.len() == 2 {
            return self.optional(target, name == "optFlatMap", arguments);
        }
        if let Some(qualified) = target.qualified_name().map(|prefix| format!("{prefix}.{name}"))
            && !self.is_variable(&qualified)
        {
            let arguments = self.all(arguments)?;
            return call_named(&qualified, arguments).map_or_else(|| undeclared(at, &qualified), Ok);
        }
        let Some(function) = functions::method_named(name, arguments.len()) else { return undeclared(at, name) };
        let mut all = vec![self.expr(target)?];
        all.extend(self.all(arguments)?);
        Ok(call(function, all))
    }

    fn operands<const N: usize>(
        &mut self,
        arguments: Vec<Node>,
        build: impl FnOnce([Box<Expr>; N]) -> Expr,
    ) -> Lowered {
        let operands = arguments.into_iter().map(|argument| self.boxed(argument)).collect::<Lowered<Vec<_>>>()?;
        let operands = <[Box<Expr>; N]>::try_from(operands);
        operands.map(build).map_err(|operands| (0, format!("wrong number of operands: {}", operands.len())))
    }

    /// Compiles a macro over a list or a map.
    fn fold(&mut self, kind: FoldKind, range: Node, mut arguments: Vec<Node>) -> Lowered {
        let transforms = is_transformation(kind);
        let two = transforms || (arguments.len() == 3 && kind != FoldKind::Map);
        let range = self.expr(range)?;
        let rest = arguments.split_off(if two { 2 } else { 1 });
        let depth = self.scope.len();
        for variable in arguments {
            self.scope.push(variable_name(variable)?);
        }
        let body = self.all(rest);
        self.scope.truncate(depth);
        let mut body = body?.into_iter();
        let (first, second) = (body.next(), body.next());
        let (filter, body) = match (first, second) {
            (filter, Some(body)) => (filter, body),
            (Some(body), None) => (None, body),
            (None, None) => (None, Expr::Literal(Literal::Null)),
        };
        Ok(Expr::Fold(Box::new(Fold { kind, range, two, filter, body })))
    }

    fn optional(&mut self, target: Node, flat: bool, arguments: Vec<Node>) -> Lowered {
        let target = self.boxed(target)?;
        let mut arguments = arguments.into_iter();
        let (Some(variable), Some(body)) = (arguments.next(), arguments.next()) else { return undeclared(0, "optMap") };
        self.scope.push(variable_name(variable)?);
        let body = self.boxed(body);
        self.scope.pop();
        Ok(Expr::OptionalMap(target, body?, flat))
    }
}

/// Compiles the arguments of an operator.
type Build = fn(&mut Lowering, Vec<Node>) -> Lowered;

/// Returns how an operator or `has` is compiled.
fn operator(name: &str, at: usize, arguments: &[Node]) -> Option<Lowered<Build>> {
    Some(Ok(match (name, arguments) {
        ("has", [Node { kind: Kind::Select { .. }, .. }]) => |lowering, mut arguments| match arguments.pop() {
            Some(Node { kind: Kind::Select { operand, field: name, .. }, .. }) => {
                Ok(Expr::Has(lowering.boxed(*operand)?, field(name)))
            }
            _ => undeclared(0, "has"),
        },
        ("has", _) => return Some(Err((at, "invalid argument to has() macro".to_owned()))),
        ("!_", [_]) => |lowering, arguments| lowering.operands(arguments, |[inner]| Expr::Not(inner)),
        ("_&&_", [_, _]) => |lowering, arguments| lowering.operands(arguments, |[one, other]| Expr::And(one, other)),
        ("_||_", [_, _]) => |lowering, arguments| lowering.operands(arguments, |[one, other]| Expr::Or(one, other)),
        ("_?_:_", [_, _, _]) => {
            |lowering, arguments| lowering.operands(arguments, |[condition, yes, no]| Expr::If(condition, yes, no))
        }
        ("_[_]", [_, _]) => {
            |lowering, arguments| lowering.operands(arguments, |[of, index]| Expr::Index(of, index, false))
        }
        ("_[?_]", [_, _]) => {
            |lowering, arguments| lowering.operands(arguments, |[of, index]| Expr::Index(of, index, true))
        }
        ("_?._", [_, Node { kind: Kind::Literal(Literal::Text(_)), .. }]) => |lowering, mut arguments| {
            let name = match arguments.pop().map(|name| name.kind) {
                Some(Kind::Literal(Literal::Text(name))) => name,
                _ => String::new(),
            };
            lowering.operands(arguments, |[operand]| Expr::Select(operand, field(name), true))
        },
        _ => return None,
    }))
}

fn variable_name(node: Node) -> Lowered<String> {
    match node.kind {
        Kind::Ident(name) => Ok(name),
        _ => Err((node.at, "argument must be a simple name".to_owned())),
    }
}

fn is_transformation(kind: FoldKind) -> bool {
    matches!(kind, FoldKind::TransformList | FoldKind::TransformMap | FoldKind::TransformMapEntry)
}

/// Returns the macro with this name and number of arguments.
fn fold_kind(name: &str, count: usize) -> Option<FoldKind> {
    Some(match (name, count) {
        ("all", 2 | 3) => FoldKind::All,
        ("exists", 2 | 3) => FoldKind::Exists,
        ("exists_one", 2 | 3) | ("existsOne", 3) => FoldKind::ExistsOne,
        ("map", 2 | 3) => FoldKind::Map,
        ("filter", 2) => FoldKind::Filter,
        ("transformList", 3 | 4) => FoldKind::TransformList,
        ("transformMap", 3 | 4) => FoldKind::TransformMap,
        ("transformMapEntry", 3 | 4) => FoldKind::TransformMapEntry,
        ("sortBy", 2) => FoldKind::SortBy,
        _ => return None,
    })
}

fn field(name: String) -> Field {
    let unescaped = unescape(&name);
    Field { name, unescaped }
}

/// Returns the call of an operator or a global function, if it exists.
fn call_named(name: &str, mut arguments: Vec<Expr>) -> Option<Expr> {
    if arguments.is_empty()
        && let Some(format) = named_format::of_function(name)
    {
        return Some(Expr::Format(format));
    }
    let function = functions::operator_named(name).or_else(|| functions::global_named(name, arguments.len()))?;
    // Types are not checked before the evaluation, so `dyn` has no effect.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_compiled() {
        for text in ["1 == 2 || 1 != 2 && 1 < 2", "1 <= 2 || 1 > 2 || 1 >= 2", "-(1 + 2 - 3 * 4 / 5 % 6) in [1]"] {
            assert!(compile(text, &[]).is_ok(), "{text}");
        }
    }

    #[test]
    fn expressions_beyond_the_maximum_depth_are_errors() {
        let sum = |count: usize| format!("0{}", " + 1".repeat(count));
        assert!(compile(&sum(MAX_DEPTH - 1), &[]).is_ok());
        assert!(compile(&sum(MAX_DEPTH), &[]).is_err_and(|error| error.contains("recursion limit exceeded: 80")));
    }
}
