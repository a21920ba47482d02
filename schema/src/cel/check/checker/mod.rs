//! The types of expressions.
//!
//! Source: `cel-go/checker/checker.go`, `cel-go/checker/env.go`.

mod call;

use super::mapping::{Exhausted, Mapping, Steps};
use super::types::{Object, Type};
use crate::cel::ast::{Entry, Fold, Kind, Node};
use crate::cel::expr::Literal;
use crate::cel::issues::Issues;
use crate::cel::parse::with_stack;

/// A variable of an expression.
pub(super) type Variable = (&'static str, Type);

/// The types of a checked expression, by the indices of its parts.
#[derive(Debug)]
pub(super) struct Checked {
    types: Vec<Type>,
    overloads: Vec<Vec<&'static str>>,
    /// The global variables that the expression uses.
    pub(super) used: Vec<&'static str>,
}

impl Checked {
    pub(super) fn type_of(&self, node: &Node) -> &Type {
        &self.types[node.id]
    }

    /// Returns the identifiers of the overloads that a call may have.
    pub(super) fn overloads_of(&self, node: &Node) -> &[&'static str] {
        &self.overloads[node.id]
    }
}

/// Checks the types of an expression with `count` parts; resolves its qualified names in place.
pub(super) fn check(
    node: &mut Node,
    count: usize,
    variables: &[Variable],
    stored: bool,
) -> Result<Result<Checked, Issues>, Exhausted> {
    let mut checker = Checker {
        variables,
        stored,
        locals: Vec::new(),
        types: vec![Type::Error; count],
        overloads: vec![Vec::new(); count],
        mapping: Mapping::new(),
        issues: Issues::default(),
        used: Vec::new(),
    };
    checker.check(node)?;
    if !checker.issues.is_empty() {
        return Ok(Err(checker.issues));
    }
    for type_ in &mut checker.types {
        *type_ = checker.mapping.substitute(type_, true)?;
    }
    Ok(Ok(Checked { types: checker.types, overloads: checker.overloads, used: checker.used }))
}

struct Checker<'c> {
    variables: &'c [Variable],
    stored: bool,
    locals: Vec<(String, Type)>,
    types: Vec<Type>,
    overloads: Vec<Vec<&'static str>>,
    mapping: Mapping,
    issues: Issues,
    used: Vec<&'static str>,
}

