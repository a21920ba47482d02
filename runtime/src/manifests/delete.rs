//! Deleting manifests.

use std::collections::BTreeSet;
use std::time::Duration;

use super::error::{ManifestsError, checked};
use super::options::DeleteManifestsOptions;
use super::plan::{Planned, Settings, plan};
use super::problem::Problems;
use super::progress::Progress;
use super::report::{Entry, Failure, FailureReason, Outcome, Report};
use super::resolve::Kinds;
use super::schedule::Schedule;
use super::source::Manifests;
use super::target::Deletion;
use crate::client::wait::{WaitOptions, deleted_uid};
use crate::client::{Client, DeleteOptions};
use crate::dynamic::RestMapper;

/// Deletes the objects of manifests, in the reverse of the order in which they are applied. Each is deleted only if it still has the
/// uid that was read before. Objects and kinds that do not exist are not errors: their entries are [`Outcome::Absent`].
///
/// # Errors
/// Returns an error without sending anything if a manifest has a problem. Returns [`ManifestsError::Failed`], which contains the
/// report, if an object failed.
pub async fn delete_manifests(
    client: &Client,
    manifests: &Manifests,
    options: &DeleteManifestsOptions,
) -> Result<Report, ManifestsError> {
    let schedule = Schedule::start(&options.common);
    let planned =
        schedule.within(Box::pin(prepare(client, manifests, options))).await.ok_or(ManifestsError::Deadline)??;
    options.common.observer.notify(&Progress::Checked { objects: planned.len() });
    let deletion = DeleteOptions {
        grace_period_seconds: options.grace_period_seconds,
        ..DeleteOptions::default().propagation_policy(options.common.propagation)
    };
    let deletion = if options.common.dry_run { deletion.dry_run() } else { deletion };
    let wait = options.wait.filter(|_| !options.common.dry_run);
    let deleter = Deleter { client, schedule: &schedule, deletion, wait };
    let steps: BTreeSet<usize> = planned.iter().map(|object| object.step).collect();
    let mut entries = Vec::new();
    for step in steps.into_iter().rev() {
        let objects = planned.iter().rev().filter(|object| object.step == step);
        let deletions: Vec<_> = objects.map(|object| deleter.delete(object)).collect();
        entries.extend(schedule.step(deletions, planned.len()).await);
    }
    checked(Report { dry_run: options.common.dry_run, entries, apply_set: None })
}

async fn prepare(
    client: &Client,
    manifests: &Manifests,
    options: &DeleteManifestsOptions,
) -> Result<Vec<Planned>, ManifestsError> {
    if manifests.is_empty() {
        return Err(ManifestsError::Empty);
    }
    let mapper = options.common.mapper.clone().unwrap_or_else(|| RestMapper::new(client.clone()));
    let kinds = Kinds::of(&manifests.documents, &mapper).await?;
    let settings = Settings {
        namespace: options.common.namespace.as_deref(),
        default_namespace: client.default_namespace(),
        label: None,
        skip_unserved: true,
    };
    let mut problems = manifests.problems().to_vec();
    match plan(&manifests.documents, &kinds, settings) {
        Ok(planned) if problems.is_empty() && planned.is_empty() => Err(ManifestsError::Empty),
        Ok(planned) if problems.is_empty() => Ok(planned),
        Ok(_) => Err(ManifestsError::Invalid(Problems(problems))),
        Err(Problems(others)) => {
            problems.extend(others);
            Err(ManifestsError::Invalid(Problems(problems)))
        }
    }
}

/// Deletes objects.
struct Deleter<'d> {
    client: &'d Client,
    schedule: &'d Schedule<'d>,
    deletion: DeleteOptions,
    wait: Option<Duration>,
}

impl Deleter<'_> {
    async fn delete(&self, object: &Planned) -> Entry {
        let mut entry = object.entry(Outcome::Absent);
        if !object.is_served {
            return entry;
        }
        entry.outcome = match self.schedule.obstacle() {
            Some(obstacle) => obstacle,
            None => self.send(object, &mut entry).await.unwrap_or_else(|failure| Outcome::Failed(Box::new(failure))),
        };
        entry
    }

    async fn send(&self, object: &Planned, entry: &mut Entry) -> Result<Outcome, Failure> {
        let (target, name) = (&object.target, &object.target.key.name);
        let objects = target.metadata(self.client);
        let Some(found) = self.schedule.request(Box::pin(objects.get_opt(name))).await? else {
            return Ok(Outcome::Absent);
        };
        let uid = found.metadata.uid.unwrap_or_default();
        entry.uid = Some(uid.clone());
        entry.resource_version = found.metadata.resource_version;
        let deletion = Box::pin(target.delete(self.client, &uid, &self.deletion));
        if self.schedule.request(deletion).await? == Deletion::Absent {
            return Ok(Outcome::Absent);
        }
        if let Some(timeout) = self.wait {
            let gone = async {
                let waited = objects.wait_for(name, deleted_uid(uid), WaitOptions::new(timeout)).await;
                waited.map_err(|error| Failure::new(FailureReason::NotDeleted, error.to_string()))
            };
            self.schedule.request(Box::pin(gone)).await?;
        }
        Ok(Outcome::Deleted)
    }
}
