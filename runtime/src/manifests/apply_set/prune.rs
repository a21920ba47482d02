//! Pruning: members of an ApplySet that are not in the input are deleted.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};

use super::PART_OF;
use super::parent::{Recorded, Set};
use crate::client::{Client, DeleteOptions, Error, ListOptions};
use crate::manifests::common::CONCURRENCY;
use crate::manifests::order::step;
use crate::manifests::report::{Entry, Failure, Outcome};
use crate::manifests::schedule::Schedule;
use crate::manifests::target::{Mapped, Target};

/// A member to be deleted.
#[derive(Clone, Debug)]
pub(in crate::manifests) struct Member {
    target: Target,
    uid: String,
}

/// The pruning of a set.
#[derive(Clone, Copy)]
pub(in crate::manifests) struct Pruning<'p> {
    pub(in crate::manifests) client: &'p Client,
    pub(in crate::manifests) set: &'p Set,
    pub(in crate::manifests) options: &'p DeleteOptions,
}

impl Pruning<'_> {
    /// Lists the members that were not applied: their uids are not in `applied`.
    pub(in crate::manifests) async fn list(
        &self,
        recorded: &Recorded,
        applied: &BTreeSet<String>,
    ) -> Result<Vec<Member>, Error> {
        let mut lists = Vec::new();
        for mapped in recorded.kinds.values() {
            if mapped.is_namespaced() {
                lists.extend(recorded.namespaces.iter().map(|namespace| self.list_one(mapped, Some(&**namespace))));
            } else {
                lists.push(self.list_one(mapped, None));
            }
        }
        let found: Vec<Vec<Member>> = futures::stream::iter(lists).buffered(CONCURRENCY).try_collect().await?;
        let mut seen = applied.clone();
        let is_new = |member: &Member| member.target.key != self.set.parent.key && seen.insert(member.uid.clone());
        Ok(found.into_iter().flatten().filter(is_new).collect())
    }

    async fn list_one(&self, mapped: &Mapped, namespace: Option<&str>) -> Result<Vec<Member>, Error> {
        let selection = ListOptions::default().label_selector(format!("{PART_OF}={}", self.set.id));
        let objects = mapped.metadata(self.client, namespace).items(&selection);
        let members = objects.map_ok(|object| {
            let name = object.metadata.name.unwrap_or_default();
            Member { target: mapped.target(namespace, &name), uid: object.metadata.uid.unwrap_or_default() }
        });
        members.try_collect().await
    }

    /// Deletes members in the reverse of the order in which they were applied.
    pub(in crate::manifests) async fn delete(&self, members: &[Member], schedule: &Schedule<'_>) -> Vec<Entry> {
        let step = |member: &Member| step(&member.target.key.group_kind());
        let steps: BTreeSet<usize> = members.iter().map(step).collect();
        let mut entries = Vec::new();
        for current in steps.into_iter().rev() {
            let of_step = members.iter().filter(|member| step(member) == current);
            let deletions: Vec<_> = of_step.map(|member| self.delete_one(member, schedule)).collect();
            entries.extend(schedule.step(deletions, members.len()).await);
        }
        entries
    }

    async fn delete_one(&self, member: &Member, schedule: &Schedule<'_>) -> Entry {
        let outcome = match schedule.obstacle() {
            Some(outcome) => outcome,
            None => {
                match schedule.request(Box::pin(member.target.delete(self.client, &member.uid, self.options))).await {
                    Ok(_) => Outcome::Pruned,
                    Err(failure) => Outcome::Failed(Box::<Failure>::new(failure)),
                }
            }
        };
        Entry {
            origin: None,
            object: member.target.key.clone(),
            outcome,
            uid: Some(member.uid.clone()),
            resource_version: None,
            warnings: Vec::new(),
        }
    }
}
