//! The types of `kube_client_runtime::types`: a table of their names, sizes and schemas.
//!
//! A type of Kubernetes is used if it can represent all values of a schema: the properties are equal, and each property that
//! the type always serializes is required.

use kube_structural_schema::{Additional, Limits, Schema, Type};

/// The module with these types.
pub(crate) const PATH: &str = "kube_client_runtime::types";

/// A type of the runtime without a schema.
pub(crate) struct FieldType {
    pub(crate) name: &'static str,
    /// The approximate size of a value in bytes.
    pub(crate) size: usize,
}

pub(crate) const BYTES: FieldType = FieldType { name: "Bytes", size: 24 };
pub(crate) const INT_OR_STRING: FieldType = FieldType { name: "IntOrString", size: 24 };
pub(crate) const JSON: FieldType = FieldType { name: "Json", size: 32 };
pub(crate) const MAP: FieldType = FieldType { name: "BTreeMap", size: 24 };
pub(crate) const NESTED: FieldType = FieldType { name: "Nested", size: 16 };
pub(crate) const NUMBER: FieldType = FieldType { name: "Number", size: 16 };
/// The size is that of the inner value.
pub(crate) const SENSITIVE: FieldType = FieldType { name: "Sensitive", size: 0 };
pub(crate) const TIMESTAMP: FieldType = FieldType { name: "Timestamp", size: 24 };

const FIELD_TYPES: [FieldType; 8] = [BYTES, INT_OR_STRING, JSON, MAP, NESTED, NUMBER, SENSITIVE, TIMESTAMP];

/// A type of Kubernetes that replaces a generated type.
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
    /// The approximate size of a value in bytes.
    size: usize,
    location: Location,
    /// The properties, and whether each is required.
    properties: &'static [(&'static str, PropertyType, bool)],
}

/// Where a schema with the properties of a type is replaced by that type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Location {
    /// In any property.
    Anywhere,
    /// In the property of this name: the type's properties are too few or too common to identify it.
    In(&'static str),
    /// In any property, if the schema is an atomic map without limits.
    Atomic,
    /// Nowhere: the type is used explicitly.
    Never,
}

/// The schema of a property.
enum PropertyType {
    Text,
    Time,
    Integer,
    Boolean,
    Texts,
    MapOfTexts,
    Selectors,
    Known(Known),
}

/// Source: `apimachinery/pkg/apis/meta/v1/types.go`, `api/core/v1/types.go`.
const WELL_KNOWN: [WellKnown; 15] = [
    row(Known::ObjectMeta, "ObjectMeta", 400, Location::Never, &[]),
    row(
        Known::Condition,
        "Condition",
        112,
        Location::Anywhere,
        &[
            ("lastTransitionTime", PropertyType::Time, true),
            ("message", PropertyType::Text, true),
            ("observedGeneration", PropertyType::Integer, false),
            ("reason", PropertyType::Text, true),
            ("status", PropertyType::Text, true),
            ("type", PropertyType::Text, true),
        ],
    ),
    row(
        Known::LabelSelector,
        "LabelSelector",
        48,
        Location::Anywhere,
        &[("matchExpressions", PropertyType::Selectors, false), ("matchLabels", PropertyType::MapOfTexts, false)],
    ),
    row(
        Known::LocalObjectReference,
        "LocalObjectReference",
        24,
        Location::Atomic,
        &[("name", PropertyType::Text, false)],
    ),
    row(Known::SecretKeySelector, "SecretKeySelector", 56, Location::In("secretKeyRef"), KEY_SELECTOR),
    row(Known::ConfigMapKeySelector, "ConfigMapKeySelector", 56, Location::In("configMapKeyRef"), KEY_SELECTOR),
    row(
        Known::AppArmorProfile,
        "AppArmorProfile",
        48,
        Location::In("appArmorProfile"),
        &[("localhostProfile", PropertyType::Text, false), ("type", PropertyType::Text, true)],
    ),
    row(
        Known::Capabilities,
        "Capabilities",
        48,
        Location::In("capabilities"),
        &[("add", PropertyType::Texts, false), ("drop", PropertyType::Texts, false)],
    ),
    row(
        Known::ObjectFieldSelector,
        "ObjectFieldSelector",
        48,
        Location::In("fieldRef"),
        &[("apiVersion", PropertyType::Text, false), ("fieldPath", PropertyType::Text, true)],
    ),
    row(
        Known::ResourceClaim,
        "ResourceClaim",
        48,
        Location::In("claims"),
        &[("name", PropertyType::Text, true), ("request", PropertyType::Text, false)],
    ),
    row(
        Known::SELinuxOptions,
        "SELinuxOptions",
        96,
        Location::In("seLinuxOptions"),
        &[
            ("level", PropertyType::Text, false),
            ("role", PropertyType::Text, false),
            ("type", PropertyType::Text, false),
            ("user", PropertyType::Text, false),
        ],
    ),
    row(
        Known::SeccompProfile,
        "SeccompProfile",
        48,
        Location::In("seccompProfile"),
        &[("localhostProfile", PropertyType::Text, false), ("type", PropertyType::Text, true)],
    ),
    row(
        Known::SecurityContext,
        "SecurityContext",
        420,
        Location::Anywhere,
        &[
            ("allowPrivilegeEscalation", PropertyType::Boolean, false),
            ("appArmorProfile", PropertyType::Known(Known::AppArmorProfile), false),
            ("capabilities", PropertyType::Known(Known::Capabilities), false),
            ("privileged", PropertyType::Boolean, false),
            ("procMount", PropertyType::Text, false),
            ("readOnlyRootFilesystem", PropertyType::Boolean, false),
            ("runAsGroup", PropertyType::Integer, false),
            ("runAsNonRoot", PropertyType::Boolean, false),
            ("runAsUser", PropertyType::Integer, false),
            ("seLinuxOptions", PropertyType::Known(Known::SELinuxOptions), false),
            ("seccompProfile", PropertyType::Known(Known::SeccompProfile), false),
            ("windowsOptions", PropertyType::Known(Known::WindowsSecurityContextOptions), false),
        ],
    ),
    row(
        Known::VolumeMount,
        "VolumeMount",
        152,
        Location::Anywhere,
        &[
            ("mountPath", PropertyType::Text, true),
            ("mountPropagation", PropertyType::Text, false),
            ("name", PropertyType::Text, true),
            ("readOnly", PropertyType::Boolean, false),
            ("recursiveReadOnly", PropertyType::Text, false),
            ("subPath", PropertyType::Text, false),
            ("subPathExpr", PropertyType::Text, false),
        ],
    ),
    row(
        Known::WindowsSecurityContextOptions,
        "WindowsSecurityContextOptions",
        96,
        Location::Anywhere,
        &[
            ("gmsaCredentialSpec", PropertyType::Text, false),
            ("gmsaCredentialSpecName", PropertyType::Text, false),
            ("hostProcess", PropertyType::Boolean, false),
            ("runAsUserName", PropertyType::Text, false),
        ],
    ),
];

