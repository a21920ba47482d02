//! Observers of the writes of a transport.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request};
use kube::client::Body;
use serde::Deserialize;

use super::replay;
use super::target::Target;
use super::timeout::{CallError, find_timeout};

/// A write that is about to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write<'r> {
    pub(crate) group: &'r str,
    pub(crate) resource: &'r str,
    /// Empty for cluster-scoped objects.
    pub(crate) namespace: &'r str,
    /// Empty for a deletion of several objects, and for a create of an object whose name the API server generates.
    pub(crate) name: &'r str,
    pub(crate) verb: &'static str,
}

/// What became of a write.
#[derive(Clone, Debug)]
pub(crate) enum WriteOutcome {
    /// The API server executed it, and this is its answer.
    Executed(Bytes),
    /// The API server did not execute it.
    NotExecuted,
    /// The API server may have executed it.
    Unknown,
}

/// Observes writes. It must not block.
pub(crate) trait WriteObserver: Send + Sync {
    /// A write is about to be sent. Returns `None` if the observer is not concerned.
    fn started(&self, write: Write<'_>) -> Option<Box<dyn WriteInFlight>>;
}

/// A write that has not ended. If it is dropped, the call was given up, and the outcome is unknown.
pub(crate) trait WriteInFlight: Send {
    /// The write has ended.
    fn ended(self: Box<Self>, outcome: WriteOutcome);
}

/// The observers of a transport, in the order in which they were added.
#[derive(Clone, Default)]
pub(super) struct Observers(Vec<Arc<dyn WriteObserver>>);

impl Observers {
    pub(super) fn and(&self, observer: Arc<dyn WriteObserver>) -> Self {
        let mut observers = self.0.clone();
        observers.push(observer);
        Observers(observers)
    }

    /// Returns whether a request is a write that is observed.
    pub(super) fn concern(&self, request: &Request<Body>) -> bool {
        !self.0.is_empty() && !request.method().is_safe() && !is_dry_run(request)
    }

    pub(super) fn started(&self, request: &Request<Body>) -> Vec<Box<dyn WriteInFlight>> {
        let target = Target::of(request.uri().path());
        let created = if target.name.is_empty() { created_name(request) } else { None };
        let write = Write {
            group: target.group,
            resource: target.resource,
            namespace: target.namespace,
            name: created.as_deref().unwrap_or(target.name),
            verb: target.verb(request.method(), request.uri()),
        };
        self.0.iter().filter_map(|observer| observer.started(write)).collect()
    }
}

/// Returns the name of the object that a request creates.
fn created_name(request: &Request<Body>) -> Option<String> {
    #[derive(Deserialize)]
    struct Object {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        name: Option<String>,
    }

    let body = replay::bytes(request).filter(|_| request.method() == Method::POST)?;
    serde_json::from_slice::<Object>(&body).ok()?.metadata.name
}

/// Returns whether a write changes nothing. A deletion may have the option in its body.
fn is_dry_run(request: &Request<Body>) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Options {
        #[serde(default)]
        dry_run: Option<Vec<String>>,
    }

    let query = request.uri().query().unwrap_or_default();
    let in_query = query.split('&').any(|pair| pair.starts_with("dryRun=") && pair.len() > "dryRun=".len());
    in_query
        || request.method() == Method::DELETE
            && replay::bytes(request)
                .and_then(|body| serde_json::from_slice::<Options>(&body).ok())
                .is_some_and(|options| options.dry_run.is_some_and(|dry_run| !dry_run.is_empty()))
}

/// Returns what became of a write that failed.
pub(super) fn outcome_of(error: &kube::Error) -> WriteOutcome {
    let unknown = match find_timeout(error) {
        Some(timeout) => timeout.fate_unknown,
        None => match error {
            kube::Error::Service(source) => {
                matches!(source.downcast_ref::<CallError>(), Some(CallError::FateUnknown(_)))
            }
            _ => false,
        },
    };
    if unknown { WriteOutcome::Unknown } else { WriteOutcome::NotExecuted }
}
