//! Merge of several sources of one CRD.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::crd::{Crd, Version, priority};
use crate::problem::{Note, Place, Problem, ProblemKind};

/// Returns one CRD per name, sorted by name. Reports sources with different definitions.
pub(super) fn merge(crds: Vec<Crd>, problems: &mut Vec<Problem>) -> (Vec<Crd>, Vec<Note>) {
    let mut merged: BTreeMap<String, Crd> = BTreeMap::new();
    let mut notes = Vec::new();
    let mut sorted = crds;
    sorted.sort_by(|one, other| one.place.cmp(&other.place));
    for crd in sorted {
        match merged.get_mut(&crd.name) {
            None => {
                merged.insert(crd.name.clone(), crd);
            }
            Some(first) => join(first, crd, problems, &mut notes),
        }
    }
    let mut crds: Vec<Crd> = merged.into_values().collect();
    for crd in &mut crds {
        if !crd.versions.iter().any(|version| version.served) {
            let text = "no version has served: true; the client includes all of them".to_owned();
            notes.push(Note { place: crd.place.clone(), text });
        }
        keep_newest_storage_version(crd, &mut notes);
    }
    (crds, notes)
}

fn join(first: &mut Crd, mut second: Crd, problems: &mut Vec<Problem>, notes: &mut Vec<Note>) {
    let mut conflict = |part: &str, place: &Place, other: &Place| {
        let kind = ProblemKind::Conflict { part: part.to_owned(), other: other.to_string() };
        problems.push(Problem { place: place.clone(), kind });
    };
    if (&first.names, first.scope) != (&second.names, second.scope) {
        use_newer_names(first, &second, notes);
    }
    for version in second.versions {
        let raw = raw_version(&mut second.document, &version.name);
        match first.versions.iter().find(|known| known.name == version.name) {
            Some(_) if raw_version(&mut first.document, &version.name) == raw => {}
            Some(known) => conflict(&format!("version {}", version.name), &version.place, &known.place),
            None => {
                if let Some(versions) = first.document.pointer_mut("/spec/versions").and_then(Value::as_array_mut) {
                    versions.extend(raw.map(Value::take));
                }
                first.versions.push(version);
            }
        }
    }
    first.conversion_webhook |= second.conversion_webhook;
    first.versions.sort_by_key(|version| priority(&version.name));
    if let Some(versions) = first.document.pointer_mut("/spec/versions").and_then(Value::as_array_mut) {
        versions.sort_by_key(|version| priority(version["name"].as_str().unwrap_or_default()));
    }
}

/// Files of different ages may have different names or scopes: the file with the newest version takes precedence.
fn use_newer_names(first: &mut Crd, second: &Crd, notes: &mut Vec<Note>) {
    let newest = |crd: &Crd| crd.versions.first().map(|version| priority(&version.name));
    let second_is_newer = newest(second) < newest(first);
    let (older, newer) = if second_is_newer { (&first.place, &second.place) } else { (&second.place, &first.place) };
    let text = format!(
        "spec.names or spec.scope differs from {}, which has the newest version and takes precedence",
        newer.source
    );
    notes.push(Note { place: older.clone(), text });
    if second_is_newer {
        first.names = second.names.clone();
        first.scope = second.scope;
        for field in ["names", "scope"] {
            first.document["spec"][field] = second.document["spec"][field].clone();
        }
    }
}

fn raw_version<'d>(document: &'d mut Value, name: &str) -> Option<&'d mut Value> {
    let versions = document.pointer_mut("/spec/versions")?.as_array_mut()?;
    versions.iter_mut().find(|version| version["name"] == name)
}

/// Files of different ages may each mark their own version as the storage version: the newest takes precedence.
fn keep_newest_storage_version(crd: &mut Crd, notes: &mut Vec<Note>) {
    let mut stored = crd.versions.iter_mut().filter(|version| version.storage);
    let Some(newest) = stored.next().map(|version: &mut Version| version.name.clone()) else {
        let text = "no version has storage: true; the API server rejects the CRD".to_owned();
        notes.push(Note { place: crd.place.clone(), text });
        return;
    };
    for older in stored {
        older.storage = false;
        let text = format!("version {newest} is newer and also has storage: true: it is the storage version");
        notes.push(Note { place: older.place.clone(), text });
    }
    if let Some(versions) = crd.document.pointer_mut("/spec/versions").and_then(Value::as_array_mut) {
        for version in versions {
            if version["storage"] == true && version["name"] != newest.as_str() {
                version["storage"] = Value::Bool(false);
            }
        }
    }
}
