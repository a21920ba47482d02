//! OpenAPI v3, which kubectl uses for `explain` and for field validation.
//!
//! Source: `apiextensions-apiserver/pkg/controller/openapi/builder`.

mod definitions;
mod form;
mod meta;
mod names;
mod operations;
pub(super) mod v2;

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value, json};

use self::definitions::Definitions;
use self::form::Form;
use crate::catalogue::{Catalogue, Resource};
use crate::kinds::{Kind, api_version};
use crate::registry::Registry;

/// Returns `/openapi/v3`: the paths of all documents.
pub(super) fn index(registry: &Registry) -> Value {
    let mut paths = Map::new();
    for (group, version) in group_versions(registry) {
        let path = path(&group, &version);
        let hash = hash(registry, &group, &version);
        let url = format!("/openapi/v3/{path}?hash={hash:016X}");
        paths.insert(path, json!({"serverRelativeURL": url}));
    }
    json!({ "paths": paths })
}

/// Returns `/openapi/v3/apis/<group>/<version>`: the kinds of a version.
pub(super) fn document(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let kinds: Vec<&Kind> = kinds_of(registry, group, version).collect();
    if kinds.is_empty() {
        return None;
    }
    let mut paths = Map::new();
    let mut schemas = builtin_schemas(registry, &kinds, version);
    schemas.extend(meta::schemas());
    for kind in kinds {
        let model = Model { kind, version };
        operations::add(&model, &mut paths);
        let name = model.name(&kind.names.kind);
        let schema = model.schema(schemas.remove(&name), registry);
        schemas.insert(name, schema);
        if !kind.is_review() {
            schemas.insert(model.name(&kind.names.list_kind), model.list_schema());
        }
    }
    Some(json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes API in memory", "version": "v0.1.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }))
}

/// Returns the schemas of built-in kinds, and of the types of their fields.
fn builtin_schemas(registry: &Registry, kinds: &[&Kind], version: &str) -> Map<String, Value> {
    let mut definitions = Definitions::new(Catalogue::of(registry.kinds.release), Form::V3);
    kinds.iter().filter(|kind| !kind.is_custom()).for_each(|kind| definitions.add_kind(kind, version));
    definitions.into_map()
}

fn path(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

fn group_versions(registry: &Registry) -> Vec<(String, String)> {
    let served = |kind: &Kind| {
        let group = kind.resource.group.clone();
        let versions = kind.versions.iter().filter(|version| version.served);
        versions.map(|version| (group.clone(), version.name.clone())).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = registry.kinds.all().flat_map(|kind| served(kind)).collect();
    all.sort();
    all.dedup();
    all
}

fn kinds_of<'r>(registry: &'r Registry, group: &'r str, version: &'r str) -> impl Iterator<Item = &'r Kind> {
    let served = move |kind: &Kind| kind.version(version).is_some_and(|version| version.served);
    registry.kinds.all().map(AsRef::as_ref).filter(move |kind| kind.resource.group == group && served(kind))
}

/// Returns a hash that changes with the kinds of a version.
fn hash(registry: &Registry, group: &str, version: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for kind in kinds_of(registry, group, version) {
        (&kind.names.kind, kind.definition_id).hash(&mut hasher);
    }
    hasher.finish()
}

/// A kind in one version.
struct Model<'k> {
    kind: &'k Kind,
    version: &'k str,
}

