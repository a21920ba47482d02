//! Stored fields that each change through another version deletes.

use std::collections::BTreeSet;

use kube_structural_schema::{Additional, Crd, Note, Schema, Version};

use super::versions::versions;
use crate::api::{Step, Use};

/// Returns a note for each version through which a change deletes stored fields.
pub(crate) fn lossy_updates(crds: &[Crd]) -> Vec<Note> {
    let mut notes = Vec::new();
    for crd in crds {
        for version in versions(crd) {
            let lost = lost_fields(version, crd);
            if !lost.is_empty() {
                let text = format!(
                    "each change through {} deletes fields of the storage version: {}",
                    version.name,
                    lost.join(", ")
                );
                notes.push(Note { place: version.place.clone(), text });
            }
        }
    }
    notes
}

/// Returns the fields that a change through a version deletes. Without a conversion webhook, the API server prunes objects by
/// the schema of the request's version, and when it stores them by that of the storage version: fields that only the storage
/// version has are deleted, and others were never stored.
pub(super) fn lost_fields(version: &Version, crd: &Crd) -> Vec<String> {
    if crd.conversion_webhook {
        return Vec::new();
    }
    let mut lost = BTreeSet::new();
    for other in crd.versions.iter().filter(|other| other.storage && other.name != version.name) {
        missing(&version.schema, &other.schema, &mut Vec::new(), &mut lost);
    }
    lost.into_iter().collect()
}

fn missing(here: &Schema, there: &Schema, path: &mut Vec<Step>, lost: &mut BTreeSet<String>) {
    if there.keeps_unknown() && !here.keeps_unknown() && here.additional_properties.is_none() {
        lost.insert(format!("{}.*", path_text(path)));
    }
    let values = match &here.additional_properties {
        Some(Additional::Schema(values)) => Some(&**values),
        _ => None,
    };
    for (name, child) in &there.properties {
        path.push(Step::Property(name.clone()));
        match here.properties.get(name).or(values) {
            Some(own) => missing(own, child, path, lost),
            None if here.keeps_unknown() => {}
            None if path.len() > 1 || !matches!(name.as_str(), "apiVersion" | "kind" | "metadata") => {
                lost.insert(path_text(path));
            }
            None => {}
        }
        path.pop();
    }
    if let (Some(here), Some(there)) = (&here.items, &there.items) {
        path.push(Step::Item);
        missing(here, there, path, lost);
        path.pop();
    }
    if let (Some(Additional::Schema(here)), Some(Additional::Schema(there))) =
        (&here.additional_properties, &there.additional_properties)
    {
        path.push(Step::Value);
        missing(here, there, path, lost);
        path.pop();
    }
}

fn path_text(path: &[Step]) -> String {
    let place = Use {
        group: String::new(),
        rank: 0,
        version: String::new(),
        kind: String::new(),
        path: path.to_vec(),
        deprecated: false,
    };
    place.schema_path()
}
