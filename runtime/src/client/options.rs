//! Options of requests.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/>

use serde::Serialize;

use super::shard::ShardSelector;
use serde_json::Value;

/// Defines chained setters for optional fields.
macro_rules! with {
    ($($(#[$doc:meta])* $field:ident: $type:ty),* $(,)?) => { $(
        $(#[$doc])*
        pub fn $field(mut self, value: impl Into<$type>) -> Self {
            self.$field = Some(value.into());
            self
        }
    )* };
}

/// The handling of unknown and duplicate fields by the API server (`fieldValidation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldValidation {
    /// Drops them silently.
    Ignore,
    /// Drops them with a warning; the default of the API server.
    Warn,
    /// Rejects the request.
    Strict,
}

/// Options of `create` and `update`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Whether to run all checks without storing the result.
    pub dry_run: bool,
    /// The field manager in `managedFields`; by default the program's name, see [`Client`](super::Client).
    pub field_manager: Option<String>,
    /// The handling of unknown fields.
    pub field_validation: Option<FieldValidation>,
}

impl WriteOptions {
    /// Runs all checks without storing the result.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    with! {
        /// Sets the field manager.
        field_manager: String,
        /// Sets the handling of unknown fields.
        field_validation: FieldValidation,
    }
}

/// Options of `get`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetOptions {
    /// The minimum resource version of the response; `0` allows any cached version.
    pub resource_version: Option<String>,
}

impl GetOptions {
    with! {
        /// Sets the minimum resource version of the response.
        resource_version: String,
    }
}

/// The interpretation of the resource version of a list (`resourceVersionMatch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VersionMatch {
    /// The list is at exactly this version.
    Exact,
    /// The list is at this version or a newer one.
    NotOlderThan,
}

/// Options of `list` and `delete_collection`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// The label selector, such as `app=search,tier in (a, b)`.
    pub label_selector: Option<String>,
    /// The field selector: `metadata.name=x`, `metadata.namespace=y` and the selectable fields of the CRD.
    pub field_selector: Option<String>,
    /// The shard whose objects are returned, if the API server supports it.
    pub shard_selector: Option<ShardSelector>,
    /// The maximum number of objects in a page.
    pub limit: Option<u32>,
    /// The token of the next page, from the metadata of the previous one.
    pub continue_token: Option<String>,
    /// The resource version.
    pub resource_version: Option<String>,
    /// The interpretation of the resource version.
    pub version_match: Option<VersionMatch>,
    /// The timeout of the request on the server, in seconds.
    pub timeout_seconds: Option<u32>,
}

impl ListOptions {
    with! {
        /// Sets the label selector.
        label_selector: String,
        /// Sets the field selector.
        field_selector: String,
        /// Sets the shard whose objects are returned, if the API server supports it.
        shard_selector: ShardSelector,
        /// Sets the maximum number of objects in a page.
        limit: u32,
        /// Sets the token of the next page.
        continue_token: String,
        /// Sets the resource version.
        resource_version: String,
        /// Sets the interpretation of the resource version.
        version_match: VersionMatch,
        /// Sets the timeout of the request on the server, in seconds.
        timeout_seconds: u32,
    }
}

/// Options of `watch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchOptions {
    /// The label selector.
    pub label_selector: Option<String>,
    /// The field selector.
    pub field_selector: Option<String>,
    /// The shard whose objects are returned, if the API server supports it.
    pub shard_selector: Option<ShardSelector>,
    /// The resource version after which the watch starts; without it, the watch starts with an `Added` event for each
    /// existing object.
    pub resource_version: Option<String>,
    /// Disables bookmarks.
    pub no_bookmarks: bool,
    /// Whether to start with the existing objects, followed by a bookmark (`sendInitialEvents`).
    pub send_initial_events: bool,
    /// The duration after which the server ends the watch, in seconds.
    pub timeout_seconds: Option<u32>,
}

impl WatchOptions {
    /// Starts the watch with the existing objects, followed by a bookmark (`sendInitialEvents`).
    pub fn send_initial_events(mut self) -> Self {
        self.send_initial_events = true;
        self
    }

