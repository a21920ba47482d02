//! The types of `kube_client_runtime::types`: the one table of their names, sizes and schemas.
//!
//! The types of Kubernetes are recognized by the properties of a schema, and only where they lose nothing for any value of
//! it: each property that they always serialize must be required.

use kube_structural_schema::{Additional, Limits, Schema, Type};

/// The module with these types.
pub(crate) const PATH: &str = "kube_client_runtime::types";

/// A type of the runtime that fields have.
pub(crate) struct FieldType {
    pub(crate) name: &'static str,
    /// About how many bytes a value takes inline.
    pub(crate) size: usize,
}

pub(crate) const BYTES: FieldType = FieldType { name: "Bytes", size: 24 };
pub(crate) const INT_OR_STRING: FieldType = FieldType { name: "IntOrString", size: 24 };
pub(crate) const JSON: FieldType = FieldType { name: "Json", size: 32 };
pub(crate) const MAP: FieldType = FieldType { name: "BTreeMap", size: 24 };
pub(crate) const NESTED: FieldType = FieldType { name: "Nested", size: 16 };
pub(crate) const NUMBER: FieldType = FieldType { name: "Number", size: 16 };
/// As large as the value inside.
pub(crate) const SENSITIVE: FieldType = FieldType { name: "Sensitive", size: 0 };
pub(crate) const TIMESTAMP: FieldType = FieldType { name: "Timestamp", size: 24 };

const FIELD_TYPES: [FieldType; 8] = [BYTES, INT_OR_STRING, JSON, MAP, NESTED, NUMBER, SENSITIVE, TIMESTAMP];

/// A type of Kubernetes in place of a generated one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Known {
    ObjectMeta,
    Condition,
    LabelSelector,
    LocalObjectReference,
    SecretKeySelector,
    ConfigMapKeySelector,
    AppArmorProfile,
    Capabilities,
    ObjectFieldSelector,
    ResourceClaim,
    SELinuxOptions,
    SeccompProfile,
    SecurityContext,
    VolumeMount,
    WindowsSecurityContextOptions,
}

/// A row of the table.
struct WellKnown {
    known: Known,
    name: &'static str,
    /// About how many bytes a value takes inline.
    size: usize,
    found: Found,
    /// The properties, and whether each is required.
    properties: &'static [(&'static str, Is, bool)],
}

/// Where a schema with the properties of a type is that type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// In any property.
    Anywhere,
    /// In the property of this name. Few and common properties do not identify a type.
    In(&'static str),
    /// In any property, if the schema is an atomic map without limits.
    Atomic,
    /// Nowhere: the type is used by rule.
    Never,
}

/// The schema of a property.
enum Is {
    Text,
    Time,
    Integer,
    Boolean,
    Texts,
    MapOfTexts,
    Selectors,
    Shape(Known),
}

/// Source: `apimachinery/pkg/apis/meta/v1/types.go`, `api/core/v1/types.go`.
const WELL_KNOWN: [WellKnown; 15] = [
    row(Known::ObjectMeta, "ObjectMeta", 400, Found::Never, &[]),
    row(
        Known::Condition,
        "Condition",
        112,
        Found::Anywhere,
        &[
            ("lastTransitionTime", Is::Time, true),
            ("message", Is::Text, true),
            ("observedGeneration", Is::Integer, false),
            ("reason", Is::Text, true),
            ("status", Is::Text, true),
            ("type", Is::Text, true),
        ],
    ),
    row(
        Known::LabelSelector,
        "LabelSelector",
        48,
        Found::Anywhere,
        &[("matchExpressions", Is::Selectors, false), ("matchLabels", Is::MapOfTexts, false)],
    ),
    row(Known::LocalObjectReference, "LocalObjectReference", 24, Found::Atomic, &[("name", Is::Text, false)]),
    row(Known::SecretKeySelector, "SecretKeySelector", 56, Found::In("secretKeyRef"), KEY_SELECTOR),
    row(Known::ConfigMapKeySelector, "ConfigMapKeySelector", 56, Found::In("configMapKeyRef"), KEY_SELECTOR),
    row(
        Known::AppArmorProfile,
        "AppArmorProfile",
        48,
        Found::In("appArmorProfile"),
        &[("localhostProfile", Is::Text, false), ("type", Is::Text, true)],
    ),
    row(
        Known::Capabilities,
        "Capabilities",
        48,
        Found::In("capabilities"),
        &[("add", Is::Texts, false), ("drop", Is::Texts, false)],
    ),
    row(
        Known::ObjectFieldSelector,
        "ObjectFieldSelector",
        48,
        Found::In("fieldRef"),
        &[("apiVersion", Is::Text, false), ("fieldPath", Is::Text, true)],
    ),
    row(
        Known::ResourceClaim,
        "ResourceClaim",
        48,
        Found::In("claims"),
        &[("name", Is::Text, true), ("request", Is::Text, false)],
    ),
    row(
        Known::SELinuxOptions,
        "SELinuxOptions",
        96,
        Found::In("seLinuxOptions"),
        &[("level", Is::Text, false), ("role", Is::Text, false), ("type", Is::Text, false), ("user", Is::Text, false)],
    ),
    row(
        Known::SeccompProfile,
        "SeccompProfile",
        48,
        Found::In("seccompProfile"),
        &[("localhostProfile", Is::Text, false), ("type", Is::Text, true)],
    ),
    row(
        Known::SecurityContext,
        "SecurityContext",
        420,
        Found::Anywhere,
        &[
            ("allowPrivilegeEscalation", Is::Boolean, false),
            ("appArmorProfile", Is::Shape(Known::AppArmorProfile), false),
            ("capabilities", Is::Shape(Known::Capabilities), false),
            ("privileged", Is::Boolean, false),
            ("procMount", Is::Text, false),
            ("readOnlyRootFilesystem", Is::Boolean, false),
            ("runAsGroup", Is::Integer, false),
            ("runAsNonRoot", Is::Boolean, false),
            ("runAsUser", Is::Integer, false),
            ("seLinuxOptions", Is::Shape(Known::SELinuxOptions), false),
            ("seccompProfile", Is::Shape(Known::SeccompProfile), false),
            ("windowsOptions", Is::Shape(Known::WindowsSecurityContextOptions), false),
        ],
    ),
    row(
        Known::VolumeMount,
        "VolumeMount",
        152,
        Found::Anywhere,
        &[
            ("mountPath", Is::Text, true),
            ("mountPropagation", Is::Text, false),
            ("name", Is::Text, true),
            ("readOnly", Is::Boolean, false),
            ("recursiveReadOnly", Is::Text, false),
            ("subPath", Is::Text, false),
            ("subPathExpr", Is::Text, false),
        ],
    ),
    row(
        Known::WindowsSecurityContextOptions,
        "WindowsSecurityContextOptions",
        96,
        Found::Anywhere,
        &[
            ("gmsaCredentialSpec", Is::Text, false),
            ("gmsaCredentialSpecName", Is::Text, false),
            ("hostProcess", Is::Boolean, false),
            ("runAsUserName", Is::Text, false),
        ],
    ),
];

