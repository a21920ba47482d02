//! Schemas of metadata and of the types that all verbs use.

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
    described("ObjectMeta", "What every object has: its name, labels, owners and others.")
}

pub(super) fn list_meta() -> Value {
    described("ListMeta", "The version of the list, and how to go on with it.")
}

/// All of them by their full names.
pub(super) fn schemas() -> Map<String, Value> {
    let mut all = Map::new();
    for (name, schema) in [
        ("ObjectMeta", object_meta_schema()),
        ("OwnerReference", owner_reference()),
        ("ManagedFieldsEntry", managed_fields_entry()),
        ("ListMeta", list_meta_schema()),
        ("DeleteOptions", delete_options()),
        ("Status", status()),
        ("Patch", json!({"description": "A patch of any kind.", "type": "object"})),
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
    let texts = |what: &str| json!({"description": what, "type": "object", "additionalProperties": {"type": "string"}});
    json!({"type": "object", "description": "What every object has.", "properties": {
        "annotations": texts("Notes of tools and people about the object."),
        "creationTimestamp": described("Time", "When it was created."),
        "deletionGracePeriodSeconds": number("How long it is given to end."),
        "deletionTimestamp": described("Time", "When its deletion was asked for."),
        "finalizers": {
            "description": "Who has to agree before it goes.",
            "type": "array",
            "items": {"type": "string"},
            "x-kubernetes-list-type": "set",
            "x-kubernetes-patch-strategy": "merge",
        },
        "generateName": text("The beginning of a name that the server completes."),
        "generation": number("Grows with each change of what is wished for."),
        "labels": texts("What it is selected by."),
        "managedFields": {
            "description": "Who has set which fields.",
            "type": "array",
            "items": of("ManagedFieldsEntry"),
            "x-kubernetes-list-type": "atomic",
        },
        "name": text("Its name, unique among its kind in its namespace."),
        "namespace": text("The namespace that it is in."),
        "ownerReferences": {
            "description": "The objects that it goes with.",
            "type": "array",
            "items": of("OwnerReference"),
            "x-kubernetes-list-map-keys": ["uid"],
            "x-kubernetes-list-type": "map",
            "x-kubernetes-patch-merge-key": "uid",
            "x-kubernetes-patch-strategy": "merge",
        },
        "resourceVersion": text("Changes with each write."),
        "selfLink": text("Not set any more."),
        "uid": text("Tells it from all others that were and will be."),
    }})
}

fn owner_reference() -> Value {
    json!({
        "type": "object",
        "description": "An object that this one goes with.",
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
    json!({"type": "object", "description": "Fields that someone has set.", "properties": {
        "apiVersion": text("The version that the fields are of."),
        "fieldsType": text("`FieldsV1`."),
        "fieldsV1": described("FieldsV1", "The fields."),
        "manager": text("Who."),
        "operation": text("`Apply` or `Update`."),
        "subresource": text("The subresource that was written to."),
        "time": described("Time", "When."),
    }})
}

fn list_meta_schema() -> Value {
    json!({"type": "object", "description": "What every list has.", "properties": {
        "continue": text("How to go on with the list; empty at its end."),
        "remainingItemCount": number("How many are left."),
        "resourceVersion": text("The version of the list."),
        "selfLink": text("Not set any more."),
    }})
}

fn delete_options() -> Value {
    let preconditions = json!({"type": "object", "properties": {
        "resourceVersion": text("The version that it must have."),
        "uid": text("The uid that it must have."),
    }});
    json!({"type": "object", "description": "How to delete.", "properties": {
        "apiVersion": api_version(),
        "dryRun": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"},
        "gracePeriodSeconds": number("How long it is given to end."),
        "kind": kind(),
        "orphanDependents": {"type": "boolean"},
        "preconditions": preconditions,
        "propagationPolicy": text("`Orphan`, `Background` or `Foreground`."),
    }})
}

fn status() -> Value {
    json!({
        "type": "object",
        "description": "How a call ended that returns no object.",
        "properties": {
            "apiVersion": api_version(),
            "code": {"type": "integer", "format": "int32"},
            "details": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "kind": kind(),
            "message": text("What happened, for people."),
            "metadata": list_meta(),
            "reason": text("What happened, for programs."),
            "status": text("`Success` or `Failure`."),
        },
        "x-kubernetes-group-version-kind": [{"group": "", "kind": "Status", "version": "v1"}],
    })
}
