//! Users.

use std::collections::BTreeMap;
use std::fmt;

pub(super) const ANONYMOUS: &str = "system:anonymous";
pub(super) const AUTHENTICATED: &str = "system:authenticated";
pub(super) const UNAUTHENTICATED: &str = "system:unauthenticated";
pub(super) const MASTERS: &str = "system:masters";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// A user: the name, uid, groups and extra fields that an API server derives from the credentials of a request.
///
/// ```
/// use kube_fake_apiserver::User;
///
/// let jane = User::new("jane").with_group("developers").with_extra("scopes", ["read"]);
/// assert_eq!(jane.name(), "jane");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct User {
    name: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
    token: Option<String>,
}

impl User {
    /// Creates a user without groups. Requests of a user also have the group `system:authenticated`.
    pub fn new(name: impl Into<String>) -> Self {
        User { name: name.into(), ..User::default() }
    }

    /// Creates the user of requests without credentials: `system:anonymous` in the group `system:unauthenticated`.
    pub fn anonymous() -> Self {
        User::new(ANONYMOUS).with_group(UNAUTHENTICATED)
    }

    /// Creates the user of a service account, which does not need to exist.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        let user = User::new(format!("{SERVICE_ACCOUNT}{namespace}:{name}"));
        user.with_group("system:serviceaccounts").with_group(format!("system:serviceaccounts:{namespace}"))
    }

    /// Creates the user of the server's own clients, which has all permissions.
    pub(crate) fn admin() -> Self {
        User::new("admin").with_group(MASTERS).authenticated()
    }

    /// Sets the uid.
    pub fn with_uid(self, uid: impl Into<String>) -> Self {
        User { uid: uid.into(), ..self }
    }

    /// Adds a group.
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// Adds values of an extra field.
    pub fn with_extra(mut self, key: impl Into<String>, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.extra.entry(key.into()).or_default().extend(values.into_iter().map(Into::into));
        self
    }

    /// Sets the bearer token by which a server identifies the user.
    pub fn with_token(self, token: impl Into<String>) -> Self {
        User { token: Some(token.into()), ..self }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the uid, or an empty text.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Returns the groups.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// Returns the extra fields.
    pub fn extra(&self) -> &BTreeMap<String, Vec<String>> {
        &self.extra
    }

    pub(crate) fn bearer_token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub(super) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|other| other == group)
    }

    /// Whether everything is allowed to the user.
    pub(crate) fn is_privileged(&self) -> bool {
        self.is_in(MASTERS)
    }

    /// Adds the group of authenticated users.
    ///
    /// Source: `apiserver/pkg/authentication/group/authenticated_group_adder.go`.
    pub(crate) fn authenticated(self) -> Self {
        if self.name == ANONYMOUS || self.is_in(AUTHENTICATED) || self.is_in(UNAUTHENTICATED) {
            return self;
        }
        self.with_group(AUTHENTICATED)
    }
}

/// Returns the namespace and name of the service account whose user has this name.
///
/// Source: `apiserver/pkg/authentication/serviceaccount/util.go`, `SplitUsername`.
pub(super) fn service_account_of(user: &str) -> Option<(&str, &str)> {
    use kube_structural_schema::object::names;

    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')?;
    let is_valid = !name.contains(':') && names::label(namespace).is_empty() && names::subdomain(name).is_empty();
    is_valid.then_some((namespace, name))
}

impl fmt::Debug for User {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is secret.
        out.debug_struct("User")
            .field("name", &self.name)
            .field("uid", &self.uid)
            .field("groups", &self.groups)
            .field("extra", &self.extra)
            .finish_non_exhaustive()
    }
}
