//! Validation of security contexts.

use super::super::field::{Errors, Field};
use super::{Context, volumes};

const MAX_ID: i64 = i32::MAX as i64;
const MAX_PROFILE: usize = 4095;

/// Validates the security context of a pod, and what depends on it.
pub(super) fn pod(spec: &Field<'_>, errors: &mut Errors) {
    let context = spec.at("securityContext");
    for name in ["fsGroup", "runAsUser", "runAsGroup"] {
        context.at(name).in_range(errors, 0, MAX_ID);
    }
    context.items("supplementalGroups").for_each(|group| group.in_range(errors, 0, MAX_ID));
    sysctls(spec, errors);
    context.at("fsGroupChangePolicy").one_of_if_set(errors, &["Always", "OnRootMismatch"]);
    seccomp(&context.at("seccompProfile"), errors);
    app_armor(&context.at("appArmorProfile"), errors);
    context.at("supplementalGroupsPolicy").one_of_if_set(errors, &["Merge", "Strict"]);
    context.at("seLinuxChangePolicy").one_of_if_set(errors, &["MountOption", "Recursive"]);
    let shared = spec.at("shareProcessNamespace");
    if shared.is_true() && spec.at("hostPID").is_true() {
        shared.invalid(errors, "ShareProcessNamespace and HostPID cannot both be enabled");
    }
}

fn sysctls(spec: &Field<'_>, errors: &mut Errors) {
    const REGEX: &str = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
    let context = spec.at("securityContext");
    let mut seen: Vec<&str> = Vec::new();
    for sysctl in context.items("sysctls") {
        let name = sysctl.at("name");
        let text = sysctl.value["name"].as_str().unwrap_or_default();
        let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_part = |part: &str| {
            part.starts_with(ends) && part.ends_with(ends) && part.chars().all(|c| ends(c) || matches!(c, '-' | '_'))
        };
        if text.is_empty() {
            name.required(errors, "");
        } else if text.len() > 253 || !text.split(['.', '/']).all(is_part) {
            name.invalid(errors, format!("must have at most 253 characters and match regex {REGEX}"));
        } else if seen.contains(&text) {
            name.duplicate(errors);
        }
        let dotted = text.replace('/', ".");
        if spec.at("hostNetwork").is_true() && dotted.starts_with("net.") {
            name.invalid(errors, "may not be specified when 'hostNetwork' is true");
        }
        let is_ipc = ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|prefix| dotted.starts_with(prefix));
        if spec.at("hostIPC").is_true() && (is_ipc || dotted == "kernel.sem") {
            name.invalid(errors, "may not be specified when 'hostIPC' is true");
        }
        seen.push(text);
    }
}

/// Validates the security context of a container. Privileged containers are allowed, as with `--allow-privileged`.
pub(super) fn container(context: &Field<'_>, pod: &Context<'_>, errors: &mut Errors) {
    if !context.is_set() {
        return;
    }
    context.at("runAsUser").in_range(errors, 0, MAX_ID);
    context.at("runAsGroup").in_range(errors, 0, MAX_ID);
    let mount = context.at("procMount");
    mount.one_of_if_set(errors, &["Default", "Unmasked"]);
    if pod.host_users && mount.text() == "Unmasked" {
        mount.invalid(errors, "`hostUsers` must be false to use `Unmasked`");
    }
    seccomp(&context.at("seccompProfile"), errors);
    if context.value["allowPrivilegeEscalation"] == false {
        if context.at("privileged").is_true() {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            context.invalid(errors, detail);
        }
        if context.at("capabilities.add").texts().any(|name| name == "CAP_SYS_ADMIN") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            context.invalid(errors, detail);
        }
    }
    app_armor(&context.at("appArmorProfile"), errors);
}

fn seccomp(profile: &Field<'_>, errors: &mut Errors) {
    if !profile.is_set() {
        return;
    }
    let (kind, local) = (profile.at("type"), profile.at("localhostProfile"));
    if kind.is_empty() {
        kind.required(errors, "type is required when seccompProfile is set");
    } else {
        kind.one_of(errors, &["Localhost", "RuntimeDefault", "Unconfined"]);
    }
    if kind.text() == "Localhost" {
        if local.is_set() {
            volumes::descending_path(&local, errors);
        } else {
            local.required(errors, "must be set when seccomp type is Localhost");
        }
    } else if local.is_set() {
        let detail = "can only be set when seccomp type is Localhost";
        local.invalid_struct(errors, &[("Type", kind.value), ("LocalhostProfile", local.value)], detail);
    }
}

fn app_armor(profile: &Field<'_>, errors: &mut Errors) {
    const REQUIRED: &str = "must be set when AppArmor type is Localhost";
    if !profile.is_set() {
        return;
    }
    let (kind, local) = (profile.at("type"), profile.at("localhostProfile"));
    match kind.text() {
        "Localhost" if !local.is_set() => local.required(errors, REQUIRED),
        "Localhost" => {
            if local.text().trim() != local.text() {
                local.invalid(errors, "must not be padded with whitespace");
            } else if local.is_empty() {
                local.required(errors, REQUIRED);
            }
            if local.text().len() > MAX_PROFILE {
                local.too_long(errors, i64::try_from(MAX_PROFILE).unwrap_or(i64::MAX));
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if local.is_set() {
                local.invalid(errors, "can only be set when AppArmor type is Localhost");
            }
        }
        "" => kind.required(errors, "type is required when appArmorProfile is set"),
        _ => kind.not_supported(errors, ["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}
