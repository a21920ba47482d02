//! Estimates of the maximum costs of expressions, from the limits of the schema.
//!
//! Source: `cel-go/checker/cost.go`.

mod estimate;
mod functions;
mod kubernetes;
mod path;
mod sizes;

use std::collections::HashMap;
use std::sync::Arc;

use self::estimate::{EntrySizes, Range};
use self::path::{Path, Step};
use super::checker::Checked;
use super::declared::Declared;
use super::types::Type;
use crate::cel::ast::{Entry, Fold, Kind, Node};
use crate::cel::parse::with_stack;

/// The costs of creating a list, a map and a message, and of variables and fields.
const LIST: u64 = 10;
const MAP: u64 = 30;
const MESSAGE: u64 = 40;
const SELECT: u64 = 1;

/// Returns the maximum cost of an expression.
pub(super) fn max_cost(node: &Node, count: usize, checked: &Checked, root: &Arc<Declared>) -> u64 {
    let mut coster = Coster {
        checked,
        root,
        paths: vec![Path::default(); count],
        sizes: vec![None; count],
        entries: vec![None; count],
        locals: HashMap::new(),
    };
    coster.cost(node).max
}

/// A local variable.
struct Local {
    path: Path,
    size: Option<Range>,
    entries: Option<EntrySizes>,
}

struct Coster<'c> {
    checked: &'c Checked,
    root: &'c Arc<Declared>,
    paths: Vec<Path>,
    sizes: Vec<Option<Range>>,
    entries: Vec<Option<EntrySizes>>,
    locals: HashMap<String, Vec<Local>>,
}