const KEY_SELECTOR: &[(&str, Is, bool)] =
    &[("key", Is::Text, true), ("name", Is::Text, false), ("optional", Is::Boolean, false)];

const fn row(
    known: Known,
    name: &'static str,
    size: usize,
    found: Found,
    properties: &'static [(&'static str, Is, bool)],
) -> WellKnown {
    WellKnown { known, name, size, found, properties }
}

/// The names of all types of the runtime that emitted code imports.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    WELL_KNOWN.iter().map(|row| row.name).chain(FIELD_TYPES.iter().map(|of| of.name))
}

/// Returns the type of Kubernetes for the schema of a property, if it has exactly the properties of the type.
pub(crate) fn of(schema: &Schema, property: &str) -> Option<Known> {
    let is_plain = |name: &Schema| name.limits == Limits::default() && name.rules.is_empty();
    let fits = |row: &&WellKnown| match row.found {
        Found::Never => false,
        Found::Anywhere => row.fits(schema),
        Found::In(name) => name == property && row.fits(schema),
        Found::Atomic => row.fits(schema) && schema.properties.values().all(is_plain),
    };
    // A type that belongs to this property takes precedence over those of any property.
    let row = WELL_KNOWN.iter().filter(fits).min_by_key(|row| row.found == Found::Anywhere);
    row.map(|row| row.known)
}

impl Known {
    fn row(self) -> &'static WellKnown {
        // The table has a row for each, see `every_type_has_a_row`.
        WELL_KNOWN.iter().find(|row| row.known == self).unwrap_or(&WELL_KNOWN[0])
    }

    /// The name in the runtime's types.
    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    /// About how many bytes a value takes inline.
    pub(crate) fn size(self) -> usize {
        self.row().size
    }
}

impl WellKnown {
    fn fits(&self, schema: &Schema) -> bool {
        (self.found != Found::Atomic || schema.atomic_map) && has(schema, self.properties)
    }
}

/// Whether a schema is a closed object with exactly these properties.
fn has(schema: &Schema, properties: &[(&str, Is, bool)]) -> bool {
    schema.properties.len() == properties.len()
        && is_closed_object(schema)
        && properties.iter().all(|(name, is, required)| {
            schema.required.contains(*name) == *required
                && schema.properties.get(*name).is_some_and(|property| matches(property, is))
        })
}

fn is_closed_object(schema: &Schema) -> bool {
    schema.type_ == Some(Type::Object)
        && !schema.keeps_unknown()
        && !schema.embedded_resource
        && schema.additional_properties.is_none()
}

fn matches(property: &Schema, is: &Is) -> bool {
    let plain = |type_| property.type_ == Some(type_) && !property.nullable && !property.int_or_string;
    match is {
        Is::Text => plain(Type::String),
        Is::Time => plain(Type::String) && property.format.as_deref() == Some("date-time"),
        Is::Integer => plain(Type::Integer),
        Is::Boolean => plain(Type::Boolean),
        Is::Texts => plain(Type::Array) && property.items.as_deref().is_some_and(|items| matches(items, &Is::Text)),
        Is::MapOfTexts => {
            let is_text =
                |values: &Additional| matches!(values, Additional::Schema(values) if matches(values, &Is::Text));
            plain(Type::Object)
                && property.properties.is_empty()
                && property.additional_properties.as_ref().is_some_and(is_text)
        }
        Is::Selectors => plain(Type::Array) && property.items.as_deref().is_some_and(is_requirement),
        Is::Shape(known) => !property.nullable && known.row().fits(property),
    }
}

/// `metav1.LabelSelectorRequirement`
fn is_requirement(schema: &Schema) -> bool {
    const PROPERTIES: &[(&str, Is, bool)] =
        &[("key", Is::Text, true), ("operator", Is::Text, true), ("values", Is::Texts, false)];
    !schema.nullable && has(schema, PROPERTIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_row_and_every_name_is_used_once() {
        let mut names: Vec<&str> = names().collect();
        for row in &WELL_KNOWN {
            assert_eq!((format!("{:?}", row.known).as_str(), row.known.name()), (row.name, row.name));
        }
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
