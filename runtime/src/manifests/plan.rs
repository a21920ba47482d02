//! The plan: what is sent, checked before anything is sent.

use std::collections::BTreeMap;

use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Map, Value};

use super::document::Document;
use super::key::{GroupKind, ObjectKey};
use super::order::{NAMESPACE, step};
use super::problem::{Origin, Problem, Problems};
use super::report::{Entry, Outcome};
use super::resolve::{Kinds, defined};
use super::target::{Mapped, Target};
use crate::dynamic::DiscoveryFailure;
use crate::install::Definition;
use crate::resource::Scope;
use crate::types::Json;

/// Something that other objects of the input need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Requirement {
    Namespace(String),
    Kind(GroupKind),
}

/// An object to apply or delete.
#[derive(Clone)]
pub(super) struct Planned {
    pub(super) origin: Origin,
    pub(super) target: Target,
    pub(super) body: Json,
    /// The step in which it is applied.
    pub(super) step: usize,
    /// What the object provides to others.
    pub(super) provides: Option<Requirement>,
    /// What other objects of the input provide to this one.
    pub(super) requires: Vec<Requirement>,
    /// The kind that it defines.
    pub(super) definition: Option<Definition>,
    /// Whether the server has the kind already.
    pub(super) is_served: bool,
    pub(super) warnings: Vec<String>,
}

impl Planned {
    /// Returns an entry of a report.
    pub(super) fn entry(&self, outcome: Outcome) -> Entry {
        Entry {
            origin: Some(self.origin.clone()),
            object: self.target.key.clone(),
            outcome,
            uid: None,
            resource_version: None,
            warnings: self.warnings.clone(),
        }
    }
}

/// The settings of a plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings<'s> {
    /// The namespace of the options.
    pub(super) namespace: Option<&'s str>,
    /// The default namespace of the client.
    pub(super) default_namespace: &'s str,
    /// Labels that are added, and that manifests must not have.
    pub(super) label: Option<(&'static str, &'s str)>,
    /// Whether a kind that the server does not have means that its objects do not exist, for deletions.
    pub(super) skip_unserved: bool,
}

/// Plans all documents.
///
/// # Errors
/// Returns all problems.
pub(super) fn plan(documents: &[Document], kinds: &Kinds, settings: Settings<'_>) -> Result<Vec<Planned>, Problems> {
    let mut problems = Vec::new();
    let mut planned = Vec::new();
    for document in documents {
        let mapped = kinds.get(&document.gvk);
        let mapped = mapped.or_else(|| settings.skip_unserved.then(|| unserved(document, kinds)).flatten());
        match mapped {
            Some(mapped) => planned.extend(one(document, &mapped, kinds, settings, &mut problems)),
            None => problems.push(unknown(document, &kinds.failures)),
        }
    }
    problems.extend(duplicates(&planned));
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    add_requirements(&mut planned);
    Ok(planned)
}

/// Returns the resource of a kind that the server does not have. Unless discovery is incomplete, it has no objects.
fn unserved(document: &Document, kinds: &Kinds) -> Option<Mapped> {
    let scope = if document.namespace.is_some() { Scope::Namespaced } else { Scope::Cluster };
    kinds.failures.is_empty().then(|| Mapped { resource: ApiResource::from_gvk(&document.gvk), scope })
}

fn unknown(document: &Document, failures: &[DiscoveryFailure]) -> Problem {
    let GroupVersionKind { kind, .. } = &document.gvk;
    let message = format!("the server has no kind {kind:?} in {:?}", document.gvk.api_version());
    if failures.is_empty() {
        let remedy = "install its CRD first, or add it to the manifests";
        return document.origin.problem(format!("{message}: {remedy}"));
    }
    let failures: Vec<String> = failures.iter().map(|failure| failure.api_version.clone()).collect();
    document.origin.problem(format!("{message}; discovery failed for {}: try again", failures.join(", ")))
}

