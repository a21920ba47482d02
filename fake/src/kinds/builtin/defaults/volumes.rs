//! Defaults of the volumes of pods.

use serde_json::{Value, json};

use super::{default, default_text, each, has, pod, storage, text, within};

/// Sets the defaults of a volume. A volume without a source is an `emptyDir`.
pub(super) fn volume(volume: &mut Value) {
    let has_source =
        volume.as_object().is_some_and(|fields| fields.iter().any(|(name, value)| name != "name" && !value.is_null()));
    if !has_source {
        default(volume, "emptyDir", json!({}));
    }
    within(volume, "image", |image| {
        let policy = pod::pull_policy(text(image, "reference"));
        default_text(image, "pullPolicy", policy);
    });
    source(volume);
    for name in ["secret", "configMap", "downwardAPI", "projected"] {
        within(volume, name, |source| default(source, "defaultMode", 0o644));
    }
    within(volume, "downwardAPI", files);
    within(volume, "projected", |projected| {
        each(projected, "sources", |source| {
            within(source, "downwardAPI", files);
            within(source, "serviceAccountToken", |token| default(token, "expirationSeconds", 3600));
        });
    });
    within(volume, "ephemeral", |ephemeral| {
        within(ephemeral, "volumeClaimTemplate", |template| within(template, "spec", storage::claim_spec));
    });
}

/// Sets the defaults of the sources that pods and persistent volumes share.
pub(super) fn source(source: &mut Value) {
    within(source, "hostPath", |path| default(path, "type", ""));
    within(source, "iscsi", |iscsi| default_text(iscsi, "iscsiInterface", "default"));
    within(source, "rbd", |rbd| {
        for (name, value) in [("pool", "rbd"), ("user", "admin"), ("keyring", "/etc/ceph/keyring")] {
            default_text(rbd, name, value);
        }
    });
    within(source, "azureDisk", |disk| {
        for (name, value) in [("cachingMode", "ReadWrite"), ("fsType", "ext4"), ("kind", "Shared")] {
            default(disk, name, value);
        }
        default(disk, "readOnly", false);
    });
    within(source, "scaleIO", |io| {
        default_text(io, "storageMode", "ThinProvisioned");
        default_text(io, "fsType", "xfs");
    });
}

/// Sets the API version of a reference to a field.
pub(super) fn field_reference(reference: &mut Value) {
    default_text(reference, "apiVersion", "v1");
}

fn files(source: &mut Value) {
    each(source, "items", |item| {
        if has(item, "fieldRef") {
            within(item, "fieldRef", field_reference);
        }
    });
}
