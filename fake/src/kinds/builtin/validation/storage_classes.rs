//! Validation of storage capacities and classes of volume attributes.
//!
//! Source: `kubernetes/pkg/apis/storage/validation/validation.go`.

use kube_structural_schema::object::names;
use serde_json::Value;

use super::field::{Errors, Field};
use super::{labels, resources};

/// Validates a storage capacity.
pub(super) fn capacity(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let (topology, class) = (object.at("nodeTopology"), object.at("storageClassName"));
    labels::selector(&topology, errors);
    class.check(errors, names::subdomain);
    let capacity = object.at("capacity");
    if capacity.is_set() && resources::nanos(capacity.value) < 0 {
        capacity.invalid(errors, "must be greater than or equal to 0");
    }
    if let Some(old) = old {
        topology.immutable(errors, &old["nodeTopology"]);
        class.immutable(errors, &old["storageClassName"]);
    }
}

/// Validates a class of volume attributes.
pub(super) fn attributes(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    if let Some(old) = old {
        for name in ["driverName", "parameters"] {
            let field = object.at(name);
            if *field.value != old[name] {
                field.forbidden(errors, format!("updates to {name} are forbidden."));
            }
        }
    }
    let driver = object.at("driverName");
    if driver.is_empty() {
        driver.required(errors, "");
    } else {
        for detail in super::names::qualified_in_lower_case(driver.text()) {
            driver.invalid_text(errors, detail);
        }
    }
    let parameters = object.at("parameters");
    if parameters.is_empty() {
        parameters.required(errors, "must contain at least one key/value pair");
    }
}
