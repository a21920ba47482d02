//! Evaluation of expressions, with costs.
//!
//! Costs are the API server's, so that expressions exceed the same limits.
//! Source: `cel-go/interpreter/runtimecost.go`, `apiserver/pkg/cel/library/cost.go`.

mod fold;

use std::rc::Rc;

use super::cost;
use super::expr::{Expr, Field, Literal, Pattern};
use super::function::Function;
use super::functions::named_format;
use super::value::{Error, Result, Val, failed, no_overload};
use super::view::{Entries, put};

/// An evaluation of an expression.
pub(super) struct Evaluation<'v> {
    pub(super) stack: Vec<Result<'v>>,
    pub(super) cost: u64,
    pub(super) limit: u64,
}

impl<'v> Evaluation<'v> {
    pub(super) fn charge(&mut self, cost: u64) -> std::result::Result<(), Error> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > self.limit { Err(Error::TooCostly) } else { Ok(()) }
    }

    pub(super) fn eval(&mut self, expr: &'v Expr) -> Result<'v> {
        match expr {
            Expr::Literal(literal) => Ok(literal_value(literal)),
            Expr::Variable(index) => {
                self.charge(cost::STEP)?;
                match self.stack.get(*index) {
                    Some(value) => value.clone(),
                    None => failed("no such attribute(s): oldSelf"),
                }
            }
            Expr::Select(operand, field, optional) => {
                let operand = self.eval(operand)?;
                self.charge(cost::STEP)?;
                select(&operand, field, *optional)
            }
            Expr::Has(operand, field) => {
                let operand = self.eval(operand)?;
                has(&operand, field)
            }
            Expr::Index(operand, index, optional) => {
                let operand = self.eval(operand)?;
                let index = self.eval(index)?;
                self.charge(cost::STEP)?;
                index_of(operand, &index, *optional)
            }
            Expr::Not(inner) => match self.eval(inner)? {
                Val::Bool(value) => {
                    self.charge(cost::STEP)?;
                    Ok(Val::Bool(!value))
                }
                _ => no_overload(),
            },
            Expr::And(left, right) => self.logical(left, right, false),
            Expr::Or(left, right) => self.logical(left, right, true),
            Expr::If(condition, yes, no) => match self.eval(condition)? {
                Val::Bool(true) => self.eval(yes),
                Val::Bool(false) => self.eval(no),
                _ => no_overload(),
            },
            Expr::Call(function, arguments) => self.call(function, arguments),
            Expr::Type(name) => {
                self.charge(cost::NAME)?;
                Ok(Val::Type(name))
            }
            Expr::Format(format) => {
                self.charge(cost::NAME)?;
                Ok(named_format::value(format))
            }
            Expr::Matches(text, pattern) => self.matches(text, pattern),
            Expr::List(items) => self.list(items),
            Expr::Map(entries) => self.map(entries),
            Expr::Fold(fold) => self.fold(fold),
            Expr::OptionalMap(target, body, flat) => self.optional_map(target, body, *flat),
        }
    }

    /// Evaluates `&&` or `||`: if one side decides, the other may be an error.
    fn logical(&mut self, left: &'v Expr, right: &'v Expr, decides: bool) -> Result<'v> {
        let left = self.eval(left);
        if matches!(left, Ok(Val::Bool(value)) if value == decides) || matches!(left, Err(Error::TooCostly)) {
            return left;
        }
        let right = self.eval(right);
        match (left, right) {
            (_, Ok(Val::Bool(value))) if value == decides => Ok(Val::Bool(decides)),
            (_, Err(Error::TooCostly)) => Err(Error::TooCostly),
            (Ok(Val::Bool(_)), Ok(Val::Bool(_))) => Ok(Val::Bool(!decides)),
            (Err(error), _) | (Ok(Val::Bool(_)), Err(error)) => Err(error),
            _ => no_overload(),
        }
    }

    fn call(&mut self, function: &Function, arguments: &'v [Expr]) -> Result<'v> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.eval(argument)?);
        }
        let (result, cost) = function.call(&values)?;
        self.charge(cost)?;
        Ok(result)
    }

    fn matches(&mut self, text: &'v Expr, pattern: &'v Pattern) -> Result<'v> {
        let text = self.eval(text)?;
        self.charge(cost::regex(text.size(), pattern.text.chars().count() as u64))?;
        match (&text, &pattern.compiled) {
            (Val::Text(text), Ok(compiled)) => Ok(Val::Bool(compiled.is_match(text))),
            (Val::Text(_), Err(message)) => failed(message.clone()),
            _ => no_overload(),
        }
    }

    fn optional_map(&mut self, target: &'v Expr, body: &'v Expr, flat: bool) -> Result<'v> {
        match self.eval(target)? {
            Val::Optional(None) => Ok(Val::Optional(None)),
            Val::Optional(Some(value)) => {
                let mapped = self.with([Ok((*value).clone())], body)?;
                Ok(if flat { mapped } else { Val::Optional(Some(Rc::new(mapped))) })
            }
            _ => no_overload(),
        }
    }

    fn list(&mut self, items: &'v [(Expr, bool)]) -> Result<'v> {
        let mut list = Vec::with_capacity(items.len());
        for (item, optional) in items {
            match (self.eval(item)?, optional) {
                (Val::Optional(None), true) => {}
                (Val::Optional(Some(value)), true) => list.push((*value).clone()),
                (value, _) => list.push(value),
            }
        }
        if !items.iter().all(|(item, _)| is_constant(item)) {
            self.charge(cost::LIST)?;
        }
        Ok(Val::list(list))
    }

    fn map(&mut self, entries: &'v [(Expr, Expr, bool)]) -> Result<'v> {
        let mut map: Vec<(Val<'v>, Val<'v>)> = Vec::with_capacity(entries.len());
        for (key, value, optional) in entries {
            let key = self.eval(key)?;
            let value = match (self.eval(value)?, optional) {
                (Val::Optional(None), true) => continue,
                (Val::Optional(Some(value)), true) => (*value).clone(),
                (value, _) => value,
            };
            put(&mut map, key, value)?;
        }
        if !entries.iter().all(|(key, value, _)| is_constant(key) && is_constant(value)) {
            self.charge(cost::MAP)?;
        }
        Ok(Val::Map(Entries::Owned(map.into())))
    }

    /// Evaluates an expression with additional variables.
    fn with<const N: usize>(&mut self, variables: [Result<'v>; N], expr: &'v Expr) -> Result<'v> {
        let depth = self.stack.len();
        self.stack.extend(variables);
        let value = self.eval(expr);
        self.stack.truncate(depth);
        value
    }
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_) => true,
        Expr::List(items) => items.iter().all(|(item, _)| is_constant(item)),
        _ => false,
    }
}

