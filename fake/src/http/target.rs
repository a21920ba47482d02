//! What paths are about.

use std::sync::Arc;

use super::route::Place;
use super::verb::Verb;
use crate::kinds::Rules;
use crate::registry::{Registry, Subresource, Target};
use crate::status::Failure;

/// What a path is about, if there is such a kind; a version that goes out of use warns of that.
pub(super) fn of(
    registry: &Registry,
    place: &Place,
    verb: Verb,
    warnings: &mut Vec<String>,
) -> Result<Option<Target>, Failure> {
    let found = registry.kinds.get(&place.group, &place.resource).and_then(|kind| {
        let version = kind.versions.iter().position(|version| version.name == place.version && version.served)?;
        Some((kind, version))
    });
    let Some((kind, version)) = found else {
        // Groups that only CRDs are in are answered by another server than Kubernetes' own.
        let is_own = registry.kinds.all().any(|kind| kind.resource.group == place.group && !kind.is_custom());
        return if is_own { Err(Failure::nothing_here()) } else { Ok(None) };
    };
    // Where an object would have to be is looked at before anything else.
    let is_elsewhere = if kind.namespaced {
        place.namespace.is_empty() && !matches!(verb, Verb::List | Verb::Watch)
    } else {
        !place.namespace.is_empty()
    };
    if is_elsewhere {
        return match () {
            () if !kind.is_typed() => Ok(None),
            () if kind.namespaced && place.name.is_empty() => Err(Failure::no_such_method()),
            () => Err(Failure::nothing_here()),
        };
    }
    if kind.converts_by_webhook && version != kind.storage_index() {
        let stored = kind.api_version(kind.storage_version());
        return Err(Failure::untyped(format!(
            "conversion webhook for {stored}, Kind={} failed: this server does not call webhooks; read and write {stored}",
            kind.names.kind
        )));
    }
    warnings.extend(kind.versions[version].deprecated.clone());
    let subresources = &kind.versions[version].subresources;
    let subresource = match place.subresource.as_str() {
        "" => Subresource::None,
        "status" if subresources.status => Subresource::Status,
        "scale" if subresources.scale.is_some() => Subresource::Scale,
        "finalize" if kind.rules == Rules::Namespace => Subresource::Finalize,
        _ if kind.is_custom() => return Err(Failure::not_found(&kind.resource, &place.name)),
        _ => return Err(Failure::nothing_here()),
    };
    Ok(Some(Target {
        kind: Arc::clone(kind),
        version,
        namespace: place.namespace.clone(),
        name: place.name.clone(),
        subresource,
    }))
}
