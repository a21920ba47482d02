//! The selectors of access reviews. RBAC ignores them.
//!
//! Source: `kubernetes/pkg/registry/authorization/util/helpers.go`, `apimachinery/pkg/apis/meta/v1/validation`.

use kube_structural_schema::object::{FieldError, names};
use serde_json::Value;

use super::super::selector::{check_fields, check_labels};

/// The kinds of selectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selector {
    Fields,
    Labels,
}

const BOTH: &str = "may not specified at the same time as requirements";
const VALUES_REQUIRED: &str = "must be specified when `operator` is 'In' or 'NotIn'";
const VALUES_FORBIDDEN: &str = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";

impl Selector {
    /// In the order of validation and of evaluation errors.
    pub(super) const ALL: [Self; 2] = [Selector::Fields, Selector::Labels];

    fn field(self) -> &'static str {
        match self {
            Selector::Fields => "fieldSelector",
            Selector::Labels => "labelSelector",
        }
    }

    /// Returns the error for a selector that the authorizer would not see completely.
    pub(super) fn evaluation_error(self, resource: &Value) -> Option<String> {
        let selector = &resource[self.field()];
        let requirements = requirements(selector);
        let (valid, is_complete) = if requirements.is_empty() {
            let raw = selector["rawSelector"].as_str().unwrap_or_default();
            let is_valid = match self {
                Selector::Fields => check_fields(raw).is_ok(),
                Selector::Labels => check_labels(raw),
            };
            (0, is_valid)
        } else {
            let valid = requirements.iter().filter(|requirement| self.is_known(requirement)).count();
            (valid, valid == requirements.len())
        };
        let how = if valid > 0 { "partially ignored" } else { "ignored" };
        let error = || format!("spec.resourceAttributes.{} {how} due to parse error", self.field());
        (!is_complete).then(error)
    }

    /// Whether the API server can evaluate a valid requirement.
    fn is_known(self, requirement: &Value) -> bool {
        let operator = requirement["operator"].as_str().unwrap_or_default();
        match self {
            Selector::Fields => matches!(operator, "In" | "NotIn") && values(requirement).len() == 1,
            Selector::Labels => matches!(operator, "In" | "NotIn" | "Exists" | "DoesNotExist"),
        }
    }
}

fn requirements(selector: &Value) -> &[Value] {
    selector["requirements"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn values(requirement: &Value) -> &[Value] {
    requirement["values"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Validates a selector, if there is one.
pub(super) fn validate(of: Selector, resource: &Value, errors: &mut Vec<FieldError>) {
    let selector = &resource[of.field()];
    if !selector.is_object() {
        return;
    }
    let path = format!("spec.resourceAttributes.{}", of.field());
    let raw = selector["rawSelector"].as_str().unwrap_or_default();
    let requirements = requirements(selector);
    match (raw.is_empty(), requirements.is_empty()) {
        (false, false) => errors.push(FieldError::invalid(format!("{path}.rawSelector"), raw, BOTH)),
        (true, true) => {
            let detail = format!("when {path} is specified, requirements or rawSelector is required");
            errors.push(FieldError::required(format!("{path}.requirements"), detail));
        }
        _ => {}
    }
    for (index, requirement) in requirements.iter().enumerate() {
        validate_requirement(of, requirement, &format!("{path}.requirements[{index}]"), errors);
    }
}

fn validate_requirement(of: Selector, requirement: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let key = requirement["key"].as_str().unwrap_or_default();
    let values = values(requirement);
    if of == Selector::Fields && key.is_empty() {
        errors.push(FieldError::required(format!("{path}.key"), "must be specified"));
    }
    match requirement["operator"].as_str().unwrap_or_default() {
        "In" | "NotIn" if values.is_empty() => {
            errors.push(FieldError::required(format!("{path}.values"), VALUES_REQUIRED));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            errors.push(FieldError::forbidden(format!("{path}.values"), VALUES_FORBIDDEN));
        }
        _ => {}
    }
    if of == Selector::Fields {
        return;
    }
    let reasons = names::qualified_name(key);
    errors.extend(reasons.into_iter().map(|reason| FieldError::invalid(format!("{path}.key"), key, reason)));
    for (index, value) in values.iter().filter_map(Value::as_str).enumerate() {
        let field = || format!("{path}.values[{index}]");
        let reasons = names::label_value(value);
        errors.extend(reasons.into_iter().map(|reason| FieldError::invalid(field(), value, reason)));
    }
}
