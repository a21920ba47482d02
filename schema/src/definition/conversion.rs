//! `spec.conversion`.

use serde_json::Value;

use super::props::Props;
use crate::object::{FieldError, Path, names};

/// Source: `validateCustomResourceConversion`. In the internal type `webhook.clientConfig` is `webhookClientConfig`.
pub(super) fn conversion(conversion: Option<Props<'_>>, requires_known: bool, spec: &Path<'_>) -> Vec<FieldError> {
    let Some(conversion) = conversion else { return Vec::new() };
    let path = spec.field("conversion");
    let webhook = conversion.child("webhook").unwrap_or(Props(&Value::Null));
    let (config, versions) = (webhook.child("clientConfig"), webhook.list("conversionReviewVersions"));
    let mut errors = one_of(&path.field("strategy"), conversion.text("strategy"), &["None", "Webhook"]);
    let client = path.field("webhookClientConfig");
    if conversion.text("strategy") == "Webhook" {
        match config {
            None => errors.push(FieldError::required(client.text(), "required when strategy is set to Webhook")),
            Some(config) => errors.extend(client_config(config, &client)),
        }
        errors.extend(review_versions(versions, requires_known, &path.field("conversionReviewVersions")));
        return errors;
    }
    let detail = "should not be set when strategy is not set to Webhook";
    if config.is_some() {
        errors.push(FieldError::forbidden(client.text(), detail));
    }
    if !versions.is_empty() {
        errors.push(FieldError::forbidden(path.field("conversionReviewVersions").text(), detail));
    }
    errors
}

/// Source: `validateEnumStrings`.
pub(super) fn one_of(path: &Path<'_>, value: &str, accepted: &[&str]) -> Vec<FieldError> {
    if value.is_empty() {
        return vec![FieldError::required(path.text(), "")];
    }
    if accepted.contains(&value) {
        return Vec::new();
    }
    vec![FieldError::not_supported(path.text(), value, accepted.iter().copied())]
}

fn client_config(config: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    match (config.pointer("url"), config.child("service")) {
        (Some(url), None) => self::url(url, &path.field("url")),
        // The API server swaps name and namespace, so that each is reported as the other.
        (None, Some(service)) => self::service(service, &path.field("service")),
        _ => vec![FieldError::required(path.text(), "exactly one of url or service is required")],
    }
}

const DESIRED_FORMAT: &str = "; desired format: https://host[/path]";

/// Source: `apiserver/pkg/util/webhook/validation.go`, `ValidateWebhookURL`.
fn url(url: &str, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut invalid = |value: &str, detail: String| errors.push(FieldError::invalid(path.text(), value, detail));
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            (scheme.to_lowercase(), rest)
        }
        _ => (String::new(), rest),
    };
    let authority = rest.strip_prefix("//").map_or("", |rest| rest.split('/').next().unwrap_or_default());
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if scheme != "https" {
        invalid(&scheme, format!("'https' is the only allowed URL scheme{DESIRED_FORMAT}"));
    }
    if host.is_empty() {
        invalid(host, format!("host must be specified{DESIRED_FORMAT}"));
    }
    if let Some(user) = user {
        invalid(user, "user information is not permitted in the URL".to_owned());
    }
    if !fragment.is_empty() {
        invalid(fragment, "fragments are not permitted in the URL".to_owned());
    }
    if !query.is_empty() {
        invalid(query, "query parameters are not permitted in the URL".to_owned());
    }
    errors
}

/// Source: `ValidateWebhookService`.
fn service(service: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, field) in [("namespace", "name"), ("name", "namespace")] {
        if service.text(name).is_empty() {
            errors.push(FieldError::required(path.field(field).text(), ""));
        }
    }
    let port = service.get("port").and_then(Value::as_i64).unwrap_or(443);
    if !(1..=65535).contains(&port) {
        let detail = "port is not valid: must be between 1 and 65535, inclusive";
        errors.push(FieldError::invalid(path.field("port").text(), port, detail));
    }
    if let Some(text) = service.pointer("path") {
        errors.extend(service_path(text, &path.field("path")));
    }
    errors
}

fn service_path(text: &str, path: &Path<'_>) -> Vec<FieldError> {
    if matches!(text, "/" | "") {
        return Vec::new();
    }
    let invalid = |detail: String| FieldError::invalid(path.text(), text, detail);
    if text == "//" {
        return vec![invalid("segment[0] may not be empty".to_owned())];
    }
    let mut errors = Vec::new();
    if !text.starts_with('/') {
        errors.push(invalid("must start with a '/'".to_owned()));
    }
    // The first character is skipped even if it is not a slash.
    let rest = text.get(1..).unwrap_or_default();
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    for (index, step) in rest.split('/').enumerate() {
        if step.is_empty() {
            errors.push(invalid(format!("segment[{index}] may not be empty")));
            continue;
        }
        errors.extend(names::subdomain(step).into_iter().map(|error| invalid(format!("segment[{index}]: {error}"))));
    }
    errors
}

/// Source: `validateConversionReviewVersions`.
fn review_versions(versions: &[Value], requires_known: bool, path: &Path<'_>) -> Vec<FieldError> {
    if versions.is_empty() {
        return vec![FieldError::required(path.text(), "")];
    }
    let mut errors = Vec::new();
    let mut seen = Vec::new();
    for (index, version) in versions.iter().map(|version| version.as_str().unwrap_or_default()).enumerate() {
        if seen.contains(&version) {
            errors.push(FieldError::invalid(path.item(index).text(), version, "duplicate version"));
            continue;
        }
        seen.push(version);
        let errors_of_version = names::label_1035(version);
        errors.extend(
            errors_of_version.into_iter().map(|detail| FieldError::invalid(path.item(index).text(), version, detail)),
        );
    }
    if requires_known && !has_known_version(versions) {
        let detail = "must include at least one of v1, v1beta1";
        errors.push(FieldError::invalid(path.text(), versions.to_vec(), detail));
    }
    errors
}

/// Returns whether the API server supports one of these versions of `ConversionReview`.
pub(super) fn has_known_version(versions: &[Value]) -> bool {
    versions.iter().any(|version| matches!(version.as_str(), Some("v1" | "v1beta1")))
}
