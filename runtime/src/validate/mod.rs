//! Validation before a request is sent: the schema and the CEL rules of a CRD, with the messages of the API server.
//!
//! ```
//! # use kube_client_runtime::validate::Validator;
//! # use serde_json::json;
//! let crd = json!({
//!     "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
//!     "metadata": {"name": "widgets.example.com"},
//!     "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
//!         "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
//!             "type": "object", "properties": {"spec": {"type": "object", "properties": {
//!                 "size": {"type": "integer", "minimum": 1, "default": 3}}}}}}}]},
//! });
//! let widgets = Validator::new(&crd, "v1")?;
//! let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 0}});
//! let error = widgets.validate(&widget).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     r#"Widget.example.com "a" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"#
//! );
//! # Ok::<(), kube_client_runtime::validate::ValidatorError>(())
//! ```
//!
//! A generated type validates itself by [`Validate`].
//!
//! # Limits
//! Validated are the name, the structure, the list types and the CEL rules, after defaulting and pruning, as on the API server.
//! Not validated are labels, annotations and other metadata, embedded resources, and what needs the cluster: quotas, admission
//! policies and webhooks, and whether the object exists.

mod fit;
mod invalid;
mod typed;

use kube_structural_schema::cel::check_rules;
use kube_structural_schema::object::{
    FieldError, apply_defaults, names, prune, prune_nulls, validate, validate_lists, validate_status_update,
    validate_update,
};
use kube_structural_schema::{Version, read_document};
use serde_json::Value;

pub use invalid::{Invalid, ValidateError};
pub use typed::Validate;

/// Validates the objects of one version of a CRD.
#[derive(Debug)]
pub struct Validator {
    group: String,
    kind: String,
    version: Version,
}

/// A CRD without a schema to validate by.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidatorError {
    /// The API server would not accept the CRD.
    #[error("the CRD is not valid: {0}")]
    Invalid(String),
    /// The CRD does not have the version.
    #[error("CRD {crd} has no version {version:?}; it has {}", .available.join(", "))]
    UnknownVersion {
        /// The name of the CRD.
        crd: String,
        /// The version.
        version: String,
        /// The versions that it has.
        available: Vec<String>,
    },
}

impl Validator {
    /// Creates a validator for a version of a CRD, given as JSON.
    ///
    /// # Errors
    /// Returns an error if the API server would not accept the CRD, or if it does not have the version.
    pub fn new(crd: &Value, version: &str) -> Result<Self, ValidatorError> {
        let definitions = read_document("the CRD", crd.clone());
        let definitions = definitions.map_err(|problems| ValidatorError::Invalid(problems.to_string()))?;
        let Some(crd) = definitions.crds.into_iter().next() else {
            return Err(ValidatorError::Invalid("it defines no kind".to_owned()));
        };
        let available: Vec<String> = crd.versions.iter().map(|version| version.name.clone()).collect();
        let name = format!("{}.{}", crd.names.plural, crd.group);
        let found = crd.versions.into_iter().find(|found| found.name == version);
        match found {
            Some(version) => Ok(Validator { group: crd.group, kind: crd.names.kind, version }),
            None => Err(ValidatorError::UnknownVersion { crd: name, version: version.to_owned(), available }),
        }
    }

    fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version.name)
    }

    /// Sets the defaults of the schema, and removes the fields that it does not have and misplaced nulls, as the API server
    /// does. Returns the paths of the removed fields.
    pub fn apply_defaults(&self, object: &mut Value) -> Vec<String> {
        let unknown = prune(&self.version.schema, object);
        prune_nulls(&self.version.schema, object);
        apply_defaults(&self.version.schema, object);
        unknown
    }

    /// Validates an object that is to be created.
    ///
    /// # Errors
    /// Returns all errors of the object.
    pub fn validate(&self, object: &Value) -> Result<(), Invalid> {
        let object = self.prepared(object, None);
        let schema = &self.version.schema;
        let mut errors = self.type_errors(&object);
        if errors.is_empty() {
            errors.extend(name_errors(&object));
            errors.extend(validate(schema, &object));
        }
        errors.extend(validate_lists(schema, &object));
        check_rules(schema, &object, None, &mut errors);
        self.result(&object, &errors)
    }

    /// Validates the update of an object, with transition rules; invalid parts that the update does not change are accepted,
    /// as on the API server. If status is a subresource, the status is not compared.
    ///
    /// # Errors
    /// Returns all errors of the update.
    pub fn validate_update(&self, object: &Value, old: &Value) -> Result<(), Invalid> {
        let old = self.prepared(old, Some(old));
        let object = self.prepared(object, Some(&old));
        let schema = &self.version.schema;
        let mut errors = self.type_errors(&object);
        if errors.is_empty() {
            errors.extend(validate_update(schema, &object, &old));
        }
        self.finish_update(&object, &old, errors)
    }

    /// Validates the update of the status of an object.
    ///
    /// # Errors
    /// Returns all errors of the update.
    pub fn validate_status_update(&self, object: &Value, old: &Value) -> Result<(), Invalid> {
        let (mut new, mut old) = (old.clone(), old.clone());
        if let Some(fields) = new.as_object_mut() {
            match object.get("status") {
                Some(status) => fields.insert("status".to_owned(), status.clone()),
                None => fields.remove("status"),
            };
        }
        self.apply_defaults(&mut new);
        self.apply_defaults(&mut old);
        let mut errors = self.type_errors(&new);
        let schema = self.version.schema.properties.get("status");
        if let (Some(status), Some(schema)) = (new.get("status"), schema)
            && errors.is_empty()
        {
            errors.extend(validate_status_update(schema, status, old.get("status")));
        }
        self.finish_update(&new, &old, errors)
    }

    fn finish_update(&self, object: &Value, old: &Value, mut errors: Vec<FieldError>) -> Result<(), Invalid> {
        let schema = &self.version.schema;
        if validate_lists(schema, old).is_empty() {
            errors.extend(validate_lists(schema, object));
        }
        check_rules(schema, object, Some(old), &mut errors);
        self.result(object, &errors)
    }

    /// Returns the object as the API server validates it: if status is a subresource, with the status of the old object, and
    /// with defaults.
    fn prepared(&self, object: &Value, old: Option<&Value>) -> Value {
        let mut object = object.clone();
        if self.version.subresources.status
            && let Some(fields) = object.as_object_mut()
        {
            match old.and_then(|old| old.get("status")) {
                Some(status) => fields.insert("status".to_owned(), status.clone()),
                None => fields.remove("status"),
            };
        }
        self.apply_defaults(&mut object);
        object
    }

    fn type_errors(&self, object: &Value) -> Vec<FieldError> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let expected = [("kind", self.kind.clone()), ("apiVersion", self.api_version())];
        let wrong = expected.into_iter().filter(|(name, expected)| text(name) != expected);
        wrong.map(|(name, expected)| FieldError::invalid(name, text(name), format!("must be {expected}"))).collect()
    }

    fn result(&self, object: &Value, errors: &[FieldError]) -> Result<(), Invalid> {
        if errors.is_empty() {
            return Ok(());
        }
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        Err(Invalid::new(&self.kind, &self.group, name, errors))
    }
}

/// Validates the name of an object, or its prefix.
fn name_errors(object: &Value) -> Vec<FieldError> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("/metadata/name"), text("/metadata/generateName")) {
        (Some(name), _) => {
            let wrong = names::subdomain(name).into_iter();
            wrong.map(|detail| FieldError::invalid("metadata.name", name, detail)).collect()
        }
        (None, Some(_)) => Vec::new(),
        (None, None) => vec![FieldError::required("metadata.name", "name or generateName is required")],
    }
}
