//! The parent of an ApplySet: whether it can be used, and what it records.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::PartialObjectMeta;
use serde_json::json;

use super::{ApplySet, ApplySetError, ID, KINDS, NAMESPACES, PARENT_TYPE, RESOURCES, TOOLING, Tooling, apply_set_id};
use crate::client::{Client, Error, FieldValidation, PatchOptions};
use crate::dynamic::{DiscoveredResource, MapperError, RestMapper};
use crate::manifests::GroupKind;
use crate::manifests::target::{Mapped, Target};
use crate::types::Json;

/// An ApplySet with its parent.
#[derive(Clone, Debug)]
pub(in crate::manifests) struct Set {
    pub(in crate::manifests) parent: Target,
    pub(in crate::manifests) id: String,
    tooling: Tooling,
    plural: String,
}

/// The kinds and the namespaces of members.
#[derive(Clone, Debug, Default)]
pub(in crate::manifests) struct Members {
    pub(in crate::manifests) kinds: BTreeSet<GroupKind>,
    pub(in crate::manifests) namespaces: BTreeSet<String>,
}

/// What the parent recorded before the operation.
#[derive(Clone, Debug, Default)]
pub(in crate::manifests) struct Recorded {
    /// The kinds that the server has.
    pub(in crate::manifests) kinds: BTreeMap<GroupKind, Mapped>,
    pub(in crate::manifests) namespaces: BTreeSet<String>,
    pub(in crate::manifests) warnings: Vec<String>,
}

impl Recorded {
    fn members(&self) -> Members {
        Members { kinds: self.kinds.keys().cloned().collect(), namespaces: self.namespaces.clone() }
    }
}

impl Set {
    /// Resolves the parent. Sends no request for it.
    pub(in crate::manifests) async fn resolve(set: &ApplySet, mapper: &RestMapper) -> Result<Self, ApplySetError> {
        let found = mapper.resolve(&set.resource).await.map_err(ApplySetError::UnknownParent)?;
        let plural = found.api_resource.plural.clone();
        let mapped = Mapped { resource: found.api_resource, scope: found.scope };
        let namespace = set.namespace.as_deref().filter(|namespace| !namespace.is_empty());
        let parent = mapped.target(namespace, &set.name);
        if mapped.is_namespaced() && namespace.is_none() {
            return Err(ApplySetError::NamespaceRequired(parent.key.to_string()));
        }
        let namespace = parent.key.namespace.as_deref().unwrap_or_default();
        let id = apply_set_id(&set.name, namespace, &parent.key.group_kind());
        Ok(Set { id, tooling: set.tooling.clone(), plural, parent })
    }

    fn failed(&self, action: &'static str, source: Error) -> ApplySetError {
        ApplySetError::Request { action, parent: self.parent.key.to_string(), source: Box::new(source) }
    }

    fn is_builtin(&self) -> bool {
        let key = &self.parent.key;
        key.group.is_empty() && matches!(&*key.kind, "Secret" | "ConfigMap")
    }

    /// Reads what the parent records.
    ///
    /// # Errors
    /// Returns an error if the set cannot be used.
    pub(in crate::manifests) async fn read(
        &self,
        client: &Client,
        mapper: &RestMapper,
    ) -> Result<Recorded, ApplySetError> {
        self.check_kind(client).await?;
        let parent = self.parent.metadata(client).get_opt(&self.parent.key.name).await;
        match parent.map_err(|source| self.failed("read", source))? {
            Some(parent) => {
                self.check(&parent.metadata)?;
                self.recorded(&parent.metadata, mapper).await
            }
            None if self.is_builtin() => Ok(Recorded::default()),
            None => Err(ApplySetError::ParentMissing(self.parent.key.to_string())),
        }
    }

    /// Checks that objects of the kind can be parents.
    async fn check_kind(&self, client: &Client) -> Result<(), ApplySetError> {
        if self.is_builtin() {
            return Ok(());
        }
        let resource = format!("{}.{}", self.plural, self.parent.key.group);
        let crds = client.cluster::<PartialObjectMeta<CustomResourceDefinition>>();
        let crd = crds.get_opt(&resource).await.map_err(|source| self.failed("read the CRD of", source))?;
        let labels = crd.and_then(|crd| crd.metadata.labels).unwrap_or_default();
        if labels.contains_key(PARENT_TYPE) { Ok(()) } else { Err(ApplySetError::NotPermitted(resource)) }
    }

    /// Checks that the object is the parent of this set, and that this tool manages it.
    fn check(&self, parent: &ObjectMeta) -> Result<(), ApplySetError> {
        let name = || self.parent.key.to_string();
        let Some(tooling) = parent.annotations.as_ref().and_then(|annotations| annotations.get(TOOLING)) else {
            return Err(ApplySetError::no_tooling(name()));
        };
        let found = tooling.rsplit_once('/').map_or(&**tooling, |(name, _)| name);
        if found != self.tooling.name {
            let (found, expected) = (found.to_owned(), self.tooling.name.clone());
            return Err(ApplySetError::ForeignTooling { parent: name(), found, expected });
        }
        match parent.labels.as_ref().and_then(|labels| labels.get(ID)) {
            None => Err(ApplySetError::NotAParent { parent: name(), missing: ID }),
            Some(id) if *id != self.id => {
                Err(ApplySetError::OtherId { parent: name(), found: id.clone(), expected: self.id.clone() })
            }
            Some(_) => Ok(()),
        }
    }

