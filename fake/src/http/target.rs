//! Resolution of resource paths.

use std::sync::Arc;

use ::http::StatusCode;

use super::route::ResourcePath;
use super::verb::Verb;
use crate::kinds::{Kind, Subresource};
use crate::registry::{Registry, Target, Warnings};
use crate::status::Failure;

/// Resolves a path to a kind, and warns about deprecated versions. `None` if the group has no such resource.
pub(super) fn resolve(
    registry: &Registry,
    path: &ResourcePath,
    verb: Verb,
    warnings: &mut Warnings,
) -> Result<Option<Target>, Failure> {
    let found = registry.kinds.get(&path.group, &path.resource).and_then(|kind| {
        let version = kind.versions.iter().position(|version| version.name == path.version && version.served)?;
        Some((kind, version))
    });
    let Some((kind, version)) = found else {
        // Groups that only contain CRDs are served by apiextensions-apiserver, which has other errors.
        let has_builtin_kinds = registry.kinds.all().any(|kind| kind.resource.group == path.group && !kind.is_custom());
        return if has_builtin_kinds { Err(Failure::path_not_found()) } else { Ok(None) };
    };
    if kind.is_review() && (!path.name.is_empty() || kind.namespaced == path.namespace.is_empty()) {
        return Err(Failure::path_not_found());
    }
    // The scope is checked before anything else.
    let wrong_scope = if kind.namespaced {
        path.namespace.is_empty() && !matches!(verb, Verb::List | Verb::Watch)
    } else {
        !path.namespace.is_empty()
    };
    if wrong_scope {
        return match () {
            () if !kind.is_typed() => Ok(None),
            () if kind.namespaced && path.name.is_empty() => Err(Failure::method_not_allowed()),
            () => Err(Failure::path_not_found()),
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
    let subresource = match path.subresource.as_str() {
        "" => Subresource::None,
        "status" if subresources.status => Subresource::Status,
        "scale" if subresources.scale.is_some() => Subresource::Scale,
        name if !kind.builtin.is_empty() => builtin_subresource(kind, version, name)?,
        _ if kind.is_custom() => return Err(Failure::not_found(&kind.resource, &path.name)),
        _ => return Err(Failure::path_not_found()),
    };
    Ok(Some(Target {
        kind: Arc::clone(kind),
        version,
        namespace: path.namespace.clone(),
        name: path.name.clone(),
        subresource,
    }))
}

/// Returns a subresource of a built-in kind. Some are only offered by servers that run containers.
fn builtin_subresource(kind: &Kind, version: usize, name: &str) -> Result<Subresource, Failure> {
    let resource = kind.builtin.get(version).map(|builtin| builtin.resource).ok_or_else(Failure::path_not_found)?;
    if !resource.subresources.iter().any(|subresource| subresource.name == name) {
        return Err(Failure::path_not_found());
    }
    Subresource::of_builtin(name).ok_or_else(|| {
        let message = format!("{}/{name} is not supported: nothing runs on this server in memory", resource.plural);
        Failure::new(StatusCode::NOT_IMPLEMENTED, "", message)
    })
}
