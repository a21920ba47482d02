//! Discovery: groups, versions and resources.

use ::http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::answer::Answer;
use super::media::{self, Media};
use super::request::ApiRequest;
use super::route::Discovery;
use super::view::Form;
use crate::catalogue::{self, Catalogue, Release, Resource};
use crate::json::base64;
use crate::kinds::{Kind, api_version};
use crate::registry::Registry;
use crate::status::Failure;

/// `/version`
pub(super) fn version(release: Release) -> Value {
    json!({
        "major": "1",
        "minor": release.minor().to_string(),
        "gitVersion": format!("v{}+fake", Catalogue::of(release).version()),
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "rustc",
        "platform": "linux/amd64",
    })
}

/// Whether the API server implements the kinds of a group as Go structs.
fn is_typed(registry: &Registry, group: &str) -> bool {
    registry.kinds.all().any(|kind| kind.resource.group == group && kind.is_typed())
}

/// Applies the checks of the router to a discovery path: the method and `Accept`.
fn check_router(request: &ApiRequest) -> Result<(), Failure> {
    if request.head.method != Method::GET {
        return Err(Failure::method_not_allowed());
    }
    if request.accept.is_routed() { Ok(()) } else { Err(media::not_acceptable_from_router(false, Media::Text)) }
}

pub(super) fn answer(registry: &Registry, what: &Discovery, request: &ApiRequest) -> Result<Answer, Failure> {
    let is_routed = match what {
        Discovery::Core => true,
        Discovery::Resources(group, version) => {
            is_typed(registry, group) && !resources(registry, group, version).is_empty()
        }
        Discovery::Groups | Discovery::Group(_) => false,
    };
    if is_routed {
        check_router(request)?;
    }
    let is_whole = matches!(what, Discovery::Core | Discovery::Groups);
    // With a trailing slash, another handler serves the path; it does not support aggregated discovery.
    let form = request.accept.aggregated_discovery().filter(|_| is_whole && request.head.uri.path() != "/apis/");
    if let Some(form) = form {
        let is_core = matches!(what, Discovery::Core);
        return Ok(aggregated(aggregate(registry, |group| group.is_empty() == is_core), form, request));
    }
    match value(registry, what)? {
        Some(value) => Ok(Answer::value_in(request.accept.form()?, value)),
        None => Ok(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n")),
    }
}

/// Returns the document at a path, if it exists.
fn value(registry: &Registry, what: &Discovery) -> Result<Option<Value>, Failure> {
    Ok(Some(match what {
        Discovery::Core => json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
        }),
        Discovery::Groups => {
            let names = groups(registry).into_iter().filter(|name| !name.is_empty());
            let groups: Vec<Value> = names.map(|name| group(registry, &name)).collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        Discovery::Group(name) => {
            if !groups(registry).contains(name) {
                return Ok(None);
            }
            let mut group = group(registry, name);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }
        Discovery::Resources(group, version) => {
            let resources = resources(registry, group, version);
            if resources.is_empty() {
                return if is_typed(registry, group) { Err(Failure::path_not_found()) } else { Ok(None) };
            }
            let mut list = json!({
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": api_version(group, version),
                "resources": resources,
            });
            if let Some(fields) = list.as_object_mut().filter(|_| group.is_empty()) {
                // Kubernetes 1.1 answered without it, and the API server keeps this for compatibility.
                fields.remove("apiVersion");
            }
            list
        }
    }))
}

/// Returns the content type of aggregated discovery.
fn aggregated_type(form: Form) -> &'static str {
    match form {
        Form::Json | Form::Protobuf => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        Form::Yaml => "application/yaml;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    }
}

/// Returns aggregated discovery with its `ETag`, or 304 if the client has this version.
///
/// Source: `apiserver/pkg/endpoints/discovery/aggregated/etag.go`.
fn aggregated(value: Value, form: Form, request: &ApiRequest) -> Answer {
    let tag = tag(value.to_string().as_bytes());
    let is_known =
        request.head.headers.get(::http::header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let answer = Answer::typed(aggregated_type(form), form, value).with_tag(tag);
    if is_known { answer.not_modified() } else { answer }
}

/// Returns the `ETag` of a document.
pub(super) fn tag(document: &[u8]) -> String {
    format!("\"{:032X}\"", fingerprint(document))
}

/// Returns the 128-bit FNV-1a hash of a text.
fn fingerprint(text: &[u8]) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    text.iter().fold(START, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

/// Built-in groups in the order of their priorities; those of CRDs follow.
///
/// Source: `kubernetes/pkg/controlplane/apiserver/aggregator.go`, `DefaultGenericAPIServicePriorities`.
const FIRST: [&str; 22] = [
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "storagemigration.k8s.io",
];

fn groups(registry: &Registry) -> Vec<String> {
    let mut groups: Vec<String> = registry.kinds.all().map(|kind| kind.resource.group.clone()).collect();
    groups.sort();
    groups.dedup();
    groups.sort_by_key(|group| FIRST.iter().position(|first| first == group).unwrap_or(FIRST.len()));
    groups
}

/// Returns the versions of a group, newest first.
fn versions(registry: &Registry, group: &str) -> Vec<String> {
    let mut versions: Vec<String> = Vec::new();
    for kind in registry.kinds.all().filter(|kind| kind.resource.group == group) {
        for version in kind.versions.iter().filter(|version| version.served) {
            if !versions.contains(&version.name) {
                versions.push(version.name.clone());
            }
        }
    }
    versions.sort_by_key(|version| kube_structural_schema::version_priority(version));
    versions
}

fn group(registry: &Registry, name: &str) -> Value {
    let version = |version: &String| json!({"groupVersion": api_version(name, version), "version": version});
    let versions: Vec<Value> = versions(registry, name).iter().map(version).collect();
    json!({"name": name, "preferredVersion": versions.first(), "versions": versions})
}

const VERBS: [&str; 8] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/// The verbs of built-in kinds, in the order of discovery.
const TYPED_VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

fn kinds_of<'r>(registry: &'r Registry, group: &'r str, version: &'r str) -> impl Iterator<Item = &'r Kind> {
    registry.kinds.all().map(AsRef::as_ref).filter(move |kind: &&Kind| {
        kind.resource.group == group && kind.version(version).is_some_and(|version| version.served)
    })
}

