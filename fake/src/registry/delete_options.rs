//! Options of deletions.
//!
//! Source: `apimachinery/pkg/apis/meta/v1/{types,validation/validation}.go`.

use kube_structural_schema::object::{FieldError, go};
use serde_json::{Map, Value, json};

use super::body::{TypeMetaError, check_type_meta};
use crate::metadata::{FOREGROUND, ORPHAN};
use crate::status::Failure;

/// The options of a deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeleteOptions {
    pub(crate) grace_period_seconds: Option<i64>,
    pub(crate) preconditions: Option<Preconditions>,
    pub(crate) orphan_dependents: Option<bool>,
    pub(crate) propagation_policy: Option<String>,
    pub(crate) dry_run: Option<Vec<String>>,
    /// Whether the object is deleted even if it is unreadable.
    pub(crate) ignores_read_errors: bool,
}

/// The preconditions of a deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preconditions {
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
}

pub(crate) const IGNORES_READ_ERRORS: &str = "ignoreStoreReadErrorWithClusterBreakingPotential";

/// Kinds that belong to every group and version.
///
/// Source: `AddUnversionedTypes` in `apimachinery/pkg/apis/meta/{internalversion,v1}/register.go`.
const UNVERSIONED: [&str; 7] =
    ["CreateOptions", "UpdateOptions", "Status", "APIVersions", "APIGroupList", "APIGroup", "APIResourceList"];

/// The other kinds of `meta.k8s.io` with their Go package.
const META_KINDS: [(&str, &str, &[&str]); 3] = [
    (
        "meta.k8s.io/v1",
        "v1",
        &[
            "ListOptions",
            "GetOptions",
            "PatchOptions",
            "Table",
            "TableOptions",
            "PartialObjectMetadata",
            "PartialObjectMetadataList",
            "WatchEvent",
        ],
    ),
    ("meta.k8s.io/v1beta1", "v1", &["Table", "TableOptions", "PartialObjectMetadata"]),
    ("meta.k8s.io/v1beta1", "v1beta1", &["PartialObjectMetadataList"]),
];

/// Checks that a body can be converted to `DeleteOptions`, which every group and version has.
fn check_kind(object: &Value, text: impl FnOnce() -> String) -> Result<(), String> {
    let of = |name: &str| case_insensitive_field(object, name).and_then(Value::as_str).unwrap_or_default();
    let (kind, api_version) = match (of("kind"), of("apiVersion")) {
        ("", api_version) => ("DeleteOptions", api_version),
        named => named,
    };
    let api_version = if matches!(api_version, "" | "/" | "meta.k8s.io/") { "meta.k8s.io/v1" } else { api_version };
    if api_version.ends_with('/') {
        return Err(format!("Object 'apiVersion' is missing in '{}'", text()));
    }
    if kind == "DeleteOptions" {
        return Ok(());
    }
    let package = if UNVERSIONED.contains(&kind) {
        Some("v1")
    } else {
        let mut declared = META_KINDS.iter().filter(|(of, _, kinds)| *of == api_version && kinds.contains(&kind));
        declared.next().map(|(_, package, _)| *package)
    };
    Err(match package {
        Some(package) => format!("converting ({package}.{kind}) to (v1.DeleteOptions): unknown conversion"),
        None => {
            format!(
                "no kind {kind:?} is registered for version {api_version:?} in scheme \"pkg/runtime/scheme.go:111\""
            )
        }
    })
}

/// Returns a field by its name, or else by its name in another case, as Go's decoder does.
fn case_insensitive_field<'o>(object: &'o Value, name: &str) -> Option<&'o Value> {
    let fields = object.as_object()?;
    fields.get(name).or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A Go struct to decode, with its name in errors.
struct Struct<'o> {
    fields: &'o Map<String, Value>,
    name_in_errors: &'static str,
}

impl<'o> Struct<'o> {
    fn field<T>(
        &self,
        name: &str,
        type_: &str,
        decode: impl Fn(&'o Value) -> Result<Option<T>, &'o Value>,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.fields.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        decode(value).map_err(|found| {
            // An invalid item is reported with the item type.
            let type_ = if std::ptr::eq(found, value) { type_ } else { type_.trim_start_matches("[]") };
            let found = go::json_kind(found, type_);
            format!(
                "json: cannot unmarshal {found} into Go struct field {}.{name} of type {type_}",
                self.name_in_errors
            )
        })
    }

    fn text(&self, name: &str, type_: &str) -> Result<Option<String>, String> {
        self.field(name, type_, |value| value.as_str().map(|text| Some(text.to_owned())).ok_or(value))
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        self.field(name, "bool", |value| value.as_bool().map(Some).ok_or(value))
    }
}

fn texts(value: &Value) -> Result<Option<Vec<String>>, &Value> {
    let text = |item: &Value| if item.is_null() { Some(String::new()) } else { item.as_str().map(str::to_owned) };
    let items = value.as_array().ok_or(value)?.iter();
    items.map(|item| text(item).ok_or(item)).collect::<Result<_, _>>().map(Some)
}

impl Preconditions {
    fn decode(of: &Struct<'_>) -> Result<Option<Self>, String> {
        let value = of.field("preconditions", "v1.Preconditions", |value| value.as_object().map(Some).ok_or(value))?;
        let Some(fields) = value else { return Ok(None) };
        let of = Struct { fields, name_in_errors: "Preconditions.preconditions" };
        Ok(Some(Preconditions {
            uid: of.text("uid", "types.UID")?,
            resource_version: of.text("resourceVersion", "string")?,
        }))
    }
}

impl DeleteOptions {
    /// Decodes options from a body; `text` is the body.
    pub(crate) fn decode(object: &Value, text: impl Fn() -> String) -> Result<Self, Failure> {
        match check_type_meta(object, &text) {
            Err(TypeMetaError::Invalid(reason)) => return Err(Failure::bad_request(reason)),
            Ok(()) | Err(TypeMetaError::MissingKind(_)) => {}
        }
        check_kind(object, text).map_err(Failure::bad_request)?;
        let empty = Map::new();
        let of = Struct { fields: object.as_object().unwrap_or(&empty), name_in_errors: "DeleteOptions" };
        Self::fields(&of).map_err(Failure::bad_request)
    }

