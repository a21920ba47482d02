//! Shapes that all of Kubernetes shares, told by their properties.
//!
//! A type from outside is taken only where it loses nothing for any value of the schema: each property that it always
//! writes must be required.

use kube_structural_schema::{Additional, Schema, Type};

use crate::api::{Known, Use};

/// What a property must be.
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

/// A shape: its properties, and whether each is required.
struct Shape {
    known: Known,
    /// The property that holds it, where properties alone do not tell.
    segment: Option<&'static str>,
    properties: &'static [(&'static str, Is, bool)],
}

const fn shape(known: Known, properties: &'static [(&'static str, Is, bool)]) -> Shape {
    Shape { known, segment: None, properties }
}

/// Source: `apimachinery/pkg/apis/meta/v1/types.go`, `api/core/v1/types.go`.
const SHAPES: &[Shape] = &[
    shape(
        Known::Condition,
        &[
            ("lastTransitionTime", Is::Time, true),
            ("message", Is::Text, true),
            ("observedGeneration", Is::Integer, false),
            ("reason", Is::Text, true),
            ("status", Is::Text, true),
            ("type", Is::Text, true),
        ],
    ),
    shape(Known::LabelSelector, &[("matchExpressions", Is::Selectors, false), ("matchLabels", Is::MapOfTexts, false)]),
    shape(Known::AppArmorProfile, &[("localhostProfile", Is::Text, false), ("type", Is::Text, true)]),
    shape(Known::Capabilities, &[("add", Is::Texts, false), ("drop", Is::Texts, false)]),
    shape(Known::ObjectFieldSelector, &[("apiVersion", Is::Text, false), ("fieldPath", Is::Text, true)]),
    shape(
        Known::SELinuxOptions,
        &[("level", Is::Text, false), ("role", Is::Text, false), ("type", Is::Text, false), ("user", Is::Text, false)],
    ),
    shape(
        Known::SecurityContext,
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
    shape(
        Known::VolumeMount,
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
    shape(
        Known::WindowsSecurityContextOptions,
        &[
            ("gmsaCredentialSpec", Is::Text, false),
            ("gmsaCredentialSpecName", Is::Text, false),
            ("hostProcess", Is::Boolean, false),
            ("runAsUserName", Is::Text, false),
        ],
    ),
    Shape {
        known: Known::SeccompProfile,
        segment: Some("seccompProfile"),
        properties: &[("localhostProfile", Is::Text, false), ("type", Is::Text, true)],
    },
    Shape {
        known: Known::ResourceClaim,
        segment: Some("claims"),
        properties: &[("name", Is::Text, true), ("request", Is::Text, false)],
    },
    Shape { known: Known::SecretKeySelector, segment: Some("secretKeyRef"), properties: KEY_SELECTOR },
    Shape { known: Known::ConfigMapKeySelector, segment: Some("configMapKeyRef"), properties: KEY_SELECTOR },
];

const KEY_SELECTOR: &[(&str, Is, bool)] =
    &[("key", Is::Text, true), ("name", Is::Text, false), ("optional", Is::Boolean, false)];

/// The type that already exists for this object, if its properties are exactly those.
pub(super) fn of(schema: &Schema, place: &Use) -> Option<Known> {
    if is_local_reference(schema) {
        return Some(Known::LocalObjectReference);
    }
    let segment = place.segment();
    // A shape that its property tells goes before one that any property may hold.
    let named = SHAPES.iter().find(|shape| shape.segment == Some(segment) && fits(schema, shape));
    named
        .or_else(|| {
            SHAPES.iter().find(|shape| shape.segment.is_none() && shape.tells_itself(segment) && fits(schema, shape))
        })
        .map(|shape| shape.known)
}

impl Shape {
    /// Few and common properties are not enough to know a shape by: then the place must have its name.
    fn tells_itself(&self, segment: &str) -> bool {
        match self.known {
            Known::AppArmorProfile => segment == "appArmorProfile",
            Known::Capabilities => segment == "capabilities",
            Known::ObjectFieldSelector => segment == "fieldRef",
            Known::SELinuxOptions => segment == "seLinuxOptions",
            _ => true,
        }
    }
}

fn fits(schema: &Schema, shape: &Shape) -> bool {
    schema.properties.len() == shape.properties.len()
        && is_closed_object(schema)
        && shape.properties.iter().all(|(name, is, required)| {
            schema.required.contains(*name) == *required
                && schema.properties.get(*name).is_some_and(|property| holds(property, is))
        })
}

fn is_closed_object(schema: &Schema) -> bool {
    schema.type_ == Some(Type::Object)
        && !schema.keeps_unknown()
        && !schema.embedded_resource
        && schema.additional_properties.is_none()
}

fn holds(property: &Schema, is: &Is) -> bool {
    let plain = |type_| property.type_ == Some(type_) && !property.nullable && !property.int_or_string;
    match is {
        Is::Text => plain(Type::String),
        Is::Time => plain(Type::String) && property.format.as_deref() == Some("date-time"),
        Is::Integer => plain(Type::Integer),
        Is::Boolean => plain(Type::Boolean),
        Is::Texts => plain(Type::Array) && property.items.as_deref().is_some_and(|items| holds(items, &Is::Text)),
        Is::MapOfTexts => {
            let values =
                matches!(&property.additional_properties, Some(Additional::Schema(values)) if holds(values, &Is::Text));
            plain(Type::Object) && property.properties.is_empty() && values
        }
        Is::Selectors => plain(Type::Array) && property.items.as_deref().is_some_and(is_requirement),
        Is::Shape(known) => {
            !property.nullable && SHAPES.iter().any(|shape| shape.known == *known && fits(property, shape))
        }
    }
}

/// `metav1.LabelSelectorRequirement`
fn is_requirement(schema: &Schema) -> bool {
    const PROPERTIES: &[(&str, Is, bool)] =
        &[("key", Is::Text, true), ("operator", Is::Text, true), ("values", Is::Texts, false)];
    !schema.nullable && fits(schema, &shape(Known::LabelSelector, PROPERTIES))
}

/// `corev1.LocalObjectReference`: `name` is optional there, and the reference atomic; other references require it, limit it
/// or say more.
fn is_local_reference(schema: &Schema) -> bool {
    const PROPERTIES: &[(&str, Is, bool)] = &[("name", Is::Text, false)];
    let unlimited = |name: &Schema| name.limits == kube_structural_schema::Limits::default() && name.rules.is_empty();
    schema.atomic_map
        && fits(schema, &shape(Known::LocalObjectReference, PROPERTIES))
        && schema.properties.values().all(unlimited)
}
