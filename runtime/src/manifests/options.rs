//! Options of operations.

use std::time::Duration;

use super::apply_set::ApplySet;
use super::common::Common;
use super::progress::{Observer, Progress};
use crate::client::{FieldValidation, PropagationPolicy};
use crate::dynamic::RestMapper;

/// How long a CRD may take until its kind is served.
const CRD_TIMEOUT: Duration = Duration::from_secs(30);

/// Defines the setters of common options.
macro_rules! common_setters {
    () => {
        /// Sets the namespace of manifests without one, instead of the client's default namespace. A manifest of another
        /// namespace is a problem, as with `kubectl --namespace`.
        pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
            self.common.namespace = Some(namespace.into());
            self
        }

        /// Runs all checks of the server without storing anything (`--dry-run=server`).
        pub fn dry_run(mut self) -> Self {
            self.common.dry_run = true;
            self
        }

        /// Sets the maximum number of objects that are sent at the same time, by default 8. Objects of different steps are
        /// never sent at the same time.
        pub fn concurrency(mut self, concurrency: usize) -> Self {
            self.common.concurrency = concurrency.max(1);
            self
        }

        /// Limits the time of the whole operation. Objects whose result is not known by then are reported as failed or as not
        /// attempted. Without it, only the timeouts of the client apply, to each request.
        pub fn timeout(mut self, timeout: Duration) -> Self {
            self.common.timeout = Some(timeout);
            self
        }

        /// Attempts no other object after one has failed. By default, all objects are attempted, as kubectl does.
        pub fn stop_at_first_error(mut self) -> Self {
            self.common.stop_at_first_error = true;
            self
        }

        /// Sets how dependents of deleted objects are handled; by default they are deleted in the background, as with kubectl.
        pub fn propagation(mut self, propagation: PropagationPolicy) -> Self {
            self.common.propagation = propagation;
            self
        }

        /// Uses this mapper, and its cache of discovery, instead of a new one.
        pub fn mapper(mut self, mapper: RestMapper) -> Self {
            self.common.mapper = Some(mapper);
            self
        }

        /// Calls a function with the progress. It is called while the operation runs, and must not block.
        pub fn on_progress(mut self, observe: impl Fn(&Progress<'_>) + Send + Sync + 'static) -> Self {
            self.common.observer = Observer::new(observe);
            self
        }
    };
}

/// Options of [`apply_manifests`](super::apply_manifests). The field manager is required: it identifies the owner of the
/// applied fields.
#[derive(Clone, Debug)]
pub struct ApplyManifestsOptions {
    pub(super) field_manager: String,
    pub(super) force: bool,
    pub(super) field_validation: FieldValidation,
    pub(super) crd_timeout: Duration,
    pub(super) apply_set: Option<ApplySet>,
    pub(super) common: Common,
}

impl ApplyManifestsOptions {
    /// Creates options with this field manager. kubectl's is `kubectl`.
    pub fn new(field_manager: impl Into<String>) -> Self {
        ApplyManifestsOptions {
            field_manager: field_manager.into(),
            force: false,
            field_validation: FieldValidation::Strict,
            crd_timeout: CRD_TIMEOUT,
            apply_set: None,
            common: Common::default(),
        }
    }

    /// Takes over fields of other managers, and objects of other ApplySets (`--force-conflicts`).
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Sets the handling of unknown and duplicate fields by the server; by default they are errors, as with kubectl.
    pub fn field_validation(mut self, validation: FieldValidation) -> Self {
        self.field_validation = validation;
        self
    }

    /// Sets how long a CRD may take until it is established, and until its kind is in discovery; by default 30 seconds.
    pub fn crd_timeout(mut self, timeout: Duration) -> Self {
        self.crd_timeout = timeout;
        self
    }

    /// Prunes: objects of the set that are not in the input any more are deleted (`--prune --applyset=…`).
    pub fn apply_set(mut self, set: ApplySet) -> Self {
        self.apply_set = Some(set);
        self
    }

    common_setters!();
}

/// Options of [`delete_manifests`](super::delete_manifests).
#[derive(Clone, Debug, Default)]
pub struct DeleteManifestsOptions {
    pub(super) wait: Option<Duration>,
    pub(super) grace_period_seconds: Option<u32>,
    pub(super) common: Common,
}

impl DeleteManifestsOptions {
    /// Creates options.
    pub fn new() -> Self {
        DeleteManifestsOptions::default()
    }

    /// Waits until the objects do not exist any more, each step at most for this time, before the objects of the next step are
    /// deleted: controllers are deleted after the objects whose finalizers they remove.
    pub fn wait(mut self, timeout: Duration) -> Self {
        self.wait = Some(timeout);
        self
    }

    /// Sets the grace period of pods, in seconds.
    pub fn grace_period_seconds(mut self, seconds: u32) -> Self {
        self.grace_period_seconds = Some(seconds);
        self
    }

    common_setters!();
}
