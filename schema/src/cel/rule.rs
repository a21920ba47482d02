//! A rule: its expressions, and what errors say of it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::expr::Expr;
use super::parse::{CompileError, parse};
use crate::schema::{Additional, Rule, Schema};

/// A rule's expressions, compiled when they are first needed.
#[derive(Clone, Default)]
pub(crate) struct Compiled(OnceLock<Arc<Expressions>>);

pub(super) struct Expressions {
    rule: Result<(Expr, bool), CompileError>,
    message: Option<Result<(Expr, bool), CompileError>>,
}

impl Expressions {
    /// What the rule asks, and whether it looks at the old value.
    pub(super) fn rule(&self) -> Result<(&Expr, bool), &CompileError> {
        self.rule.as_ref().map(|(expr, uses_old)| (expr, *uses_old))
    }

    /// What makes the message, where it is an expression that can be read.
    pub(super) fn message(&self) -> Option<&Expr> {
        self.message.as_ref()?.as_ref().ok().map(|(expr, _)| expr)
    }
}

impl PartialEq for Compiled {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Compiled {}

impl fmt::Debug for Compiled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Compiled")
    }
}

const VARIABLES: [&str; 2] = ["self", "oldSelf"];

/// Parses an expression of a rule; whether it looks at `oldSelf`.
///
/// # Errors
/// Why it is not an expression, or that it is too large for this evaluator.
pub(crate) fn uses_old_self(text: &str) -> Result<bool, CompileError> {
    parse(text, &VARIABLES).map(|(_, uses_old)| uses_old)
}

impl Rule {
    pub(super) fn expressions(&self) -> &Expressions {
        self.compiled.0.get_or_init(|| {
            Arc::new(Expressions {
                rule: parse(&self.rule, &VARIABLES),
                message: self
                    .message_expression
                    .as_deref()
                    .filter(|text| !text.is_empty())
                    .map(|text| parse(text, &VARIABLES)),
            })
        })
    }

    /// What the rule says, where no expression does.
    pub(super) fn words(&self) -> String {
        match self.message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => message.trim().to_owned(),
            None => format!("failed rule: {}", self.rule.trim()),
        }
    }

    /// What errors call the rule.
    pub(super) fn called(&self) -> String {
        self.message.as_deref().filter(|message| !message.is_empty()).unwrap_or(&self.rule).trim().to_owned()
    }
}

/// `.spec['a.b'].c` as errors write it: `.spec[a.b].c`; below a schema with properties, quoted names are fields.
pub(super) fn normalised(path: &str, schema: &Schema) -> Option<String> {
    let mut out = String::new();
    let mut schema = Some(schema);
    let mut rest = path;
    while !rest.is_empty() {
        let name;
        if let Some(after) = rest.strip_prefix("['") {
            let end = after.find("']")?;
            name = after[..end].replace("\\'", "'");
            rest = &after[end + 2..];
        } else {
            let after = rest.strip_prefix('.')?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            name = after[..end].to_owned();
            rest = &after[end..];
        }
        let here = schema?;
        if here.properties.is_empty()
            && let Some(Additional::Schema(values)) = &here.additional_properties
        {
            out.extend(["[", &name, "]"]);
            schema = Some(values);
        } else {
            out.extend([".", &name]);
            schema = here.properties.get(&name);
        }
    }
    (!out.is_empty()).then_some(out)
}
