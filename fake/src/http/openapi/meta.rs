//! Schemas of `meta.k8s.io`.

use serde_json::{Map, Value, json};

use super::reference;

const GROUP: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

pub(super) fn of(kind: &str) -> Value {
    reference(&format!("{GROUP}.{kind}"))
}

fn described(kind: &str, description: &str) -> Value {
    json!({"description": description, "allOf": [of(kind)]})
}

pub(super) fn api_version() -> Value {
    json!({"description": "The group and version of the kind.", "type": "string"})
}

pub(super) fn kind() -> Value {
    json!({"description": "The kind, in CamelCase.", "type": "string"})
}

pub(super) fn object_meta() -> Value {
    described("ObjectMeta", "Standard metadata of the object: its name, labels, owners and others.")
}

pub(super) fn list_meta() -> Value {
    described("ListMeta", "Standard metadata of the list: its version and continue token.")
}

/// Returns all schemas by their full names.
pub(super) fn schemas() -> Map<String, Value> {
    let mut all = Map::new();
    for (name, schema) in [
        ("ObjectMeta", object_meta_schema()),
        ("OwnerReference", owner_reference()),
        ("ManagedFieldsEntry", managed_fields_entry()),
        ("ListMeta", list_meta_schema()),
        ("DeleteOptions", delete_options()),
        ("Status", status()),
        ("Patch", json!({"description": "A patch of any type.", "type": "object"})),
        ("FieldsV1", json!({"description": "A set of fields as a tree.", "type": "object"})),
        ("Time", json!({"description": "A time in RFC 3339, to the second.", "type": "string", "format": "date-time"})),
    ] {
        all.insert(format!("{GROUP}.{name}"), schema);
    }
    all
}

fn text(description: &str) -> Value {
    json!({"description": description, "type": "string"})
}

fn number(description: &str) -> Value {
    json!({"description": description, "type": "integer", "format": "int64"})
}

fn object_meta_schema() -> Value {
    let texts = |description: &str| json!({"description": description, "type": "object", "additionalProperties": {"type": "string"}});
    json!({"type": "object", "description": "Metadata of all persisted objects.", "properties": {
        "annotations": texts("Arbitrary metadata of tools and users."),
        "creationTimestamp": described("Time", "The time of creation."),
        "deletionGracePeriodSeconds": number("Seconds to terminate gracefully."),
        "deletionTimestamp": described("Time", "The time at which the object is deleted."),
        "finalizers": {
            "description": "Components that must finish before the object is deleted.",
            "type": "array",
            "items": {"type": "string"},
            "x-kubernetes-list-type": "set",
            "x-kubernetes-patch-strategy": "merge",
        },
        "generateName": text("A prefix from which the server generates a unique name."),
        "generation": number("A sequence number of the desired state."),
        "labels": texts("Keys and values for selectors."),
        "managedFields": {
            "description": "The fields that each manager owns.",
            "type": "array",
            "items": of("ManagedFieldsEntry"),
            "x-kubernetes-list-type": "atomic",
        },
        "name": text("The name, unique for the kind within a namespace."),
        "namespace": text("The namespace of the object."),
        "ownerReferences": {
            "description": "The objects that this object depends on.",
            "type": "array",
            "items": of("OwnerReference"),
            "x-kubernetes-list-map-keys": ["uid"],
            "x-kubernetes-list-type": "map",
            "x-kubernetes-patch-merge-key": "uid",
            "x-kubernetes-patch-strategy": "merge",
        },
        "resourceVersion": text("The internal version, which changes with each write."),
        "selfLink": text("Deprecated; no longer set."),
        "uid": text("The unique identifier in time and space."),
    }})
}

fn owner_reference() -> Value {
    json!({
        "type": "object",
        "description": "An object that this object depends on.",
        "required": ["apiVersion", "kind", "name", "uid"],
        "properties": {
            "apiVersion": text("The owner's group and version."),
            "blockOwnerDeletion": {"type": "boolean"},
            "controller": {"type": "boolean"},
            "kind": text("The owner's kind."),
            "name": text("The owner's name."),
            "uid": text("The owner's uid."),
        },
        "x-kubernetes-map-type": "atomic",
    })
}

fn managed_fields_entry() -> Value {
    json!({"type": "object", "description": "Fields that a manager owns.", "properties": {
        "apiVersion": text("The version that the fields belong to."),
        "fieldsType": text("`FieldsV1`."),
        "fieldsV1": described("FieldsV1", "The fields."),
        "manager": text("The manager of the fields."),
        "operation": text("`Apply` or `Update`."),
        "subresource": text("The subresource that was written to."),
        "time": described("Time", "The time of the last change."),
    }})
}

fn list_meta_schema() -> Value {
    json!({"type": "object", "description": "Metadata of lists.", "properties": {
        "continue": text("The token of the next page; empty on the last page."),
        "remainingItemCount": number("The number of items after this page."),
        "resourceVersion": text("The version of the list."),
        "selfLink": text("Deprecated; no longer set."),
    }})
}

fn delete_options() -> Value {
    let preconditions = json!({"type": "object", "properties": {
        "resourceVersion": text("The required resource version."),
        "uid": text("The required uid."),
    }});
    json!({"type": "object", "description": "Options of a deletion.", "properties": {
        "apiVersion": api_version(),
        "dryRun": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"},
        "gracePeriodSeconds": number("Seconds to terminate gracefully."),
        "kind": kind(),
        "orphanDependents": {"type": "boolean"},
        "preconditions": preconditions,
        "propagationPolicy": text("`Orphan`, `Background` or `Foreground`."),
    }})
}

fn status() -> Value {
    json!({
        "type": "object",
        "description": "The result of a call that does not return an object.",
        "properties": {
            "apiVersion": api_version(),
            "code": {"type": "integer", "format": "int32"},
            "details": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "kind": kind(),
            "message": text("A human-readable description."),
            "metadata": list_meta(),
            "reason": text("A machine-readable reason."),
            "status": text("`Success` or `Failure`."),
        },
        "x-kubernetes-group-version-kind": [{"group": "", "kind": "Status", "version": "v1"}],
    })
}
