//! Validation of containers.

use kube_structural_schema::object::{FieldError, names};
use serde_json::Value;

use super::super::field::{Errors, Field};
use super::super::resources::{self, Level};
use super::{Context, environment, mounts, probes, security};

/// The fields of a container that an ephemeral container cannot have.
const NOT_EPHEMERAL: [&str; 6] = ["ports", "resources", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];
const ONLY_SIDECARS: [&str; 4] = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];
const EXIT_CODE_OPERATORS: [&str; 2] = ["In", "NotIn"];

/// Validates the regular containers.
pub(super) fn validate(spec: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    if spec.at("containers").is_empty() {
        spec.at("containers").required(errors, "");
        return;
    }
    let mut names: Vec<&str> = Vec::new();
    for container in spec.items("containers") {
        common(&container, context, errors);
        note_name(&container, &mut names, errors);
        lifecycle_and_probes(&container, context, errors);
        restart_rules(&container, errors);
    }
    let mut ports = Vec::new();
    spec.items("containers").for_each(|container| host_ports(&container, &mut ports, errors));
}

/// Validates the init containers.
pub(super) fn validate_init(spec: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    let mut names: Vec<&str> = names_of(spec.value, "containers");
    for container in spec.items("initContainers") {
        common(&container, context, errors);
        restart_rules(&container, errors);
        let is_sidecar = container.at("restartPolicy").text() == "Always";
        note_name(&container, &mut names, errors);
        host_ports(&container, &mut Vec::new(), errors);
        if is_sidecar {
            lifecycle_and_probes(&container, context, errors);
            continue;
        }
        for name in ONLY_SIDECARS {
            if container.at(name).is_set() {
                let detail = "may not be set for init containers without restartPolicy=Always";
                container.at(name).forbidden(errors, detail);
            }
        }
        for policy in container.items("resizePolicy") {
            if policy.at("restartPolicy").text() == "RestartContainer" {
                let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                policy.at("restartPolicy").invalid(errors, detail);
            }
        }
    }
}

/// Validates the ephemeral containers.
pub(super) fn validate_ephemeral(spec: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    let mut others = names_of(spec.value, "containers");
    others.extend(names_of(spec.value, "initContainers"));
    let mut names = others.clone();
    for container in spec.items("ephemeralContainers") {
        common(&container, context, errors);
        image_has_no_blanks(&container, errors);
        note_name(&container, &mut names, errors);
        let target = container.at("targetContainerName");
        if !target.is_empty() && !others.contains(&target.text()) {
            target.not_found(errors);
        }
        for name in NOT_EPHEMERAL.into_iter().filter(|name| !container.at(name).is_empty()) {
            container.at(name).forbidden(errors, "cannot be set for an Ephemeral Container");
        }
        for mount in container.items("volumeMounts") {
            for name in ["subPath", "subPathExpr"].into_iter().filter(|name| !mount.at(name).is_empty()) {
                mount.at(name).forbidden(errors, "cannot be set for an Ephemeral Container");
            }
        }
    }
}

pub(super) fn image_has_no_blanks(container: &Field<'_>, errors: &mut Errors) {
    let image = container.at("image");
    if image.text().trim().len() != image.text().len() {
        image.invalid(errors, "must not have leading or trailing whitespace");
    }
}

fn names_of<'v>(spec: &'v Value, list: &str) -> Vec<&'v str> {
    spec[list]
        .as_array()
        .into_iter()
        .flatten()
        .map(|container| container["name"].as_str().unwrap_or_default())
        .collect()
}

fn note_name<'a>(container: &Field<'a>, names: &mut Vec<&'a str>, errors: &mut Errors) {
    let name = container.value["name"].as_str().unwrap_or_default();
    if names.contains(&name) {
        errors.push(FieldError::duplicate(format!("{container}.name"), name));
    } else if !name.is_empty() {
        names.push(name);
    }
}

