//! Checks of constants after those of types: durations, timestamps, patterns, and the types of items and entries.
//!
//! Source: `cel-go/cel/validator.go`, `cel-go/ext/formatting.go`.

use super::checker::Checked;
use super::format_text;
use super::types::Type;
use crate::cel::ast::{Entry, Kind, Node};
use crate::cel::expr::Literal;
use crate::cel::issues::Issues;
use crate::cel::time;

/// Checks the constants of an expression.
pub(super) fn check(node: &Node, checked: &Checked, issues: &mut Issues) {
    Walk { checked, issues }.visit(node, false);
}

struct Walk<'c> {
    checked: &'c Checked,
    issues: &'c mut Issues,
}

impl Walk<'_> {
    /// Checks an expression; `formatted`: it is an argument of `format`, whose lists may have items of different types.
    fn visit(&mut self, node: &Node, formatted: bool) {
        let is_format = matches!(&node.kind, Kind::Call { function, .. } if function == "format");
        crate::cel::parse::with_stack(|| node.each_part(&mut |part| self.visit(part, formatted || is_format)));
        match &node.kind {
            Kind::Call { function, target, arguments } => {
                if let Some(argument) = arguments.first()
                    && is_invalid(function, argument)
                {
                    self.issues.report(argument.at, format!("invalid {function} argument"));
                }
                if let (true, Some(target), [Node { kind: Kind::List(items), .. }]) =
                    (is_format, target, &arguments[..])
                    && let Kind::Literal(Literal::Text(text)) = &target.kind
                {
                    format_text::check(node.at, text, items, self.checked, self.issues);
                }
            }
            Kind::List(items) if !formatted => self.items(items),
            Kind::Map(entries) if !formatted => self.entries(entries),
            _ => {}
        }
    }

    fn items(&mut self, items: &[(Node, bool)]) {
        let mut first: Option<Type> = None;
        for (item, optional) in items {
            let type_ = self.value_type(item, *optional);
            match &first {
                None => first = Some(type_),
                Some(expected) if !self.compare(item.at, expected, &type_) => return,
                Some(_) => {}
            }
        }
    }

    fn entries(&mut self, entries: &[Entry]) {
        let mut first: Option<(Type, Type)> = None;
        for entry in entries {
            let key = self.checked.type_of(&entry.key).clone();
            let value = self.value_type(&entry.value, entry.optional);
            match &first {
                None => first = Some((key, value)),
                Some((keys, values)) => {
                    self.compare(entry.key.at, keys, &key);
                    self.compare(entry.value.at, values, &value);
                }
            }
        }
    }

    fn value_type(&self, node: &Node, optional: bool) -> Type {
        let type_ = self.checked.type_of(node);
        type_.unwrapped().filter(|_| optional).unwrap_or(type_).clone()
    }

    fn compare(&mut self, at: usize, expected: &Type, found: &Type) -> bool {
        let equal = expected == found;
        if !equal {
            self.issues.report(at, format!("expected type '{expected}' but found '{found}'"));
        }
        equal
    }
}

/// Returns whether the first argument of a function is an invalid constant.
fn is_invalid(function: &str, argument: &Node) -> bool {
    match (function, &argument.kind) {
        ("duration", Kind::Literal(Literal::Text(text))) => time::parse_go_duration(text).is_none(),
        ("timestamp", Kind::Literal(Literal::Text(text))) => time::parse_timestamp(text).is_none(),
        ("timestamp", Kind::Literal(Literal::Int(second))) => time::of_seconds(*second).is_none(),
        ("matches", Kind::Literal(Literal::Text(pattern))) => crate::pattern::check_syntax(pattern).is_err(),
        _ => false,
    }
}
