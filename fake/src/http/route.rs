//! Routing of paths.

use kube_structural_schema::object::percent;

/// The handler of a path.
pub(super) enum Route {
    /// A health check, and its response.
    Health(&'static str),
    Version,
    /// `/metrics`
    Metrics,
    Discovery(Discovery),
    /// `/openapi/v2`
    OpenApiV2,
    /// `/openapi/v3`
    OpenApi,
    /// `/openapi/v3/apis/<group>/<version>`
    OpenApiGroupVersion(String, String),
    Resource(ResourcePath),
    NotFound,
}

/// A discovery document.
pub(super) enum Discovery {
    /// `/api`
    Core,
    /// `/apis`
    Groups,
    /// `/apis/<group>`
    Group(String),
    /// `/api/v1`, `/apis/<group>/<version>`
    Resources(String, String),
}

/// The path of a resource or of one of its objects.
pub(super) struct ResourcePath {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) namespace: String,
    pub(super) resource: String,
    pub(super) name: String,
    pub(super) subresource: String,
    /// Whether this is the path of a watch (`/watch/`).
    pub(super) is_watch: bool,
}

/// Returns the handler of a path.
pub(super) fn parse(path: &str) -> Route {
    let parts: Vec<String> = path.trim_matches('/').split('/').map(percent::decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => Route::Health("ok"),
        ["version"] => Route::Version,
        ["metrics"] => Route::Metrics,
        ["api"] => Route::Discovery(Discovery::Core),
        ["apis"] => Route::Discovery(Discovery::Groups),
        ["apis", group] => Route::Discovery(Discovery::Group((*group).to_owned())),
        ["api", version] => Route::Discovery(Discovery::Resources(String::new(), (*version).to_owned())),
        ["apis", group, version] => Route::Discovery(Discovery::Resources((*group).to_owned(), (*version).to_owned())),
        ["openapi", "v2"] => Route::OpenApiV2,
        ["openapi", "v3"] => Route::OpenApi,
        ["openapi", "v3", "api", version] => Route::OpenApiGroupVersion(String::new(), (*version).to_owned()),
        ["openapi", "v3", "apis", group, version] => {
            Route::OpenApiGroupVersion((*group).to_owned(), (*version).to_owned())
        }
        ["api", version, "watch", rest @ ..] if !rest.is_empty() => watch(resource("", version, rest)),
        ["apis", group, version, "watch", rest @ ..] if !rest.is_empty() => watch(resource(group, version, rest)),
        ["api", version, rest @ ..] => resource("", version, rest),
        ["apis", group, version, rest @ ..] => resource(group, version, rest),
        _ => Route::NotFound,
    }
}

/// Turns a path into that of a watch: the deprecated form of watches below `/watch/`.
fn watch(route: Route) -> Route {
    match route {
        Route::Resource(resource) if resource.subresource.is_empty() => {
            Route::Resource(ResourcePath { is_watch: true, ..resource })
        }
        _ => Route::NotFound,
    }
}

fn resource(group: &str, version: &str, rest: &[&str]) -> Route {
    let (namespace, rest) = match rest {
        // Subresources of namespaces.
        ["namespaces", _, "status" | "finalize"] if group.is_empty() => ("", rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        rest => ("", rest),
    };
    let (resource, name, subresource) = match rest {
        [resource] => (*resource, "", ""),
        [resource, name] => (*resource, *name, ""),
        [resource, name, subresource] => (*resource, *name, *subresource),
        _ => return Route::NotFound,
    };
    Route::Resource(ResourcePath {
        group: group.to_owned(),
        version: version.to_owned(),
        namespace: namespace.to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
        subresource: subresource.to_owned(),
        is_watch: false,
    })
}
