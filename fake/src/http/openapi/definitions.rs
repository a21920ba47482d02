//! Definitions of Kubernetes' own kinds: one for each Go struct.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::names::{of_group, of_type};
use crate::catalogue::{Catalogue, Field, GoType, ListKind, Named, Struct};
use crate::kinds::Kind;

/// Definitions by their names. A struct is added with those to which it refers.
pub(super) struct Definitions {
    catalogue: &'static Catalogue,
    form: Form,
    all: Map<String, Value>,
}

impl Definitions {
    pub(super) fn new(catalogue: &'static Catalogue, form: Form) -> Self {
        Definitions { catalogue, form, all: Map::new() }
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.all
    }

    pub(super) fn insert(&mut self, name: String, schema: Value) {
        self.all.insert(name, schema);
    }

    /// Adds a version of a built-in kind, its list, and the objects of its subresources. Kinds that a test has added have no
    /// struct.
    pub(super) fn add_kind(&mut self, kind: &Kind, version: &str) {
        let group = kind.resource.group.as_str();
        let Some(builtin) = kind.builtin.iter().find(|builtin| builtin.resource.version == version) else {
            let schema = json!({"type": "object"});
            return self.insert(format!("{}.{version}.{}", of_group(group), kind.names.kind), schema);
        };
        self.add_named_kind([group, version, &kind.names.kind]);
        if !kind.is_review() {
            self.add_named_kind([group, version, &kind.names.list_kind]);
        }
        // Options of connections to containers are parameters, not objects.
        for subresource in builtin.resource.subresources.iter().filter(|it| !it.kind[2].ends_with("Options")) {
            self.add_named_kind(subresource.kind);
        }
    }

    /// Adds the kinds that all groups have.
    pub(super) fn add_common(&mut self, group_versions: &[(String, String)]) {
        for name in ["Status", "APIVersions", "APIGroup", "APIGroupList", "APIResourceList"] {
            self.add_named_kind(["", "v1", name]);
        }
        for name in ["DeleteOptions", "WatchEvent"] {
            self.add_named_kind(["", "v1", name]);
            for (group, version) in group_versions {
                self.add_group_version_kind(&of_type(&format!("meta/v1.{name}")), [group, version, name]);
            }
        }
        let patch = of_type("meta/v1.Patch");
        self.insert(patch, json!({"description": "A patch of any type.", "type": "object"}));
    }

    fn add_named_kind(&mut self, [group, version, kind]: [&str; 3]) {
        if let Some(type_) = self.catalogue.kind(group, version, kind) {
            self.add_struct(type_);
            self.add_group_version_kind(&of_type(type_.full_name), [group, version, kind]);
        }
    }

    fn add_group_version_kind(&mut self, name: &str, [group, version, kind]: [&str; 3]) {
        let Some(definition) = self.all.get_mut(name) else { return };
        let added = json!({"group": group, "kind": kind, "version": version});
        match definition["x-kubernetes-group-version-kind"].as_array_mut() {
            Some(known) if known.contains(&added) => {}
            Some(known) => known.push(added),
            None => definition["x-kubernetes-group-version-kind"] = json!([added]),
        }
    }

    fn add_struct(&mut self, type_: &'static Struct) {
        let name = of_type(type_.full_name);
        if self.all.contains_key(&name) {
            return;
        }
        // Structs can be recursive.
        self.all.insert(name.clone(), Value::Null);
        let fields: Vec<&'static Field> = type_.all_fields().collect();
        let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
        let properties = fields.into_iter().map(|field| (field.name.to_owned(), self.property(field)));
        let properties: Map<String, Value> = properties.collect();
        let mut schema = json!({"type": "object"});
        if !properties.is_empty() {
            schema["properties"] = properties.into();
        }
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if type_.atomic {
            schema["x-kubernetes-map-type"] = "atomic".into();
        }
        self.all.insert(name, schema);
    }

    fn property(&mut self, field: &'static Field) -> Value {
        let schema = self.of(&field.type_);
        let mut schema = self.form.property(schema, field);
        let is_list = matches!(field.type_.resolved(), GoType::List(_));
        let (extension, name) = match &field.list {
            ListKind::Default => ("", ""),
            ListKind::Atomic if is_list => ("x-kubernetes-list-type", "atomic"),
            ListKind::Atomic => ("x-kubernetes-map-type", "atomic"),
            ListKind::Granular => ("x-kubernetes-map-type", "granular"),
            ListKind::Set => ("x-kubernetes-list-type", "set"),
            ListKind::Map(_) => ("x-kubernetes-list-type", "map"),
        };
        let patch = [
            (extension, name),
            ("x-kubernetes-patch-strategy", field.patch_strategy),
            ("x-kubernetes-patch-merge-key", field.patch_merge_key),
        ];
        for (extension, value) in patch.into_iter().filter(|(_, value)| !value.is_empty()) {
            schema[extension] = value.into();
        }
        if let ListKind::Map(keys) = &field.list {
            schema["x-kubernetes-list-map-keys"] = json!(keys);
        }
        schema
    }

    fn of(&mut self, type_: &'static GoType) -> Value {
        match type_.resolved() {
            GoType::Bool => json!({"type": "boolean"}),
            GoType::Int32 => json!({"type": "integer", "format": "int32"}),
            GoType::Int64 => json!({"type": "integer", "format": "int64"}),
            GoType::Float64 => json!({"type": "number", "format": "double"}),
            GoType::Text => json!({"type": "string"}),
            GoType::Bytes => json!({"type": "string", "format": "byte"}),
            GoType::Any | GoType::Pointer(_) => json!({"type": "object"}),
            GoType::List(items) => json!({"type": "array", "items": self.of(items)}),
            GoType::Map(_, values) => json!({"type": "object", "additionalProperties": self.of(values)}),
            GoType::Named(named) => {
                let name = of_type(named.full_name());
                match named.get() {
                    Named::Struct(inner) => self.add_struct(inner),
                    Named::Special(special) => {
                        self.insert(name.clone(), self.form.special(*special, named.full_name()));
                    }
                    Named::SchemaOr(..) | Named::Alias(_) => self.insert(name.clone(), json!({})),
                }
                self.form.reference(&name)
            }
        }
    }
}
