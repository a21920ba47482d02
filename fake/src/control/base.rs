//! The initial state of servers: built-in kinds, system namespaces, and the kinds of CRDs.
//!
//! A test suite starts hundreds of servers with the same kinds, so initial states are cached.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use kube_structural_schema::{Source, read, read_document};
use serde_json::{Value, json};

use super::builder::{BuildError, Text};
use crate::clock::Clock;
use crate::json;
use crate::kinds::{Kinds, Rules, builtin};
use crate::registry::{Body, Definitions, Registry, Subresource, Target, WriteOptions, metadata};
use crate::store::{Limits, Store};

/// The number of cached initial states.
const KEPT: usize = 16;

/// Initial states by a hash of their definitions, with the definitions.
type Bases = HashMap<u64, (Vec<String>, Registry)>;

static BASES: LazyLock<Mutex<Bases>> = LazyLock::new(Mutex::default);
static MARKS: LazyLock<rapidhash::fast::RandomState> = LazyLock::new(rapidhash::fast::RandomState::new);

/// Returns the initial state for these definitions.
pub(super) fn of(definitions: &[Text]) -> Result<Registry, BuildError> {
    let kept = || BASES.lock().unwrap_or_else(PoisonError::into_inner);
    let texts: Vec<&str> = definitions.iter().map(|definition| definition.text.as_str()).collect();
    let mark = MARKS.hash_one(&texts);
    if let Some((known, base)) = kept().get(&mark)
        && known.iter().eq(&texts)
    {
        return Ok(base.fork());
    }
    let base = begun(definitions)?;
    let registry = base.fork();
    let mut kept = kept();
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(mark, (texts.into_iter().map(str::to_owned).collect(), base));
    Ok(registry)
}

fn begun(definitions: &[Text]) -> Result<Registry, BuildError> {
    let mut kinds = Kinds::default();
    builtin::install(&mut kinds);
    let mut registry = Registry {
        store: Store::new(Limits::default()),
        kinds,
        clock: Clock::new(),
        // The initial state of a seeded server is the same in each run as well.
        random: fastrand::Rng::with_seed(0),
        any_namespace: false,
        collects: false,
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
    create_by("kube-apiserver", &mut registry, itself())?;
    for definition in definitions {
        define(&mut registry, definition)?;
    }
    Ok(registry)
}

pub(super) fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// The service `kubernetes`, which an API server creates for itself.
fn itself() -> Value {
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

fn define(registry: &mut Registry, Text { name, text, is_json }: &Text) -> Result<(), BuildError> {
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

/// The target of an object.
fn target(registry: &Registry, object: &Value) -> Result<Target, BuildError> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let Some(found) = registry.kinds.of_kind(group, &kind) else {
        return Err(BuildError::Kind { api_version, kind });
    };
    let mut target = Registry::target_of(found, object);
    if found.namespaced && target.namespace.is_empty() {
        "default".clone_into(&mut target.namespace);
    }
    Ok(target)
}

/// Stores an object unchanged.
pub(super) fn store(registry: &mut Registry, mut object: Value) -> Result<(), BuildError> {
    let target = target(registry, &object)?;
    for (name, value) in [("uid", registry.new_uid()), ("creationTimestamp", registry.clock.text())] {
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

/// Creates an object as a client does, and then its status, if it has one.
pub(super) fn create(registry: &mut Registry, object: Value) -> Result<(), BuildError> {
    create_by("seed", registry, object)
}

fn create_by(manager: &str, registry: &mut Registry, mut object: Value) -> Result<(), BuildError> {
    json::normalised(&mut object);
    let target = target(registry, &object)?;
    let found = Arc::clone(&target.kind);
    let target = Target { name: String::new(), subresource: Subresource::None, ..target };
    let options = WriteOptions { manager: manager.to_owned(), ..WriteOptions::default() };
    let status = object.get("status").cloned();
    let body = Body { object, ..Body::default() };
    let written = registry.create(&target, body, &[], &options, &mut Vec::new()).map_err(BuildError::Object)?;
    let target = Target { name: metadata::text(&written.object, "name").to_owned(), ..target };
    if target.kind.rules == Rules::Definition {
        registry.settle();
    } else if let Some(status) = status.filter(|_| found.is_custom() && target.version().subresources.status) {
        // An initial object keeps its status.
        let mut object = written.object;
        object["status"] = status;
        registry.put(&target, &mut object);
    }
    Ok(())
}