const KEY_SELECTOR: &[(&str, PropertyType, bool)] = &[
    ("key", PropertyType::Text, true),
    ("name", PropertyType::Text, false),
    ("optional", PropertyType::Boolean, false),
];

const fn row(
    known: Known,
    name: &'static str,
    size: usize,
    location: Location,
    properties: &'static [(&'static str, PropertyType, bool)],
) -> WellKnown {
    WellKnown { known, name, size, location, properties }
}

/// Returns the names of all types that emitted code imports from the runtime.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    WELL_KNOWN.iter().map(|row| row.name).chain(FIELD_TYPES.iter().map(|of| of.name))
}

/// Returns the type of Kubernetes for the schema of a property, if it has exactly the properties of the type.
pub(crate) fn of(schema: &Schema, property: &str) -> Option<Known> {
    let is_plain = |name: &Schema| name.limits == Limits::default() && name.rules.is_empty();
    let fits = |row: &&WellKnown| match row.location {
        Location::Never => false,
        Location::Anywhere => row.fits(schema),
        Location::In(name) => name == property && row.fits(schema),
        Location::Atomic => row.fits(schema) && schema.properties.values().all(is_plain),
    };
    // A type that belongs to this property takes precedence over those of any property.
    let row = WELL_KNOWN.iter().filter(fits).min_by_key(|row| row.location == Location::Anywhere);
    row.map(|row| row.known)
}

impl Known {
    fn row(self) -> &'static WellKnown {
        // `table_has_a_row_for_each_type_and_unique_names` tests this.
        WELL_KNOWN.iter().find(|row| row.known == self).unwrap_or(&WELL_KNOWN[0])
    }

    /// Returns the name in `kube_client_runtime::types`.
    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the approximate size of a value in bytes.
    pub(crate) fn size(self) -> usize {
        self.row().size
    }
}

impl WellKnown {
    fn fits(&self, schema: &Schema) -> bool {
        (self.location != Location::Atomic || schema.atomic_map) && has(schema, self.properties)
    }
}

/// Returns whether a schema is an object with exactly these properties.
fn has(schema: &Schema, properties: &[(&str, PropertyType, bool)]) -> bool {
    schema.properties.len() == properties.len()
        && is_closed_object(schema)
        && properties.iter().all(|(name, type_, required)| {
            schema.required.contains(*name) == *required
                && schema.properties.get(*name).is_some_and(|property| matches(property, type_))
        })
}

fn is_closed_object(schema: &Schema) -> bool {
    schema.type_ == Some(Type::Object)
        && !schema.keeps_unknown()
        && !schema.embedded_resource
        && schema.additional_properties.is_none()
}

fn matches(property: &Schema, type_: &PropertyType) -> bool {
    let plain = |type_| property.type_ == Some(type_) && !property.nullable && !property.int_or_string;
    match type_ {
        PropertyType::Text => plain(Type::String),
        PropertyType::Time => plain(Type::String) && property.format.as_deref() == Some("date-time"),
        PropertyType::Integer => plain(Type::Integer),
        PropertyType::Boolean => plain(Type::Boolean),
        PropertyType::Texts => {
            plain(Type::Array) && property.items.as_deref().is_some_and(|items| matches(items, &PropertyType::Text))
        }
        PropertyType::MapOfTexts => {
            let is_text = |values: &Additional| matches!(values, Additional::Schema(values) if matches(values, &PropertyType::Text));
            plain(Type::Object)
                && property.properties.is_empty()
                && property.additional_properties.as_ref().is_some_and(is_text)
        }
        PropertyType::Selectors => plain(Type::Array) && property.items.as_deref().is_some_and(is_requirement),
        PropertyType::Known(known) => !property.nullable && known.row().fits(property),
    }
}

/// `metav1.LabelSelectorRequirement`
fn is_requirement(schema: &Schema) -> bool {
    const PROPERTIES: &[(&str, PropertyType, bool)] = &[
        ("key", PropertyType::Text, true),
        ("operator", PropertyType::Text, true),
        ("values", PropertyType::Texts, false),
    ];
    !schema.nullable && has(schema, PROPERTIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_a_row_for_each_type_and_unique_names() {
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
