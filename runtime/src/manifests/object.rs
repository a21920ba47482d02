//! Applying one object.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::apply_set::{PART_OF, Set};
use super::migrate::{client_side_managers, migrate};
use super::options::ApplyManifestsOptions;
use super::plan::{Planned, Requirement};
use super::progress::Progress;
use super::report::{Entry, Failure, FailureReason, Outcome};
use super::schedule::Schedule;
use crate::client::{Client, Error, PatchOptions, RawAnswer};
use crate::types::Json;

/// The interval between two requests while a kind is not served.
const POLL: Duration = Duration::from_millis(100);
/// How long new fields of a changed CRD may be unknown.
const SCHEMA_DELAY: Duration = Duration::from_secs(2);
/// The end of the API server's message for a field that the schema of an applied object does not contain.
const UNDECLARED: &str = "field not declared in schema";

/// Applies objects.
#[derive(Clone, Copy)]
pub(super) struct Applier<'a> {
    pub(super) client: &'a Client,
    pub(super) options: &'a ApplyManifestsOptions,
    pub(super) schedule: &'a Schedule<'a>,
    pub(super) set: Option<&'a Set>,
}

/// The object before it is applied.
enum Before {
    /// It does not exist.
    Absent,
    /// It exists.
    Known {
        version: Option<String>,
        /// The id of the ApplySet that it belongs to.
        part_of: Option<String>,
        /// The whole object, for a dry run.
        object: Option<Json>,
    },
    /// The user may not read it.
    Unreadable,
}

