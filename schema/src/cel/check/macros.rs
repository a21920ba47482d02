//! Expansion of macros into comprehensions.
//!
//! Source: `cel-go/parser/macro.go`, `cel-go/ext/comprehensions.go`, `cel-go/ext/lists.go`, `cel-go/cel/library.go`.

use crate::cel::ast::{Builder, Entry, Fold, Kind, Node};
use crate::cel::expr::Literal;
use crate::cel::issues::Issues;
use crate::cel::parse::with_stack;

const RESULT: &str = "@result";
/// The variable of comprehensions that only give a name to a value.
const UNUSED: &str = "#unused";
const SORTED: &str = "@__sortBy_input__";

/// The position and message of an error.
type Invalid = (usize, String);

/// Expands the macros in an expression.
pub(super) fn expand(node: Node, builder: &mut Builder, issues: &mut Issues) -> Node {
    let Node { id, at, kind } = node;
    let mut each = |node: Node| with_stack(|| expand(node, builder, issues));
    let kind = match kind {
        Kind::Select { operand, field, test } => Kind::Select { operand: Box::new(each(*operand)), field, test },
        Kind::List(items) => Kind::List(items.into_iter().map(|(item, optional)| (each(item), optional)).collect()),
        Kind::Map(entries) => {
            let entry = |entry: Entry| Entry { key: each(entry.key), value: each(entry.value), ..entry };
            Kind::Map(entries.into_iter().map(entry).collect())
        }
        Kind::Message(name, values) => Kind::Message(name, values.into_iter().map(each).collect()),
        Kind::Call { function, target, arguments } => {
            let target = target.map(|target| each(*target));
            let arguments = arguments.into_iter().map(each).collect();
            return call(Node { id, at, kind: Kind::Ident(function) }, target, arguments, builder, issues);
        }
        kind => kind,
    };
    Node { id, at, kind }
}

/// Returns a call, or the expansion of a macro; `function` has its name.
fn call(
    function: Node,
    target: Option<Node>,
    arguments: Vec<Node>,
    builder: &mut Builder,
    issues: &mut Issues,
) -> Node {
    let Node { id, at, kind: Kind::Ident(name) } = function else { return function };
    let mut expansion = Expansion { builder, at };
    let expanded = match (name.as_str(), target, arguments.len()) {
        ("has", None, 1) => expansion.has(arguments),
        ("all" | "exists" | "exists_one", Some(target), 2 | 3) | ("existsOne", Some(target), 3) => {
            expansion.quantifier(&name, target, arguments)
        }
        ("map", Some(target), 2 | 3) | ("filter", Some(target), 2) => {
            expansion.list(name == "filter", target, arguments)
        }
        ("transformList", Some(target), 3 | 4) => expansion.transform_list(target, arguments),
        ("transformMap" | "transformMapEntry", Some(target), 3 | 4) => {
            expansion.transform_map(name == "transformMapEntry", target, arguments)
        }
        ("optMap" | "optFlatMap", Some(target), 2) => expansion.optional(&name, target, arguments),
        ("sortBy", Some(target), 2) => expansion.sort_by(target, arguments),
        (_, target, _) => {
            Ok(Node { id, at, kind: Kind::Call { function: name, target: target.map(Box::new), arguments } })
        }
    };
    expanded.unwrap_or_else(|(at, message)| {
        issues.report(at, message);
        builder.literal(at, Literal::Null)
    })
}

/// An expansion; its expressions have the position of the call.
struct Expansion<'b> {
    builder: &'b mut Builder,
    at: usize,
}

/// The variables of a comprehension.
struct Variables {
    first: String,
    second: Option<String>,
}

