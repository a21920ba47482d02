//! Defaults of volumes, claims and storage classes.

use serde_json::{Value, json};

use super::{default, default_text, resources, volumes, within, within_new};

pub(super) fn volume(object: &mut Value) {
    within_new(object, "status", |status| default_text(status, "phase", "Pending"));
    within(object, "spec", |spec| {
        default_text(spec, "persistentVolumeReclaimPolicy", "Retain");
        default(spec, "volumeMode", "Filesystem");
        volume_source(spec);
    });
}

fn volume_source(spec: &mut Value) {
    resources::round(spec, "capacity");
    volumes::source(spec);
}

pub(super) fn claim(object: &mut Value) {
    within_new(object, "status", |status| {
        default_text(status, "phase", "Pending");
        resources::round(status, "capacity");
        resources::round(status, "allocatedResources");
    });
    within(object, "spec", claim_spec);
}

pub(super) fn claim_spec(spec: &mut Value) {
    default(spec, "volumeMode", "Filesystem");
    within(spec, "resources", resources::requirements);
}

pub(super) fn class(object: &mut Value) {
    default(object, "reclaimPolicy", "Delete");
    default(object, "volumeBindingMode", "Immediate");
}

pub(super) fn driver(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "attachRequired", true);
        for name in
            ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount", "preventPodSchedulingIfMissing"]
        {
            default(spec, name, false);
        }
        default(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        if spec["volumeLifecycleModes"].as_array().is_none_or(Vec::is_empty) {
            super::set(spec, "volumeLifecycleModes", json!(["Persistent"]));
        }
    });
}

pub(super) fn attachment(object: &mut Value) {
    within(object, "spec", |spec| within(spec, "source", |source| within(source, "inlineVolumeSpec", volume_source)));
}