fn text(object: &Value, pointer: &str) -> Option<String> {
    object.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

impl Applier<'_> {
    /// Applies an object, unless what it requires has failed.
    pub(super) async fn apply(&self, object: &Planned, failed: &BTreeMap<Requirement, String>) -> Entry {
        let mut entry = object.entry(Outcome::Unchanged);
        let requirement = object.requires.iter().find_map(|required| failed.get(required));
        let obstacle = requirement.map(|provider| Outcome::NotAttempted(format!("it needs {provider}, which failed")));
        entry.outcome = match obstacle.or_else(|| self.schedule.obstacle()) {
            Some(obstacle) => obstacle,
            None => match self.send(object, &mut entry).await {
                Ok(outcome) => outcome,
                Err(failure) => self.failed(object, failure),
            },
        };
        entry
    }

    /// A dry run does not store namespaces and CRDs, so that the server rejects what needs them.
    fn failed(&self, object: &Planned, failure: Failure) -> Outcome {
        let is_missing = failure.error.as_ref().is_some_and(|error| error.is_not_found());
        if self.options.common.dry_run && is_missing && !object.requires.is_empty() {
            return Outcome::Unchecked(failure.message);
        }
        Outcome::Failed(Box::new(failure))
    }

    async fn send(&self, object: &Planned, entry: &mut Entry) -> Result<Outcome, Failure> {
        let before = self.schedule.request(Box::pin(self.read(object))).await?;
        self.check_set(&before)?;
        let answer = self.schedule.request(Box::pin(self.patch_served(object))).await?;
        let answer = self.migrated(object, answer, &mut entry.warnings).await?;
        entry.uid = text(&answer.object, "/metadata/uid");
        entry.resource_version = text(&answer.object, "/metadata/resourceVersion");
        entry.warnings.extend(answer.warnings.iter().cloned());
        if text(&answer.object, "/metadata/deletionTimestamp").is_some() {
            entry.warnings.push("the object is being deleted".to_owned());
        }
        if let Some(definition) = object.definition.as_ref().filter(|_| !self.options.common.dry_run) {
            self.options.common.observer.notify(&Progress::Waiting { object: &object.target.key });
            let served = definition.wait_until_served(self.client, self.options.crd_timeout);
            let served = async { served.await.map_err(|e| Failure::new(FailureReason::NotServed, e.to_string())) };
            self.schedule.request(Box::pin(served)).await?;
        }
        Ok(outcome(&before, answer))
    }

    async fn read(&self, object: &Planned) -> Result<Before, Error> {
        let (target, name) = (&object.target, &object.target.key.name);
        if !self.options.common.dry_run {
            return match target.metadata(self.client).get_opt(name).await {
                Ok(None) => Ok(Before::Absent),
                Ok(Some(found)) => Ok(Before::Known {
                    version: found.metadata.resource_version,
                    part_of: found.metadata.labels.and_then(|mut labels| labels.remove(PART_OF)),
                    object: None,
                }),
                Err(error) if error.is_forbidden() => Ok(Before::Unreadable),
                Err(error) => Err(error),
            };
        }
        match target.objects(self.client).get_json(name).await {
            Ok(None) => Ok(Before::Absent),
            Ok(Some(found)) => Ok(Before::Known {
                version: text(&found, "/metadata/resourceVersion"),
                part_of: found["metadata"]["labels"].get(PART_OF).and_then(Value::as_str).map(str::to_owned),
                object: Some(found),
            }),
            Err(error) if error.is_forbidden() => Ok(Before::Unreadable),
            Err(error) => Err(error),
        }
    }

    /// An object of another set would be taken from it without a conflict, if both have the same field manager.
    fn check_set(&self, before: &Before) -> Result<(), Failure> {
        let (Some(set), Before::Known { part_of: Some(found), .. }) = (self.set, before) else { return Ok(()) };
        if *found == set.id || self.options.force {
            return Ok(());
        }
        let message = format!("it belongs to another ApplySet, {found}: use force to move it");
        Err(Failure::new(FailureReason::OtherApplySet, message))
    }

    /// Repeats the request while the kind of a CRD of the input is not served: with several API servers, discovery of one does not
    /// mean that all of them serve it. For a short time, also while a changed CRD's new fields are not known: an API server uses a
    /// changed schema shortly after it has answered the change, and does not report since when.
    async fn patch_served(&self, object: &Planned) -> Result<RawAnswer, Error> {
        let is_defined = object.requires.iter().any(|required| matches!(required, Requirement::Kind(_)));
        let start = Instant::now();
        loop {
            let answer = self.patch(object).await;
            let Err(error) = &answer else { return answer };
            let limit = if error.is_not_served() {
                self.options.crd_timeout
            } else if error.to_string().contains(UNDECLARED) {
                self.options.crd_timeout.min(SCHEMA_DELAY)
            } else {
                return answer;
            };
            if !is_defined || self.options.common.dry_run || start.elapsed() >= limit {
                return answer;
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Migrates an object from client-side apply. A failure is a warning: the object was applied, and the next run tries again.
    async fn migrated(
        &self,
        object: &Planned,
        answer: RawAnswer,
        warnings: &mut Vec<String>,
    ) -> Result<RawAnswer, Failure> {
        let updaters = client_side_managers(&answer.object);
        if updaters.is_empty() || self.options.common.dry_run {
            return Ok(answer);
        }
        let migration = migrate(self.client, &object.target, &updaters, &self.options.field_manager);
        if let Err(failure) = self.schedule.request(Box::pin(migration)).await {
            warnings.push(format!("the object was applied, but not migrated from client-side apply: {failure}"));
            return Ok(answer);
        }
        // Removes the fields that only client-side apply set.
        let again = self.schedule.request(Box::pin(self.patch(object))).await?;
        Ok(RawAnswer { created: answer.created, ..again })
    }

    async fn patch(&self, object: &Planned) -> Result<RawAnswer, Error> {
        let options = PatchOptions {
            dry_run: self.options.common.dry_run,
            force: self.options.force,
            field_manager: Some(self.options.field_manager.clone()),
            field_validation: Some(self.options.field_validation),
        };
        let objects = object.target.objects(self.client);
        objects.apply_json(&object.target.key.name, &object.body, &options).await
    }
}

fn outcome(before: &Before, answer: RawAnswer) -> Outcome {
    let is_unchanged = match before {
        _ if answer.created => return Outcome::Created,
        // The answer to the attempt that created it was lost.
        Before::Absent => return Outcome::Created,
        Before::Unreadable => false,
        // The object that a dry run returns has the version of the stored one.
        Before::Known { object: Some(object), .. } => comparable(object.clone()) == comparable(answer.object),
        Before::Known { version, .. } => *version == text(&answer.object, "/metadata/resourceVersion"),
    };
    if is_unchanged { Outcome::Unchanged } else { Outcome::Configured }
}

/// Removes the times of managed fields, which change with each request.
fn comparable(mut object: Json) -> Json {
    let managed = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
    for entry in managed.into_iter().flatten() {
        entry.as_object_mut().map(|entry| entry.remove("time"));
    }
    object
}
