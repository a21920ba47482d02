//! Defaults of webhooks and admission policies.

use serde_json::{Value, json};

use super::{default, each, within};

pub(super) fn apply(kind: &str, object: &mut Value) {
    match kind {
        "ValidatingWebhookConfiguration" => each(object, "webhooks", webhook),
        "MutatingWebhookConfiguration" => each(object, "webhooks", |entry| {
            webhook(entry);
            default(entry, "reinvocationPolicy", "Never");
        }),
        "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" => within(object, "spec", |spec| {
            default(spec, "failurePolicy", "Fail");
            within(spec, "matchConstraints", matched);
        }),
        "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding" => {
            within(object, "spec", |spec| within(spec, "matchResources", matched));
        }
        _ => {}
    }
}

fn webhook(webhook: &mut Value) {
    default(webhook, "failurePolicy", "Fail");
    selectors(webhook);
    default(webhook, "timeoutSeconds", 10);
    within(webhook, "clientConfig", |client| within(client, "service", |service| default(service, "port", 443)));
    each(webhook, "rules", scope);
}

fn selectors(object: &mut Value) {
    default(object, "matchPolicy", "Equivalent");
    default(object, "namespaceSelector", json!({}));
    default(object, "objectSelector", json!({}));
}

fn matched(resources: &mut Value) {
    selectors(resources);
    for list in ["resourceRules", "excludeResourceRules"] {
        each(resources, list, scope);
    }
}

fn scope(rule: &mut Value) {
    default(rule, "scope", "*");
}
