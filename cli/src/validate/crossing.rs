//! References across the whole input, and objects that are defined twice.

use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::findings::{Finding, Severity};
use crate::inventory::{Inventory, Key, Object};
use crate::references;

/// How broken references are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReferenceMode {
    /// Not at all
    Off,
    /// As warnings
    #[default]
    Warn,
    /// As errors
    Error,
}

/// Returns the findings about the references between objects, and about objects that the input defines twice.
pub(crate) fn references(inventory: &Inventory, mode: ReferenceMode) -> Vec<Finding> {
    let severity = match mode {
        ReferenceMode::Off => return Vec::new(),
        ReferenceMode::Warn => Severity::Warning,
        ReferenceMode::Error => Severity::Error,
    };
    let mut findings = duplicate_objects(inventory);
    for object in inventory.objects() {
        findings.extend(of_object(inventory, object, severity));
    }
    findings
}

fn of_object(inventory: &Inventory, object: &Object, severity: Severity) -> Vec<Finding> {
    let mut findings = Vec::new();
    for reference in references::references(object) {
        let problem = references::resolve(inventory, &reference).problem(&reference);
        findings.extend(problem.map(|problem| finding(object, &reference.field, severity, problem)));
    }
    for (field, grant) in references::grants_of_route(inventory, object) {
        if !references::granted(inventory, &grant) {
            let reference =
                references::Reference { field: field.clone(), target: grant.to.clone(), key: None, grant: None };
            let problem = references::not_granted(inventory, grant).problem(&reference);
            findings.extend(problem.map(|problem| finding(object, &field, severity, problem)));
        }
    }
    findings
}

fn finding(object: &Object, field: &str, severity: Severity, (message, is_certain): (String, bool)) -> Finding {
    let (severity, reason) = if is_certain { (severity, "Reference") } else { (Severity::Note, "Unverified") };
    Finding::new(severity, object, field, reason, message)
}

/// An object that is defined twice is applied twice: the second definition replaces the first.
fn duplicate_objects(inventory: &Inventory) -> Vec<Finding> {
    let mut first: BTreeMap<&Key, &Object> = BTreeMap::new();
    let mut findings = Vec::new();
    for object in inventory.objects() {
        match first.get(&object.key) {
            Some(other) => {
                let message = format!("the object is already defined at {}; remove one of them", other.origin);
                findings.push(Finding::new(Severity::Warning, object, "", "DuplicateObject", message));
            }
            None => {
                first.insert(&object.key, object);
            }
        }
    }
    findings
}
