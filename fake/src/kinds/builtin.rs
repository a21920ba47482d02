//! Kinds that every server has, as far as controllers touch them.

use std::sync::Arc;

use base64::Engine as _;
use kube_structural_schema::{Additional, ListType, Names, Schema, Subresources, Type, Version};
use serde_json::{Value, json};

use super::{Kind, Kinds, Rules};
use crate::status::GroupResource;

fn of(type_: Type) -> Schema {
    Schema { type_: Some(type_), ..Schema::default() }
}

fn text() -> Schema {
    of(Type::String)
}

fn formatted(format: &str) -> Schema {
    Schema { format: Some(format.to_owned()), ..text() }
}

fn object<const N: usize>(fields: [(&str, Schema); N]) -> Schema {
    let properties = fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    Schema { properties, ..of(Type::Object) }
}

fn map_of(values: Schema) -> Schema {
    Schema { additional_properties: Some(Additional::Schema(Box::new(values))), ..of(Type::Object) }
}

fn list_of(items: Schema) -> Schema {
    Schema { items: Some(Box::new(items)), ..of(Type::Array) }
}

/// Anything.
fn free() -> Schema {
    Schema { preserve_unknown_fields: true, ..of(Type::Object) }
}

fn root<const N: usize>(fields: [(&str, Schema); N]) -> Schema {
    let mut schema = object(fields);
    for (name, inner) in [("apiVersion", text()), ("kind", text()), ("metadata", of(Type::Object))] {
        schema.properties.insert(name.to_owned(), inner);
    }
    schema
}

fn reference() -> Schema {
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

fn namespace() -> Schema {
    let conditions =
        Schema { list_type: Some(ListType::Map), list_map_keys: vec!["type".to_owned()], ..list_of(condition()) };
    root([
        ("spec", object([("finalizers", list_of(text()))])),
        ("status", object([("phase", text()), ("conditions", conditions)])),
    ])
}

fn config_map() -> Schema {
    root([("data", map_of(text())), ("binaryData", map_of(formatted("byte"))), ("immutable", of(Type::Boolean))])
}

fn secret() -> Schema {
    let any_bytes = || map_of(text());
    root([("data", any_bytes()), ("stringData", any_bytes()), ("type", text()), ("immutable", of(Type::Boolean))])
}

fn lease() -> Schema {
    root([(
        "spec",
        object([
            ("holderIdentity", text()),
            ("leaseDurationSeconds", of(Type::Integer)),
            ("acquireTime", formatted("date-time")),
            ("renewTime", formatted("date-time")),
            ("leaseTransitions", of(Type::Integer)),
            ("strategy", text()),
            ("preferredHolder", text()),
        ]),
    )])
}

/// An event of the core group, or of `events.k8s.io`, which calls some fields by other names.
fn event(names: [&str; 6]) -> Schema {
    let [message, about, source, first, last, count] = names;
    let series = object([("count", of(Type::Integer)), ("lastObservedTime", formatted("date-time"))]);
    root([
        ("action", text()),
        ("reason", text()),
        ("type", text()),
        ("related", reference()),
        ("eventTime", formatted("date-time")),
        ("series", series),
        ("reportingComponent", text()),
        ("reportingController", text()),
        ("reportingInstance", text()),
        (message, text()),
        (about, reference()),
        (source, object([("component", text()), ("host", text())])),
        (first, formatted("date-time")),
        (last, formatted("date-time")),
        (count, of(Type::Integer)),
    ])
}

struct Builtin {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short_names: &'static [&'static str],
    categories: &'static [&'static str],
    namespaced: bool,
    status: bool,
    schema: Schema,
    rules: Rules,
}

impl Builtin {
    fn into_kind(self, mark: u64) -> Kind {
        let version = Version {
            place: kube_structural_schema::Place::default(),
            name: self.version.to_owned(),
            served: true,
            storage: true,
            deprecated: None,
            subresources: Subresources { status: self.status, scale: None },
            printer_columns: Vec::new(),
            selectable_fields: Vec::new(),
            schema: self.schema,
        };
        Kind {
            resource: GroupResource { group: self.group.to_owned(), resource: self.plural.to_owned() },
            names: Names {
                kind: self.kind.to_owned(),
                list_kind: format!("{}List", self.kind),
                plural: self.plural.to_owned(),
                singular: self.kind.to_lowercase(),
                short_names: self.short_names.iter().map(|name| (*name).to_owned()).collect(),
                categories: self.categories.iter().map(|name| (*name).to_owned()).collect(),
            },
            namespaced: self.namespaced,
            served_as: None,
            versions: Arc::new([version]),
            storage: 0,
            rules: self.rules,
            embeds: false,
            mark,
        }
    }
}

/// The scale of objects of all kinds.
pub(crate) fn scale() -> Kind {
    let schema = root([
        ("spec", object([("replicas", of(Type::Integer))])),
        ("status", object([("replicas", of(Type::Integer)), ("selector", text())])),
    ]);
    let scale = Builtin {
        group: "autoscaling",
        version: "v1",
        kind: "Scale",
        plural: "scales",
        short_names: &[],
        categories: &[],
        namespaced: true,
        status: false,
        schema,
        rules: Rules::Stored,
    };
    Kind { served_as: Some("autoscaling"), ..scale.into_kind(0) }
}

