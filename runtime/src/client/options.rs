//! What a request may ask for besides the object.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/>

use serde::Serialize;
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

/// What the API server does with fields that the schema does not know, and with duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldValidation {
    /// Drops them silently.
    Ignore,
    /// Drops them with a warning; what the server does unless told otherwise.
    Warn,
    /// Refuses the request.
    Strict,
}

/// Options of `create` and `update`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Check everything, store nothing.
    pub dry_run: bool,
    /// The field manager in `managedFields`; by default the program's name, see [`Client`](super::Client).
    pub field_manager: Option<String>,
    /// What to do with unknown fields.
    pub field_validation: Option<FieldValidation>,
}

impl WriteOptions {
    /// Checks everything, stores nothing.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    with! {
        /// Sets the field manager.
        field_manager: String,
        /// Sets what to do with unknown fields.
        field_validation: FieldValidation,
    }
}

/// Options of `get`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetOptions {
    /// At least as new as this resource version; `0`: whatever the server has at hand.
    pub resource_version: Option<String>,
}

impl GetOptions {
    with! {
        /// Sets how new the answer must be.
        resource_version: String,
    }
}

/// How a list relates to a resource version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VersionMatch {
    /// Exactly that version.
    Exact,
    /// That version or a newer one.
    NotOlderThan,
}

/// Options of `list` and `delete_collection`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// Which labels, such as `app=search,tier in (a, b)`.
    pub label_selector: Option<String>,
    /// Which fields: `metadata.name=x`, `metadata.namespace=y` and those that the CRD calls selectable.
    pub field_selector: Option<String>,
    /// At most so many objects; the answer says where to go on.
    pub limit: Option<u32>,
    /// Where to go on.
    pub continue_token: Option<String>,
    /// The resource version that the answer relates to.
    pub resource_version: Option<String>,
    /// How it relates to it.
    pub version_match: Option<VersionMatch>,
    /// Seconds after which the server gives up.
    pub timeout_seconds: Option<u32>,
}

impl ListOptions {
    with! {
        /// Sets which labels.
        label_selector: String,
        /// Sets which fields.
        field_selector: String,
        /// Sets how many at most.
        limit: u32,
        /// Sets where to go on.
        continue_token: String,
        /// Sets the resource version that the answer relates to.
        resource_version: String,
        /// Sets how it relates to it.
        version_match: VersionMatch,
        /// Sets after how many seconds the server gives up.
        timeout_seconds: u32,
    }
}

/// Options of `watch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchOptions {
    /// Which labels.
    pub label_selector: Option<String>,
    /// Which fields.
    pub field_selector: Option<String>,
    /// What happened after this resource version; without it, first an `Added` for each object there is.
    pub resource_version: Option<String>,
    /// No bookmarks. They cost little and tell how far one has come, so they are on by default.
    pub no_bookmarks: bool,
    /// Begin with the present objects, and say by a bookmark when all have come.
    pub send_initial_events: bool,
    /// Seconds after which the server ends the watch.
    pub timeout_seconds: Option<u32>,
}

impl WatchOptions {
    /// Begins with the present objects, and says by a bookmark when all have come.
    pub fn send_initial_events(mut self) -> Self {
        self.send_initial_events = true;
        self
    }

    with! {
        /// Sets which labels.
        label_selector: String,
        /// Sets which fields.
        field_selector: String,
        /// Sets after which resource version to begin.
        resource_version: String,
        /// Sets after how many seconds the server ends the watch.
        timeout_seconds: u32,
    }
}

/// What happens to the objects that an object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Propagation {
    /// They stay, without owner.
    Orphan,
    /// They are deleted after it.
    Background,
    /// They are deleted before it.
    Foreground,
}

/// What must hold for an object to be deleted; else the answer is a conflict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preconditions {
    /// It has this uid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// It has this resource version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
}

/// Options of `delete` and `delete_collection`, sent as the request's body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteOptions {
    /// `["All"]`: check everything, delete nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dry_run: Vec<&'static str>,
    /// Seconds until it happens; custom resources know no grace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_period_seconds: Option<u32>,
    /// What happens to the objects that it owns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagation_policy: Option<Propagation>,
    /// What must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preconditions: Option<Preconditions>,
}

impl DeleteOptions {
    /// Checks everything, deletes nothing.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = vec!["All"];
        self
    }

    /// Deletes only the object of this uid, not one that has taken its name.
    pub fn uid(mut self, uid: impl Into<String>) -> Self {
        self.preconditions.get_or_insert_default().uid = Some(uid.into());
        self
    }

    /// Deletes only if nobody has written since this resource version.
    pub fn resource_version(mut self, version: impl Into<String>) -> Self {
        self.preconditions.get_or_insert_default().resource_version = Some(version.into());
        self
    }

    with! {
        /// Sets the seconds until it happens.
        grace_period_seconds: u32,
        /// Sets what happens to the objects that it owns.
        propagation_policy: Propagation,
    }
}

/// Options of `patch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchOptions {
    /// Check everything, store nothing.
    pub dry_run: bool,
    /// The field manager; server-side apply requires it, else the default is the program's name, see
    /// [`Client`](super::Client).
    pub field_manager: Option<String>,
    /// What to do with unknown fields.
    pub field_validation: Option<FieldValidation>,
    /// Apply: take fields from other managers.
    pub force: bool,
}

impl PatchOptions {
    /// Options for a patch by this manager.
    pub fn manager(name: impl Into<String>) -> Self {
        PatchOptions { field_manager: Some(name.into()), ..PatchOptions::default() }
    }

    /// Checks everything, stores nothing.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Apply: takes fields from other managers.
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    with! {
        /// Sets the field manager.
        field_manager: String,
        /// Sets what to do with unknown fields.
        field_validation: FieldValidation,
    }
}

/// A change, and its format. The body is anything that serializes: JSON, or a typed object for server-side apply.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch<T = Value> {
    /// A list of operations, RFC 6902.
    Json(T),
    /// A partial object, RFC 7396: null deletes, lists are replaced.
    Merge(T),
    /// A partial object, merged by the rules of built-in kinds. Custom resources answer 415.
    Strategic(T),
    /// Server-side apply: all fields that the manager wants.
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
