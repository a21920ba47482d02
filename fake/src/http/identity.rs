//! The user of a request: authentication and impersonation.

use std::sync::{Arc, LazyLock};

use ::http::header::AUTHORIZATION;
use ::http::request::Parts;
use ::http::{Method, StatusCode};

use super::attributes;
use super::options::Query;
use super::shared::Shared;
use crate::auth::{User, Wanted, impersonate};
use crate::status::Failure;

/// How a service identifies the users of its requests.
#[derive(Clone)]
pub(crate) enum Identity {
    /// All requests are those of one user.
    Fixed(Arc<User>),
    /// The user is that of the credentials.
    Credentials,
}

static ADMIN: LazyLock<Arc<User>> = LazyLock::new(|| Arc::new(User::admin()));

impl Identity {
    /// Returns the identity of the server's own clients, which has all permissions.
    pub(crate) fn admin() -> Self {
        Identity::Fixed(Arc::clone(&ADMIN))
    }

    pub(crate) fn of(user: &User) -> Self {
        Identity::Fixed(Arc::new(user.clone().authenticated()))
    }

    /// Returns the user of a request.
    pub(super) fn user_of(&self, shared: &Shared, head: &Parts) -> Result<Arc<User>, Failure> {
        let user = match self {
            Identity::Fixed(user) => Arc::clone(user),
            Identity::Credentials => Arc::new(authenticate(shared, head)?),
        };
        let Some(wanted) = Wanted::of(&head.headers)? else { return Ok(user) };
        let query = Query::parse(head.uri.query().unwrap_or_default());
        let request = attributes::of(&head.method, head.uri.path(), &query);
        let registry = shared.registry();
        // Source: `kube_features.go` of apiserver, `ConstrainedImpersonation`.
        let has_constrained = registry.kinds.release.minor() >= 36;
        let authorize = |attributes: &_| registry.authorize(&user, attributes);
        impersonate(wanted, &user, &request, has_constrained, authorize).map(Arc::new)
    }
}

/// Returns the user of the credentials.
///
/// Source: `apiserver/pkg/authentication/request/bearertoken/bearertoken.go`.
fn authenticate(shared: &Shared, head: &Parts) -> Result<User, Failure> {
    if let Some(user) = head.extensions.get::<Arc<User>>() {
        return Ok((**user).clone());
    }
    let registry = shared.registry();
    let unauthorized = || Failure::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized");
    let header = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = match header.trim().split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.split(' ').next().unwrap_or_default(),
        _ => "",
    };
    if !token.is_empty() {
        return registry.authenticate(token, &[]).map(|(user, _)| user).map_err(|_| unauthorized());
    }
    // Without authorization, this server serves health checks to everyone.
    let is_public = !registry.access.rbac && is_public(&head.method, head.uri.path());
    if registry.access.anonymous || is_public { Ok(User::anonymous()) } else { Err(unauthorized()) }
}

/// Whether everyone may read a path. Source: the cluster role `system:public-info-viewer`.
fn is_public(method: &Method, path: &str) -> bool {
    *method == Method::GET && matches!(path, "/healthz" | "/livez" | "/readyz" | "/version" | "/version/")
}
