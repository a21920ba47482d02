//! Conversion of CRDs to an [`Api`]: decides all shapes, and no names.

mod combinations;
pub(crate) mod condition_names;
mod defaults;
pub(crate) mod facts;
mod lost_fields;
mod merge;
mod types;
mod unused;
mod versions;

use kube_structural_schema::{Crd, Note, Schema, Scope, Version};

use self::condition_names::condition_names;
pub(crate) use self::lost_fields::lossy_updates;
use self::lost_fields::lost_fields;
use self::types::Lowering;
pub(crate) use self::versions::versions;
use crate::api::{Api, Defaults, Docs, Field, Kind, Presence, Struct, TypeRef, Use};
use crate::config::Config;
use crate::error::Error;
use crate::well_known::Known;

/// Converts all served versions of all CRDs.
pub(crate) fn lower(crds: &[Crd], config: &Config, errors: &mut Vec<Error>, notes: &mut Vec<Note>) -> Api {
    let mut lowering = Lowering::new(config);
    let mut kinds = Vec::new();
    for crd in crds {
        for (rank, version) in versions(crd).enumerate() {
            kinds.push(kind(crd, version, rank, &mut lowering, config));
            notes.extend(merge::atomic_conditions(&crd.names.kind, version));
            if let Some(path) = lowering.untyped.take() {
                let text = format!("{path} is nested too deeply for types: its values are untyped JSON");
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

fn kind(crd: &Crd, version: &Version, rank: usize, lowering: &mut Lowering<'_>, config: &Config) -> Kind {
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
        condition_names: condition_names(&crd.names.kind, version, config),
        lost_fields: lost_fields(version, crd),
        conversion_webhook: crd.conversion_webhook,
    }
}

/// Returns the shape of the object: metadata first, without `apiVersion` and `kind`, which are not fields.
fn root(schema: &Schema, place: &mut Use, lowering: &mut Lowering<'_>) -> Struct {
    let metadata = Field {
        name: "metadata".to_owned(),
        type_: TypeRef::Known(Known::ObjectMeta, Defaults::Nothing),
        presence: Presence::Required,
        boxed: false,
        merge: crate::api::Merge::Granular,
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
