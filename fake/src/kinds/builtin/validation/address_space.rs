//! Validation of IP addresses and of networks of services.
//!
//! Source: `kubernetes/pkg/apis/networking/validation/validation.go`.

use kube_structural_schema::object::names;
use serde_json::Value;

use super::IMMUTABLE;
use super::address::{self, Network};
use super::field::{Errors, Field};

/// Validates the name of an address: the address in its canonical form.
pub(super) fn address_name(name: &str) -> Vec<String> {
    match address::parse(name) {
        None => vec!["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned()],
        Some(found) if found.to_string() != name => vec![format!("must be in canonical form (\"{found}\")")],
        Some(_) => Vec::new(),
    }
}

/// Validates an address.
pub(super) fn address(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let spec = object.at("spec");
    let parent = spec.at("parentRef");
    if let Some(old) = old {
        return parent.immutable(errors, &old["spec"]["parentRef"]);
    }
    if !parent.is_set() {
        return parent.required(errors, "");
    }
    parent.at("group").check_set(errors, names::subdomain);
    parent.at("resource").require_valid(errors, names::path_segment);
    parent.at("name").require_valid(errors, names::path_segment);
    parent.at("namespace").check_set(errors, names::path_segment);
}

/// Validates a network. A second one can be added, of the other family.
pub(super) fn network(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let spec = object.at("spec");
    let cidrs = spec.at("cidrs");
    let before = old.map(|old| old["spec"]["cidrs"].as_array().map(Vec::as_slice).unwrap_or_default());
    match (before, cidrs.len()) {
        (None, _) => networks(&spec, errors),
        (Some(before), count) if before.len() == count => unchanged(&spec, before, errors),
        (Some(before @ [_]), 2) => {
            unchanged(&spec, before, errors);
            networks(&spec, errors);
        }
        _ => cidrs.invalid(errors, IMMUTABLE),
    }
}

fn unchanged(spec: &Field<'_>, before: &[Value], errors: &mut Errors) {
    for (cidr, old) in spec.items("cidrs").zip(before) {
        if cidr.value != old {
            cidr.invalid(errors, IMMUTABLE);
        }
    }
}

fn networks(spec: &Field<'_>, errors: &mut Errors) {
    let cidrs = spec.at("cidrs");
    match cidrs.len() {
        0 => return cidrs.required(errors, "at least one CIDR required"),
        1 | 2 => {}
        _ => return cidrs.invalid_as(errors, spec.value.clone(), "may only hold up to 2 values"),
    }
    let found: Vec<Option<Network>> =
        spec.items("cidrs").map(|cidr| address::check_network(&cidr, &[], errors)).collect();
    if let [Some(first), Some(second)] = found.as_slice()
        && first.address.is_ipv4() == second.address.is_ipv4()
    {
        let detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
        cidrs.invalid(errors, detail);
    }
}
