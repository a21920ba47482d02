//! The named formats, such as `format.dns1123Label()`: one row per format.

use crate::object::format::{code, time, uri};
use crate::object::{go, names};

/// A named format.
#[derive(Debug)]
pub(in crate::cel) struct NamedFormat {
    pub(super) function: &'static str,
    pub(super) name: &'static str,
    pub(in crate::cel) check: fn(&str) -> Vec<String>,
    /// The assumed length of its pattern, for costs.
    pub(in crate::cel) regex_size: u64,
}

pub(in crate::cel) fn find(function: &str) -> Option<&'static NamedFormat> {
    ALL.iter().find(|format| format.function == function)
}

/// Returns the format of a function such as `format.dns1123Label`.
pub(in crate::cel) fn of_function(name: &str) -> Option<&'static NamedFormat> {
    find(name.strip_prefix("format.")?)
}

const fn row(
    function: &'static str,
    name: &'static str,
    regex_size: u64,
    check: fn(&str) -> Vec<String>,
) -> NamedFormat {
    NamedFormat { function, name, check, regex_size }
}

fn unless(is_valid: bool, error: &str) -> Vec<String> {
    if is_valid { Vec::new() } else { vec![error.to_owned()] }
}

static ALL: [NamedFormat; 13] = [
    row("dns1123Label", "DNS1123Label", 30, names::label),
    row("dns1123Subdomain", "DNS1123Subdomain", 60, names::subdomain),
    row("dns1035Label", "DNS1035Label", 30, names::label_1035),
    row("qualifiedName", "QualifiedName", 60, names::qualified_name),
    row("dns1123LabelPrefix", "DNS1123LabelPrefix", 30, |text| names::label(&names::mask_trailing_dash(text))),
    row("dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", 60, names::subdomain_prefix),
    row("dns1035LabelPrefix", "DNS1035LabelPrefix", 30, |text| names::label_1035(&names::mask_trailing_dash(text))),
    row("labelValue", "LabelValue", 40, names::label_value),
    row("uri", "URI", 1103, |text| {
        if uri::is_request_uri(text) {
            return Vec::new();
        }
        let error = if text.is_empty() { "empty url" } else { "invalid URI for request" };
        vec![format!("parse {}: {error}", go::quoted(text))]
    }),
    row("uuid", "uuid", 70, |text| unless(code::is_uuid(text, None), "does not match the UUID format")),
    row("byte", "byte", 84, |text| unless(code::is_base64(text), "invalid base64")),
    row("date", "date", 71, |text| unless(time::is_date(text), "invalid date")),
    row("datetime", "datetime", 71, |text| unless(time::is_date_time(text), "invalid datetime")),
];