impl Model<'_> {
    /// Returns the name of a schema: the reversed group or the Go package, the version and the kind.
    fn name(&self, kind: &str) -> String {
        let builtin = self.kind.builtin.iter().find(|builtin| builtin.resource.version == self.version);
        let name = builtin.map(|builtin| names::of_type(builtin.type_.full_name));
        match name.as_deref().and_then(|name| name.rsplit_once('.')) {
            Some((package, _)) => format!("{package}.{kind}"),
            None => format!("{}.{}.{kind}", names::of_group(&self.kind.resource.group), self.version),
        }
    }

    /// Returns what discovery contains about a built-in kind.
    fn builtin_resource(&self) -> Option<&'static Resource> {
        let mut all = self.kind.builtin.iter().map(|builtin| builtin.resource);
        all.find(|resource| resource.version == self.version)
    }

    fn reference(&self, kind: &str) -> Value {
        reference(&self.name(kind))
    }

    fn group_version_kind(&self, kind: &str) -> Value {
        json!({"group": self.kind.resource.group, "kind": kind, "version": self.version})
    }

    /// Returns the schema of a built-in kind or of the CRD, with `apiVersion`, `kind` and `metadata`.
    fn schema(&self, builtin: Option<Value>, registry: &Registry) -> Value {
        let schema = if self.kind.is_custom() { self.declared(registry) } else { builtin };
        let mut schema = schema.unwrap_or_else(|| json!({"type": "object"}));
        add_embedded(&mut schema);
        let properties = object(&mut schema, "properties");
        properties.insert("apiVersion".to_owned(), meta::api_version());
        properties.insert("kind".to_owned(), meta::kind());
        properties.insert("metadata".to_owned(), meta::object_meta());
        schema["x-kubernetes-group-version-kind"] = json!([self.group_version_kind(&self.kind.names.kind)]);
        self.add_selectable_fields(&mut schema);
        schema
    }

    fn add_selectable_fields(&self, schema: &mut Value) {
        let fields = self.kind.version(self.version).map(|version| version.selectable_fields.as_slice());
        if let Some(fields @ [_, ..]) = fields {
            let path = |path: &String| json!({"fieldPath": path.strip_prefix('.').unwrap_or(path)});
            schema["x-kubernetes-selectable-fields"] = fields.iter().map(path).collect();
        }
    }

    fn declared(&self, registry: &Registry) -> Option<Value> {
        let definitions = registry.kinds.get("apiextensions.k8s.io", "customresourcedefinitions")?;
        let name = format!("{}.{}", self.kind.names.plural, self.kind.resource.group);
        let definition = registry.get(&definitions.target(&name)).ok()?;
        let versions = definition.pointer("/spec/versions").and_then(Value::as_array)?;
        let found = versions.iter().find(|version| version["name"] == self.version)?;
        found.pointer("/schema/openAPIV3Schema").filter(|schema| schema.is_object()).cloned()
    }

    fn list_schema(&self) -> Value {
        let names = &self.kind.names;
        let mut schema = json!({
            "description": format!("{} is a list of {}", names.list_kind, names.kind),
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": meta::api_version(),
                "kind": meta::kind(),
                "metadata": meta::list_meta(),
                "items": {
                    "description": format!("The {}.", names.plural),
                    "type": "array",
                    "items": self.reference(&names.kind),
                },
            },
            "x-kubernetes-group-version-kind": [self.group_version_kind(&names.list_kind)],
        });
        self.add_selectable_fields(&mut schema);
        schema
    }

    fn api_version(&self) -> String {
        api_version(&self.kind.resource.group, self.version)
    }
}

fn reference(name: &str) -> Value {
    Form::V3.reference(name)
}

/// Returns the object at a key, which is inserted if it does not exist.
fn object<'v>(value: &'v mut Value, name: &str) -> &'v mut Map<String, Value> {
    if !value[name].is_object() {
        value[name] = json!({});
    }
    match &mut value[name] {
        Value::Object(object) => object,
        _ => unreachable!("the value was just set to an object"),
    }
}

/// Adds `apiVersion`, `kind` and `metadata` to embedded resources.
fn add_embedded(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(add_embedded),
        Value::Object(fields) => {
            fields.values_mut().for_each(add_embedded);
            if fields.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
                let properties = object(schema, "properties");
                properties.insert("apiVersion".to_owned(), meta::api_version());
                properties.insert("kind".to_owned(), meta::kind());
                properties.insert("metadata".to_owned(), meta::object_meta());
                let mut required = schema["required"].as_array().cloned().unwrap_or_default();
                required.extend(["kind", "apiVersion"].map(Value::from));
                required.dedup();
                schema["required"] = Value::Array(required);
            }
        }
        _ => {}
    }
}
