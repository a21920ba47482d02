//! Validation of volumes, claims, storage classes and CSI objects.
//!
//! Source: `kubernetes/pkg/apis/core/validation/validation.go` and `pkg/apis/storage/validation/validation.go`.

use kube_structural_schema::object::{FieldError, names};
use serde_json::{Value, json};

use super::diff::diff;
use super::field::{Errors, Field};
use super::pod::volumes;
use super::{IMMUTABLE, labels, node_selector, resources};
use crate::kinds::builtin::BETA_STORAGE_CLASS;

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];
/// The fields of a volume that are not its source.
const NOT_A_SOURCE: [&str; 9] = [
    "capacity",
    "accessModes",
    "claimRef",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "mountOptions",
    "volumeMode",
    "nodeAffinity",
    "volumeAttributesClassName",
];

fn access_modes(spec: &Field<'_>, errors: &mut Errors) {
    let field = spec.at("accessModes");
    let modes: Vec<&str> = field.texts().collect();
    for mode in modes.iter().filter(|mode| !ACCESS_MODES.contains(mode)) {
        errors.push(FieldError::not_supported(field.to_string(), *mode, ACCESS_MODES));
    }
    let is_other = |mode: &&str| *mode != "ReadWriteOncePod" && ACCESS_MODES.contains(mode);
    if modes.contains(&"ReadWriteOncePod") && modes.iter().any(is_other) {
        field.forbidden(errors, "may not use ReadWriteOncePod with other access modes");
    }
}

/// Validates the specification of a claim.
pub(super) fn claim_spec(spec: &Field<'_>, errors: &mut Errors) {
    if spec.at("accessModes").is_empty() {
        spec.at("accessModes").required(errors, "at least 1 access mode is required");
    }
    labels::selector(&spec.at("selector"), errors);
    access_modes(spec, errors);
    let request = spec.value["resources"]["requests"].get("storage");
    let field = spec.with("resources[storage]", request.unwrap_or(&Value::Null));
    if request.is_none() {
        field.required(errors, "");
    } else if resources::positive(&field, errors) {
        resources::value("storage", &field, errors);
    }
    spec.at("storageClassName").check_set(errors, names::subdomain);
    spec.at("volumeMode").one_of_if_set(errors, &VOLUME_MODES);
    let (source, reference) = (spec.at("dataSource"), spec.at("dataSourceRef"));
    for source in [&source, &reference] {
        if source.is_set() {
            data_source(source, errors);
        }
    }
    let namespace = reference.at("namespace");
    namespace.check_set(errors, names::label);
    if source.is_set() && reference.is_set() {
        let same = ["apiGroup", "kind", "name"].iter().all(|name| source.value[name] == reference.value[name]);
        let shown = json!({});
        if !namespace.is_empty() {
            spec.invalid_as(errors, shown, "may not be specified when dataSourceRef.namespace is specified");
        } else if !same {
            spec.invalid_as(errors, shown, "must match dataSourceRef");
        }
    }
    spec.at("volumeAttributesClassName").check_set(errors, names::subdomain);
}

fn data_source(source: &Field<'_>, errors: &mut Errors) {
    source.at("name").require(errors);
    source.at("kind").require(errors);
    let group = source.at("apiGroup");
    if group.is_empty() && source.at("kind").text() != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        source.invalid_as(errors, source.at("kind").text(), detail);
    }
    group.check_set(errors, names::subdomain);
}

/// Validates an update of a claim.
pub(super) fn update_claim(claim: &Field<'_>, old: &Value, errors: &mut Errors) {
    claim_spec(&claim.at("spec"), errors);
    let is_bound = claim.value["status"]["phase"] == "Bound";
    let (mut new, mut before) = (claim.value["spec"].clone(), old["spec"].clone());
    if before["volumeName"].as_str().unwrap_or_default().is_empty() {
        copy(&mut before, &new, "volumeName");
    }
    class_annotation(claim, old, errors);
    if before["storageClassName"].is_null() && !new["storageClassName"].is_null() {
        let note = &old["metadata"]["annotations"][BETA_STORAGE_CLASS];
        if note.is_null() || *note == new["storageClassName"] {
            copy(&mut new, &before, "storageClassName");
        }
    }
    if is_bound {
        let size = before["resources"]["requests"]["storage"].clone();
        if let Some(requests) = new.pointer_mut("/resources/requests").and_then(Value::as_object_mut) {
            requests.insert("storage".to_owned(), size);
        }
        copy(&mut new, &before, "volumeAttributesClassName");
    }
    let spec = claim.at("spec");
    if new != before {
        let detail =
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        spec.forbidden(errors, format!("{detail}\n{}", diff(&before, &new)));
    }
    let size = |object: &Value, path: &str| object.pointer(path).map_or(0, resources::nanos);
    let requested = size(claim.value, "/spec/resources/requests/storage");
    if requested < size(old, "/spec/resources/requests/storage") && requested <= size(old, "/status/capacity/storage") {
        spec.at("resources.requests.storage").forbidden(errors, "field can not be less than status.capacity");
    }
    let mode = &claim.value["spec"]["volumeMode"];
    claim.with("volumeMode", mode).immutable(errors, &old["spec"]["volumeMode"]);
}

fn class_annotation(claim: &Field<'_>, old: &Value, errors: &mut Errors) {
    let note =
        |claim: &Value| claim["metadata"]["annotations"][BETA_STORAGE_CLASS].as_str().unwrap_or_default().to_owned();
    let (new, before) = (note(claim.value), note(old));
    if new != before {
        let field = format!("metadata.annotations.{BETA_STORAGE_CLASS}");
        errors.push(FieldError::invalid(field, new, IMMUTABLE));
    }
}

