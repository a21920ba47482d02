//! The initial registry of a server: built-in kinds and namespaces, and the kinds of CRDs.
//!
//! A test suite starts hundreds of servers with the same kinds, so registries are cached.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use kube_structural_schema::{Source, read, read_document};
use serde_json::{Value, json};

use super::builder::{BuildError, Text};
use crate::clock::Clock;
use crate::json;
use crate::kinds::{Kinds, Rules, builtin};
use crate::metadata;
use crate::registry::{Body, Definitions, Registry, Subresource, Target, WriteOptions};
use crate::store::{Limits, Store};

/// The maximum number of cached registries.
const MAX_CACHED: usize = 16;

/// Cached registries, and the definitions that they were created from, by a hash of these.
type Cache = HashMap<u64, (Vec<String>, Registry)>;

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);
static HASHER: LazyLock<rapidhash::fast::RandomState> = LazyLock::new(rapidhash::fast::RandomState::new);

/// Returns a registry that serves these definitions.
pub(super) fn registry(definitions: &[Text]) -> Result<Registry, BuildError> {
    let cache = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let texts: Vec<&str> = definitions.iter().map(|definition| definition.text.as_str()).collect();
    let hash = HASHER.hash_one(&texts);
    if let Some((known, base)) = cache().get(&hash)
        && known.iter().eq(&texts)
    {
        return Ok(base.fork());
    }
    let base = new_registry(definitions)?;
    let registry = base.fork();
    let mut cache = cache();
    if cache.len() >= MAX_CACHED {
        cache.clear();
    }
    cache.insert(hash, (texts.into_iter().map(str::to_owned).collect(), base));
    Ok(registry)
}

fn new_registry(definitions: &[Text]) -> Result<Registry, BuildError> {
    let mut kinds = Kinds::default();
    builtin::install(&mut kinds);
    let mut registry = Registry {
        store: Store::new(Limits::default()),
        kinds,
        clock: Clock::new(),
        // Registries are cached, so their uids must not depend on the seed of one server.
        random: fastrand::Rng::with_seed(0),
        any_namespace: false,
        collects_garbage: false,
        definitions_changed: false,
        definitions: Definitions::default(),
        levels: 0,
    };
    for kind in registry.kinds.with_objects() {
        registry.store.open(&kind.space());
    }
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        create_by("kube-apiserver", &mut registry, namespace(name))?;
    }
    create_by("kube-apiserver", &mut registry, kubernetes_service())?;
    for definition in definitions {
        create_definitions(&mut registry, definition)?;
    }
    Ok(registry)
}

pub(super) fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// Returns the `kubernetes` service that an API server creates for kubernetes_service.
fn kubernetes_service() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": "10.0.0.1",
            "clusterIPs": ["10.0.0.1"],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
        "status": {"loadBalancer": {}},
    })
}

fn create_definitions(registry: &mut Registry, Text { name, text, is_json }: &Text) -> Result<(), BuildError> {
    let found = if *is_json {
        read_document(name, serde_json::from_str(text)?)
    } else {
        read(&[Source::new(name.as_str(), text.as_str())])
    };
    let found = found.map_err(|problems| BuildError::Definition(problems.to_string()))?;
    for definition in found.crds {
        create(registry, definition.document)?;
    }
    Ok(())
}

/// Returns the kind, namespace and name of an object.
fn target(registry: &Registry, object: &Value) -> Result<Target, BuildError> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let Some(found) = registry.kinds.of_kind(group, &kind) else {
        return Err(BuildError::UnknownKind { api_version, kind });
    };
    let mut target = Registry::target_of(found, object);
    if found.namespaced && target.namespace.is_empty() {
        "default".clone_into(&mut target.namespace);
    }
    Ok(target)
}

/// Stores an object without validation or defaults.
pub(super) fn store(registry: &mut Registry, mut object: Value) -> Result<(), BuildError> {
    let target = target(registry, &object)?;
    for (name, value) in [("uid", registry.new_uid()), ("creationTimestamp", registry.clock.rfc3339())] {
        if object["metadata"].get(name).is_none_or(Value::is_null) {
            metadata::set(&mut object, name, Some(value.into()));
        }
    }
    if target.kind.namespaced {
        metadata::set(&mut object, "namespace", Some(target.namespace.as_str().into()));
    }
    registry.put(&target, &mut object);
    Ok(())
}

/// Creates an object as a client does, with its status.
pub(super) fn create(registry: &mut Registry, object: Value) -> Result<(), BuildError> {
    create_by("seed", registry, object)
}

fn create_by(manager: &str, registry: &mut Registry, mut object: Value) -> Result<(), BuildError> {
    json::normalize(&mut object);
    let target = target(registry, &object)?;
    let found = Arc::clone(&target.kind);
    let target = Target { name: String::new(), subresource: Subresource::None, ..target };
    let options = WriteOptions { manager: manager.to_owned(), ..WriteOptions::default() };
    let status = object.get("status").cloned();
    let body = Body { object, ..Body::default() };
    let written = registry.create(&target, body, &[], &options, &mut Vec::new()).map_err(BuildError::Object)?;
    let target = Target { name: metadata::text(&written.object, "name").to_owned(), ..target };
    if target.kind.rules == Rules::Definition {
        registry.run_controllers();
    } else if let Some(status) = status.filter(|_| found.is_custom() && target.version().subresources.status) {
        // A custom resource is created without status; the initial one has it.
        let mut object = written.object;
        object["status"] = status;
        registry.put(&target, &mut object);
    }
    Ok(())
}
