//! Validation of the volumes of pods.

use kube_structural_schema::object::names;
use serde_json::Value;

use super::super::field::{Errors, Field};
use super::super::storage;
use super::{Owner, environment, projected, rules};

const MAX_MODE: i64 = 0o777;
const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
/// The sources in the order in which they are validated, with the required fields of those that have no other rule.
const SOURCES: [(&str, &[&str]); 31] = [
    ("emptyDir", &[]),
    ("hostPath", &[]),
    ("gitRepo", &["repository"]),
    ("gcePersistentDisk", &["pdName"]),
    ("awsElasticBlockStore", &["volumeID"]),
    ("secret", &["secretName"]),
    ("nfs", &["server", "path"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("glusterfs", &["endpoints", "path"]),
    ("flocker", &[]),
    ("persistentVolumeClaim", &["claimName"]),
    ("rbd", &["monitors", "image"]),
    ("cinder", &["volumeID"]),
    ("cephfs", &["monitors"]),
    ("quobyte", &["registry", "volume"]),
    ("downwardAPI", &[]),
    ("fc", &[]),
    ("flexVolume", &["driver"]),
    ("configMap", &["name"]),
    ("azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("storageos", &["volumeName"]),
    ("projected", &[]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("csi", &[]),
    ("ephemeral", &[]),
    ("image", &[]),
    ("local", &["path"]),
];
const ONLY_ONE: &str = "may not specify more than 1 volume type";

/// Validates the volumes of a pod. Returns the names and sources of the valid ones.
pub(super) fn validate<'v>(spec: &Field<'v>, owner: Owner<'_>, errors: &mut Errors) -> Vec<(&'v str, &'v Value)> {
    let mut valid: Vec<(&str, &Value)> = Vec::new();
    let pod_name = owner.pod.map(|pod| pod.at("metadata.name").text().to_owned()).filter(|name| !name.is_empty());
    for (volume, value) in spec.items("volumes").zip(spec.value["volumes"].as_array().into_iter().flatten()) {
        let before = errors.len();
        source(&volume, pod_name.as_deref(), errors);
        let name = value["name"].as_str().unwrap_or_default();
        volume.at("name").require_valid(errors, names::label);
        if valid.iter().any(|(other, _)| *other == name) {
            volume.at("name").duplicate(errors);
        }
        if errors.len() == before {
            valid.push((name, value));
        }
    }
    valid
}

fn source(volume: &Field<'_>, pod_name: Option<&str>, errors: &mut Errors) {
    let mut sources = 0;
    for (name, required) in SOURCES {
        let source = volume.at(name);
        if !source.is_set() {
            continue;
        }
        sources += 1;
        if sources > 1 {
            source.forbidden(errors, ONLY_ONE);
            continue;
        }
        required.iter().for_each(|name| source.at(name).require(errors));
        match name {
            "emptyDir" => empty_dir(&source, errors),
            "hostPath" => host_path(&source, errors),
            "nfs" => absolute(&source.at("path"), errors),
            "secret" | "configMap" => keys(&source, errors),
            "downwardAPI" => {
                mode(&source.at("defaultMode"), errors);
                for item in source.items("items") {
                    file(&volume.with(name, item.value), errors);
                }
            }
            "projected" => projected::validate(&source, errors),
            "csi" => csi(&source, errors),
            "ephemeral" => ephemeral(volume, &source, pod_name, errors),
            "image" => image(&source, errors),
            "gitRepo" => descending_path(&source.at("directory"), errors),
            "fc" => fiber_channel(&source, errors),
            "iscsi" => iscsi(&source, errors),
            _ => {}
        }
    }
    if sources == 0 {
        volume.required(errors, "must specify a volume type");
    }
}

fn empty_dir(source: &Field<'_>, errors: &mut Errors) {
    if super::resources::nanos(source.at("sizeLimit").value) < 0 {
        source.at("sizeLimit").forbidden(errors, "SizeLimit field must be a valid resource quantity");
    }
}

/// Validates a path on a node.
pub(in super::super) fn host_path(source: &Field<'_>, errors: &mut Errors) {
    source.at("path").require(errors);
    no_backsteps(&source.at("path"), errors);
    source.at("type").one_of_if_set(errors, &PATH_TYPES);
}

fn absolute(path: &Field<'_>, errors: &mut Errors) {
    if !path.text().starts_with('/') {
        path.invalid_text(errors, "must be an absolute path");
    }
}

/// Validates an NFS export.
pub(in super::super) fn nfs(source: &Field<'_>, errors: &mut Errors) {
    source.at("server").require(errors);
    source.at("path").require(errors);
    absolute(&source.at("path"), errors);
}

pub(super) fn mode(field: &Field<'_>, errors: &mut Errors) {
    if field.is_set() && !(0..=MAX_MODE).contains(&field.number()) {
        field.invalid(errors, MODE);
    }
}

fn keys(source: &Field<'_>, errors: &mut Errors) {
    mode(&source.at("defaultMode"), errors);
    source.items("items").for_each(|item| key_to_path(&item, errors));
}

pub(super) fn key_to_path(item: &Field<'_>, errors: &mut Errors) {
    item.at("key").require(errors);
    item.at("path").require(errors);
    local_path(&item.at("path"), errors);
    mode(&item.at("mode"), errors);
}

/// Validates a file of a downward API volume.
pub(super) fn file(file: &Field<'_>, errors: &mut Errors) {
    const FIELDS: [&str; 5] =
        ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
    file.at("path").require(errors);
    local_path(&file.at("path"), errors);
    let (field, resource) = (file.at("fieldRef"), file.at("resourceFieldRef"));
    if field.is_set() {
        environment::field_reference(&field, &FIELDS, errors);
        if resource.is_set() {
            let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
            file.invalid_as(errors, "resource", detail);
        }
    } else if resource.is_set() {
        environment::resource_reference(&resource, true, errors);
    } else {
        file.required(errors, "one of fieldRef and resourceFieldRef is required");
    }
    mode(&file.at("mode"), errors);
}

fn csi(source: &Field<'_>, errors: &mut Errors) {
    driver(&source.at("driver"), errors);
    let secret = source.at("nodePublishSecretRef");
    if secret.is_set() {
        let name = secret.at("name");
        if name.is_empty() {
            name.required(errors, "");
        } else {
            source.with("name", name.value).check(errors, names::subdomain);
        }
    }
}

/// Validates the name of a CSI driver.
pub(in super::super) fn driver(field: &Field<'_>, errors: &mut Errors) {
    if field.is_empty() {
        return field.required(errors, "");
    }
    if field.text().len() > 63 {
        field.too_long(errors, 63);
    }
    field.check(errors, rules::driver);
}

fn ephemeral(volume: &Field<'_>, source: &Field<'_>, pod_name: Option<&str>, errors: &mut Errors) {
    let template = source.at("volumeClaimTemplate");
    if !template.is_set() {
        template.required(errors, "");
        return;
    }
    super::labels::annotations(&template.at("metadata.annotations"), errors);
    super::labels::labels(&template.at("metadata.labels"), errors);
    storage::claim_spec(&template.at("spec"), errors);
    let name = volume.at("name");
    if let Some(pod_name) = pod_name.filter(|_| !name.is_empty()) {
        let claim = format!("{pod_name}-{}", name.text());
        for wrong in names::subdomain(&claim) {
            name.invalid(errors, format!("PVC name \"{claim}\": {wrong}"));
        }
    }
}

fn image(source: &Field<'_>, errors: &mut Errors) {
    source.at("reference").require(errors);
    source.at("pullPolicy").require_one_of(errors, &["Always", "IfNotPresent", "Never"]);
}

fn fiber_channel(source: &Field<'_>, errors: &mut Errors) {
    let (targets, ids, lun) = (source.at("targetWWNs"), source.at("wwids"), source.at("lun"));
    match (targets.is_empty(), ids.is_empty()) {
        (true, true) => targets.required(errors, "must specify either targetWWNs or wwids, but not both"),
        (false, false) => targets.invalid(errors, "targetWWNs and wwids can not be specified simultaneously"),
        _ => {}
    }
    if !targets.is_empty() {
        if lun.is_set() {
            lun.in_range(errors, 0, 255);
        } else {
            lun.required(errors, "lun is required if targetWWNs is specified");
        }
    }
}

fn iscsi(source: &Field<'_>, errors: &mut Errors) {
    let name = source.at("iqn");
    if !name.is_empty() && !["iqn", "eui", "naa"].iter().any(|start| name.text().starts_with(start)) {
        name.invalid(errors, "must be valid format starting with iqn, eui, or naa");
    }
    source.at("lun").in_range(errors, 0, 255);
}

/// Validates that a path is relative and does not leave its folder.
pub(super) fn descending_path(path: &Field<'_>, errors: &mut Errors) {
    if path.text().starts_with('/') {
        path.invalid(errors, "must be a relative path");
    }
    no_backsteps(path, errors);
}

/// Validates that a path contains no `..`.
pub(in super::super) fn no_backsteps(path: &Field<'_>, errors: &mut Errors) {
    if path.text().split('/').any(|part| part == "..") {
        path.invalid(errors, "must not contain '..'");
    }
}

/// Validates the path of a file in a volume.
pub(super) fn local_path(path: &Field<'_>, errors: &mut Errors) {
    descending_path(path, errors);
    if path.text().starts_with("..") && !path.text().starts_with("../") {
        path.invalid(errors, "must not start with '..'");
    }
}
