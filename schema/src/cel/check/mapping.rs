//! The types of type parameters, and which types are assignable to which.
//!
//! Source: `cel-go/checker/types.go`.

use super::types::Type;

/// The types that were found for type parameters.
#[derive(Debug)]
pub(super) struct Mapping {
    bound: Vec<Option<Type>>,
    /// Changes that a failed assignment reverts.
    changes: Vec<(u32, Option<Type>)>,
    /// The remaining number of steps: types can grow exponentially with the length of an expression.
    fuel: usize,
}

/// The maximum number of steps.
const FUEL: usize = 1_000_000;

/// More steps are needed than allowed.
#[derive(Debug)]
pub(super) struct Exhausted;

pub(super) type Steps<T = ()> = Result<T, Exhausted>;

impl Mapping {
    pub(super) fn new() -> Self {
        Mapping { bound: Vec::new(), changes: Vec::new(), fuel: FUEL }
    }

    /// Creates type parameters; returns the first.
    pub(super) fn new_variables(&mut self, count: u32) -> u32 {
        let first = u32::try_from(self.bound.len()).unwrap_or(u32::MAX);
        self.bound.resize(self.bound.len() + count as usize, None);
        first
    }

    fn step(&mut self) -> Steps {
        self.fuel = self.fuel.checked_sub(1).ok_or(Exhausted)?;
        Ok(())
    }

    fn find(&self, variable: u32) -> Option<&Type> {
        self.bound.get(variable as usize)?.as_ref()
    }

    fn bind(&mut self, variable: u32, type_: &Type) {
        let old = self.bound[variable as usize].replace(type_.clone());
        self.changes.push((variable, old));
    }

    /// Returns whether types are assignable to parameters; type parameters are only bound if all are.
    pub(super) fn assign(&mut self, types: &[Type], parameters: &[Type]) -> Steps<bool> {
        self.changes.clear();
        let assignable = self.are_assignable(types, parameters)?;
        if !assignable {
            while let Some((variable, old)) = self.changes.pop() {
                self.bound[variable as usize] = old;
            }
        }
        Ok(assignable)
    }

    fn are_assignable(&mut self, types: &[Type], parameters: &[Type]) -> Steps<bool> {
        if types.len() != parameters.len() {
            return Ok(false);
        }
        for (type_, parameter) in types.iter().zip(parameters) {
            if !self.is_assignable(type_, parameter)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_assignable(&mut self, one: &Type, other: &Type) -> Steps<bool> {
        self.step()?;
        if let Type::Variable(variable) = other {
            match self.substitutes(one, *variable)? {
                (true, _) => return Ok(true),
                (false, true) => return Ok(false),
                (false, false) => {}
            }
        }
        if let Type::Variable(variable) = one {
            return Ok(self.substitutes(other, *variable)?.0);
        }
        Ok(match (one, other) {
            (one, other) if one.is_dyn_or_error() || other.is_dyn_or_error() => true,
            (Type::Null, other) | (other, Type::Null) => other.accepts_null(),
            (Type::List(one), Type::List(other)) | (Type::Optional(one), Type::Optional(other)) => {
                self.is_assignable(one, other)?
            }
            (Type::Map(one), Type::Map(other)) => {
                self.is_assignable(&one.0, &other.0)? && self.is_assignable(&one.1, &other.1)?
            }
            (Type::Meta(_), Type::Meta(_)) => true,
            (one, other) => one == other,
        })
    }

    /// Returns whether a type is valid for a type parameter, and whether the parameter has a type.
    fn substitutes(&mut self, type_: &Type, variable: u32) -> Steps<(bool, bool)> {
        self.step()?;
        if *type_ == Type::Variable(variable) {
            return Ok((true, true));
        }
        if let Some(bound) = self.find(variable).cloned() {
            if *type_ == bound {
                return Ok((true, true));
            }
            if !self.is_assignable(type_, &bound)? {
                return Ok((false, true));
            }
            let general = if type_.is_equal_or_less_specific(&bound) { type_ } else { &bound };
            if self.is_absent(variable, general)? {
                self.bind(variable, general);
            }
            return Ok((true, true));
        }
        if self.is_absent(variable, type_)? {
            self.bind(variable, type_);
            return Ok((true, false));
        }
        Ok((false, false))
    }

    /// Returns whether a type parameter does not occur in a type.
    fn is_absent(&mut self, variable: u32, within: &Type) -> Steps<bool> {
        self.step()?;
        if let Type::Variable(other) = within {
            return match self.find(*other).cloned() {
                _ if *other == variable => Ok(false),
                None => Ok(true),
                Some(bound) => self.is_absent(variable, &bound),
            };
        }
        for parameter in within.parameters() {
            if !self.is_absent(variable, parameter)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Replaces type parameters by their types; `complete`: and those without type by `dyn`.
    pub(super) fn substitute(&mut self, type_: &Type, complete: bool) -> Steps<Type> {
        self.step()?;
        Ok(match type_ {
            Type::Variable(variable) => match self.find(*variable).cloned() {
                Some(bound) => self.substitute(&bound, complete)?,
                None if complete => Type::Dyn,
                None => type_.clone(),
            },
            Type::List(of) => Type::list(self.substitute(of, complete)?),
            Type::Map(of) => Type::map(self.substitute(&of.0, complete)?, self.substitute(&of.1, complete)?),
            Type::Optional(of) => Type::optional(self.substitute(of, complete)?),
            Type::Meta(Some(of)) => Type::type_of(self.substitute(of, complete)?),
            other => other.clone(),
        })
    }
}
