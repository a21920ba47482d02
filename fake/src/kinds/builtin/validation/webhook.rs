//! Validation of webhook configurations and admission policies, without their CEL expressions.
//!
//! Source: `kubernetes/pkg/apis/admissionregistration/validation/validation.go` and `apiserver/pkg/util/webhook/validation.go`.

use kube_structural_schema::object::names;
use serde_json::Value;

use super::field::{Errors, Field};
use super::labels;

const VERSIONS: [&str; 2] = ["v1", "v1beta1"];
const URL_FORM: &str = "; desired format: https://host[/path]";

/// Validates a webhook configuration.
pub(super) fn configuration(object: &Field<'_>, errors: &mut Errors) {
    let mut seen: Vec<&Value> = Vec::new();
    for (hook, value) in object.items("webhooks").zip(object.value["webhooks"].as_array().into_iter().flatten()) {
        webhook(&hook, errors);
        review_versions(&hook, errors);
        if !hook.at("name").is_empty() {
            if seen.contains(&&value["name"]) {
                hook.at("name").duplicate(errors);
            }
            seen.push(&value["name"]);
        }
    }
}

/// Validates the binding of an admission policy.
pub(super) fn policy_binding(object: &Field<'_>, validates: bool, errors: &mut Errors) {
    let spec = object.at("spec");
    spec.at("policyName").require_valid(errors, names::subdomain);
    parameters(&spec, errors);
    let resources = spec.at("matchResources");
    labels::selector(&resources.at("namespaceSelector"), errors);
    labels::selector(&resources.at("objectSelector"), errors);
    resources.at("matchPolicy").one_of_if_set(errors, &["Equivalent", "Exact"]);
    for list in ["resourceRules", "excludeResourceRules"] {
        for rule in resources.items(list) {
            operations(&rule, errors);
            self::rule(&rule, errors);
        }
    }
    if validates {
        actions(&spec, errors);
    }
}

fn parameters(spec: &Field<'_>, errors: &mut Errors) {
    let parameter = spec.at("paramRef");
    if !parameter.is_set() {
        return;
    }
    let (name, selector) = (parameter.at("name"), parameter.at("selector"));
    let exclusive = "name and selector are mutually exclusive";
    if !name.is_empty() {
        name.check(errors, names::path_segment);
        if selector.is_set() {
            name.forbidden(errors, exclusive);
        }
    }
    if selector.is_set() {
        labels::selector(&selector, errors);
        if !name.is_empty() {
            selector.forbidden(errors, exclusive);
        }
    }
    if name.is_empty() && !selector.is_set() {
        parameter.required(errors, "one of name or selector must be specified");
    }
    parameter.at("parameterNotFoundAction").require_one_of(errors, &["Deny", "Allow"]);
}

fn actions(spec: &Field<'_>, errors: &mut Errors) {
    let actions = spec.at("validationActions");
    if actions.is_empty() {
        actions.required(errors, "");
    }
    let texts: Vec<&str> = actions.texts().collect();
    for (index, action) in spec.items("validationActions").enumerate() {
        action.one_of(errors, &["Audit", "Deny", "Warn"]);
        if texts[..index].contains(&action.text()) {
            action.duplicate(errors);
        }
    }
    if texts.contains(&"Deny") && texts.contains(&"Warn") {
        let value: Vec<&str> = texts.clone();
        actions.invalid_as(errors, value, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)");
    }
}

fn webhook(hook: &Field<'_>, errors: &mut Errors) {
    qualified_name(&hook.at("name"), errors);
    for rule in hook.items("rules") {
        operations(&rule, errors);
        self::rule(&rule, errors);
    }
    hook.at("failurePolicy").one_of_if_set(errors, &["Fail", "Ignore"]);
    hook.at("matchPolicy").one_of_if_set(errors, &["Equivalent", "Exact"]);
    let effects = hook.at("sideEffects");
    if effects.is_set() {
        effects.one_of(errors, &["None", "NoneOnDryRun"]);
    } else {
        effects.required(errors, "must specify one of None, NoneOnDryRun");
    }
    let timeout = hook.at("timeoutSeconds");
    if timeout.is_set() && !(1..=30).contains(&timeout.number()) {
        timeout.invalid(errors, "the timeout value must be between 1 and 30 seconds");
    }
    labels::selector(&hook.at("namespaceSelector"), errors);
    labels::selector(&hook.at("objectSelector"), errors);
    hook.at("reinvocationPolicy").one_of_if_set(errors, &["IfNeeded", "Never"]);
    let client = hook.at("clientConfig");
    match (client.at("url").is_set(), client.at("service").is_set()) {
        (true, false) => url(&client.at("url"), errors),
        (false, true) => service(&client.at("service"), errors),
        _ => client.required(errors, "exactly one of url or service is required"),
    }
}

