//! Selectors of nodes.
//!
//! Source: `kubernetes/pkg/apis/core/validation/validation.go`.

use kube_structural_schema::object::names;

use super::field::{Errors, Field};

const OPERATOR: &str = "not a valid selector operator";

/// Validates a selector.
pub(super) fn selector(selector: &Field<'_>, errors: &mut Errors) {
    if selector.at("nodeSelectorTerms").is_empty() {
        selector.at("nodeSelectorTerms").required(errors, "must have at least one node selector term");
        return;
    }
    selector.items("nodeSelectorTerms").for_each(|item| term(&item, true, errors));
}

/// Validates the term of a preference, whose values may be any text.
pub(super) fn preference(preference: &Field<'_>, errors: &mut Errors) {
    term(preference, false, errors);
}

fn term(term: &Field<'_>, checks_values: bool, errors: &mut Errors) {
    for requirement in term.items("matchExpressions") {
        let values = requirement.at("values");
        match requirement.at("operator").text() {
            "In" | "NotIn" if values.is_empty() => {
                values.required(errors, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                values.forbidden(errors, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Gt" | "Lt" if values.len() != 1 => {
                values.required(errors, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => requirement.at("operator").invalid_text(errors, OPERATOR),
        }
        requirement.at("key").check(errors, names::qualified_name);
        if checks_values {
            requirement.items("values").for_each(|value| value.check(errors, names::label_value));
        }
    }
    for requirement in term.items("matchFields") {
        match requirement.at("operator").text() {
            "In" | "NotIn" => {
                if requirement.at("values").len() != 1 {
                    let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                    requirement.at("values").required(errors, detail);
                }
            }
            _ => requirement.at("operator").invalid_text(errors, OPERATOR),
        }
        if requirement.at("key").text() == "metadata.name" {
            requirement.items("values").for_each(|value| value.check(errors, names::subdomain));
        } else {
            requirement.at("key").invalid_text(errors, "not a valid field selector key");
        }
    }
}