fn one(
    document: &Document,
    mapped: &Mapped,
    kinds: &Kinds,
    settings: Settings<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Planned> {
    let mut warnings = Vec::new();
    let namespace = if mapped.is_namespaced() {
        match namespace(document, settings) {
            Ok(namespace) => Some(namespace),
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        }
    } else {
        let ignored = document.namespace.as_ref();
        warnings.extend(ignored.map(|namespace| {
            format!("{} is cluster-scoped: the namespace {namespace:?} of the manifest is ignored", document.gvk.kind)
        }));
        None
    };
    let mut body = document.body.clone();
    set_namespace(&mut body, namespace);
    if let Some((key, value)) = settings.label
        && let Err(message) = set_label(&mut body, key, value)
    {
        problems.push(document.origin.problem(message));
    }
    let target = mapped.target(namespace, &document.name);
    Some(Planned {
        origin: document.origin.clone(),
        step: step(&target.key.group_kind()),
        provides: provides(document),
        requires: Vec::new(),
        definition: defined(document).map(|defined| defined.definition),
        is_served: kinds.is_served(&document.gvk),
        target,
        body,
        warnings,
    })
}

/// Returns the namespace of an object of a namespaced kind.
///
/// Source: `SetNamespace` and `RequireNamespace` of `k8s.io/cli-runtime/pkg/resource/visitor.go`.
fn namespace<'n>(document: &'n Document, settings: Settings<'n>) -> Result<&'n str, Problem> {
    match (document.namespace.as_deref(), settings.namespace) {
        (Some(found), Some(expected)) if found != expected => Err(document.origin.problem(format!(
            "the namespace {found:?} of the manifest is not the namespace {expected:?} of the options: remove one of them"
        ))),
        (Some(found), _) => Ok(found),
        (None, expected) => Ok(expected.unwrap_or(settings.default_namespace)),
    }
}

/// Returns a mapping below a mapping, which is created if it is missing or null.
fn mapping<'v>(parent: &'v mut Value, key: &str) -> Option<&'v mut Map<String, Value>> {
    let value = parent.as_object_mut()?.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

fn set_namespace(body: &mut Value, namespace: Option<&str>) {
    let Some(metadata) = mapping(body, "metadata") else { return };
    match namespace {
        Some(namespace) => metadata.insert("namespace".to_owned(), namespace.into()),
        None => metadata.remove("namespace"),
    };
}

fn set_label(body: &mut Value, key: &str, value: &str) -> Result<(), String> {
    let metadata = body.get_mut("metadata");
    let Some(labels) = metadata.and_then(|metadata| mapping(metadata, "labels")) else { return Ok(()) };
    match labels.insert(key.to_owned(), value.into()) {
        Some(_) => Err(format!("the manifest has the label {key:?}, which is set for the ApplySet: remove it")),
        None => Ok(()),
    }
}

fn provides(document: &Document) -> Option<Requirement> {
    if (&*document.gvk.group, &*document.gvk.kind) == NAMESPACE {
        return Some(Requirement::Namespace(document.name.clone()));
    }
    defined(document).map(|defined| Requirement::Kind(defined.kind))
}

/// Finds manifests of one object, also if they have different versions.
fn duplicates(planned: &[Planned]) -> Vec<Problem> {
    let mut first: BTreeMap<(GroupKind, &Option<String>, &str), &Origin> = BTreeMap::new();
    let mut problems = Vec::new();
    for object in planned {
        let ObjectKey { namespace, name, .. } = &object.target.key;
        let identity = (object.target.key.group_kind(), namespace, &**name);
        if let Some(origin) = first.get(&identity) {
            let key = &object.target.key;
            problems
                .push(object.origin.problem(format!("{key} is defined twice, first at {origin}: remove one of them")));
        } else {
            first.insert(identity, &object.origin);
        }
    }
    problems
}

/// Adds what objects of the input require of each other.
fn add_requirements(planned: &mut [Planned]) {
    let provided: Vec<Requirement> = planned.iter().filter_map(|object| object.provides.clone()).collect();
    for object in planned {
        let namespace = object.target.key.namespace.clone().map(Requirement::Namespace);
        let requirements = namespace.into_iter().chain([Requirement::Kind(object.target.key.group_kind())]);
        object.requires = requirements.filter(|requirement| provided.contains(requirement)).collect();
    }
}