/// Validates a name with at least three segments.
fn qualified_name(field: &Field<'_>, errors: &mut Errors) {
    if field.is_empty() {
        field.required(errors, "");
        return;
    }
    let wrong = names::subdomain(field.text());
    if !wrong.is_empty() {
        field.invalid(errors, wrong.join(","));
    } else if field.text().split('.').count() < 3 {
        field.invalid(errors, "should be a domain with at least three segments separated by dots");
    }
}

fn operations(rule: &Field<'_>, errors: &mut Errors) {
    let all = rule.at("operations");
    if all.is_empty() {
        all.required(errors, "");
    }
    if all.len() > 1 && all.texts().any(|operation| operation == "*") {
        all.invalid(errors, "if '*' is present, must not specify other operations");
    }
    for operation in rule.items("operations") {
        operation.one_of(errors, &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
    }
}

fn rule(rule: &Field<'_>, errors: &mut Errors) {
    for (list, what) in [("apiGroups", "API groups"), ("apiVersions", "API versions")] {
        let all = rule.at(list);
        if all.is_empty() {
            all.required(errors, "");
        }
        if all.len() > 1 && all.texts().any(|item| item == "*") {
            all.invalid(errors, format!("if '*' is present, must not specify other {what}"));
        }
    }
    rule.items("apiVersions").for_each(|version| version.require(errors));
    resources(rule, errors);
    rule.at("scope").one_of_if_set(errors, &["*", "Cluster", "Namespaced"]);
}

fn resources(rule: &Field<'_>, errors: &mut Errors) {
    let all = rule.at("resources");
    if all.is_empty() {
        all.required(errors, "");
    }
    let (mut whole, mut parts): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut has_resource = false;
    for item in rule.items("resources") {
        let text = item.text();
        if text.is_empty() {
            item.required(errors, "");
            continue;
        }
        let Some((resource, part)) = text.split_once('/') else {
            has_resource = text != "*";
            continue;
        };
        if whole.iter().any(|other| other == resource) {
            item.invalid(errors, format!("if '{resource}/*' is present, must not specify {text}"));
        }
        if parts.iter().any(|other| other == part) {
            item.invalid(errors, format!("if '*/{part}' is present, must not specify {text}"));
        }
        if part == "*" {
            whole.push(resource.to_owned());
        }
        if resource == "*" {
            parts.push(part.to_owned());
        }
    }
    let has = |text: &str| all.texts().any(|item| item == text);
    if all.len() > 1 && has("*/*") {
        all.invalid(errors, "if '*/*' is present, must not specify other resources");
    }
    if has("*") && has_resource {
        all.invalid(errors, "if '*' is present, must not specify other resources without subresources");
    }
}

fn review_versions(hook: &Field<'_>, errors: &mut Errors) {
    let all = hook.at("admissionReviewVersions");
    if all.is_empty() {
        all.required(errors, "must specify one of v1, v1beta1");
        return;
    }
    for (index, version) in hook.items("admissionReviewVersions").enumerate() {
        if all.texts().take(index).any(|other| other == version.text()) {
            version.invalid(errors, "duplicate version");
        } else {
            version.check(errors, names::label_1035);
        }
    }
    if !all.texts().any(|version| VERSIONS.contains(&version)) {
        all.invalid(errors, "must include at least one of v1, v1beta1");
    }
}

fn url(field: &Field<'_>, errors: &mut Errors) {
    let text = field.text();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if scheme != "https" {
        field.invalid_as(errors, scheme, format!("'https' is the only allowed URL scheme{URL_FORM}"));
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = if scheme.is_empty() { "" } else { rest.split('/').next().unwrap_or_default() };
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if host.is_empty() {
        field.invalid_as(errors, "", format!("host must be specified{URL_FORM}"));
    }
    if let Some(user) = user {
        field.invalid_as(errors, user, "user information is not permitted in the URL");
    }
    if !fragment.is_empty() {
        field.invalid_as(errors, fragment, "fragments are not permitted in the URL");
    }
    if !query.is_empty() {
        field.invalid_as(errors, query, "query parameters are not permitted in the URL");
    }
}

fn service(service: &Field<'_>, errors: &mut Errors) {
    service.at("name").require(errors);
    service.at("namespace").require(errors);
    let (port, path) = (service.at("port"), service.at("path"));
    if !(1..=65535).contains(&port.number()) {
        let detail = "port is not valid: must be between 1 and 65535, inclusive";
        port.invalid_as(errors, port.number(), detail);
    }
    let text = path.text();
    if text.is_empty() || text == "/" {
        return;
    }
    if text == "//" {
        path.invalid(errors, "segment[0] may not be empty");
        return;
    }
    if !text.starts_with('/') {
        path.invalid(errors, "must start with a '/'");
    }
    let mut chars = text.chars();
    chars.next();
    let rest = chars.as_str();
    for (index, step) in rest.strip_suffix('/').unwrap_or(rest).split('/').enumerate() {
        if step.is_empty() {
            path.invalid(errors, format!("segment[{index}] may not be empty"));
            continue;
        }
        for wrong in names::subdomain(step) {
            path.invalid(errors, format!("segment[{index}]: {wrong}"));
        }
    }
}