    with! {
        /// Sets the label selector.
        label_selector: String,
        /// Sets the field selector.
        field_selector: String,
        /// Sets the shard whose objects are returned, if the API server supports it.
        shard_selector: ShardSelector,
        /// Sets the resource version after which the watch starts.
        resource_version: String,
        /// Sets the duration after which the server ends the watch, in seconds.
        timeout_seconds: u32,
    }
}

/// The handling of the dependents of a deleted object (`propagationPolicy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum PropagationPolicy {
    /// Dependents are orphaned.
    Orphan,
    /// Dependents are deleted after the object.
    Background,
    /// Dependents are deleted before the object.
    Foreground,
}

/// Preconditions of a deletion; if they are not met, the server returns a conflict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preconditions {
    /// The required uid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The required resource version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
}

/// Options of `delete` and `delete_collection`, sent as the request's body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteOptions {
    /// `["All"]` runs all checks without deleting anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dry_run: Vec<&'static str>,
    /// The grace period in seconds; custom resources have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_period_seconds: Option<u32>,
    /// The handling of dependents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagation_policy: Option<PropagationPolicy>,
    /// The preconditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preconditions: Option<Preconditions>,
}

impl DeleteOptions {
    /// Runs all checks without deleting anything.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = vec!["All"];
        self
    }

    /// Deletes the object only if it has this uid, not a later object of the same name.
    pub fn uid(mut self, uid: impl Into<String>) -> Self {
        self.preconditions.get_or_insert_default().uid = Some(uid.into());
        self
    }

    /// Deletes the object only if it has this resource version.
    pub fn resource_version(mut self, version: impl Into<String>) -> Self {
        self.preconditions.get_or_insert_default().resource_version = Some(version.into());
        self
    }

    with! {
        /// Sets the grace period in seconds.
        grace_period_seconds: u32,
        /// Sets the handling of dependents.
        propagation_policy: PropagationPolicy,
    }
}

/// Options of `patch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchOptions {
    /// Whether to run all checks without storing the result.
    pub dry_run: bool,
    /// The field manager. Server-side apply requires it; otherwise the default is the program's name, see
    /// [`Client`](super::Client).
    pub field_manager: Option<String>,
    /// The handling of unknown fields.
    pub field_validation: Option<FieldValidation>,
    /// Whether an apply takes over fields of other managers.
    pub force: bool,
}

impl PatchOptions {
    /// Creates options with this field manager.
    pub fn manager(name: impl Into<String>) -> Self {
        PatchOptions { field_manager: Some(name.into()), ..PatchOptions::default() }
    }

    /// Runs all checks without storing the result.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Takes over fields of other managers in an apply.
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    with! {
        /// Sets the field manager.
        field_manager: String,
        /// Sets the handling of unknown fields.
        field_validation: FieldValidation,
    }
}

/// A patch and its format. The body is any type that implements `Serialize`: JSON, or a typed object for server-side apply.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch<T = Value> {
    /// A JSON patch: a list of operations (RFC 6902).
    Json(T),
    /// A merge patch (RFC 7396): null deletes a field, lists are replaced.
    Merge(T),
    /// A strategic merge patch. Only built-in kinds support it; custom resources return 415.
    Strategic(T),
    /// Server-side apply: the complete intent of the field manager.
    Apply(T),
}

impl<T> Patch<T> {
    pub(super) fn content_type(&self) -> &'static str {
        match self {
            Patch::Json(_) => "application/json-patch+json",
            Patch::Merge(_) => "application/merge-patch+json",
            Patch::Strategic(_) => "application/strategic-merge-patch+json",
            // JSON is YAML, and this is the content type that all supported servers know.
            Patch::Apply(_) => "application/apply-patch+yaml",
        }
    }

    pub(super) fn body(&self) -> &T {
        match self {
            Patch::Json(body) | Patch::Merge(body) | Patch::Strategic(body) | Patch::Apply(body) => body,
        }
    }
}
