//! Columns of volumes and storage.

use serde_json::Value;

use super::cells::{AGE, Definition, NONE, UNSET, bool_or, items, joined, length, str_at, text_at, text_or};
use crate::kinds::builtin::BETA_STORAGE_CLASS;
use crate::metadata;

pub(super) fn columns(kind: &str) -> &'static [Definition] {
    match kind {
        "PersistentVolume" => VOLUME,
        "PersistentVolumeClaim" => CLAIM,
        "StorageClass" => CLASS,
        "CSIDriver" => DRIVER,
        "CSINode" => &[("Drivers", "integer", 0, |object, _| length(object, "/spec/drivers")), AGE],
        "VolumeAttachment" => &[
            ("Attacher", "string name", 0, |object, _| text_at(object, "/spec/attacher")),
            ("PV", "string", 0, |object, _| text_at(object, "/spec/source/persistentVolumeName")),
            ("Node", "string", 0, |object, _| text_at(object, "/spec/nodeName")),
            ("Attached", "boolean", 0, |object, _| bool_or(object, "/status/attached", false)),
            AGE,
        ],
        "VolumeAttributesClass" => &[("DriverName", "string", 0, |object, _| text_at(object, "/driverName")), AGE],
        _ => super::CREATED_AT,
    }
}

const MODE: Definition = ("VolumeMode", "string", 1, |object, _| text_or(object, "/spec/volumeMode", UNSET));
const ATTRIBUTES: Definition =
    ("VolumeAttributesClass", "string", 0, |object, _| text_or(object, "/spec/volumeAttributesClassName", UNSET));

const VOLUME: &[Definition] = &[
    ("Capacity", "string", 0, |object, _| text_or(object, "/spec/capacity/storage", "0")),
    ("Access Modes", "string", 0, |object, _| access_modes(object, "/spec/accessModes").into()),
    ("Reclaim Policy", "string", 0, |object, _| text_at(object, "/spec/persistentVolumeReclaimPolicy")),
    ("Status", "string", 0, |object, _| phase(object).into()),
    ("Claim", "string", 0, |object, _| claim(object).into()),
    ("StorageClass", "string", 0, |object, _| class(object).into()),
    ATTRIBUTES,
    ("Reason", "string", 0, |object, _| text_at(object, "/status/reason")),
    AGE,
    MODE,
];

const CLAIM: &[Definition] = &[
    ("Status", "string", 0, |object, _| phase(object).into()),
    ("Volume", "string", 0, |object, _| text_at(object, "/spec/volumeName")),
    ("Capacity", "string", 0, |object, _| match str_at(object, "/spec/volumeName") {
        "" => "".into(),
        _ => text_or(object, "/status/capacity/storage", "0"),
    }),
    ("Access Modes", "string", 0, |object, _| match str_at(object, "/spec/volumeName") {
        "" => "".into(),
        _ => access_modes(object, "/status/accessModes").into(),
    }),
    ("StorageClass", "string", 0, |object, _| class(object).into()),
    ATTRIBUTES,
    AGE,
    MODE,
];

const CLASS: &[Definition] = &[
    ("Provisioner", "string", 0, |object, _| text_at(object, "/provisioner")),
    ("ReclaimPolicy", "string", 0, |object, _| text_or(object, "/reclaimPolicy", "Delete")),
    ("VolumeBindingMode", "string", 0, |object, _| text_or(object, "/volumeBindingMode", "Immediate")),
    ("AllowVolumeExpansion", "string", 0, |object, _| bool_or(object, "/allowVolumeExpansion", false)),
    AGE,
];

const DRIVER: &[Definition] = &[
    ("AttachRequired", "boolean", 0, |object, _| bool_or(object, "/spec/attachRequired", true)),
    ("PodInfoOnMount", "boolean", 0, |object, _| bool_or(object, "/spec/podInfoOnMount", false)),
    ("StorageCapacity", "boolean", 0, |object, _| bool_or(object, "/spec/storageCapacity", false)),
    ("TokenRequests", "string", 0, |object, _| match items(object, "/spec/tokenRequests") {
        [] => UNSET.into(),
        _ => joined(object, "/spec/tokenRequests", "audience").into(),
    }),
    ("RequiresRepublish", "boolean", 0, |object, _| bool_or(object, "/spec/requiresRepublish", false)),
    ("Modes", "string", 0, |object, _| match items(object, "/spec/volumeLifecycleModes") {
        [] => NONE.into(),
        _ => joined(object, "/spec/volumeLifecycleModes", "").into(),
    }),
    AGE,
];

fn phase(object: &Value) -> &str {
    if metadata::is_deleting(object) { "Terminating" } else { str_at(object, "/status/phase") }
}

fn claim(volume: &Value) -> String {
    let Some(claim) = volume.pointer("/spec/claimRef").filter(|claim| claim.is_object()) else { return String::new() };
    format!("{}/{}", str_at(claim, "/namespace"), str_at(claim, "/name"))
}

fn class(object: &Value) -> &str {
    let annotation = metadata::get(object, "annotations").and_then(|all| all.get(BETA_STORAGE_CLASS));
    annotation.and_then(Value::as_str).unwrap_or_else(|| str_at(object, "/spec/storageClassName"))
}

fn access_modes(object: &Value, pointer: &str) -> String {
    const MODES: [(&str, &str); 4] =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let found = MODES.iter().filter(|(mode, _)| items(object, pointer).iter().any(|item| item == mode));
    found.map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}
