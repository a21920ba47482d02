//! The expressions of a rule, and its texts in errors.

use super::expr::Expr;
use super::lower::compile;
use crate::schema::{Additional, Rule, Schema};

/// The compiled expressions of a rule.
pub(super) struct Expressions {
    rule: Result<(Expr, bool), String>,
    message: Option<Result<(Expr, bool), String>>,
}

impl Expressions {
    /// Returns the rule, and whether it uses the old value.
    pub(super) fn rule(&self) -> Result<(&Expr, bool), &String> {
        self.rule.as_ref().map(|(expr, uses_old)| (expr, *uses_old))
    }

    /// Returns the message expression, if it is valid.
    pub(super) fn message(&self) -> Option<&Expr> {
        self.message.as_ref()?.as_ref().ok().map(|(expr, _)| expr)
    }
}

const VARIABLES: [&str; 2] = ["self", "oldSelf"];

impl Rule {
    /// Returns the expressions, compiled on first use.
    pub(super) fn expressions(&self) -> Option<&Expressions> {
        let message = self.message_expression.as_deref().filter(|text| !text.is_empty());
        self.compiled.get_or_init(|| Expressions {
            rule: compile(&self.rule, &VARIABLES),
            message: message.map(|text| compile(text, &VARIABLES)),
        })
    }

    /// Returns the message without message expression.
    pub(super) fn static_message(&self) -> String {
        match self.message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => message.trim().to_owned(),
            None => format!("failed rule: {}", self.rule.trim()),
        }
    }

    /// Returns the name of the rule in errors.
    pub(super) fn display_name(&self) -> String {
        self.message.as_deref().filter(|message| !message.is_empty()).unwrap_or(&self.rule).trim().to_owned()
    }
}

/// Normalizes a field path for errors: `.spec['a.b'].c` becomes `.spec[a.b].c`; names of properties are fields.
pub(super) fn normalize(path: &str, schema: &Schema) -> Option<String> {
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
        let current = schema?;
        if current.properties.is_empty()
            && let Some(Additional::Schema(values)) = &current.additional_properties
        {
            out.extend(["[", &name, "]"]);
            schema = Some(values);
        } else {
            out.extend([".", &name]);
            schema = current.properties.get(&name);
        }
    }
    (!out.is_empty()).then_some(out)
}
