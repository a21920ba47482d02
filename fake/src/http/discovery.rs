//! What there is: groups, versions, resources.

use ::http::StatusCode;
use ::http::request::Parts;
use serde_json::{Value, json};

use super::answer::Answer;
use super::negotiate;
use super::route::Discovery;
use crate::kinds::{Kind, Rules, api_version};
use crate::registry::Registry;
use crate::status::Failure;

/// `/version`
pub(super) fn version() -> Value {
    json!({
        "major": "1",
        "minor": "37",
        "gitVersion": "v1.37.2+fake",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "rustc",
        "platform": "linux/amd64",
    })
}

pub(super) fn answer(registry: &Registry, what: Discovery, head: &Parts) -> Result<Answer, Failure> {
    let nothing = || Ok(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"));
    let is_whole = matches!(what, Discovery::Core | Discovery::Groups);
    if is_whole && negotiate::wants_aggregated_discovery(head) {
        let is_core = matches!(what, Discovery::Core);
        return Ok(aggregated(aggregate(registry, |group| group.is_empty() == is_core), head));
    }
    let form = negotiate::Form::accepted(head)?;
    let value = match what {
        Discovery::Core => json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
        }),
        Discovery::Groups => {
            let groups: Vec<Value> = groups(registry)
                .into_iter()
                .filter(|name| !name.is_empty())
                .map(|name| group(registry, &name))
                .collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        Discovery::Group(name) => {
            if !groups(registry).contains(&name) {
                return nothing();
            }
            let mut group = group(registry, &name);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }
        Discovery::Resources(group, version) => {
            let resources = resources(registry, &group, &version);
            if resources.is_empty() {
                return nothing();
            }
            json!({
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": api_version(&group, &version),
                "resources": resources,
            })
        }
    };
    Ok(Answer::value_in(form, value))
}

/// As what all of discovery in one answer is sent.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Aggregated discovery with its tag; nothing but that where the client has it already.
///
/// Source: `apiserver/pkg/endpoints/discovery/aggregated/etag.go`.
fn aggregated(value: Value, head: &Parts) -> Answer {
    let tag = format!("\"{:032X}\"", fingerprint(value.to_string().as_bytes()));
    let known = head.headers.get_all(::http::header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let is_known = known.flat_map(|tags| tags.split(',')).any(|known| known.trim() == tag);
    let answer = Answer::typed(AGGREGATED, value).with_tag(tag);
    if is_known { answer.not_modified() } else { answer }
}

/// A fingerprint of a text: FNV-1a of 128 bits.
fn fingerprint(text: &[u8]) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    text.iter().fold(START, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

fn groups(registry: &Registry) -> Vec<String> {
    let mut groups: Vec<String> = registry.kinds.all().map(|kind| kind.resource.group.clone()).collect();
    groups.sort();
    groups.dedup();
    groups
}

/// The versions of a group, newest first.
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

fn kinds_of<'r>(registry: &'r Registry, group: &'r str, version: &'r str) -> impl Iterator<Item = &'r Kind> {
    registry.kinds.all().map(AsRef::as_ref).filter(move |kind: &&Kind| {
        kind.resource.group == group && kind.version(version).is_some_and(|version| version.served)
    })
}

fn verbs(kind: &Kind) -> Vec<&'static str> {
    VERBS.into_iter().filter(|verb| !(kind.rules == Rules::Namespace && *verb == "deletecollection")).collect()
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
            "verbs": verbs(kind),
            "storageVersionHash": "",
        });
        if !names.short_names.is_empty() {
            resource["shortNames"] = json!(names.short_names);
        }
        if !names.categories.is_empty() {
            resource["categories"] = json!(names.categories);
        }
        resources.push(resource);
        let Some(version) = kind.version(version) else { continue };
        if version.subresources.status {
            resources.push(json!({
                "name": format!("{}/status", names.plural),
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": names.kind,
                "verbs": ["get", "patch", "update"],
            }));
        }
        if version.subresources.scale.is_some() {
            resources.push(json!({
                "name": format!("{}/scale", names.plural),
                "singularName": "",
                "namespaced": kind.namespaced,
                "group": "autoscaling",
                "version": "v1",
                "kind": "Scale",
                "verbs": ["get", "patch", "update"],
            }));
        }
    }
    resources
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
    let of_kind =
        |kind_name: &str, group: &str, version: &str| json!({"group": group, "version": version, "kind": kind_name});
    let mut resource = json!({
        "resource": names.plural,
        "responseKind": of_kind(&names.kind, &kind.resource.group, version),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": names.singular,
        "verbs": verbs(kind),
    });
    if !names.short_names.is_empty() {
        resource["shortNames"] = json!(names.short_names);
    }
    if !names.categories.is_empty() {
        resource["categories"] = json!(names.categories);
    }
    let mut subresources = Vec::new();
    if let Some(found) = kind.version(version) {
        let verbs = ["get", "patch", "update"];
        if found.subresources.status {
            let response = of_kind(&names.kind, &kind.resource.group, version);
            subresources.push(json!({"subresource": "status", "responseKind": response, "verbs": verbs}));
        }
        if found.subresources.scale.is_some() {
            let response = of_kind("Scale", "autoscaling", "v1");
            subresources.push(json!({"subresource": "scale", "responseKind": response, "verbs": verbs}));
        }
    }
    if !subresources.is_empty() {
        resource["subresources"] = Value::Array(subresources);
    }
    resource
}
