//! Validation of API services.
//!
//! Source: `kube-aggregator/pkg/apis/apiregistration/validation/validation.go`.

use kube_structural_schema::object::names;

use super::field::{Errors, Field};

/// Validates an API service.
pub(super) fn service(object: &Field<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    let (group, version) = (spec.at("group"), spec.at("version"));
    let (metadata, expected) = (object.at("metadata"), format!("{}.{}", version.text(), group.text()));
    let name = metadata.at("name");
    if !name.is_empty() && name.text() != expected && names::path_segment(name.text()).is_empty() {
        name.invalid_text(errors, format!("must be `spec.version+\".\"+spec.group`: {expected:?}"));
    }
    if group.is_empty() && version.text() != "v1" {
        group.required(errors, "only v1 may have an empty group and it better be legacy kube");
    }
    group.check_set(errors, names::subdomain);
    version.check(errors, names::label_1035);
    for (field, max) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        let priority = spec.at(field);
        if !(1..=max).contains(&priority.number()) {
            priority.invalid_as(errors, priority.number(), format!("must be positive and less than {max}"));
        }
    }
    let (bundle, insecure) = (spec.at("caBundle"), spec.at("insecureSkipTLSVerify"));
    let service = spec.at("service");
    if !service.is_set() {
        if !bundle.is_empty() {
            let bytes = crate::json::base64::decode(bundle.text()).map_or(0, |bytes| bytes.len());
            bundle.invalid_as(errors, format!("{bytes} bytes"), "local APIServices may not have a caBundle");
        }
        if insecure.is_true() {
            insecure.invalid(errors, "local APIServices may not have insecureSkipTLSVerify");
        }
        return;
    }
    service.at("namespace").require(errors);
    service.at("name").require(errors);
    let port = service.at("port");
    if !(1..=65535).contains(&port.number()) {
        let detail = "port is not valid: must be between 1 and 65535, inclusive";
        port.invalid_as(errors, port.number(), detail);
    }
    if insecure.is_true() && !bundle.is_empty() {
        insecure.invalid(errors, "may not be true if caBundle is present");
    }
}
