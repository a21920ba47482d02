//! Built-in kinds, as far as controllers use them.

mod encoding;
mod event;
mod patch_strategy;
mod prepare;
mod schemas;
mod validate;

use std::sync::Arc;

use kube_structural_schema::{Names, Schema, Subresources, Type, Version};

use self::schemas::{config_map, definition, free, lease, namespace, object, of, root, secret, text};
use super::{Kind, Kinds, Rules};
use crate::status::GroupResource;

pub(crate) use encoding::{apply_decoding, normalize};
pub(crate) use event::{EventForm, convert_to as convert_event};
pub(crate) use patch_strategy::{PatchStrategy, patch_strategy};
pub(crate) use prepare::{prepare_for_create, prepare_for_delete, prepare_for_update};
pub(crate) use validate::{validate, validate_namespace, validate_update};

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
    fn into_kind(self, definition_id: u64) -> Kind {
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
            object_group: None,
            versions: Arc::new([version]),
            storage: 0,
            rules: self.rules,
            converts_by_webhook: false,
            has_embedded: false,
            definition_id,
        }
    }
}

/// Returns the kind `Scale` of `autoscaling/v1`.
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
    Kind { object_group: Some("autoscaling"), ..scale.into_kind(0) }
}

/// Creates a kind without a schema.
pub(crate) fn without_schema(resource: &kube::core::ApiResource, namespaced: bool, definition_id: u64) -> Kind {
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
        object_group: None,
        versions: Arc::new([version]),
        storage: 0,
        rules: Rules::Stored,
        converts_by_webhook: false,
        has_embedded: false,
        definition_id,
    }
}

/// Registers the built-in kinds.
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
        typed("", "v1", "ConfigMap", "configmaps", &["cm"], true, config_map(), Rules::ConfigMap),
        typed("", "v1", "Secret", "secrets", &[], true, secret(), Rules::Secret),
        typed("coordination.k8s.io", "v1", "Lease", "leases", &[], true, lease(), Rules::Lease),
    ]);
    builtins.extend([EventForm::Core, EventForm::New].map(|form| {
        typed(form.group(), "v1", "Event", "events", &["ev"], true, form.schema().clone(), Rules::Event(form))
    }));
    let definitions = Builtin {
        short_names: &["crd", "crds"],
        categories: &["api-extensions"],
        status: true,
        schema: definition(),
        rules: Rules::Definition,
        ..stored("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false, true)
    };
    builtins.push(definitions);
    for builtin in builtins {
        let definition_id = kinds.next_definition_id();
        kinds.insert(builtin.into_kind(definition_id));
    }
}
