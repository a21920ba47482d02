//! The types of calls.

use super::Checker;
use crate::cel::ast::{Kind, Node};
use crate::cel::check::declarations::{self, Overload};
use crate::cel::check::mapping::Steps;
use crate::cel::check::types::Type;
use crate::cel::expr::Literal;

/// The operators whose operands are checked one by one, with their overloads.
const LOGICAL: [(&str, &str); 2] = [("_&&_", "logical_and"), ("_||_", "logical_or")];

impl Checker<'_> {
    pub(super) fn call(&mut self, node: &mut Node) -> Steps<Type> {
        let (id, at) = (node.id, node.at);
        let Kind::Call { function, target, arguments } = &mut node.kind else { return Ok(Type::Error) };
        if function == "_?._" {
            let [operand, Node { kind: Kind::Literal(Literal::Text(field)), .. }] = &mut arguments[..] else {
                return Ok(Type::Error);
            };
            let field = field.clone();
            let type_ = self.field(at, operand, &field, true)?;
            self.overloads[id] = vec!["select_optional_field"];
            return self.mapping.substitute(&type_, false);
        }
        let mut types = Vec::with_capacity(arguments.len() + 1);
        for argument in &mut *arguments {
            types.push(self.checked(argument)?);
        }
        if let Some(overload) = LOGICAL.iter().find(|(name, _)| name == function).map(|(_, overload)| *overload) {
            return self.logical(id, overload, arguments, &types);
        }
        let qualified = target.as_ref().and_then(|target| Some(format!("{}.{function}", target.qualified_name()?)));
        if let Some(name) = qualified
            && let Some((_, overloads)) = declarations::function_named(&name, self.stored)
        {
            *target = None;
            function.clone_from(&name);
            return self.resolve((id, at), &name, overloads, false, types);
        }
        let is_method = target.is_some();
        if let Some(target) = target {
            types.insert(0, self.checked(target)?);
        }
        let function = function.clone();
        match declarations::function_named(&function, self.stored) {
            Some((_, overloads)) => self.resolve((id, at), &function, overloads, is_method, types),
            None => Ok(self.undeclared(at, &function)),
        }
    }

    /// Checks the operands of `&&` and `||`, each of which is reported.
    fn logical(&mut self, id: usize, overload: &'static str, operands: &[Node], types: &[Type]) -> Steps<Type> {
        let mut result = Type::Bool;
        for (operand, type_) in operands.iter().zip(types) {
            if !self.mapping.assign(std::slice::from_ref(type_), &[Type::Bool])? {
                self.mismatch(operand.at, &Type::Bool, type_);
                result = Type::Error;
            }
        }
        self.overloads[id].push(overload);
        Ok(result)
    }

    /// Finds the overloads of a call; returns the type of its result.
    fn resolve(
        &mut self,
        (id, at): (usize, usize),
        name: &str,
        overloads: &'static [Overload],
        is_method: bool,
        mut types: Vec<Type>,
    ) -> Steps<Type> {
        let mut result: Option<Type> = None;
        for overload in overloads.iter().filter(|overload| overload.is_method == is_method) {
            let first = self.mapping.new_variables(overload.variables);
            let parameters: Vec<Type> =
                overload.parameters.iter().map(|parameter| parameter.instantiated(first)).collect();
            if !self.mapping.assign(&types, &parameters)? {
                continue;
            }
            self.overloads[id].push(overload.id);
            let found = self.mapping.substitute(&overload.result.instantiated(first), false)?;
            result = Some(match result {
                None => found,
                Some(previous) if previous.is_dyn() || found == previous => previous,
                Some(_) => Type::Dyn,
            });
        }
        if let Some(result) = result {
            return Ok(result);
        }
        for type_ in &mut types {
            *type_ = self.mapping.substitute(type_, true)?;
        }
        let receiver = if is_method { format!("{}.", types.remove(0)) } else { String::new() };
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        let applied = format!("'{name}' applied to '{receiver}({})'", types.join(", "));
        self.issues.report(at, format!("found no matching overload for {applied}"));
        Ok(Type::Error)
    }
}
