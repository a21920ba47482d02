//! The named formats, such as `format.dns1123Label()`.

use crate::object::format::{code, time, uri};
use crate::object::{go, names};

/// A named format.
#[derive(Debug)]
pub(in crate::cel) struct NamedFormat {
    pub(super) function: &'static str,
    pub(super) name: &'static str,
    pub(super) check: fn(&str) -> Vec<String>,
    /// The assumed length of its pattern, for costs.
    pub(super) regex_size: u64,
}

pub(super) fn find(function: &str) -> Option<&'static NamedFormat> {
    ALL.iter().find(|format| format.function == function)
}

const fn of(
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
    of("dns1123Label", "DNS1123Label", 30, names::label),
    of("dns1123Subdomain", "DNS1123Subdomain", 60, names::subdomain),
    of("dns1035Label", "DNS1035Label", 30, names::label_1035),
    of("qualifiedName", "QualifiedName", 60, names::qualified_name),
    of("dns1123LabelPrefix", "DNS1123LabelPrefix", 30, |text| names::label(&names::mask_trailing_dash(text))),
    of("dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", 60, names::subdomain_prefix),
    of("dns1035LabelPrefix", "DNS1035LabelPrefix", 30, |text| names::label_1035(&names::mask_trailing_dash(text))),
    of("labelValue", "LabelValue", 40, names::label_value),
    of("uri", "URI", 1103, |text| {
        if uri::is_request_uri(text) {
            return Vec::new();
        }
        let error = if text.is_empty() { "empty url" } else { "invalid URI for request" };
        vec![format!("parse {}: {error}", go::quoted(text))]
    }),
    of("uuid", "uuid", 70, |text| unless(code::is_uuid(text, None), "does not match the UUID format")),
    of("byte", "byte", 84, |text| unless(code::is_base64(text), "invalid base64")),
    of("date", "date", 71, |text| unless(time::is_date(text), "invalid date")),
    of("datetime", "datetime", 71, |text| unless(time::is_date_time(text), "invalid datetime")),
];