/// Removes the variables from the arguments of a macro.
fn variables(arguments: &mut Vec<Node>, count: usize, not_a_name: &str) -> Result<Variables, Invalid> {
    let nodes: Vec<Node> = arguments.drain(..count).collect();
    let mut names: Vec<String> = Vec::new();
    for node in &nodes {
        let Kind::Ident(name) = &node.kind else { return Err((node.at, not_a_name.to_owned())) };
        names.push(name.clone());
    }
    if count == 2 && names[0] == names[1] {
        return Err((nodes[1].at, format!("duplicate variable name: {}", names[0])));
    }
    if let Some(index) = names.iter().position(|name| name == "__result__") {
        return Err((nodes[index].at, "iteration variable overwrites accumulator variable".to_owned()));
    }
    let second = if count == 2 { names.pop() } else { None };
    Ok(Variables { first: names.pop().unwrap_or_default(), second })
}

const SIMPLE_NAME: &str = "argument must be a simple name";

/// Removes the last argument.
fn last(arguments: &mut Vec<Node>, builder: &mut Builder) -> Node {
    arguments.pop().unwrap_or_else(|| builder.literal(0, Literal::Null))
}

impl Expansion<'_> {
    fn call(&mut self, function: &str, arguments: Vec<Node>) -> Node {
        self.builder.call(self.at, function, arguments)
    }

    fn result(&mut self) -> Node {
        self.builder.ident(self.at, RESULT)
    }

    fn literal(&mut self, value: Literal) -> Node {
        self.builder.literal(self.at, value)
    }

    fn list_of(&mut self, items: Vec<Node>) -> Node {
        self.builder.node(self.at, Kind::List(items.into_iter().map(|item| (item, false)).collect()))
    }

    fn has(&mut self, arguments: Vec<Node>) -> Result<Node, Invalid> {
        match arguments.into_iter().next() {
            Some(Node { kind: Kind::Select { operand, field, .. }, .. }) => {
                Ok(self.builder.node(self.at, Kind::Select { operand, field, test: true }))
            }
            other => Err((other.map_or(self.at, |node| node.at), "invalid argument to has() macro".to_owned())),
        }
    }

    /// Creates a comprehension from its start, condition, step and result.
    fn fold(&mut self, range: Node, variables: Variables, [start, condition, step, result]: [Node; 4]) -> Node {
        let (variable, second) = (variables.first, variables.second);
        let accumulator = RESULT.to_owned();
        let fold = Fold { range, variable, second, accumulator, start, condition, step, result };
        self.builder.node(self.at, Kind::Fold(Box::new(fold)))
    }

    fn quantifier(&mut self, name: &str, range: Node, mut arguments: Vec<Node>) -> Result<Node, Invalid> {
        let count = arguments.len() - 1;
        let variables = variables(&mut arguments, count, SIMPLE_NAME)?;
        let predicate = last(&mut arguments, self.builder);
        let result = self.result();
        let parts = match name {
            "all" => [
                self.literal(Literal::Bool(true)),
                self.call("@not_strictly_false", vec![result]),
                self.with_result("_&&_", predicate),
                self.result(),
            ],
            "exists" => {
                let none = self.call("!_", vec![result]);
                [
                    self.literal(Literal::Bool(false)),
                    self.call("@not_strictly_false", vec![none]),
                    self.with_result("_||_", predicate),
                    self.result(),
                ]
            }
            _ => {
                let one = self.literal(Literal::Int(1));
                let sum = self.call("_+_", vec![result, one]);
                let unchanged = self.result();
                let (count, one) = (self.result(), self.literal(Literal::Int(1)));
                [
                    self.literal(Literal::Int(0)),
                    self.literal(Literal::Bool(true)),
                    self.call("_?_:_", vec![predicate, sum, unchanged]),
                    self.call("_==_", vec![count, one]),
                ]
            }
        };
        Ok(self.fold(range, variables, parts))
    }

    /// Returns the call of a function with the accumulator and another argument.
    fn with_result(&mut self, function: &str, argument: Node) -> Node {
        let result = self.result();
        self.call(function, vec![result, argument])
    }

    /// Returns a step that has no effect for items that a filter excludes.
    fn filtered(&mut self, filter: Option<Node>, step: Node) -> Node {
        match filter {
            None => step,
            Some(filter) => {
                let unchanged = self.result();
                self.call("_?_:_", vec![filter, step, unchanged])
            }
        }
    }

    /// Expands `map` and `filter`.
    fn list(&mut self, filters: bool, range: Node, mut arguments: Vec<Node>) -> Result<Node, Invalid> {
        let item = if filters { Some(self.builder.copy(&arguments[0])) } else { None };
        let variables = variables(&mut arguments, 1, "argument is not an identifier")?;
        let body = last(&mut arguments, self.builder);
        let (filter, body) = match item {
            Some(item) => (Some(body), item),
            None => (arguments.pop(), body),
        };
        Ok(self.append(range, variables, filter, body))
    }

    fn transform_list(&mut self, range: Node, mut arguments: Vec<Node>) -> Result<Node, Invalid> {
        let variables = variables(&mut arguments, 2, SIMPLE_NAME)?;
        let body = last(&mut arguments, self.builder);
        Ok(self.append(range, variables, arguments.pop(), body))
    }

    /// Creates a comprehension that appends to a list.
    fn append(&mut self, range: Node, variables: Variables, filter: Option<Node>, body: Node) -> Node {
        let item = self.list_of(vec![body]);
        let step = self.with_result("_+_", item);
        let step = self.filtered(filter, step);
        let parts = [self.list_of(Vec::new()), self.literal(Literal::Bool(true)), step, self.result()];
        self.fold(range, variables, parts)
    }

    fn transform_map(&mut self, entries: bool, range: Node, mut arguments: Vec<Node>) -> Result<Node, Invalid> {
        let variables = variables(&mut arguments, 2, SIMPLE_NAME)?;
        let body = last(&mut arguments, self.builder);
        let mut inserted = vec![self.result()];
        if !entries {
            inserted.push(self.builder.ident(self.at, &variables.first));
        }
        inserted.push(body);
        let step = self.call("cel.@mapInsert", inserted);
        let step = self.filtered(arguments.pop(), step);
        let start = self.builder.node(self.at, Kind::Map(Vec::new()));
        let parts = [start, self.literal(Literal::Bool(true)), step, self.result()];
        Ok(self.fold(range, variables, parts))
    }

    /// Creates a comprehension that gives a name to a value.
    fn bind(&mut self, name: &str, value: Node, result: Node) -> Node {
        let fold = Fold {
            range: self.list_of(Vec::new()),
            variable: UNUSED.to_owned(),
            second: None,
            accumulator: name.to_owned(),
            start: value,
            condition: self.literal(Literal::Bool(false)),
            step: self.builder.ident(self.at, name),
            result,
        };
        self.builder.node(self.at, Kind::Fold(Box::new(fold)))
    }

    fn optional(&mut self, name: &str, target: Node, mut arguments: Vec<Node>) -> Result<Node, Invalid> {
        let body = last(&mut arguments, self.builder);
        let variable = match arguments.pop() {
            Some(Node { kind: Kind::Ident(name), .. }) => name,
            other => {
                let at = other.map_or(self.at, |node| node.at);
                return Err((at, format!("{name}() variable name must be a simple identifier")));
            }
        };
        let copy = self.builder.copy(&target);
        let value = self.builder.method(self.at, "value", copy, Vec::new());
        let mut mapped = self.bind(&variable, value, body);
        if name == "optMap" {
            mapped = self.call("optional.of", vec![mapped]);
        }
        let condition = self.builder.method(self.at, "hasValue", target, Vec::new());
        let none = self.call("optional.none", Vec::new());
        Ok(self.call("_?_:_", vec![condition, mapped, none]))
    }

    fn sort_by(&mut self, target: Node, arguments: Vec<Node>) -> Result<Node, Invalid> {
        if matches!(target.kind, Kind::Literal(_) | Kind::Map(_) | Kind::Message(..)) {
            let message = "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
            return Err((target.at, message.to_owned()));
        }
        let input = self.builder.ident(self.at, SORTED);
        let keys = self.list(false, input, arguments)?;
        let input = self.builder.ident(self.at, SORTED);
        let sorted = self.builder.method(self.at, "@sortByAssociatedKeys", input, vec![keys]);
        Ok(self.bind(SORTED, target, sorted))
    }
}
