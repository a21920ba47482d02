//! Rules for texts in built-in kinds.
//!
//! Source: `apimachinery/pkg/util/validation/validation.go`.

use kube_structural_schema::object::names::{label, qualified_name, subdomain};

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const MAX_SUBDOMAIN: usize = 253;

fn too_long(max: usize) -> String {
    format!("must be no more than {max} characters")
}

/// Returns the errors of the name of a port.
pub(super) fn port_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 15 {
        errors.push(too_long(15));
    }
    if text.is_empty() || !text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.bytes().any(|c| c.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        errors.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        errors.push("must not begin or end with a hyphen".to_owned());
    }
    errors
}

/// Returns the errors of the name of an environment variable.
pub(super) fn variable(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.is_empty() {
        errors.push("environment variable name must be non-empty".to_owned());
    }
    if !text.chars().all(|c| matches!(c, ' '..='~') && c != '=') {
        errors.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
                .to_owned(),
        );
    }
    errors
}

/// Returns the errors of the name of an HTTP header.
pub(super) fn header(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
        return Vec::new();
    }
    vec!["a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')".to_owned()]
}

/// Returns the errors of a percentage, such as `25%`.
pub(super) fn percent(text: &str) -> Vec<String> {
    if text.strip_suffix('%').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit())) {
        return Vec::new();
    }
    vec!["a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')".to_owned()]
}

/// Returns the errors of a host name with a wildcard.
pub(super) fn wildcard(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > MAX_SUBDOMAIN {
        errors.push(too_long(MAX_SUBDOMAIN));
    }
    let valid = text.strip_prefix("*.").is_some_and(|rest| rest.len() > MAX_SUBDOMAIN || subdomain(rest).is_empty());
    if !valid {
        errors.push(format!(
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.{LABEL}(\\.{LABEL})*')"
        ));
    }
    errors
}

/// Returns the errors of a search domain, which may contain underscores.
pub(super) fn search_domain(text: &str) -> Vec<String> {
    const PART: &str = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    let mut errors = Vec::new();
    if text.len() > MAX_SUBDOMAIN {
        errors.push(too_long(MAX_SUBDOMAIN));
    }
    let is_part = |part: &str| {
        let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let part = part.strip_prefix('_').unwrap_or(part);
        part.starts_with(ends) && part.ends_with(ends) && part.chars().all(|c| ends(c) || matches!(c, '-' | '_'))
    };
    if !text.split('.').all(is_part) {
        errors.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{PART}(\\.{PART})*')"
        ));
    }
    errors
}

/// Returns the errors of the name of a CSI driver.
pub(super) fn driver(text: &str) -> Vec<String> {
    subdomain(&text.to_lowercase())
}

/// Returns the errors of a qualified name in any case.
pub(super) fn qualified_in_lower_case(text: &str) -> Vec<String> {
    qualified_name(&text.to_lowercase())
}

/// Returns the value and the error of a path with a domain, such as `example.com/path`.
pub(super) fn domain_path(text: &str) -> Vec<(String, String)> {
    const PATH: &str = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
    let Some((host, path)) = text.split_once('/').filter(|(host, path)| !host.is_empty() && !path.is_empty()) else {
        let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        return vec![(text.to_owned(), detail.to_owned())];
    };
    let mut errors: Vec<_> = subdomain(host).into_iter().map(|detail| (host.to_owned(), detail)).collect();
    if !path.chars().all(|c| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(c)) {
        errors.push((path.to_owned(), format!("Invalid path (regex used for validation is '{PATH}')")));
    }
    errors
}

/// Returns the value and the error of a fully qualified domain name.
pub(super) fn domain(text: &str) -> Option<(String, String)> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let wrong = subdomain(name);
    if !wrong.is_empty() {
        return Some((name.to_owned(), wrong.join(",")));
    }
    if !name.contains('.') {
        return Some((name.to_owned(), "should be a domain with at least two segments separated by dots".to_owned()));
    }
    let wrong = name.split('.').map(|part| (part, label(part))).find(|(_, wrong)| !wrong.is_empty());
    wrong.map(|(part, wrong)| (part.to_owned(), wrong.join(",")))
}
