//! The initial registry of a server: built-in kinds and namespaces, and the kinds of CRDs.
//!
//! A test suite starts hundreds of servers with the same kinds, so registries are cached.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{LazyLock, Mutex, PoisonError};

use kube_structural_schema::{Source, read, read_document};
use serde_json::{Value, json};

use super::bootstrap;
use super::error::BuildError;
use crate::catalogue::Release;
use crate::kinds::{Kinds, builtin};
use crate::registry::{Registry, Seed};

/// CRDs in YAML or JSON.
pub(super) struct Text {
    /// The name in error messages.
    pub(super) name: String,
    pub(super) text: String,
    /// Whether the text was serialized by the builder, as JSON.
    pub(super) is_json: bool,
}

impl Text {
    /// Returns the definitions.
    fn read(&self) -> Result<Vec<Value>, BuildError> {
        let Text { name, text, is_json } = self;
        let found = if *is_json {
            read_document(name, serde_json::from_str(text)?)
        } else {
            read(&[Source::new(name.as_str(), text.as_str())])
        };
        let found = found.map_err(|problems| BuildError::Definition(problems.to_string()))?;
        Ok(found.crds.into_iter().map(|definition| definition.document).collect())
    }
}

/// The maximum number of cached registries.
const MAX_CACHED: usize = 16;

/// Cached registries, and the definitions that they were created from, by a hash of these, the release and whether
/// RBAC is enabled.
type Cache = HashMap<u64, (Vec<String>, Registry)>;

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);
static HASHER: LazyLock<rapidhash::fast::RandomState> = LazyLock::new(rapidhash::fast::RandomState::new);

/// Returns a registry that serves these definitions, and that has the default roles and bindings if RBAC is enabled.
pub(super) fn registry(definitions: &[Text], release: Release, rbac: bool) -> Result<Registry, BuildError> {
    let cache = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let texts: Vec<&str> = definitions.iter().map(|definition| definition.text.as_str()).collect();
    let hash = HASHER.hash_one((&texts, release, rbac));
    if let Some((known, base)) = cache().get(&hash)
        && base.kinds.release == release
        && base.access.rbac == rbac
        && known.iter().eq(&texts)
    {
        return Ok(base.fork());
    }
    let base = new_registry(definitions, release, rbac)?;
    let registry = base.fork();
    let mut cache = cache();
    if cache.len() >= MAX_CACHED {
        cache.clear();
    }
    cache.insert(hash, (texts.into_iter().map(str::to_owned).collect(), base));
    Ok(registry)
}

fn new_registry(definitions: &[Text], release: Release, rbac: bool) -> Result<Registry, BuildError> {
    let mut kinds = Kinds::default();
    builtin::install(&mut kinds, release);
    let mut registry = Registry::new(kinds);
    let namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"].map(namespace);
    let objects = namespaces.into_iter().chain([kubernetes_service()]).map(Seed::Created);
    registry.seed("kube-apiserver", objects).map_err(|(_, error)| error)?;
    if rbac {
        registry.access.rbac = true;
        let objects = bootstrap::objects().map(Seed::Created);
        registry.seed("kube-apiserver", objects).map_err(|(_, error)| error)?;
    }
    for definition in definitions {
        registry.seed("seed", definition.read()?.into_iter().map(Seed::Created)).map_err(|(_, error)| error)?;
    }
    Ok(registry)
}

pub(super) fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// Returns the service that an API server creates for itself.
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
