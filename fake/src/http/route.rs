//! Paths.

/// The routes.
pub(super) enum Route {
    /// A health check.
    Plain(&'static str),
    Version,
    Discovery(Discovery),
    /// `/openapi/v3`
    OpenApi,
    /// `/openapi/v3/apis/<group>/<version>`
    OpenApiOf(String, String),
    Resource(Place),
    Nothing,
}

/// Which part of discovery.
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

/// A resource, or one object of it.
pub(super) struct Place {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) namespace: String,
    pub(super) resource: String,
    pub(super) name: String,
    pub(super) subresource: String,
    /// Whether the path starts a watch.
    pub(super) is_watched: bool,
}

pub(super) fn parse(path: &str) -> Route {
    let parts: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => Route::Plain("ok"),
        ["version"] => Route::Version,
        ["api"] => Route::Discovery(Discovery::Core),
        ["apis"] => Route::Discovery(Discovery::Groups),
        ["apis", group] => Route::Discovery(Discovery::Group((*group).to_owned())),
        ["api", version] => Route::Discovery(Discovery::Resources(String::new(), (*version).to_owned())),
        ["apis", group, version] => Route::Discovery(Discovery::Resources((*group).to_owned(), (*version).to_owned())),
        ["openapi", "v3"] => Route::OpenApi,
        ["openapi", "v3", "api", version] => Route::OpenApiOf(String::new(), (*version).to_owned()),
        ["openapi", "v3", "apis", group, version] => Route::OpenApiOf((*group).to_owned(), (*version).to_owned()),
        ["api", version, "watch", rest @ ..] if !rest.is_empty() => watched(place("", version, rest)),
        ["apis", group, version, "watch", rest @ ..] if !rest.is_empty() => watched(place(group, version, rest)),
        ["api", version, rest @ ..] => place("", version, rest),
        ["apis", group, version, rest @ ..] => place(group, version, rest),
        _ => Route::Nothing,
    }
}

/// The same place as a watch, for paths below `/watch/`, the deprecated form of watches.
fn watched(route: Route) -> Route {
    match route {
        Route::Resource(place) if place.subresource.is_empty() => Route::Resource(Place { is_watched: true, ..place }),
        _ => Route::Nothing,
    }
}

fn place(group: &str, version: &str, rest: &[&str]) -> Route {
    let (namespace, rest) = match rest {
        // A namespace has subresources.
        ["namespaces", _, "status" | "finalize"] if group.is_empty() => ("", rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        rest => ("", rest),
    };
    let (resource, name, subresource) = match rest {
        [resource] => (*resource, "", ""),
        [resource, name] => (*resource, *name, ""),
        [resource, name, subresource] => (*resource, *name, *subresource),
        _ => return Route::Nothing,
    };
    Route::Resource(Place {
        group: group.to_owned(),
        version: version.to_owned(),
        namespace: namespace.to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
        subresource: subresource.to_owned(),
        is_watched: false,
    })
}

/// A part of a path without its percent signs.
fn decoded(part: &str) -> String {
    if !part.contains('%') {
        return part.to_owned();
    }
    let protected = part.replace('+', "%2B");
    let found = form_urlencoded::parse(protected.as_bytes()).next();
    found.map_or_else(|| part.to_owned(), |(text, _)| text.into_owned())
}
