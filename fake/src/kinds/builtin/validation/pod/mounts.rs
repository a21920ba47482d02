//! Validation of volume mounts and devices.

use serde_json::Value;

use super::super::field::{Errors, Field};
use super::{Context, volumes};

fn values<'v>(container: &'v Value, list: &str, name: &str) -> Vec<(&'v str, &'v str)> {
    let items = container[list].as_array().into_iter().flatten();
    let text = |item: &'v Value, name: &str| item[name].as_str().unwrap_or_default();
    items.map(|item| (text(item, "name"), text(item, name))).collect()
}

/// Validates `volumeMounts`.
pub(super) fn validate(container: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    let devices = values(container.value, "volumeDevices", "devicePath");
    let mut paths: Vec<&Value> = Vec::new();
    for mount in container.items("volumeMounts") {
        let (name, path) = (mount.at("name"), mount.at("mountPath"));
        name.require(errors);
        let volume = context.volume(name.text());
        if volume.is_none() {
            name.not_found(errors);
        }
        path.require(errors);
        if paths.contains(&&mount.value["mountPath"]) {
            path.invalid_text(errors, "must be unique");
        }
        paths.push(&mount.value["mountPath"]);
        if devices.iter().any(|(device, _)| *device == name.text()) {
            name.invalid(errors, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|(_, device)| *device == path.text()) {
            path.invalid(errors, "must not already exist as a path in volumeDevices");
        }
        options(container, &mount, errors);
    }
}

/// Validates the options of a mount. Most errors name the list instead of the item.
fn options(container: &Field<'_>, mount: &Field<'_>, errors: &mut Errors) {
    let list = container.at("volumeMounts");
    let (sub_path, expression) = (mount.at("subPath"), mount.at("subPathExpr"));
    if !sub_path.is_empty() {
        volumes::descending_path(&list.with("subPath", sub_path.value), errors);
    }
    if !expression.is_empty() {
        if !sub_path.is_empty() {
            expression.invalid(errors, "subPathExpr and subPath are mutually exclusive");
        }
        volumes::descending_path(&list.with("subPathExpr", expression.value), errors);
    }
    let propagation = list.with("mountPropagation", &mount.value["mountPropagation"]);
    if propagation.is_set() {
        propagation.one_of(errors, &["Bidirectional", "HostToContainer", "None"]);
        let is_privileged = container.at("securityContext.privileged").is_true();
        if propagation.text() == "Bidirectional" && !is_privileged {
            let detail = "Bidirectional mount propagation is available only to privileged containers";
            propagation.forbidden(errors, detail);
        }
    }
    let recursive = list.with("recursiveReadOnly", &mount.value["recursiveReadOnly"]);
    match recursive.text() {
        "Enabled" | "IfPossible" => {
            if !mount.at("readOnly").is_true() {
                recursive.forbidden(errors, "may only be specified when readOnly is true");
            }
            if propagation.is_set() && propagation.text() != "None" {
                let detail = "may only be specified when mountPropagation is None or not specified";
                recursive.forbidden(errors, detail);
            }
        }
        "Disabled" => {}
        _ if recursive.is_set() => recursive.not_supported(errors, ["Disabled", "Enabled", "IfPossible"]),
        _ => {}
    }
}

/// Validates `volumeDevices`.
pub(super) fn validate_devices(container: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    let mounts = values(container.value, "volumeMounts", "mountPath");
    let (mut names, mut paths): (Vec<&Value>, Vec<&Value>) = (Vec::new(), Vec::new());
    for device in container.items("volumeDevices") {
        let (name, path) = (device.at("name"), device.at("devicePath"));
        name.require(errors);
        if names.contains(&&device.value["name"]) {
            name.invalid(errors, "must be unique");
        }
        match context.volume(name.text()) {
            None => name.not_found(errors),
            Some(source) if source["persistentVolumeClaim"].is_null() && source["ephemeral"].is_null() => {
                let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                name.invalid(errors, detail);
            }
            Some(_) => {}
        }
        path.require(errors);
        if paths.contains(&&device.value["devicePath"]) {
            path.invalid(errors, "must be unique");
        }
        if path.text().split('/').any(|part| part == "..") {
            path.invalid(errors, "can not contain backsteps ('..')");
        } else {
            paths.push(&device.value["devicePath"]);
        }
        if mounts.iter().any(|(mount, _)| *mount == name.text()) {
            name.invalid(errors, "must not already exist in volumeMounts");
        }
        if mounts.iter().any(|(_, mount)| *mount == path.text()) {
            path.invalid(errors, "must not already exist as a path in volumeMounts");
        }
        names.push(&device.value["name"]);
    }
}
