//! Users and their permissions: identities, tokens, impersonation, and the rules of RBAC.
//!
//! Roles and bindings are stored objects, so the registry finds the rules of a user; this module evaluates them.

mod attributes;
mod cover;
mod impersonation;
mod review;
mod rule;
mod tokens;
mod user;

pub(crate) use attributes::{Attributes, Decision};
pub(crate) use cover::{describe_missing, go_list, missing};
pub(crate) use impersonation::{Wanted, impersonate};
pub(crate) use rule::{Rule, Subject};
pub(crate) use tokens::{Account, ISSUER, Tokens};
pub use user::User;

/// How a server identifies and authorizes users.
#[derive(Clone, Default)]
pub(crate) struct Access {
    /// Whether permissions are those of roles and bindings; else everything is allowed.
    pub(crate) rbac: bool,
    /// Whether requests without credentials are those of `system:anonymous`.
    pub(crate) anonymous: bool,
    pub(crate) tokens: Tokens,
}
