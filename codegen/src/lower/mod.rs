//! CRDs become an [`Api`]: every decision about shape is made here, and none about names.

mod combinations;
mod defaults;
pub(crate) mod facts;
mod types;
mod unused;

use std::collections::BTreeSet;

use kube_structural_schema::{Additional, Crd, Note, Schema, Scope, Version};

use crate::api::{Api, Defaults, Docs, Field, Kind, Presence, Step, Struct, TypeRef, Use};
use crate::config::Config;
use crate::error::Error;
use crate::well_known::Known;
use types::Lowering;

/// Lowers all served versions of all CRDs.
pub(crate) fn lower(crds: &[Crd], config: &Config, errors: &mut Vec<Error>, notes: &mut Vec<Note>) -> Api {
    let mut lowering = Lowering::new(config);
    let mut kinds = Vec::new();
    for crd in crds {
        for (rank, version) in versions(crd).enumerate() {
            kinds.push(kind(crd, version, rank, &mut lowering));
            if let Some(path) = lowering.untyped.take() {
                let text = format!("{path} nests too deep for types: values in it are untyped JSON");
                notes.push(Note { place: version.place.clone(), text });
            }
        }
    }
    kinds.sort_by(|one, other| {
        (&one.group, one.rank, &one.version, &one.kind).cmp(&(&other.group, other.rank, &other.version, &other.kind))
    });
    unused::report(&lowering, crds, config, errors);
    Api { kinds, types: lowering.types }
}

/// The versions through which an update deletes fields of other versions.
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

/// The versions in a client: the served ones. If a CRD serves none, all, because the file may be an old one.
pub(crate) fn versions(crd: &Crd) -> impl Iterator<Item = &Version> {
    let any_served = crd.versions.iter().any(|version| version.served);
    crd.versions.iter().filter(move |version| version.served || !any_served)
}

fn kind(crd: &Crd, version: &Version, rank: usize, lowering: &mut Lowering<'_>) -> Kind {
    let mut place = Use {
        group: crd.group.clone(),
        rank,
        version: version.name.clone(),
        kind: crd.names.kind.clone(),
        path: Vec::new(),
        deprecated: version.deprecated.is_some(),
    };
    Kind {
        root: root(&version.schema, &mut place, lowering),
        docs: Docs {
            description: version.schema.description.clone().unwrap_or_default(),
            facts: facts::of(&version.schema),
        },
        group: crd.group.clone(),
        version: version.name.clone(),
        rank,
        kind: crd.names.kind.clone(),
        list_kind: crd.names.list_kind.clone(),
        plural: crd.names.plural.clone(),
        singular: crd.names.singular.clone(),
        short_names: crd.names.short_names.clone(),
        categories: crd.names.categories.clone(),
        namespaced: crd.scope == Scope::Namespaced,
        storage: version.storage,
        deprecated: version.deprecated.clone(),
        status_subresource: version.subresources.status,
        scale_subresource: version.subresources.scale.is_some(),
        selectable_fields: version.selectable_fields.clone(),
        loses: lost_fields(version, crd),
    }
}

/// The object itself: metadata first, `apiVersion` and `kind` left to the type.
fn root(schema: &Schema, place: &mut Use, lowering: &mut Lowering<'_>) -> Struct {
    let metadata = Field {
        name: "metadata".to_owned(),
        type_: TypeRef::Known(Known::ObjectMeta, Defaults::Nothing),
        presence: Presence::Required,
        boxed: false,
        default: None,
        docs: Docs {
            description: "Name, namespace, labels and what else the API server keeps about an object.".to_owned(),
            facts: Vec::new(),
        },
        fingerprint: 0,
    };
    let mut root = lowering.structure(schema, place).0;
    root.fields.insert(0, metadata);
    root
}

/// Without a conversion webhook the API server prunes by the schema of the version that a request uses: fields that only
/// other versions have are lost in an update through this one.
fn lost_fields(version: &Version, crd: &Crd) -> Vec<String> {
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
