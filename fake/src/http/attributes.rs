//! The attributes of requests that permissions depend on.
//!
//! Source: `apiserver/pkg/endpoints/request/requestinfo.go`, `NewRequestInfo`.

use ::http::Method;
use kube_structural_schema::object::{names, percent};

use super::options::Query;
use crate::auth::Attributes;
use crate::registry::exact_name;

/// Returns the attributes of a request. They are found by the path alone: the resource may not exist.
pub(super) fn of(method: &Method, path: &str, query: &Query) -> Attributes {
    let path = percent::decode(path);
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let found = match parts.as_slice() {
        ["api", _version, rest @ ..] if !rest.is_empty() => resource("", method, rest, query),
        ["apis", group, _version, rest @ ..] if !rest.is_empty() => resource(group, method, rest, query),
        _ => None,
    };
    found.unwrap_or_else(|| Attributes {
        verb: method.as_str().to_ascii_lowercase(),
        path: path.clone(),
        ..Attributes::default()
    })
}

/// Returns the attributes of a path below a version. `None` if it is not that of a resource.
fn resource(group: &str, method: &Method, parts: &[&str], query: &Query) -> Option<Attributes> {
    let (mut verb, parts) = match parts {
        ["watch" | "proxy"] => return None,
        [verb @ ("watch" | "proxy"), rest @ ..] => (*verb, rest),
        _ => (verb(method), parts),
    };
    let (namespace, parts) = match parts {
        ["namespaces", namespace, subresource, ..] if matches!(*subresource, "status" | "finalize") => {
            (*namespace, parts)
        }
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        ["namespaces", namespace] => (*namespace, parts),
        _ => ("", parts),
    };
    let part = |index: usize| parts.get(index).copied().unwrap_or_default();
    // Watches and proxies by path have no subresources.
    let subresource = if matches!(verb, "watch" | "proxy") { "" } else { part(2) };
    let mut name = part(1).to_owned();
    if name.is_empty() {
        match verb {
            "get" => {
                verb = if query.is_watch() { "watch" } else { "list" };
                let exact = exact_name(query.text("fieldSelector"));
                name = exact.filter(|name| names::path_segment(name).is_empty()).unwrap_or_default();
            }
            "delete" => verb = "deletecollection",
            _ => {}
        }
    }
    Some(Attributes {
        is_resource: true,
        verb: verb.to_owned(),
        group: group.to_owned(),
        resource: part(0).to_owned(),
        subresource: subresource.to_owned(),
        namespace: namespace.to_owned(),
        name,
        path: String::new(),
    })
}

fn verb(method: &Method) -> &'static str {
    match *method {
        Method::POST => "create",
        Method::GET | Method::HEAD => "get",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use ::http::Method;

    use super::super::options::Query;

    #[test]
    fn attributes_are_those_of_the_path() {
        let of = |method: &str, path: &str| {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let found = super::of(&method, path, &Query::parse(query));
            if !found.is_resource {
                return format!("{} {}", found.verb, found.path);
            }
            let resource = format!("{}.{}/{}", found.resource, found.group, found.subresource);
            format!("{} {resource} {}/{}", found.verb, found.namespace, found.name)
        };
        assert_eq!(of("GET", "/api/v1"), "get /api/v1");
        assert_eq!(of("POST", "/foo/"), "post /foo/");
        assert_eq!(of("GET", "/api/v1/pods"), "list pods./ /");
        assert_eq!(of("GET", "/api/v1/namespaces/one"), "get namespaces./ one/one");
        assert_eq!(of("PUT", "/api/v1/namespaces/one/finalize"), "update namespaces./finalize one/one");
        assert_eq!(of("GET", "/api/v1/namespaces/one/pods/two/log"), "get pods./log one/two");
        assert_eq!(of("GET", "/api/v1/nodes/one/proxy/a/b"), "get nodes./proxy /one");
        assert_eq!(of("GET", "/api/v1/watch/namespaces/one/pods/two"), "watch pods./ one/two");
        assert_eq!(of("DELETE", "/apis/apps/v1/namespaces/one/deployments"), "deletecollection deployments.apps/ one/");
        assert_eq!(of("GET", "/api/v1/pods?watch=1&fieldSelector=a%3Db,metadata.name%3D%3Dtwo"), "watch pods./ /two");
        assert_eq!(of("GET", "/api/v1/pods?fieldSelector=metadata.name!%3Dtwo"), "list pods./ /");
        assert_eq!(of("OPTIONS", "/api/v1/pods/one"), " pods./ /one");
    }
}
