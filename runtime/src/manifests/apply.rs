//! Applying manifests.

use std::collections::{BTreeMap, BTreeSet};

use super::apply_set::{Members, PART_OF, Pruning, Recorded, Set};
use super::error::{ManifestsError, checked};
use super::object::Applier;
use super::options::ApplyManifestsOptions;
use super::plan::{Planned, Requirement, Settings, plan};
use super::problem::Problems;
use super::progress::Progress;
use super::report::{ApplySetReport, Entry, PruneOutcome, Report};
use super::resolve::Kinds;
use super::schedule::Schedule;
use super::source::Manifests;
use crate::client::{Client, DeleteOptions};
use crate::dynamic::RestMapper;

/// Applies manifests server-side, in the order of their dependencies, and prunes if the options contain an
/// [`ApplySet`](super::ApplySet). Returns a report with an entry for each object.
///
/// Requests that are safe to repeat are repeated by the client, see [`RetryPolicy`](crate::client::RetryPolicy). If the future is
/// dropped, objects that were sent stay applied; the next run continues.
///
/// # Errors
/// Returns an error without sending anything if a manifest has a problem. Returns [`ManifestsError::Failed`], which contains the
/// report, if an object failed, or if the set was not pruned.
pub async fn apply_manifests(
    client: &Client,
    manifests: &Manifests,
    options: &ApplyManifestsOptions,
) -> Result<Report, ManifestsError> {
    let schedule = Schedule::start(&options.common);
    let mapper = options.common.mapper.clone().unwrap_or_else(|| RestMapper::new(client.clone()));
    let prepared = schedule.within(Box::pin(prepare(client, &mapper, manifests, options))).await;
    let Prepared { planned, set } = prepared.ok_or(ManifestsError::Deadline)??;
    options.common.observer.notify(&Progress::Checked { objects: planned.len() });
    let Some(set) = set else {
        let run = Run { client, options, schedule, set: None };
        let entries = Box::pin(run.run(&planned)).await;
        return checked(Report { dry_run: options.common.dry_run, entries, apply_set: None });
    };
    let (recorded, mut warnings) = {
        let begin = Box::pin(begin(client, &mapper, &set, &planned, options));
        schedule.within(begin).await.ok_or(ManifestsError::Deadline)??
    };
    let run = Run { client, options, schedule, set: Some(&set) };
    let mut entries = Box::pin(run.run(&planned)).await;
    let prune = Box::pin(run.prune(&set, &recorded, &planned, &mut entries, &mut warnings)).await;
    let report = ApplySetReport { parent: set.parent.key.clone(), id: set.id.clone(), prune, warnings };
    checked(Report { dry_run: options.common.dry_run, entries, apply_set: Some(report) })
}

/// What is sent.
struct Prepared {
    planned: Vec<Planned>,
    set: Option<Set>,
}

async fn prepare(
    client: &Client,
    mapper: &RestMapper,
    manifests: &Manifests,
    options: &ApplyManifestsOptions,
) -> Result<Prepared, ManifestsError> {
    if manifests.is_empty() {
        return Err(ManifestsError::Empty);
    }
    let kinds = Kinds::of(&manifests.documents, mapper).await?;
    let set = match &options.apply_set {
        Some(set) => Some(Set::resolve(set, mapper).await?),
        None => None,
    };
    let settings = Settings {
        namespace: options.common.namespace.as_deref(),
        default_namespace: client.default_namespace(),
        label: set.as_ref().map(|set| (PART_OF, &*set.id)),
        skip_unserved: false,
    };
    let mut problems = manifests.problems().to_vec();
    let planned = plan(&manifests.documents, &kinds, settings).unwrap_or_else(|Problems(others)| {
        problems.extend(others);
        Vec::new()
    });
    if !problems.is_empty() {
        return Err(ManifestsError::Invalid(Problems(problems)));
    }
    if planned.is_empty() {
        return Err(ManifestsError::Empty);
    }
    Ok(Prepared { planned, set })
}

