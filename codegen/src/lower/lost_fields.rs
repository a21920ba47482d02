//! Fields that an update through one version deletes from objects that were written through another.

use std::collections::BTreeSet;

use kube_structural_schema::{Additional, Crd, Note, Schema, Version};

use super::versions::versions;
use crate::api::{Step, Use};

/// Returns a note for each version through which an update deletes fields of other versions.
pub(crate) fn lossy_updates(crds: &[Crd]) -> Vec<Note> {
    let mut notes = Vec::new();
    for crd in crds {
        for version in versions(crd) {
            let lost = lost_fields(version, crd);
            if !lost.is_empty() {
                let text =
                    format!("an update through {} deletes fields of other versions: {}", version.name, lost.join(", "));
                notes.push(Note { place: version.place.clone(), text });
            }
        }
    }
    notes
}

/// Returns the fields that an update through a version deletes. Without a conversion webhook, the API server prunes objects
/// by the schema of the request's version: fields of other versions only are deleted.
pub(super) fn lost_fields(version: &Version, crd: &Crd) -> Vec<String> {
    if crd.conversion_webhook {
        return Vec::new();
    }
    let mut lost = BTreeSet::new();
    for other in crd.versions.iter().filter(|other| other.name != version.name) {
        missing(&version.schema, &other.schema, &mut Vec::new(), &mut lost);
    }
    lost.into_iter().collect()
}

fn missing(here: &Schema, there: &Schema, path: &mut Vec<Step>, lost: &mut BTreeSet<String>) {
    if here.keeps_unknown() {
        return;
    }
    for (name, child) in &there.properties {
        path.push(Step::Property(name.clone()));
        match here.properties.get(name) {
            Some(own) => missing(own, child, path, lost),
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
