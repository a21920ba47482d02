//! Kinds of manifests: those that the server has, and those that CRDs of the same input define.

use std::collections::BTreeMap;

use kube::core::{ApiResource, GroupVersionKind};
use serde_json::Value;

use super::document::Document;
use super::key::GroupKind;
use super::order::CRD;
use super::target::Mapped;
use crate::dynamic::{DiscoveryFailure, MapperError, RestMapper};
use crate::install::Definition;
use crate::resource::Scope;

/// A kind that a CRD of the input defines.
#[derive(Clone, Debug)]
pub(super) struct Defined {
    pub(super) kind: GroupKind,
    pub(super) scope: Scope,
    pub(super) definition: Definition,
}

/// The kind that a manifest of a CRD defines; `None` for other manifests, and for CRDs that the server will reject.
pub(super) fn defined(document: &Document) -> Option<Defined> {
    if (&*document.gvk.group, &*document.gvk.kind) != CRD {
        return None;
    }
    let spec = document.body.get("spec")?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let names = spec.get("names")?;
    let group = text(spec, "group")?;
    let is_served = |version: &&Value| version.get("served").and_then(Value::as_bool).unwrap_or_default();
    let versions = spec.get("versions").and_then(Value::as_array).into_iter().flatten();
    Some(Defined {
        kind: GroupKind::new(&*group, text(names, "kind")?),
        scope: if text(spec, "scope").as_deref() == Some("Cluster") { Scope::Cluster } else { Scope::Namespaced },
        definition: Definition {
            name: document.name.clone(),
            plural: text(names, "plural")?,
            versions: versions.filter(is_served).filter_map(|version| text(version, "name")).collect(),
            group,
        },
    })
}

/// The kinds of an input.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    mapped: BTreeMap<(String, String, String), Mapped>,
    /// The kinds that CRDs of the input define.
    pub(super) defined: BTreeMap<GroupKind, Defined>,
    /// The group versions whose discovery failed.
    pub(super) failures: Vec<DiscoveryFailure>,
}

fn key(gvk: &GroupVersionKind) -> (String, String, String) {
    (gvk.group.clone(), gvk.version.clone(), gvk.kind.clone())
}

impl Kinds {
    /// Maps the kinds of the documents.
    ///
    /// # Errors
    /// Returns an error if discovery fails.
    pub(super) async fn of(documents: &[Document], mapper: &RestMapper) -> Result<Self, MapperError> {
        let defined = documents.iter().filter_map(defined).map(|defined| (defined.kind.clone(), defined)).collect();
        let mut kinds = Kinds { defined, ..Kinds::default() };
        kinds.map(documents, mapper).await?;
        if documents.iter().any(|document| kinds.get(&document.gvk).is_none()) {
            // The mapper may be shared, and older than a CRD that was installed in the meantime.
            mapper.refresh().await?;
            kinds.map(documents, mapper).await?;
        }
        Ok(kinds)
    }

    async fn map(&mut self, documents: &[Document], mapper: &RestMapper) -> Result<(), MapperError> {
        for document in documents {
            if self.mapped.contains_key(&key(&document.gvk)) {
                continue;
            }
            match mapper.by_kind(&document.gvk).await {
                Ok(found) => {
                    let mapped = Mapped { resource: found.api_resource, scope: found.scope };
                    self.mapped.insert(key(&document.gvk), mapped);
                }
                Err(MapperError::NotFound { failures, .. }) => self.failures = failures,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns the resource of a kind.
    pub(super) fn get(&self, gvk: &GroupVersionKind) -> Option<Mapped> {
        let mapped = self.mapped.get(&key(gvk)).cloned();
        mapped.or_else(|| self.defined(gvk))
    }

    /// Returns whether the server serves a kind already.
    pub(super) fn is_served(&self, gvk: &GroupVersionKind) -> bool {
        self.mapped.contains_key(&key(gvk))
    }

    fn defined(&self, gvk: &GroupVersionKind) -> Option<Mapped> {
        let defined = self.defined.get(&GroupKind::new(&*gvk.group, &*gvk.kind))?;
        let is_served = defined.definition.versions.contains(&gvk.version);
        let resource = || ApiResource::from_gvk_with_plural(gvk, &defined.definition.plural);
        is_served.then(|| Mapped { resource: resource(), scope: defined.scope })
    }
}