impl Checker<'_> {
    fn check(&mut self, node: &mut Node) -> Steps {
        let type_ = with_stack(|| self.type_of(node))?;
        self.types[node.id] = type_;
        Ok(())
    }

    /// Checks an expression; returns its type.
    fn checked(&mut self, node: &mut Node) -> Steps<Type> {
        self.check(node)?;
        Ok(self.types[node.id].clone())
    }

    fn type_of(&mut self, node: &mut Node) -> Steps<Type> {
        let at = node.at;
        match &mut node.kind {
            Kind::Literal(value) => Ok(type_of_literal(value)),
            Kind::Ident(name) => Ok(match self.identifier(name) {
                Some(type_) => type_,
                None => self.undeclared(at, name),
            }),
            Kind::Select { .. } => self.select(node),
            Kind::Call { .. } => self.call(node),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            // The messages of Protocol Buffers are known to the API server, too.
            Kind::Message(name, _) if name.starts_with("google.") => Ok(Type::Dyn),
            Kind::Message(name, _) => Ok(self.undeclared(at, &name.clone())),
            Kind::Fold(fold) => self.fold(fold),
        }
    }

    /// Checks a field, or a qualified name.
    fn select(&mut self, node: &mut Node) -> Steps<Type> {
        let at = node.at;
        let Kind::Select { operand, field, test } = &mut node.kind else { return Ok(Type::Error) };
        if *test {
            self.field(at, operand, field, false)?;
            return Ok(Type::Bool);
        }
        if let Some(name) = operand.qualified_name()
            && !self.is_local(&name)
        {
            let name = format!("{name}.{field}");
            if let Some(type_) = self.global(&name) {
                node.kind = Kind::Ident(name);
                return Ok(type_);
            }
        }
        let type_ = self.field(at, operand, field, false)?;
        self.mapping.substitute(&type_, false)
    }

    fn list(&mut self, items: &mut [(Node, bool)]) -> Steps<Type> {
        let mut joined = None;
        for (item, optional) in items {
            let mut type_ = self.checked(item)?;
            if *optional {
                type_ = self.unwrapped(item.at, type_);
            }
            joined = Some(self.join(joined, type_)?);
        }
        Ok(Type::list(joined.unwrap_or_else(|| Type::Variable(self.mapping.new_variables(1)))))
    }

    fn map(&mut self, entries: &mut [Entry]) -> Steps<Type> {
        let (mut keys, mut values) = (None, None);
        for entry in entries {
            let key = self.checked(&mut entry.key)?;
            keys = Some(self.join(keys, key)?);
            let mut value = self.checked(&mut entry.value)?;
            if entry.optional {
                value = self.unwrapped(entry.value.at, value);
            }
            values = Some(self.join(values, value)?);
        }
        if let (Some(keys), Some(values)) = (keys, values) {
            return Ok(Type::map(keys, values));
        }
        let first = self.mapping.new_variables(2);
        Ok(Type::map(Type::Variable(first), Type::Variable(first + 1)))
    }

    fn undeclared(&mut self, at: usize, name: &str) -> Type {
        self.issues.report(at, format!("undeclared reference to '{name}' (in container '')"));
        Type::Error
    }

    fn mismatch(&mut self, at: usize, expected: &Type, found: &Type) {
        self.issues.report(at, format!("expected type '{expected}' but found '{found}'"));
    }

    /// Returns whether a qualified name starts with a local variable.
    fn is_local(&self, name: &str) -> bool {
        let first = name.split('.').next().unwrap_or_default();
        self.locals.iter().any(|(known, _)| known == first)
    }

    fn identifier(&mut self, name: &str) -> Option<Type> {
        match self.locals.iter().rfind(|(known, _)| known == name) {
            Some((_, type_)) => {
                // Also a local variable counts as a use.
                self.used.extend(self.variables.iter().map(|(known, _)| *known).filter(|known| *known == name));
                Some(type_.clone())
            }
            None => self.global(name),
        }
    }

    fn global(&mut self, name: &str) -> Option<Type> {
        if let Some((name, type_)) = self.variables.iter().find(|(known, _)| *known == name) {
            self.used.push(name);
            return Some(type_.clone());
        }
        Type::of_identifier(name)
    }

    /// Returns the type of the value of an optional value.
    fn unwrapped(&mut self, at: usize, type_: Type) -> Type {
        if let Some(of) = type_.unwrapped() {
            return of.clone();
        }
        if !type_.is_dyn() {
            self.mismatch(at, &Type::optional(type_.clone()), &type_);
        }
        type_
    }

    /// Returns the type of items or entries of two types; `dyn` if they differ, which is reported later.
    fn join(&mut self, previous: Option<Type>, current: Type) -> Steps<Type> {
        let Some(previous) = previous else { return Ok(current) };
        if !self.mapping.assign(std::slice::from_ref(&previous), std::slice::from_ref(&current))? {
            return Ok(Type::Dyn);
        }
        Ok(if previous.is_equal_or_less_specific(&current) { previous } else { current })
    }

    fn field(&mut self, at: usize, operand: &mut Node, field: &str, optional: bool) -> Steps<Type> {
        let type_ = self.checked(operand)?;
        let type_ = self.mapping.substitute(&type_, false)?;
        let (target, was_optional) = match type_.unwrapped() {
            Some(of) => (of.clone(), true),
            None => (type_, false),
        };
        let found = match &target {
            Type::Map(of) => of.1.clone(),
            Type::Object(object) => self.field_of_object(at, object, field),
            Type::Struct(name) => {
                self.issues.report(at, format!("unexpected failed resolution of '{name}'"));
                Type::Error
            }
            Type::Variable(_) => {
                self.mapping.assign(&[Type::Dyn], std::slice::from_ref(&target))?;
                Type::Dyn
            }
            target => {
                if !target.is_dyn_or_error() {
                    self.issues.report(at, format!("type '{target}' does not support field selection"));
                }
                Type::Dyn
            }
        };
        Ok(if was_optional || optional { Type::optional(found) } else { found })
    }

    fn field_of_object(&mut self, at: usize, object: &Object, field: &str) -> Type {
        let Some((name, declared)) = object.declared.field_or_keyword(field) else {
            self.issues.report(at, format!("undefined field '{field}'"));
            return Type::Error;
        };
        declared.type_named(&format!("{}.{name}", object.name))
    }

    fn fold(&mut self, fold: &mut Fold) -> Steps<Type> {
        let range = self.checked(&mut fold.range)?;
        let start = self.checked(&mut fold.start)?;
        let range = self.mapping.substitute(&range, false)?;
        let depth = self.locals.len();
        self.locals.push((fold.accumulator.clone(), start.clone()));
        let (first, second) = self.variable_types(fold, &range)?;
        self.locals.push((fold.variable.clone(), first));
        if let Some(name) = &fold.second {
            self.locals.push((name.clone(), second));
        }
        self.expect(&mut fold.condition, &Type::Bool)?;
        self.expect(&mut fold.step, &start)?;
        self.locals.truncate(depth + 1);
        let result = self.checked(&mut fold.result)?;
        self.locals.truncate(depth);
        self.mapping.substitute(&result, false)
    }

    /// Returns the types of the variables of a comprehension.
    fn variable_types(&mut self, fold: &Fold, range: &Type) -> Steps<(Type, Type)> {
        Ok(match range {
            Type::List(item) if fold.second.is_some() => (Type::Int, (**item).clone()),
            Type::List(item) => ((**item).clone(), Type::Dyn),
            Type::Map(of) => of.as_ref().clone(),
            Type::Dyn | Type::Error | Type::Variable(_) => {
                self.mapping.assign(&[Type::Dyn], std::slice::from_ref(range))?;
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let message = "cannot be range of a comprehension (must be list, map, or dynamic)";
                self.issues.report(fold.range.at, format!("expression of type '{other}' {message}"));
                (Type::Error, Type::Error)
            }
        })
    }

    fn expect(&mut self, node: &mut Node, expected: &Type) -> Steps {
        let found = self.checked(node)?;
        if !self.mapping.assign(std::slice::from_ref(expected), std::slice::from_ref(&found))? {
            self.mismatch(node.at, expected, &found);
        }
        Ok(())
    }
}

fn type_of_literal(value: &Literal) -> Type {
    match value {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::Text(_) => Type::Text,
        Literal::Bytes(_) => Type::Bytes,
    }
}