fn common(container: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    container.at("name").require_valid(errors, names::label);
    container.at("image").require(errors);
    container.at("terminationMessagePolicy").require_one_of(errors, &["File", "FallbackToLogsOnError"]);
    ports(container, errors);
    environment::validate(container, errors);
    environment::validate_sources(container, errors);
    mounts::validate(container, context, errors);
    mounts::validate_devices(container, context, errors);
    container.at("imagePullPolicy").require_one_of(errors, &["Always", "IfNotPresent", "Never"]);
    resources::requirements(&container.at("resources"), Level::Container, &context.claims, errors);
    resize_policies(container, context, errors);
    security::container(&container.at("securityContext"), context, errors);
}

fn lifecycle_and_probes(container: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    probes::lifecycle(&container.at("lifecycle"), context, errors);
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        probes::probe(&container.at(name), name == "readinessProbe", context, errors);
    }
}

fn ports(container: &Field<'_>, errors: &mut Errors) {
    let mut names: Vec<&str> = Vec::new();
    for port in container.items("ports") {
        let name = port.at("name");
        let wrong = errors.len();
        name.check_set(errors, super::rules::port_name);
        let text = port.value["name"].as_str().unwrap_or_default();
        if wrong == errors.len() && !text.is_empty() {
            if names.contains(&text) {
                name.duplicate(errors);
            } else {
                names.push(text);
            }
        }
        let number = port.at("containerPort");
        if number.number() == 0 {
            number.required(errors, "");
        } else {
            number.port(errors);
        }
        if port.at("hostPort").number() != 0 {
            port.at("hostPort").port(errors);
        }
        port.at("protocol").require_one_of(errors, &["SCTP", "TCP", "UDP"]);
    }
}

/// Reports host ports that are used twice.
fn host_ports(container: &Field<'_>, used: &mut Vec<String>, errors: &mut Errors) {
    for port in container.items("ports") {
        let number = port.at("hostPort").number();
        if number == 0 {
            continue;
        }
        let key = format!("{}/{}/{number}", port.at("protocol").text(), port.at("hostIP").text());
        if used.contains(&key) {
            errors.push(FieldError::duplicate(port.at("hostPort").to_string(), key));
        } else {
            used.push(key);
        }
    }
}

fn resize_policies(container: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    let list = container.at("resizePolicy");
    let mut seen: Vec<&Value> = Vec::new();
    let report = |errors: &mut Errors, value: &Field<'_>, allowed: [&str; 2]| match value.text() {
        "" => list.required(errors, ""),
        text if !allowed.contains(&text) => {
            errors.push(FieldError::not_supported(list.to_string(), text, allowed));
        }
        _ => {}
    };
    for policy in container.items("resizePolicy") {
        let (name, restart) = (policy.at("resourceName"), policy.at("restartPolicy"));
        if seen.contains(&&policy.value["resourceName"]) {
            errors.push(FieldError::duplicate(policy.to_string(), name.text()));
        }
        seen.push(&policy.value["resourceName"]);
        report(errors, &name, ["cpu", "memory"]);
        report(errors, &restart, ["NotRequired", "RestartContainer"]);
        if context.restart_policy == "Never" && restart.text() != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            list.invalid_as(errors, restart.text(), detail);
        }
    }
}

/// Validates the restart policy of a container and its rules.
fn restart_rules(container: &Field<'_>, errors: &mut Errors) {
    let (policy, rules) = (container.at("restartPolicy"), container.at("restartPolicyRules"));
    if policy.is_set() {
        policy.one_of(errors, &["Always", "Never", "OnFailure"]);
    } else if !rules.is_empty() {
        policy.required(errors, "must specify restartPolicy when restart rules are used");
    }
    if rules.len() > 20 {
        rules.too_many(errors, 20);
    }
    for rule in container.items("restartPolicyRules") {
        rule.at("action").one_of(errors, &["Restart", "RestartAllContainers"]);
        let codes = rule.at("exitCodes");
        if !codes.is_set() {
            codes.required(errors, "must be specified");
            continue;
        }
        codes.at("operator").one_of(errors, &EXIT_CODE_OPERATORS);
        if codes.at("values").len() > 255 {
            codes.at("values").too_many(errors, 255);
        }
    }
}
