//! Validation of certificate signing requests.
//!
//! Source: `kubernetes/pkg/apis/certificates/validation/validation.go`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube_structural_schema::object::{FieldError, names};
use serde_json::Value;

use super::field::{Errors, Field};

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// Validates a certificate signing request.
pub(super) fn request(object: &Field<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    let request = spec.at("request");
    let pem = STANDARD.decode(request.text()).unwrap_or_default();
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE REQUEST-----") {
        request.invalid(errors, "PEM block type must be CERTIFICATE REQUEST");
    }
    let usages = spec.at("usages");
    usages.require(errors);
    for usage in spec.items("usages") {
        usage.one_of(errors, &USAGES);
    }
    for (index, usage) in spec.items("usages").enumerate() {
        if usages.texts().take(index).any(|other| other == usage.text()) {
            usage.duplicate(errors);
        }
    }
    let signer = spec.at("signerName");
    if signer.text() == "kubernetes.io/legacy-unknown" {
        signer.invalid(errors, "the legacy signerName is not allowed via this API version");
    } else {
        signer_name(&signer, errors);
    }
    let seconds = spec.at("expirationSeconds");
    if seconds.is_set() && seconds.number() < 600 {
        seconds.invalid(errors, "may not specify a duration less than 600 seconds (10 minutes)");
    }
}

fn signer_name(signer: &Field<'_>, errors: &mut Errors) {
    if signer.is_empty() {
        signer.required(errors, "");
        return;
    }
    let segments: Vec<&str> = signer.text().split('/').collect();
    let [domain, path] = segments.as_slice() else {
        signer.invalid(errors, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
        return;
    };
    for detail in names::subdomain(domain) {
        signer.invalid(errors, format!("validating domain segment failed: {detail}"));
    }
    let names = path.split('.').flat_map(names::label);
    names.for_each(|detail| signer.invalid(errors, format!("validating path segment failed: {detail}")));
}

/// Validates an update of a request: only one subresource approves, and none removes conditions.
pub(super) fn update(object: &Field<'_>, old: &Value, is_approval: bool, errors: &mut Errors) {
    request(object, errors);
    let of_type = |request: &Value, kind: &str| -> Vec<Value> {
        let conditions = request["status"]["conditions"].as_array().into_iter().flatten();
        conditions.filter(|condition| condition["type"] == kind).cloned().collect()
    };
    for kind in ["Approved", "Denied", "Failed"] {
        let (now, before) = (of_type(object.value, kind), of_type(old, kind));
        let what = if now.len() < before.len() {
            "remove"
        } else if kind != "Failed" && !is_approval && now.len() > before.len() {
            "add"
        } else {
            continue;
        };
        let detail = format!("updates may not {what} a condition of type \"{kind}\"");
        errors.push(FieldError::forbidden("status.conditions", detail));
    }
}