/// Returns the members that the set has after the operation.
fn members(planned: &[Planned]) -> Members {
    Members {
        kinds: planned.iter().map(|object| object.target.key.group_kind()).collect(),
        namespaces: planned.iter().filter_map(|object| object.target.key.namespace.clone()).collect(),
    }
}

/// Reads the parent, and records the old and the new members in it.
async fn begin(
    client: &Client,
    mapper: &RestMapper,
    set: &Set,
    planned: &[Planned],
    options: &ApplyManifestsOptions,
) -> Result<(Recorded, Vec<String>), ManifestsError> {
    let mut recorded = set.read(client, mapper).await?;
    let how = (options.common.dry_run, options.field_validation);
    let warning = set.update(client, Some(&recorded), &members(planned), how).await?;
    let warnings = std::mem::take(&mut recorded.warnings).into_iter().chain(warning).collect();
    Ok((recorded, warnings))
}

/// An operation.
struct Run<'r> {
    client: &'r Client,
    options: &'r ApplyManifestsOptions,
    schedule: Schedule<'r>,
    set: Option<&'r Set>,
}

impl Run<'_> {
    /// Applies all objects, step by step.
    async fn run(&self, planned: &[Planned]) -> Vec<Entry> {
        let applier = Applier { client: self.client, options: self.options, schedule: &self.schedule, set: self.set };
        let steps: BTreeSet<usize> = planned.iter().map(|object| object.step).collect();
        let mut failed: BTreeMap<Requirement, String> = BTreeMap::new();
        let mut entries = Vec::new();
        for step in steps {
            let objects: Vec<&Planned> = planned.iter().filter(|object| object.step == step).collect();
            let applied: Vec<_> = objects.iter().map(|object| applier.apply(object, &failed)).collect();
            let applied = self.schedule.step(applied, planned.len()).await;
            for (object, entry) in objects.iter().zip(&applied).filter(|(_, entry)| entry.outcome.is_failure()) {
                failed.extend(object.provides.clone().map(|provided| (provided, entry.object.to_string())));
            }
            entries.extend(applied);
        }
        entries
    }

    /// Deletes the members that were not applied, and records the others in the parent.
    async fn prune(
        &self,
        set: &Set,
        recorded: &Recorded,
        planned: &[Planned],
        entries: &mut Vec<Entry>,
        warnings: &mut Vec<String>,
    ) -> PruneOutcome {
        if entries.iter().any(|entry| entry.outcome.is_failure()) {
            return PruneOutcome::Skipped;
        }
        let dry_run = self.options.common.dry_run;
        let options = DeleteOptions::default().propagation_policy(self.options.common.propagation);
        let options = if dry_run { options.dry_run() } else { options };
        let pruning = Pruning { client: self.client, set, options: &options };
        let applied = entries.iter().filter_map(|entry| entry.uid.clone()).collect();
        let listed = match self.schedule.request(pruning.list(recorded, &applied)).await {
            Ok(listed) => listed,
            Err(failure) => return PruneOutcome::Failed(format!("members cannot be listed: {failure}")),
        };
        self.options.common.observer.notify(&Progress::Pruning { objects: listed.len() });
        self.schedule.restart();
        let pruned = pruning.delete(&listed, &self.schedule).await;
        let failures = pruned.iter().filter(|entry| entry.outcome.is_failure()).count();
        entries.extend(pruned);
        if failures > 0 {
            return PruneOutcome::Failed(format!("{failures} of {} members were not deleted", listed.len()));
        }
        let how = (dry_run, self.options.field_validation);
        let members = members(planned);
        match self.schedule.within(set.update(self.client, None, &members, how)).await {
            Some(Ok(warning)) => {
                warnings.extend(warning);
                PruneOutcome::Pruned
            }
            Some(Err(error)) => PruneOutcome::Failed(format!("all members were pruned: {error}")),
            None => PruneOutcome::Failed(
                "all members were pruned: the deadline passed before the parent was updated".to_owned(),
            ),
        }
    }
}
