//! Defaults of pods and pod templates.

use serde_json::{Value, json};

use super::{
    add_entries, default, default_number, default_text, each, entries, image, resources, set, text, volumes, within,
};

/// The fields of a pod that list containers.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Sets the defaults of a pod. More fields have defaults than in a template.
pub(super) fn pod(pod: &mut Value) {
    within(pod, "spec", |spec| {
        if spec["terminationGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds < 0) {
            set(spec, "terminationGracePeriodSeconds", 1);
        }
        for list in ["containers", "initContainers"] {
            each(spec, list, |container| {
                within(container, "resources", |resources| {
                    let limits = entries(resources, "limits");
                    add_entries(resources, "requests", limits);
                });
            });
        }
        default(spec, "enableServiceLinks", true);
        if spec["hostNetwork"] == true {
            for list in ["containers", "initContainers"] {
                each(spec, list, |container| each(container, "ports", host_port));
            }
        }
        pod_spec(spec);
    });
    within(pod, "status", pod_status);
}

/// Sets the defaults of a pod template.
pub(super) fn template(template: &mut Value) {
    within(template, "spec", pod_spec);
}

fn host_port(port: &mut Value) {
    if let Some(number) = port["containerPort"].as_i64() {
        default_number(port, "hostPort", number);
    }
}

/// Keeps `podIP` and `podIPs` consistent.
fn pod_status(status: &mut Value) {
    let first = status["podIPs"][0]["ip"].as_str().map(str::to_owned);
    let ip = text(status, "podIP").to_owned();
    match first {
        Some(first) if ip.is_empty() => set(status, "podIP", first),
        first if !ip.is_empty() && first.as_deref() != Some(ip.as_str()) => {
            set(status, "podIPs", json!([{ "ip": ip }]));
        }
        _ => {}
    }
    for list in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
        each(status, list, |container| {
            resources::round(container, "allocatedResources");
            within(container, "resources", resources::requirements);
        });
    }
    resources::round(status, "allocatedResources");
    within(status, "resources", resources::requirements);
}

fn pod_spec(spec: &mut Value) {
    let account = text(spec, "serviceAccountName");
    let account = if account.is_empty() { text(spec, "serviceAccount") } else { account }.to_owned();
    if !account.is_empty() {
        set(spec, "serviceAccountName", account.as_str());
        set(spec, "serviceAccount", account);
    }
    default_text(spec, "dnsPolicy", "ClusterFirst");
    default_text(spec, "restartPolicy", "Always");
    default(spec, "securityContext", json!({}));
    default(spec, "terminationGracePeriodSeconds", 30);
    default_text(spec, "schedulerName", "default-scheduler");
    each(spec, "volumes", volumes::volume);
    for list in CONTAINERS {
        each(spec, list, container);
    }
    resources::round(spec, "overhead");
    within(spec, "resources", resources::requirements);
}

fn container(container: &mut Value) {
    let policy = pull_policy(text(container, "image"));
    default_text(container, "imagePullPolicy", policy);
    default_text(container, "terminationMessagePath", "/dev/termination-log");
    default_text(container, "terminationMessagePolicy", "File");
    each(container, "ports", |port| default_text(port, "protocol", "TCP"));
    each(container, "env", |variable| {
        within(variable, "valueFrom", |source| {
            within(source, "fieldRef", volumes::field_reference);
            within(source, "fileKeyRef", |key| default(key, "optional", false));
        });
    });
    within(container, "resources", resources::requirements);
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        within(container, name, probe);
    }
    within(container, "lifecycle", |lifecycle| {
        for name in ["postStart", "preStop"] {
            within(lifecycle, name, |handler| within(handler, "httpGet", http_get));
        }
    });
}

fn probe(probe: &mut Value) {
    for (name, value) in
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        default_number(probe, name, value);
    }
    within(probe, "httpGet", http_get);
    within(probe, "grpc", |grpc| default(grpc, "service", ""));
}

fn http_get(action: &mut Value) {
    default_text(action, "path", "/");
    default_text(action, "scheme", "HTTP");
}

/// Returns the policy that follows from the tag of an image: images with the tag `latest`, and those with neither a tag
/// nor a digest, are always pulled.
pub(super) fn pull_policy(image: &str) -> &'static str {
    match image::tag(image) {
        Some("latest") => "Always",
        _ => "IfNotPresent",
    }
}