/// Returns the value of a literal.
pub(super) fn literal_value(literal: &Literal) -> Val<'_> {
    match literal {
        Literal::Null => Val::Null,
        Literal::Bool(value) => Val::Bool(*value),
        Literal::Int(value) => Val::Int(*value),
        Literal::Uint(value) => Val::Uint(*value),
        Literal::Double(value) => Val::Double(*value),
        Literal::Text(text) => Val::text(text.as_str()),
        Literal::Bytes(bytes) => Val::Bytes(bytes.as_slice().into()),
    }
}

/// Returns the field of a value, if it exists.
fn find<'v>(value: &Val<'v>, field: &Field) -> std::result::Result<Option<Val<'v>>, Error> {
    match value {
        Val::Map(entries @ Entries::Owned(_)) => entries.get(&Val::text(field.name.clone())),
        Val::Map(entries) => {
            if let Some(found) = field.unescaped.as_deref().and_then(|name| entries.field(name)) {
                return found.map(Some);
            }
            // Keys of maps are not escaped.
            entries.get(&Val::text(field.name.clone()))
        }
        Val::Optional(None) => Ok(None),
        Val::Optional(Some(value)) => find(value, field),
        _ => failed(format!("no such key: {}", field.name)),
    }
}

fn select<'v>(operand: &Val<'v>, field: &Field, optional: bool) -> Result<'v> {
    let chained = matches!(operand, Val::Optional(_));
    let found = find(operand, field)?;
    if optional || chained {
        return Ok(Val::Optional(found.map(Rc::new)));
    }
    found.map_or_else(|| failed(format!("no such key: {}", field.name)), Ok)
}

fn has<'v>(operand: &Val<'v>, field: &Field) -> Result<'v> {
    match operand {
        Val::Map(_) => Ok(Val::Bool(matches!(find(operand, field), Ok(Some(_)) | Err(_)))),
        Val::Optional(_) => Ok(Val::Bool(find(operand, field)?.is_some())),
        _ => Ok(Val::Bool(false)),
    }
}

fn index_of<'v>(operand: Val<'v>, index: &Val<'v>, optional: bool) -> Result<'v> {
    let (operand, chained) = match operand {
        Val::Optional(None) => return Ok(Val::Optional(None)),
        Val::Optional(Some(value)) => ((*value).clone(), true),
        value => (value, false),
    };
    let found = match &operand {
        Val::List(items) => {
            #[allow(clippy::cast_possible_truncation)]
            let position = match index {
                Val::Int(position) => usize::try_from(*position).ok(),
                Val::Uint(position) => usize::try_from(*position).ok(),
                Val::Double(position) if position.fract() == 0.0 => usize::try_from(*position as i64).ok(),
                other => return failed(format!("unsupported index type '{}' in list", other.type_name())),
            };
            position.and_then(|position| items.get(position)).transpose()?
        }
        Val::Map(entries) => entries.get(index)?,
        _ => return no_overload(),
    };
    if optional || chained {
        return Ok(Val::Optional(found.map(Rc::new)));
    }
    found.map_or_else(
        || match operand {
            Val::List(_) => failed(format!("index out of bounds: {}", index.display())),
            _ => failed(format!("no such key: {}", index.display())),
        },
        Ok,
    )
}
