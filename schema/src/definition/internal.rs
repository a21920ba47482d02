//! The API server's internal type of a definition: values shared by all versions belong to the whole definition.
//!
//! Source: `apiextensions/v1/conversion.go`.

use serde_json::Value;

use super::equality::same_value;
use super::fields::VERSION;
use super::props::Props;

/// The fields that versions may share.
pub(super) const SHARED: [&str; 4] = ["subresources", "schema", "additionalPrinterColumns", "selectableFields"];

/// `spec` in the internal type.
pub(super) struct Spec<'d> {
    pub(super) spec: Props<'d>,
    /// The versions in the order of the definition.
    pub(super) versions: Vec<Version<'d>>,
    pub(super) subresources: Option<Props<'d>>,
    pub(super) validation: Option<Props<'d>>,
    pub(super) columns: &'d [Value],
    pub(super) selectable_fields: &'d [Value],
}

/// A version, without values shared by all versions.
#[derive(Clone, Copy)]
pub(super) struct Version<'d> {
    pub(super) version: Props<'d>,
    pub(super) subresources: Option<Props<'d>>,
    pub(super) schema: Option<Props<'d>>,
    pub(super) columns: &'d [Value],
    pub(super) selectable_fields: &'d [Value],
}

/// Returns whether two versions have equal values in a field.
pub(super) fn is_same(name: &str, one: &Value, other: &Value) -> bool {
    let shape = VERSION.fields.iter().find(|field| field.json == name).map(|field| &field.shape);
    let (one, other) = (Props(one).get(name), Props(other).get(name));
    match (one, other, shape) {
        (Some(one), Some(other), Some(shape)) => same_value(shape, one, other),
        (one, other, _) => is_empty_list(one) && is_empty_list(other),
    }
}

fn is_empty_list(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.as_array().is_some_and(Vec::is_empty))
}

impl<'d> Spec<'d> {
    pub(super) fn new(definition: &'d Value) -> Self {
        let spec = Props(definition.get("spec").unwrap_or(&Value::Null));
        let all = spec.list("versions");
        let shared = SHARED.map(|name| all.iter().all(|version| is_same(name, &all[0], version)));
        let [lifts_subresources, lifts_schema, lifts_columns, lifts_fields] = shared;
        let first = Props(all.first().unwrap_or(&Value::Null));
        let version = |version: &'d Value| {
            let version = Props(version);
            Version {
                version,
                subresources: version.child("subresources").filter(|_| !lifts_subresources),
                schema: version.child("schema").filter(|_| !lifts_schema),
                columns: if lifts_columns { &[] } else { version.list("additionalPrinterColumns") },
                selectable_fields: if lifts_fields { &[] } else { version.list("selectableFields") },
            }
        };
        Spec {
            spec,
            versions: all.iter().map(version).collect(),
            subresources: first.child("subresources").filter(|_| lifts_subresources),
            validation: first.child("schema").filter(|_| lifts_schema),
            columns: if lifts_columns { first.list("additionalPrinterColumns") } else { &[] },
            selectable_fields: if lifts_fields { first.list("selectableFields") } else { &[] },
        }
    }

    /// Returns the schema shared by all versions.
    pub(super) fn schema(&self) -> Option<Props<'d>> {
        self.validation.and_then(|validation| validation.child("openAPIV3Schema"))
    }

    /// Returns all schemas of the definition.
    pub(super) fn schemas(&self) -> impl Iterator<Item = Props<'d>> {
        self.schema().into_iter().chain(self.versions.iter().filter_map(Version::schema))
    }

    /// Returns whether any schema in the definition satisfies the predicate.
    pub(super) fn has_schema_with(&self, mut predicate: impl FnMut(Props<'d>) -> bool) -> bool {
        self.schemas().any(|schema| schema.any(&mut predicate))
    }

    /// Returns the subresources of a version.
    pub(super) fn subresources_of(&self, name: &str) -> Option<Props<'d>> {
        if self.versions.iter().all(|version| version.subresources.is_none()) {
            return self.subresources;
        }
        self.versions.iter().find(|version| version.name() == name)?.subresources
    }
}

impl<'d> Version<'d> {
    pub(super) fn name(&self) -> &'d str {
        self.version.text("name")
    }

    pub(super) fn schema(&self) -> Option<Props<'d>> {
        self.schema.and_then(|schema| schema.child("openAPIV3Schema"))
    }
}