impl Coster<'_> {
    fn cost(&mut self, node: &Node) -> Range {
        with_stack(|| match &node.kind {
            Kind::Literal(_) => Range::fixed(0),
            Kind::Ident(name) => {
                self.paths[node.id] = self.local(name).map_or_else(Path::root, |local| local.path.clone());
                Range::fixed(SELECT)
            }
            Kind::Select { operand, field, test } => self.select(node, operand, field, *test),
            Kind::Call { .. } => self.call(node),
            Kind::List(items) => self.list(node, items),
            Kind::Map(entries) => self.map(node, entries),
            Kind::Message(_, values) => {
                values.iter().fold(Range::fixed(MESSAGE), |sum, value| sum.plus(self.cost(value)))
            }
            Kind::Fold(fold) if fold.is_binding() => self.binding(node, fold),
            Kind::Fold(fold) => self.fold(node, fold),
        })
    }

    fn list(&mut self, node: &Node, items: &[(Node, bool)]) -> Range {
        let mut sum = Range::fixed(LIST);
        let mut size = Range::none_yet(items.is_empty());
        for (item, _) in items {
            sum = sum.plus(self.cost(item));
            size = size.union(self.size_or_unknown(item));
        }
        self.entries[node.id] = Some(EntrySizes { is_list: true, key: Range::fixed(1), value: size });
        sum
    }

    fn map(&mut self, node: &Node, entries: &[Entry]) -> Range {
        let mut sum = Range::fixed(MAP);
        let (mut key, mut value) = (Range::none_yet(entries.is_empty()), Range::none_yet(entries.is_empty()));
        for entry in entries {
            sum = sum.plus(self.cost(&entry.key)).plus(self.cost(&entry.value));
            key = key.union(self.size_or_unknown(&entry.key));
            value = value.union(self.size_or_unknown(&entry.value));
        }
        self.entries[node.id] = Some(EntrySizes { is_list: false, key, value });
        sum
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.get(name)?.last()
    }

    fn push(&mut self, name: &str, local: Local) {
        self.locals.entry(name.to_owned()).or_default().push(local);
    }

    fn pop(&mut self, name: &str) {
        self.locals.get_mut(name).and_then(Vec::pop);
    }

    fn path(&self, node: &Node) -> Path {
        match &node.kind {
            Kind::Ident(name) => {
                self.local(name).map_or_else(|| self.paths[node.id].clone(), |local| local.path.clone())
            }
            _ => self.paths[node.id].clone(),
        }
    }

    fn select(&mut self, node: &Node, operand: &Node, field: &str, test: bool) -> Range {
        let mut sum = self.cost(operand);
        if test {
            return sum;
        }
        if matches!(self.checked.type_of(operand), Type::Map(_) | Type::Object(_) | Type::Struct(_)) {
            sum = sum.plus(Range::fixed(SELECT));
        }
        self.paths[node.id] = self.path(operand).with(Step::Field(field.into()));
        sum
    }

    fn call(&mut self, node: &Node) -> Range {
        let Kind::Call { function, target, arguments } = &node.kind else { return Range::fixed(0) };
        if let ("dyn", [argument]) = (function.as_str(), &arguments[..]) {
            let cost = self.cost(argument);
            self.copy_sizes(node, argument);
            return cost.plus(Range::fixed(1));
        }
        let mut costs = Vec::with_capacity(arguments.len());
        for argument in arguments {
            costs.push(self.cost(argument));
            self.size(argument);
        }
        if self.checked.overloads_of(node).is_empty() {
            return Range::fixed(0);
        }
        let mut sum = Range::fixed(0);
        if let Some(target) = target {
            sum = self.cost(target);
            self.size(target);
        }
        let target = target.as_deref();
        sum.plus(self.overloads(&functions::Call { node, function, target, arguments, costs: &costs }))
    }

    /// Returns the cost of all overloads that a call may have; sets the size of the result.
    fn overloads(&mut self, call: &functions::Call<'_>) -> Range {
        let node = call.node;
        let mut cost = Range::none_yet(false);
        let mut result: Option<Range> = None;
        for overload in self.checked.overloads_of(node) {
            let (estimate, size) = call.estimate(self, overload);
            cost = cost.union(estimate);
            result = match (result, size) {
                (Some(result), Some(size)) => Some(result.union(size)),
                (result, size) => result.or(size),
            };
            let step = match *overload {
                "index_list" => Some(Step::Items),
                "index_map" => Some(Step::Values),
                _ => None,
            };
            if let (Some(step), Some(operand)) = (step, call.arguments.first()) {
                result = self.entry_sizes(operand).map(|entries| entries.value);
                self.paths[node.id] = self.path(operand).with(step);
            }
            if result.is_none() {
                result = self.size(node);
            }
        }
        if result.is_some() {
            self.sizes[node.id] = result;
        }
        cost
    }

    fn binding(&mut self, node: &Node, fold: &Fold) -> Range {
        let mut sum = self.cost(&fold.range).plus(self.cost(&fold.start));
        self.push_accumulator(fold);
        sum = sum.plus(self.cost(&fold.result));
        self.pop(&fold.accumulator);
        self.copy_sizes(node, &fold.result);
        sum
    }

    fn push_accumulator(&mut self, fold: &Fold) {
        let local = Local {
            path: self.path(&fold.start),
            size: self.size(&fold.start),
            entries: self.entry_sizes(&fold.start),
        };
        self.push(&fold.accumulator, local);
    }

    fn fold(&mut self, node: &Node, fold: &Fold) -> Range {
        let mut sum = self.cost(&fold.range).plus(self.cost(&fold.start));
        self.push_accumulator(fold);
        self.push_variables(fold);
        let iteration = self.cost(&fold.condition).plus(self.cost(&fold.step));
        self.pop(&fold.variable);
        if let Some(second) = &fold.second {
            self.pop(second);
        }
        sum = sum.plus(self.cost(&fold.result));
        self.pop(&fold.accumulator);
        let count = self.size_or_unknown(&fold.range);
        sum = sum.plus(count.times(iteration));
        match &fold.start.kind {
            Kind::Literal(_) => {
                if let Some(size) = self.size(&fold.start) {
                    self.sizes[node.id] = Some(size);
                }
            }
            Kind::List(_) | Kind::Map(_) => {
                self.sizes[node.id] = Some(count);
                if let Some(entries) = self.entry_sizes(&fold.step) {
                    self.entries[node.id] = Some(entries);
                }
            }
            _ => {}
        }
        sum
    }

    fn push_variables(&mut self, fold: &Fold) {
        let entries = self.entry_sizes(&fold.range);
        let is_list = entries
            .map_or_else(|| matches!(self.checked.type_of(&fold.range), Type::List(_)), |entries| entries.is_list);
        let path = self.path(&fold.range);
        let (key, value) = if is_list { (Step::Indices, Step::Items) } else { (Step::Keys, Step::Values) };
        let key = |path: &Path| Local { path: path.with(key), size: entries.map(|entries| entries.key), entries: None };
        let value =
            |path: &Path| Local { path: path.with(value), size: entries.map(|entries| entries.value), entries: None };
        match &fold.second {
            Some(second) => {
                self.push(&fold.variable, key(&path));
                self.push(second, value(&path));
            }
            None if is_list => self.push(&fold.variable, value(&path)),
            None => self.push(&fold.variable, key(&path)),
        }
    }
}