fn copy(object: &mut Value, from: &Value, name: &str) {
    let Some(fields) = object.as_object_mut() else { return };
    match from.get(name) {
        Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
        None => drop(fields.remove(name)),
    }
}

/// Validates an update of the status of a claim.
pub(super) fn claim_status(claim: &Field<'_>, errors: &mut Errors) {
    let status = claim.at("status");
    status.entries("capacity").for_each(|(_, value)| resources::basic(&value, errors));
}

/// Validates a volume.
pub(super) fn volume(object: &Field<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    spec.at("accessModes").require(errors);
    access_modes(&spec, errors);
    let capacity = spec.at("capacity");
    capacity.require(errors);
    if capacity.len() > 1 || capacity.value.get("storage").is_none() {
        let value = if capacity.is_set() { capacity.value.clone() } else { Value::Null };
        errors.push(FieldError::not_supported(capacity.to_string(), value, ["storage"]));
    }
    for (_, value) in spec.entries("capacity") {
        resources::basic(&value, errors);
        resources::positive(&value, errors);
    }
    let policy = spec.at("persistentVolumeReclaimPolicy");
    if !policy.is_empty() {
        policy.one_of(errors, &["Delete", "Recycle", "Retain"]);
    }
    let affinity = spec.at("nodeAffinity");
    if affinity.is_set() {
        if affinity.at("required").is_set() {
            node_selector::selector(&affinity.at("required"), errors);
        } else {
            affinity.at("required").required(errors, "must specify required node constraints");
        }
    }
    sources(&spec, errors);
    let is_root = matches!(spec.at("hostPath.path").text(), "/" | "//");
    if is_root && policy.text() == "Recycle" {
        policy.forbidden(errors, "may not be 'recycle' for a hostPath mount of '/'");
    }
    spec.at("storageClassName").check_set(errors, names::subdomain);
    spec.at("volumeMode").one_of_if_set(errors, &VOLUME_MODES);
    let class = spec.at("volumeAttributesClassName");
    if class.is_set() {
        if class.is_empty() {
            class.required(errors, "an empty string is disallowed");
        } else {
            class.check(errors, names::subdomain);
        }
        if !spec.at("csi").is_set() {
            spec.at("csi").required(errors, "has to be specified when using volumeAttributesClassName");
        }
    }
}

fn source_names(spec: &Value) -> impl Iterator<Item = &str> {
    let fields = spec.as_object().into_iter().flatten();
    fields
        .filter(|(name, value)| !NOT_A_SOURCE.contains(&name.as_str()) && !value.is_null())
        .map(|(name, _)| name.as_str())
}

fn sources(spec: &Field<'_>, errors: &mut Errors) {
    let mut names = source_names(spec.value);
    let Some(name) = names.next() else {
        spec.required(errors, "must specify a volume type");
        return;
    };
    let source = spec.at(name);
    match name {
        "hostPath" => volumes::host_path(&source, errors),
        "nfs" => volumes::nfs(&source, errors),
        "local" => {
            source.at("path").require(errors);
            volumes::no_backsteps(&source.at("path"), errors);
            if !spec.at("nodeAffinity").is_set() {
                spec.at("nodeAffinity").required(errors, "Local volume requires node affinity");
            }
        }
        "csi" => csi(&source, errors),
        _ => {}
    }
    for name in names {
        spec.at(name).forbidden(errors, "may not specify more than 1 volume type");
    }
}

fn csi(source: &Field<'_>, errors: &mut Errors) {
    volumes::driver(&source.at("driver"), errors);
    source.at("volumeHandle").require(errors);
    for name in
        ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"]
    {
        let secret = source.at(name);
        if secret.is_set() {
            secret.at("name").require_valid(errors, names::subdomain);
            secret.at("namespace").require_valid(errors, names::label);
        }
    }
}

/// Validates an update of a volume.
pub(super) fn update_volume(object: &Field<'_>, old: &Value, errors: &mut Errors) {
    volume(object, errors);
    let source = |spec: &Value| -> Value {
        source_names(spec).map(|name| (name.to_owned(), spec[name].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let (mut new, before) = (source(&object.value["spec"]), source(&old["spec"]));
    if before["csi"].is_object() && before["csi"]["controllerExpandSecretRef"].is_null() {
        new.pointer_mut("/csi").and_then(Value::as_object_mut).into_iter().for_each(|csi| {
            csi.remove("controllerExpandSecretRef");
        });
    }
    if new != before {
        let detail = format!("spec.persistentvolumesource is immutable after creation\n{}", diff(&before, &new));
        errors.push(FieldError::forbidden("spec.persistentvolumesource", detail));
    }
    let spec = &object.value["spec"];
    object.with("volumeMode", &spec["volumeMode"]).immutable(errors, &old["spec"]["volumeMode"]);
    let affinity = &old["spec"]["nodeAffinity"];
    if !affinity.is_null() && spec["nodeAffinity"] != *affinity {
        let detail = format!("{IMMUTABLE}, except for updating from beta label to GA");
        object.with("nodeAffinity", &spec["nodeAffinity"]).invalid(errors, detail);
    }
    let class = object.at("spec.volumeAttributesClassName");
    if !class.is_set() && !old["spec"]["volumeAttributesClassName"].is_null() {
        class.forbidden(errors, "update from non-nil value to nil is forbidden");
    }
}
