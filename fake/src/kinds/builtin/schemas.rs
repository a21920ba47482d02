//! Schemas of built-in kinds.

use kube_structural_schema::{ListType, Schema, Type};

pub(super) fn of(type_: Type) -> Schema {
    Schema { type_: Some(type_), ..Schema::default() }
}

pub(super) fn text() -> Schema {
    of(Type::String)
}

fn formatted(format: &str) -> Schema {
    Schema { format: Some(format.to_owned()), ..text() }
}

/// A time that Go encodes as null if it is zero.
pub(super) fn time() -> Schema {
    Schema { nullable: true, ..formatted("date-time") }
}

pub(super) fn object<const N: usize>(fields: [(&str, Schema); N]) -> Schema {
    let properties = fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    Schema { properties, ..of(Type::Object) }
}

fn list_of(items: Schema) -> Schema {
    Schema { items: Some(Box::new(items)), ..of(Type::Array) }
}

/// Any object.
pub(super) fn free() -> Schema {
    Schema { preserve_unknown_fields: true, ..of(Type::Object) }
}

pub(super) fn root<const N: usize>(fields: [(&str, Schema); N]) -> Schema {
    let mut schema = object(fields);
    for (name, inner) in [("apiVersion", text()), ("kind", text()), ("metadata", of(Type::Object))] {
        schema.properties.insert(name.to_owned(), inner);
    }
    schema
}

pub(super) fn reference() -> Schema {
    let fields = ["apiVersion", "kind", "name", "namespace", "uid", "resourceVersion", "fieldPath"];
    let properties = fields.into_iter().map(|name| (name.to_owned(), text())).collect();
    Schema { properties, atomic_map: true, ..of(Type::Object) }
}

fn condition() -> Schema {
    object([
        ("type", text()),
        ("status", text()),
        ("reason", text()),
        ("message", text()),
        ("lastTransitionTime", formatted("date-time")),
    ])
}

fn conditions() -> Schema {
    Schema { list_type: Some(ListType::Map), list_map_keys: vec!["type".to_owned()], ..list_of(condition()) }
}

/// The schema of custom resource definitions for field managers: versions are atomic.
pub(super) fn definition() -> Schema {
    let names = || {
        let texts = || list_of(text());
        object([
            ("plural", text()),
            ("singular", text()),
            ("shortNames", texts()),
            ("kind", text()),
            ("listKind", text()),
            ("categories", texts()),
        ])
    };
    let service = object([("namespace", text()), ("name", text()), ("path", text()), ("port", of(Type::Integer))]);
    let client = object([("url", text()), ("service", service), ("caBundle", text())]);
    let webhook = object([("clientConfig", client), ("conversionReviewVersions", list_of(text()))]);
    root([
        (
            "spec",
            object([
                ("group", text()),
                ("names", names()),
                ("scope", text()),
                ("versions", list_of(free())),
                ("conversion", object([("strategy", text()), ("webhook", webhook)])),
                ("preserveUnknownFields", of(Type::Boolean)),
            ]),
        ),
        (
            "status",
            object([
                ("conditions", conditions()),
                ("acceptedNames", names()),
                ("storedVersions", list_of(text())),
                ("observedGeneration", of(Type::Integer)),
            ]),
        ),
    ])
}
