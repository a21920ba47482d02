//! Validation of projected volumes.

use kube_structural_schema::object::names;

use super::super::field::{Errors, Field};
use super::super::labels;
use super::volumes::{file, key_to_path, local_path, mode};

const MIN_SECONDS: i64 = 600;
const MAX_SECONDS: i64 = 1 << 32;
const CONFLICT: &str = "conflicting duplicate paths";

/// Validates a projected volume.
pub(super) fn validate(projected: &Field<'_>, errors: &mut Errors) {
    mode(&projected.at("defaultMode"), errors);
    let mut paths: Vec<String> = Vec::new();
    for source in projected.items("sources") {
        let mut sources = 0;
        for name in ["secret", "configMap"] {
            let keys = source.at(name);
            if keys.is_set() {
                sources += 1;
                keys.at("name").require(errors);
                for item in keys.items("items") {
                    key_to_path(&item, errors);
                    note_path(projected, item.at("path").text(), keys.at("name").text(), &mut paths, errors);
                }
            }
        }
        let files = source.at("downwardAPI");
        if files.is_set() {
            sources += 1;
            for item in files.items("items") {
                file(&source.with("downwardAPI", item.value), errors);
                let path = item.at("path").text();
                note_path(projected, path, path, &mut paths, errors);
            }
        }
        if source.at("serviceAccountToken").is_set() {
            sources += 1;
            token(projected, &source.at("serviceAccountToken"), errors);
        }
        if source.at("clusterTrustBundle").is_set() {
            sources += 1;
            let bundle = source.at("clusterTrustBundle");
            trust_bundle(&bundle, errors);
            let path = bundle.at("path").text();
            note_path(projected, path, path, &mut paths, errors);
        }
        if source.at("podCertificate").is_set() {
            sources += 1;
        }
        if sources > 1 {
            source.forbidden(errors, "may not specify more than 1 volume type per source");
        }
    }
}

/// Reports a path that another source has.
fn note_path(projected: &Field<'_>, path: &str, shown: &str, paths: &mut Vec<String>, errors: &mut Errors) {
    if path.is_empty() {
        return;
    }
    if paths.iter().any(|other| other == path) {
        projected.invalid_as(errors, shown, CONFLICT);
    } else {
        paths.push(path.to_owned());
    }
}

/// Validates a token. Errors about its path name the volume.
fn token(projected: &Field<'_>, token: &Field<'_>, errors: &mut Errors) {
    let seconds = token.at("expirationSeconds");
    if !seconds.is_set() {
        seconds.required(errors, "");
    } else if seconds.number() < MIN_SECONDS {
        seconds.invalid(errors, "may not specify a duration less than 10 minutes");
    } else if seconds.number() > MAX_SECONDS {
        seconds.invalid(errors, "may not specify a duration larger than 2^32 seconds");
    }
    let path = token.at("path");
    let path = projected.with("path", path.value);
    if path.is_empty() {
        path.required(errors, "");
    } else {
        local_path(&path, errors);
    }
}

fn trust_bundle(bundle: &Field<'_>, errors: &mut Errors) {
    let (name, signer, selector) = (bundle.at("name"), bundle.at("signerName"), bundle.at("labelSelector"));
    match (name.is_set(), signer.is_set()) {
        (true, true) => bundle.invalid(errors, "only one of name and signerName may be used"),
        (true, false) => {
            if name.is_empty() {
                name.required(errors, "must be a valid object name");
            }
            let own = name.text().rsplit(':').next().unwrap_or_default();
            for wrong in names::subdomain(own) {
                name.invalid(errors, format!("not a valid clustertrustbundlename: {wrong}"));
            }
            if selector.is_set() {
                selector.invalid(errors, "labelSelector must be unset if name is specified");
            }
        }
        (false, true) => {
            if signer.is_empty() {
                signer.required(errors, "must be a valid signer name");
            }
            labels::selector(&selector, errors);
        }
        (false, false) => bundle.required(errors, "either name or signerName must be specified"),
    }
    bundle.at("path").require(errors);
    local_path(&bundle.at("path"), errors);
}
