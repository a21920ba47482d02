//! CEL expressions for the costs of requests.
//!
//! The controller compiles an expression when it reconciles the Gateway. Here it is evaluated with sample values, as part of a
//! rule that declares the variables.

use kube_client_runtime::validate::Validator;
use serde_json::{Value, json};

use super::Problem;
use crate::inventory::{Inventory, Object, field};
use crate::kinds::AIGATEWAY;

/// The variables of an expression that are texts.
const TEXTS: [&str; 2] = ["model", "backend"];
/// The variables that are numbers of tokens, with sample values.
const TOKENS: [(&str, u32); 6] = [
    ("input_tokens", 100),
    ("cached_input_tokens", 20),
    ("cache_creation_input_tokens", 10),
    ("output_tokens", 50),
    ("total_tokens", 150),
    ("reasoning_tokens", 5),
];

/// Checks the expressions of routes, of GatewayConfigs and of quotas.
pub(super) fn invalid(inventory: &Inventory) -> Vec<Problem<'_>> {
    let mut problems = Vec::new();
    for (kind, list) in [("AIGatewayRoute", "llmRequestCosts"), ("GatewayConfig", "globalLLMRequestCosts")] {
        for object in inventory.of_kind(AIGATEWAY, kind) {
            for (index, cost) in object.list(&format!("/spec/{list}")).iter().enumerate() {
                if field(cost, "type") == "CEL" {
                    problems.extend(check(object, format!("spec.{list}[{index}].cel"), field(cost, "cel")));
                }
            }
        }
    }
    for object in inventory.of_kind(AIGATEWAY, "QuotaPolicy") {
        let expression = object.text("/spec/serviceQuota/costExpression");
        problems.extend(check(object, "spec.serviceQuota.costExpression".to_owned(), expression));
        for (index, quota) in object.list("/spec/perModelQuotas").iter().enumerate() {
            let expression = field(&quota["quota"], "costExpression");
            problems.extend(check(object, format!("spec.perModelQuotas[{index}].quota.costExpression"), expression));
        }
    }
    problems
}

fn check<'i>(object: &'i Object, field: String, expression: &str) -> Option<Problem<'i>> {
    if expression.is_empty() {
        return None;
    }
    let message = problem(expression)?;
    Some(Problem::new(object, field, format!("CEL expression {expression:?} is not valid: {message}")))
}

/// Returns what is wrong with an expression. Errors that depend on the values, such as a division by zero, are not wrong.
fn problem(expression: &str) -> Option<String> {
    let wrapped = format!("type(\n{expression}\n) in [dyn(int), dyn(uint)]");
    let bound = TEXTS.iter().fold(wrapped, |inner, name| format!("[self.{name}].all({name}, {inner})"));
    let rule = TOKENS.iter().fold(bound, |inner, (name, _)| format!("[uint(self.{name})].all({name}, {inner})"));
    let validator = match Validator::new(&definition(&rule), "v1") {
        Ok(validator) => validator,
        Err(error) => return Some(last(&error.to_string())),
    };
    let tokens = TOKENS.iter().map(|(name, sample)| ((*name).to_owned(), json!(sample)));
    let fields = TEXTS.iter().map(|name| ((*name).to_owned(), json!("sample"))).chain(tokens);
    let spec = Value::Object(fields.collect());
    let object =
        json!({"apiVersion": "example.com/v1", "kind": "Sample", "metadata": {"name": "sample"}, "spec": spec});
    let error = validator.validate(&object).err()?;
    let message = error.causes.first().map(|cause| cause.message.clone()).unwrap_or_default();
    let is_arithmetic = ["division by zero", "modulus by zero", "overflow"].iter().any(|text| message.contains(text));
    if is_arithmetic {
        return None;
    }
    if message.contains("failed rule") {
        return Some("the result is not an integer".to_owned());
    }
    Some(last(&message))
}

/// Returns the last part of a message of a rule, which is about the expression.
fn last(message: &str) -> String {
    let line = message.lines().find(|line| line.contains("ERROR")).unwrap_or(message);
    match line.rsplit(": ").next().unwrap_or(line) {
        // The message names a parenthesis of the rule around the expression.
        text if text.starts_with("mismatched input") => "syntax error".to_owned(),
        text => text.trim_end_matches(" (in container '')").to_owned(),
    }
}

/// Returns a CRD with a rule for `spec`.
fn definition(rule: &str) -> Value {
    let text = TEXTS.iter().map(|name| ((*name).to_owned(), json!({"type": "string"})));
    let number = TOKENS.iter().map(|(name, _)| ((*name).to_owned(), json!({"type": "integer"})));
    let properties = Value::Object(text.chain(number).collect());
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "samples.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"kind": "Sample", "plural": "samples"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {
                    "type": "object", "properties": properties,
                    "x-kubernetes-validations": [{"rule": rule, "message": "failed rule"}],
                }},
            }}}],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn valid_expressions_have_no_problem() {
        for expression in [
            "input_tokens + output_tokens",
            "input_tokens == uint(3) ? 100000000 : 0",
            "model == 'gpt-4o' ? total_tokens * uint(2) : total_tokens",
            "backend.startsWith('openai.') ? 1u : reasoning_tokens // comment",
            "input_tokens / (output_tokens - output_tokens)",
            "cached_input_tokens - input_tokens",
            "uint(double(input_tokens) * 0.1)",
            "1",
        ] {
            assert_eq!(problem(expression), None, "{expression}");
        }
    }

    #[test]
    fn invalid_expressions_have_a_problem() {
        for expression in ["input_tokens +", "tokens + 1u", "'a'", "input_tokens > 3u", "input_tokens + 1", "foo(1)"] {
            let found = problem(expression);
            assert!(found.as_ref().is_some_and(|found| !found.is_empty()), "{expression}: {found:?}");
        }
    }
}