/// A kind of which nothing is known but its names.
pub(crate) fn without_schema(resource: &kube::core::ApiResource, namespaced: bool, mark: u64) -> Kind {
    let version = Version {
        place: kube_structural_schema::Place::default(),
        name: resource.version.clone(),
        served: true,
        storage: true,
        deprecated: None,
        subresources: Subresources { status: true, scale: None },
        printer_columns: Vec::new(),
        selectable_fields: Vec::new(),
        schema: free(),
    };
    Kind {
        resource: GroupResource { group: resource.group.clone(), resource: resource.plural.clone() },
        names: Names {
            kind: resource.kind.clone(),
            list_kind: format!("{}List", resource.kind),
            plural: resource.plural.clone(),
            singular: resource.kind.to_lowercase(),
            short_names: Vec::new(),
            categories: Vec::new(),
        },
        namespaced,
        served_as: None,
        versions: Arc::new([version]),
        storage: 0,
        rules: Rules::Stored,
        embeds: false,
        mark,
    }
}

/// Gives a server the kinds that every server has.
pub(crate) fn install(kinds: &mut Kinds) {
    let stored = |group, version, kind, plural, namespaced, status| Builtin {
        group,
        version,
        kind,
        plural,
        short_names: &[],
        categories: &[],
        namespaced,
        status,
        schema: free(),
        rules: Rules::Stored,
    };
    let named = |short_names, categories, builtin| Builtin { short_names, categories, ..builtin };
    let core_event = ["message", "involvedObject", "source", "firstTimestamp", "lastTimestamp", "count"];
    let mut builtins = vec![
        named(&["svc"], &["all"], stored("", "v1", "Service", "services", true, true)),
        named(&["sa"], &[], stored("", "v1", "ServiceAccount", "serviceaccounts", true, false)),
        named(&["po"], &["all"], stored("", "v1", "Pod", "pods", true, true)),
        named(&["deploy"], &["all"], stored("apps", "v1", "Deployment", "deployments", true, true)),
        stored("rbac.authorization.k8s.io", "v1", "Role", "roles", true, false),
        stored("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true, false),
        stored("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false, false),
        stored("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false, false),
    ];
    let typed = |group, version, kind, plural, short_names, namespaced, schema, rules| Builtin {
        group,
        version,
        kind,
        plural,
        short_names,
        categories: &[],
        namespaced,
        status: rules == Rules::Namespace,
        schema,
        rules,
    };
    builtins.extend([
        typed("", "v1", "Namespace", "namespaces", &["ns"] as &[_], false, namespace(), Rules::Namespace),
        typed("", "v1", "ConfigMap", "configmaps", &["cm"], true, config_map(), Rules::Stored),
        typed("", "v1", "Secret", "secrets", &[], true, secret(), Rules::Secret),
        typed("", "v1", "Event", "events", &["ev"], true, event(core_event), Rules::Event),
        typed("coordination.k8s.io", "v1", "Lease", "leases", &[], true, lease(), Rules::Lease),
    ]);
    let definition = Builtin {
        short_names: &["crd", "crds"],
        status: true,
        rules: Rules::Definition,
        ..stored("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false, true)
    };
    builtins.push(definition);
    for builtin in builtins {
        let mark = kinds.next_mark();
        kinds.insert(builtin.into_kind(mark));
    }
}

/// What a kind makes of a new object.
pub(crate) fn prepare_for_create(rules: Rules, object: &mut Value) {
    match rules {
        Rules::Secret => fold_string_data(object),
        Rules::Namespace => {
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
            name_namespace(object);
        }
        _ => {}
    }
}

/// What a kind makes of an object that takes the place of another.
pub(crate) fn prepare_for_update(rules: Rules, object: &mut Value, old: &Value) {
    match rules {
        Rules::Secret => fold_string_data(object),
        Rules::Namespace => {
            if let Some(spec) = old.get("spec") {
                object["spec"] = spec.clone();
            }
            name_namespace(object);
        }
        _ => {}
    }
}

/// What a kind makes of an object that is about to go.
pub(crate) fn mark_deleting(rules: Rules, object: &mut Value) {
    if rules == Rules::Namespace {
        object["status"]["phase"] = "Terminating".into();
        crate::registry::metadata::set(object, "deletionGracePeriodSeconds", None);
    }
}

fn name_namespace(object: &mut Value) {
    let name = crate::registry::metadata::text(object, "name").to_owned();
    if !object["metadata"]["labels"].is_object() {
        object["metadata"]["labels"] = json!({});
    }
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name.into();
}

/// `stringData` is written to `data`, and never read.
fn fold_string_data(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    fields.entry("type").or_insert_with(|| "Opaque".into());
    let Some(Value::Object(texts)) = fields.remove("stringData") else { return };
    let data = fields.entry("data").or_insert_with(|| json!({}));
    if let Some(data) = data.as_object_mut() {
        for (name, text) in texts {
            let text = text.as_str().unwrap_or_default();
            data.insert(name, base64::engine::general_purpose::STANDARD.encode(text).into());
        }
    }
}
