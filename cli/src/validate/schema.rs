//! Validation by the CRDs of AI Gateway, with the messages of the API server.

use std::collections::BTreeMap;

use aigateway_client::crds::crds;
use kube_client_runtime::validate::{Invalid, Validator};

use super::metadata;
use crate::error::CliError;
use crate::findings::{Finding, Severity};
use crate::inventory::Object;
use crate::kinds;

/// The validators of all versions of the kinds of AI Gateway.
#[derive(Debug)]
pub(crate) struct Validators {
    by_type: BTreeMap<(String, String), Validator>,
}

impl Validators {
    /// Creates the validators from the embedded CRDs.
    pub(crate) fn new() -> Result<Self, CliError> {
        let mut by_type = BTreeMap::new();
        for crd in crds() {
            let json = serde_json::to_value(&crd)?;
            for version in crd.spec.versions.iter().filter(|version| version.served) {
                let api_version = format!("{}/{}", crd.spec.group, version.name);
                let validator = Validator::new(&json, &version.name)?;
                by_type.insert((api_version, crd.spec.names.kind.clone()), validator);
            }
        }
        Ok(Validators { by_type })
    }

    /// Returns the findings about an object. `old` is the object that it replaces.
    pub(crate) fn validate(&self, object: &Object, old: Option<&Object>) -> Vec<Finding> {
        let is_own = kinds::is_own(&object.key.group);
        let mut findings = duplicates(object);
        if let Some((field, message)) = metadata::wrong_type(&object.body) {
            findings.push(cannot_handle(object, &field, "DecodeError", &message));
            return findings;
        }
        findings.extend(metadata::unknown_fields(&object.body).iter().map(|path| unknown(object, path)));
        if is_own {
            let (api_version, kind) = (&object.api_version, &object.key.kind);
            let Some(validator) = self.by_type.get(&(api_version.clone(), kind.clone())) else {
                let message = format!("no matches for kind {kind:?} in version {api_version:?}");
                findings.push(Finding::new(Severity::Error, object, "apiVersion", "NotFound", message));
                return findings;
            };
            findings.extend(own(validator, object, old));
        }
        findings.extend(
            metadata::validate(&object.body).iter().map(|error| {
                Finding::new(Severity::Error, object, &error.field, error.kind.reason(), error.to_string())
            }),
        );
        findings
    }
}

/// Returns the findings about unknown fields, the schema and its rules.
fn own(validator: &Validator, object: &Object, old: Option<&Object>) -> Vec<Finding> {
    let unknown_fields = validator.apply_defaults(&mut object.body.clone());
    let mut findings: Vec<Finding> = unknown_fields.iter().map(|path| unknown(object, path)).collect();
    let result = match old {
        Some(old) => validator.validate_update(&object.body, &old.body),
        None => validator.validate(&object.body),
    };
    if let Err(Invalid { causes, .. }) = result {
        findings.extend(causes.into_iter().map(|cause| {
            let field = if cause.field == "<nil>" { "" } else { &*cause.field };
            Finding::new(Severity::Error, object, field, cause.reason, cause.message)
        }));
    }
    findings
}

fn unknown(object: &Object, path: &str) -> Finding {
    let message = format!("strict decoding error: unknown field \"{path}\"");
    cannot_handle(object, path, "UnknownField", &message)
}

/// Returns the finding of a body that the API server does not decode, with its message.
fn cannot_handle(object: &Object, field: &str, reason: &str, message: &str) -> Finding {
    let (kind, version) = (&object.key.kind, object.version());
    let message = format!("{kind} in version {version:?} cannot be handled as a {kind}: {message}");
    Finding::new(Severity::Error, object, field, reason, message)
}

/// Returns the findings about duplicate keys, with the message that the API server prints for YAML.
fn duplicates(object: &Object) -> Vec<Finding> {
    let finding = |key: &kube_structural_schema::yaml::Key| {
        let name = &key.name;
        let message = format!("strict decoding error: key {name:?} already set in map");
        let mut finding = cannot_handle(object, "", "DuplicateField", &message);
        if let crate::inventory::Origin::File { line, .. } = &mut finding.origin {
            *line = key.at.line;
        }
        finding.field.clone_from(name);
        finding
    };
    object.duplicates.iter().map(finding).collect()
}
