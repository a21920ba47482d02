//! The syntax of expressions, with the position of each expression.

use super::expr::Literal;
use super::parse::with_stack;

/// An expression.
#[derive(Debug)]
pub(super) struct Node {
    /// The index of the expression in tables of types and sizes.
    pub(super) id: usize,
    /// The position of errors, in bytes.
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Literal(Literal),
    Ident(String),
    /// A field; `test`: whether it exists, as in `has(self.field)`.
    Select {
        operand: Box<Node>,
        field: String,
        test: bool,
    },
    Call {
        function: String,
        target: Option<Box<Node>>,
        arguments: Vec<Node>,
    },
    /// Items, and whether they are optional values.
    List(Vec<(Node, bool)>),
    Map(Vec<Entry>),
    /// A message with fields: Kubernetes has no messages.
    Message(String, Vec<Node>),
    Fold(Box<Fold>),
}

/// An entry of a map.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
    /// Whether the value is an optional value.
    pub(super) optional: bool,
}

/// A comprehension: the form of all macros with variables for type checks.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) range: Node,
    pub(super) variable: String,
    pub(super) second: Option<String>,
    pub(super) accumulator: String,
    pub(super) start: Node,
    pub(super) condition: Node,
    pub(super) step: Node,
    pub(super) result: Node,
}

impl Fold {
    /// Returns whether the comprehension only gives a name to a value.
    ///
    /// Source: `cel-go/checker/cost.go`, `isBind`.
    pub(super) fn is_binding(&self) -> bool {
        matches!(&self.range.kind, Kind::List(items) if items.is_empty())
            && matches!(self.condition.kind, Kind::Literal(Literal::Bool(false)))
    }
}

impl Node {
    /// Calls a function with each direct part of the expression.
    pub(super) fn each_part<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        match &self.kind {
            Kind::Literal(_) | Kind::Ident(_) => {}
            Kind::Select { operand, .. } => visit(operand),
            Kind::Call { target, arguments, .. } => target.as_deref().into_iter().chain(arguments).for_each(visit),
            Kind::List(items) => items.iter().for_each(|(item, _)| visit(item)),
            Kind::Map(entries) => entries.iter().for_each(|entry| {
                visit(&entry.key);
                visit(&entry.value);
            }),
            Kind::Message(_, values) => values.iter().for_each(visit),
            Kind::Fold(fold) => {
                [&fold.range, &fold.start, &fold.condition, &fold.step, &fold.result].into_iter().for_each(visit);
            }
        }
    }

    /// Returns the name that an identifier and its fields form, such as `net.IP`.
    pub(super) fn qualified_name(&self) -> Option<String> {
        match &self.kind {
            Kind::Ident(name) => Some(name.clone()),
            Kind::Select { operand, field, test: false } => Some(format!("{}.{field}", operand.qualified_name()?)),
            _ => None,
        }
    }
}

/// The maximum number of expressions. Macros of optional values copy their receiver: a chain of them grows exponentially.
const MAX_NODES: usize = 300_000;

/// Creates expressions with ascending indices.
#[derive(Debug, Default)]
pub(super) struct Builder {
    next: usize,
}

impl Builder {
    /// Returns the number of created expressions.
    pub(super) fn count(&self) -> usize {
        self.next
    }

    /// Returns whether the expression has too many parts to be checked.
    pub(super) fn is_exhausted(&self) -> bool {
        self.next > MAX_NODES
    }

    pub(super) fn node(&mut self, at: usize, kind: Kind) -> Node {
        let id = self.next;
        self.next += 1;
        Node { id, at, kind }
    }

    pub(super) fn ident(&mut self, at: usize, name: &str) -> Node {
        self.node(at, Kind::Ident(name.to_owned()))
    }

    pub(super) fn literal(&mut self, at: usize, value: Literal) -> Node {
        self.node(at, Kind::Literal(value))
    }

    pub(super) fn call(&mut self, at: usize, function: &str, arguments: Vec<Node>) -> Node {
        self.node(at, Kind::Call { function: function.to_owned(), target: None, arguments })
    }

    pub(super) fn method(&mut self, at: usize, function: &str, target: Node, arguments: Vec<Node>) -> Node {
        self.node(at, Kind::Call { function: function.to_owned(), target: Some(Box::new(target)), arguments })
    }

    /// Copies an expression with new indices.
    pub(super) fn copy(&mut self, node: &Node) -> Node {
        with_stack(|| self.copied(node))
    }

    fn copied(&mut self, node: &Node) -> Node {
        if self.is_exhausted() {
            return self.literal(node.at, Literal::Null);
        }
        let kind = match &node.kind {
            Kind::Literal(value) => Kind::Literal(value.clone()),
            Kind::Ident(name) => Kind::Ident(name.clone()),
            Kind::Select { operand, field, test } => {
                Kind::Select { operand: Box::new(self.copy(operand)), field: field.clone(), test: *test }
            }
            Kind::Call { function, target, arguments } => Kind::Call {
                function: function.clone(),
                target: target.as_ref().map(|target| Box::new(self.copy(target))),
                arguments: self.copies(arguments),
            },
            Kind::List(items) => {
                Kind::List(items.iter().map(|(item, optional)| (self.copy(item), *optional)).collect())
            }
            Kind::Map(entries) => {
                let entry = |entry: &Entry| Entry {
                    key: self.copy(&entry.key),
                    value: self.copy(&entry.value),
                    optional: entry.optional,
                };
                Kind::Map(entries.iter().map(entry).collect())
            }
            Kind::Message(name, values) => Kind::Message(name.clone(), self.copies(values)),
            Kind::Fold(fold) => Kind::Fold(Box::new(Fold {
                range: self.copy(&fold.range),
                variable: fold.variable.clone(),
                second: fold.second.clone(),
                accumulator: fold.accumulator.clone(),
                start: self.copy(&fold.start),
                condition: self.copy(&fold.condition),
                step: self.copy(&fold.step),
                result: self.copy(&fold.result),
            })),
        };
        self.node(node.at, kind)
    }

    fn copies(&mut self, nodes: &[Node]) -> Vec<Node> {
        nodes.iter().map(|node| self.copy(node)).collect()
    }
}