    fn fields(of: &Struct<'_>) -> Result<Self, String> {
        Ok(DeleteOptions {
            grace_period_seconds: of
                .field("gracePeriodSeconds", "int64", |value| value.as_i64().map(Some).ok_or(value))?,
            preconditions: Preconditions::decode(of)?,
            orphan_dependents: of.flag("orphanDependents")?,
            propagation_policy: of.text("propagationPolicy", "v1.DeletionPropagation")?,
            dry_run: of.field("dryRun", "[]string", texts)?,
            ignores_read_errors: of.flag(IGNORES_READ_ERRORS)?.unwrap_or_default(),
        })
    }

    pub(crate) fn validate(&self) -> Result<(), Failure> {
        let mut errors = Vec::new();
        if let Some(policy) = &self.propagation_policy {
            if self.orphan_dependents.is_some() {
                let detail = "orphanDependents and deletionPropagation cannot be both set";
                errors.push(FieldError::invalid("propagationPolicy", policy.as_str(), detail));
            }
            if !matches!(policy.as_str(), "Foreground" | "Background" | "Orphan") {
                let allowed = ["Foreground", "Background", "Orphan", "nil"];
                errors.push(FieldError::not_supported("propagationPolicy", policy.as_str(), allowed));
            }
        }
        if let Some(invalid) = self.dry_run.as_ref().filter(|values| values.iter().any(|value| value != "All")) {
            errors.push(FieldError::not_supported("dryRun", json!(invalid), ["All"]));
        }
        errors.extend(self.ignored_error_conflicts());
        if errors.is_empty() { Ok(()) } else { Err(Failure::invalid("DeleteOptions", "meta.k8s.io", "", &errors)) }
    }

    /// Returns an error for each option that an unsafe deletion does not support.
    fn ignored_error_conflicts(&self) -> impl Iterator<Item = FieldError> {
        let others = [
            (self.propagation_policy.is_some(), "propagationPolicy"),
            (self.orphan_dependents.is_some(), "orphanDependents"),
            (self.grace_period_seconds.is_some(), "gracePeriodSeconds"),
            (self.preconditions.is_some(), "preconditions"),
        ];
        let ignores = self.ignores_read_errors;
        others.into_iter().filter(move |(is_set, _)| ignores && *is_set).map(|(_, name)| {
            FieldError::invalid(IGNORES_READ_ERRORS, true, format!("cannot be set together with .{name}"))
        })
    }

    /// Checks options that only the deletion of a single object supports.
    pub(crate) fn validate_for_collection(&self) -> Result<(), Failure> {
        if !self.ignores_read_errors {
            return Ok(());
        }
        let detail = "is not allowed with DELETECOLLECTION, try again after removing the option";
        let error = FieldError::invalid(IGNORES_READ_ERRORS, true, detail);
        Err(Failure::invalid("DeleteOptions", "meta.k8s.io", "", &[error]))
    }

    /// Returns options that also delete pods at once, as if their kubelet had stopped them.
    pub(super) fn at_once() -> Self {
        DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() }
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run.as_ref().is_some_and(|values| !values.is_empty())
    }

    /// Whether the request leaves the handling of dependents to the kind.
    pub(super) fn has_default_policy(&self) -> bool {
        self.orphan_dependents.is_none() && self.propagation_policy.is_none()
    }

    pub(super) fn orphans(&self, finalizers: &[String]) -> bool {
        match (self.orphan_dependents, self.propagation_policy.as_deref()) {
            (Some(orphans), _) => orphans,
            (None, Some("Orphan")) => true,
            (None, Some("Background" | "Foreground")) => false,
            _ => finalizers
                .iter()
                .find(|name| matches!(name.as_str(), ORPHAN | FOREGROUND))
                .is_some_and(|name| name == ORPHAN),
        }
    }

    pub(super) fn in_foreground(&self, finalizers: &[String]) -> bool {
        match (self.orphan_dependents, self.propagation_policy.as_deref()) {
            (None, Some("Foreground")) => true,
            (Some(_), _) | (None, Some("Background" | "Orphan")) => false,
            _ => finalizers
                .iter()
                .find(|name| matches!(name.as_str(), ORPHAN | FOREGROUND))
                .is_some_and(|name| name == FOREGROUND),
        }
    }
}