fn verbs(kind: &Kind, version: &str) -> Vec<&'static str> {
    if let Some(resource) = builtin_resource(kind, version) {
        return resource.verbs.clone();
    }
    if kind.is_typed() { TYPED_VERBS.to_vec() } else { VERBS.to_vec() }
}

fn builtin_resource(kind: &Kind, version: &str) -> Option<&'static Resource> {
    kind.builtin.iter().map(|builtin| builtin.resource).find(|resource| resource.version == version)
}

/// A subresource in discovery.
struct Subresource {
    name: &'static str,
    verbs: Vec<&'static str>,
    /// The group, version and kind of its objects, if different from those of the resource.
    gvk: Option<[&'static str; 3]>,
}

fn subresources(kind: &Kind, version: &str) -> Vec<Subresource> {
    if let Some(resource) = builtin_resource(kind, version) {
        let own = [resource.group, resource.version, resource.kind];
        let subresource = |found: &catalogue::Subresource| Subresource {
            name: found.name,
            verbs: found.verbs.clone(),
            gvk: Some(found.kind).filter(|kind| *kind != own),
        };
        return resource.subresources.iter().map(subresource).collect();
    }
    let changed = || vec!["get", "patch", "update"];
    let mut subresources = Vec::new();
    let Some(version) = kind.version(version) else { return subresources };
    if version.subresources.status {
        subresources.push(Subresource { name: "status", verbs: changed(), gvk: None });
    }
    if version.subresources.scale.is_some() {
        subresources.push(Subresource { name: "scale", verbs: changed(), gvk: Some(["autoscaling", "v1", "Scale"]) });
    }
    subresources
}

/// Returns the hash by which clients notice that objects of a resource are stored in another version.
///
/// Source: `apiserver/pkg/endpoints/discovery/storageversionhash.go`.
fn storage_version_hash(kind: &Kind, version: &str) -> String {
    if let Some(resource) = builtin_resource(kind, version) {
        return resource.storage_version_hash.to_owned();
    }
    let stored = format!("{}/{}/{}", kind.resource.group, kind.storage_version().name, kind.names.kind);
    base64::encode(&Sha256::digest(stored)[..8])
}

fn resources(registry: &Registry, group: &str, version: &str) -> Vec<Value> {
    let mut resources = Vec::new();
    for kind in kinds_of(registry, group, version) {
        let names = &kind.names;
        let mut resource = json!({
            "name": names.plural,
            "singularName": names.singular,
            "namespaced": kind.namespaced,
            "kind": names.kind,
            "verbs": verbs(kind, version),
        });
        let hash = storage_version_hash(kind, version);
        if !hash.is_empty() {
            resource["storageVersionHash"] = hash.into();
        }
        with_names(kind, &mut resource);
        resources.push(resource);
        resources.extend(subresources(kind, version).into_iter().map(|subresource| {
            let mut resource = json!({
                "name": format!("{}/{}", names.plural, subresource.name),
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": names.kind,
                "verbs": subresource.verbs,
            });
            if let Some([other_group, other_version, kind]) = subresource.gvk {
                resource["kind"] = kind.into();
                if (other_group, other_version) != (group, version) {
                    resource["group"] = other_group.into();
                    resource["version"] = other_version.into();
                }
            }
            resource
        }));
    }
    resources
}

fn with_names(kind: &Kind, resource: &mut Value) {
    for (name, values) in [("shortNames", &kind.names.short_names), ("categories", &kind.names.categories)] {
        if !values.is_empty() {
            resource[name] = json!(values);
        }
    }
}

fn aggregate(registry: &Registry, wanted: impl Fn(&str) -> bool) -> Value {
    let items: Vec<Value> = groups(registry)
        .into_iter()
        .filter(|group| wanted(group))
        .map(|group| {
            let versions: Vec<Value> = versions(registry, &group)
                .into_iter()
                .map(|version| {
                    let resources: Vec<Value> =
                        kinds_of(registry, &group, &version).map(|kind| aggregated_resource(kind, &version)).collect();
                    json!({"version": version, "freshness": "Current", "resources": resources})
                })
                .collect();
            let metadata = if group.is_empty() { json!({}) } else { json!({"name": group}) };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn aggregated_resource(kind: &Kind, version: &str) -> Value {
    let names = &kind.names;
    // For built-in kinds, only the kind is set.
    let (group, version_shown) = if kind.is_typed() { ("", "") } else { (kind.resource.group.as_str(), version) };
    let of_kind = |[group, version, kind]: [&str; 3]| json!({"group": group, "version": version, "kind": kind});
    let mut resource = json!({
        "resource": names.plural,
        "responseKind": of_kind([group, version_shown, &names.kind]),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": names.singular,
        "verbs": verbs(kind, version),
    });
    with_names(kind, &mut resource);
    let subresources = subresources(kind, version).into_iter().map(|subresource| {
        let response = of_kind(subresource.gvk.unwrap_or([group, version_shown, &names.kind]));
        json!({"subresource": subresource.name, "responseKind": response, "verbs": subresource.verbs})
    });
    let subresources: Vec<Value> = subresources.collect();
    if !subresources.is_empty() {
        resource["subresources"] = Value::Array(subresources);
    }
    resource
}