    async fn recorded(&self, parent: &ObjectMeta, mapper: &RestMapper) -> Result<Recorded, ApplySetError> {
        let annotation = |name| parent.annotations.as_ref().and_then(|annotations| annotations.get(name));
        let split = |text: &String| text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let namespaces: BTreeSet<String> = annotation(NAMESPACES).map(split).unwrap_or_default();
        let mut recorded = Recorded { namespaces, ..Recorded::default() };
        recorded.namespaces.extend(self.parent.key.namespace.clone());
        let (names, are_kinds): (BTreeSet<String>, bool) = match (annotation(KINDS), annotation(RESOURCES)) {
            (Some(kinds), _) => (split(kinds), true),
            (None, Some(resources)) if !resources.is_empty() => (split(resources), false),
            // The specification allows to list all kinds of the server instead; kubectl refuses such a parent as well.
            _ => return Err(ApplySetError::NotAParent { parent: self.parent.key.to_string(), missing: KINDS }),
        };
        for name in names {
            match find(mapper, &name, are_kinds).await {
                Ok(found) => {
                    let kind = GroupKind::new(&*found.api_resource.group, &*found.api_resource.kind);
                    let mapped = Mapped { resource: found.api_resource, scope: found.scope };
                    recorded.kinds.insert(kind, mapped);
                }
                Err(MapperError::NotFound { failures, .. }) if failures.is_empty() => recorded.warnings.push(format!(
                    "the server has no kind {name:?} any more, which the ApplySet contained: its objects cannot be pruned"
                )),
                Err(source) => {
                    let parent = self.parent.key.to_string();
                    return Err(ApplySetError::UnknownKind { parent, kind: name, source });
                }
            }
        }
        Ok(recorded)
    }

    /// Records the members in the parent: those of before the operation, if given, and those of after it. Returns a warning if
    /// another manager owned the annotations.
    ///
    /// All annotations are applied, so that the deprecated one, which is not, is removed.
    pub(in crate::manifests) async fn update(
        &self,
        client: &Client,
        before: Option<&Recorded>,
        after: &Members,
        (dry_run, validation): (bool, FieldValidation),
    ) -> Result<Option<String>, ApplySetError> {
        let body = self.body(before, after);
        let manager = format!("{}-applyset", self.tooling.name);
        let options = PatchOptions { dry_run, ..PatchOptions::manager(manager).field_validation(validation) };
        let parents = self.parent.objects(client);
        let name = &self.parent.key.name;
        match parents.apply_json(name, &body, &options).await {
            Ok(_) => Ok(None),
            Err(error) if error.is_conflict() => {
                let forced = parents.apply_json(name, &body, &options.force()).await;
                forced.map_err(|source| self.failed("update", source))?;
                Ok(Some(format!("fields of the ApplySet parent were taken over: {error}")))
            }
            Err(source) => Err(self.failed("update", source)),
        }
    }

    fn body(&self, before: Option<&Recorded>, after: &Members) -> Json {
        let mut members = after.clone();
        if let Some(before) = before.map(Recorded::members) {
            members.kinds.extend(before.kinds);
            members.namespaces.extend(before.namespaces);
        }
        let parent = &self.parent;
        let own = parent.key.namespace.as_deref().unwrap_or_default();
        // In the order of the texts, as kubectl sorts them.
        let kinds: BTreeSet<String> = members.kinds.iter().map(ToString::to_string).collect();
        let kinds: Vec<String> = kinds.into_iter().collect();
        let namespaces: Vec<String> = members.namespaces.into_iter().filter(|namespace| namespace != own).collect();
        let mut metadata = json!({
            "name": parent.key.name,
            "labels": {ID: self.id},
            "annotations": {
                TOOLING: self.tooling.to_string(),
                KINDS: kinds.join(","),
                NAMESPACES: namespaces.join(","),
            },
        });
        if let Some(namespace) = &parent.key.namespace {
            metadata["namespace"] = namespace.as_str().into();
        }
        let resource = &parent.resource;
        json!({"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}).into()
    }
}

/// Finds a kind, or a resource. A mapper that is shared may be older than the kind, whose objects would not be pruned.
async fn find(mapper: &RestMapper, name: &str, is_kind: bool) -> Result<DiscoveredResource, MapperError> {
    match find_once(mapper, name, is_kind).await {
        Err(MapperError::NotFound { .. }) => {
            mapper.refresh().await?;
            find_once(mapper, name, is_kind).await
        }
        found => found,
    }
}

async fn find_once(mapper: &RestMapper, name: &str, is_kind: bool) -> Result<DiscoveredResource, MapperError> {
    if !is_kind {
        return mapper.resolve(name).await;
    }
    let GroupKind { group, kind } = GroupKind::parse(name);
    mapper.by_group_kind(&group, &kind).await
}
