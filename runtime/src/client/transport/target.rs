//! What a request concerns, from its path.

use http::{Method, Uri};

/// The parts of a path of the Kubernetes API; empty where the path has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Target<'p> {
    pub(super) group: &'p str,
    pub(super) version: &'p str,
    pub(super) namespace: &'p str,
    pub(super) resource: &'p str,
    pub(super) name: &'p str,
    pub(super) subresource: &'p str,
}

impl<'p> Target<'p> {
    /// Parses a path: `/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE`.
    pub(super) fn of(path: &'p str) -> Self {
        let mut parts = path.trim_matches('/').split('/');
        let mut target = Target::default();
        match parts.next() {
            Some("api") => {}
            Some("apis") => target.group = parts.next().unwrap_or_default(),
            _ => return target,
        }
        target.version = parts.next().unwrap_or_default();
        let mut rest: Vec<&str> = parts.take(6).collect();
        if rest.len() > 2 && rest[0] == "namespaces" && !matches!(rest[2], "status" | "finalize") {
            target.namespace = rest[1];
            rest.drain(..2);
        }
        let mut rest = rest.into_iter();
        for part in [&mut target.resource, &mut target.name, &mut target.subresource] {
            *part = rest.next().unwrap_or_default();
        }
        target
    }

    /// Returns the verb, as in the rules of a role.
    ///
    /// Source: <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb>
    pub(super) fn verb(&self, method: &Method, uri: &Uri) -> &'static str {
        let has_name = !self.name.is_empty();
        let watches =
            || uri.query().is_some_and(|query| query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1")));
        match *method {
            Method::GET if self.resource.is_empty() || has_name => "get",
            Method::GET if watches() => "watch",
            Method::GET => "list",
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if has_name => "delete",
            Method::DELETE => "deletecollection",
            _ => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_names_group_version_namespace_resource_name_and_subresource() {
        let target = Target::of("/apis/g.io/v1/namespaces/ns/widgets/a/status");
        let expected = Target {
            group: "g.io",
            version: "v1",
            namespace: "ns",
            resource: "widgets",
            name: "a",
            subresource: "status",
        };
        assert_eq!(target, expected);
        assert_eq!(
            Target::of("/api/v1/nodes/n"),
            Target { version: "v1", resource: "nodes", name: "n", ..Target::default() }
        );
        assert_eq!(
            Target::of("/api/v1/namespaces/ns/status"),
            Target { version: "v1", resource: "namespaces", name: "ns", subresource: "status", ..Target::default() }
        );
        assert_eq!(Target::of("/api/v1/namespaces/ns").resource, "namespaces");
        for path in ["", "/", "/healthz", "/apis", "/apis/g", "/api"] {
            assert_eq!(Target::of(path).resource, "", "{path}");
        }
    }

    #[test]
    fn verb_is_that_of_role_based_access_control() {
        let verb =
            |method, path: &str| Target::of(path.split('?').next().unwrap()).verb(&method, &path.parse().unwrap());
        assert_eq!(verb(Method::GET, "/api/v1/pods"), "list");
        assert_eq!(verb(Method::GET, "/api/v1/pods?watch=true"), "watch");
        assert_eq!(verb(Method::GET, "/api/v1/namespaces/a/pods/p"), "get");
        assert_eq!(verb(Method::DELETE, "/api/v1/namespaces/a/pods"), "deletecollection");
    }
}
