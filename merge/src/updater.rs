//! The fields that each manager owns after a write.
//!
//! Source: `structured-merge-diff/merge/update.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::{Conflict, UpdateError};
use crate::managed::{Manager, Managers, Operation, Owned};
use crate::path::equal;
use crate::set::Set;
use crate::shape::Shape;
use crate::value::check::{ShapeErrors, check};
use crate::value::compare::{Comparison, compare};
use crate::value::fields::field_set;
use crate::value::merge::merge;
use crate::value::reconcile::{reconciled, with_named_fields};
use crate::value::remove::without;
use crate::versions::Versions;

/// A write.
pub(crate) struct Updater<'u> {
    pub(crate) versions: &'u dyn Versions,
    /// The version of the write.
    pub(crate) api_version: &'u str,
    /// Fields that this endpoint cannot write.
    pub(crate) reset: Option<&'u Set>,
    /// Whether `reset` applies to all versions.
    pub(crate) resets_all_versions: bool,
}

impl Updater<'_> {
    fn shape(&self, api_version: &str) -> Option<Shape<'_>> {
        self.versions.schema(api_version).map(Shape::root)
    }

    /// Converts an object to another version; `None` if the version does not exist.
    ///
    /// # Errors
    /// Returns an error if the object does not match the schema of that version.
    fn convert(&self, object: &Value, from: &str, to: &str) -> Result<Option<Value>, ShapeErrors> {
        if from == to {
            return Ok(Some(object.clone()));
        }
        let (Some(shape), Some(converted)) = (self.shape(to), self.versions.convert(object, to)) else {
            return Ok(None);
        };
        // Conversion does not allow duplicate items.
        check(shape, &converted, false).map(|()| Some(converted))
    }

    /// Adapts sets that were written under another schema to the current one.
    fn reconcile(&self, live: &Value, managers: &mut Managers) -> Result<(), UpdateError> {
        let versions: BTreeSet<String> = managers.values().map(|owned| owned.api_version.clone()).collect();
        for version in versions {
            if self.shape(&version).is_none()
                && let Some(message) = self.versions.unknown_version_error(&version)
            {
                return Err(UpdateError::Shape(message));
            }
            self.convert(live, self.api_version, &version).map_err(|errors| UpdateError::shape("", &errors))?;
        }
        managers.retain(|_, owned| match self.shape(&owned.api_version) {
            Some(shape) => {
                owned.set = reconciled(shape, &owned.set);
                true
            }
            None => false,
        });
        Ok(())
    }

    /// Removes the fields that a write changes from all other managers. Without `force`, changes of fields that others
    /// own are conflicts.
    fn take_ownership(
        &self,
        old: &Value,
        new: &Value,
        managers: &mut Managers,
        writer: &Manager,
        force: bool,
    ) -> Result<Comparison, UpdateError> {
        let Some(shape) = self.shape(self.api_version) else { return Ok(Comparison::default()) };
        let changes = compare(shape, old, new);
        let mut by_version = BTreeMap::from([(self.api_version.to_owned(), changes.clone().without(self.reset))]);
        let mut conflicts = Vec::new();
        let mut changed: Vec<(Manager, Set)> = Vec::new();
        let mut obsolete = Vec::new();
        for (manager, owned) in managers.iter().filter(|(manager, _)| *manager != writer) {
            if !by_version.contains_key(&owned.api_version) {
                let version = &owned.api_version;
                let convert = |object, task| {
                    self.convert(object, self.api_version, version).map_err(|errors| UpdateError::shape(task, &errors))
                };
                let old = convert(old, "failed to convert old object: ")?;
                let new = convert(new, "failed to convert new object: ")?;
                let (Some(shape), Some(old), Some(new)) = (self.shape(version), old, new) else {
                    obsolete.push(manager.clone());
                    continue;
                };
                let changes = compare(shape, &old, &new).without(self.reset.filter(|_| self.resets_all_versions));
                by_version.insert(version.clone(), changes);
            }
            let comparison = &by_version[&owned.api_version];
            let lost = owned.set.intersection(&comparison.modified.union(&comparison.added));
            conflicts.extend(lost.paths().into_iter().map(|path| Conflict { manager: manager.clone(), path }));
            changed.push((manager.clone(), lost.union(&comparison.removed)));
        }
        if !force && !conflicts.is_empty() {
            return Err(UpdateError::Conflicts(conflicts));
        }
        obsolete.iter().for_each(|manager| drop(managers.remove(manager)));
        for (manager, lost) in changed {
            if let Some(owned) = managers.get_mut(&manager) {
                owned.set = owned.set.difference(&lost);
            }
        }
        managers.retain(|_, owned| !owned.set.is_empty());
        Ok(changes)
    }

    fn filtered(&self, set: Set) -> Set {
        match self.reset {
            Some(reset) => set.recursive_difference(reset),
            None => set,
        }
    }

    /// Updates ownership after an update: `writer` owns the fields that it has changed.
    pub(crate) fn update(
        &self,
        old: &Value,
        new: &Value,
        managers: &mut Managers,
        writer: &Manager,
    ) -> Result<(), UpdateError> {
        self.reconcile(old, managers)?;
        let changes = self.take_ownership(old, new, managers, writer, true)?;
        let owned = managers.remove(writer).map(|owned| owned.set).unwrap_or_default();
        let set = owned.difference(&changes.removed).union(&changes.modified).union(&changes.added);
        let set = self.filtered(set);
        if !set.is_empty() {
            managers.insert(writer.clone(), Owned { set, api_version: self.api_version.to_owned(), time: None });
        }
        Ok(())
    }

    /// Applies a configuration: fields that `writer` owned and no longer sends are removed, unless another manager owns
    /// them. Returns `None` if the object does not change.
    pub(crate) fn apply(
        &self,
        live: &Value,
        config: &Value,
        managers: &mut Managers,
        writer: &Manager,
        force: bool,
    ) -> Result<Option<Value>, UpdateError> {
        debug_assert_eq!(writer.operation, Operation::Apply);
        self.reconcile(live, managers)?;
        let Some(shape) = self.shape(self.api_version) else { return Ok(None) };
        let merged = merge(shape, live, config);
        let last = managers.remove(writer);
        let time = last.as_ref().and_then(|last| last.time.clone());
        let set = self.filtered(field_set(shape, config));
        managers.insert(writer.clone(), Owned { set, api_version: self.api_version.to_owned(), time });
        let merged = self.pruned(merged, managers, last.as_ref()).map_err(UpdateError::while_pruning)?;
        self.take_ownership(live, &merged, managers, writer, force)?;
        Ok((!equal(live, &merged)).then_some(merged))
    }

    /// Removes the fields that were applied last and that no manager owns any more.
    fn pruned(&self, merged: Value, managers: &Managers, last: Option<&Owned>) -> Result<Value, UpdateError> {
        let Some(last) = last.filter(|last| !last.set.is_empty()) else { return Ok(merged) };
        let version = &last.api_version;
        let task = "failed to convert merged object to last applied version: ";
        let converted = self.convert(&merged, self.api_version, version);
        let converted = converted.map_err(|errors| UpdateError::shape(task, &errors))?;
        let (Some(shape), Some(converted)) = (self.shape(version), converted) else { return Ok(merged) };
        let pruned = without(shape, &converted, &with_named_fields(Some(shape), &last.set));
        let pruned = self.with_owned(&converted, pruned, version, managers)?;
        let pruned = with_dangling(shape, &converted, &pruned, &last.set);
        let back =
            self.convert(&pruned, version, self.api_version).map_err(|errors| UpdateError::shape("", &errors))?;
        Ok(back.unwrap_or(merged))
    }

    /// Restores the fields that any manager owns.
    fn with_owned(
        &self,
        merged: &Value,
        pruned: Value,
        version: &str,
        managers: &Managers,
    ) -> Result<Value, UpdateError> {
        let mut by_version: BTreeMap<&str, Set> = BTreeMap::new();
        for owned in managers.values() {
            by_version.entry(&owned.api_version).or_default().extend(&owned.set);
        }
        let mut state = (merged.clone(), pruned, version.to_owned());
        // The pruned version first.
        let first = by_version.remove_entry(version);
        for (version, owned) in first.into_iter().chain(by_version) {
            let convert = |object, what: &str| {
                let task =
                    format!("failed add back owned items: failed to convert {what} object at version {version}: ");
                self.convert(object, &state.2, version).map_err(|errors| UpdateError::shape(&task, &errors))
            };
            let (merged, pruned) = (convert(&state.0, "merged")?, convert(&state.1, "pruned")?);
            let (Some(shape), Some(merged), Some(pruned)) = (self.shape(version), merged, pruned) else { continue };
            let named = |set: &Set| with_named_fields(Some(shape), set);
            let kept = named(&field_set(shape, &pruned)).union(&named(&owned));
            let pruned = without(shape, &merged, &named(&field_set(shape, &merged)).difference(&kept));
            state = (merged, pruned, version.to_owned());
        }
        let (_, pruned, at) = state;
        let task = "failed add back dangling items: failed to convert pruned object to last applied version: ";
        let back = self.convert(&pruned, &at, version).map_err(|errors| UpdateError::shape(task, &errors))?;
        Ok(back.unwrap_or(pruned))
    }
}

/// Restores values below removed fields that were never applied.
fn with_dangling(shape: Shape<'_>, merged: &Value, pruned: &Value, last: &Set) -> Value {
    let named = |set: &Set| with_named_fields(Some(shape), set);
    let removed = named(&field_set(shape, merged)).difference(&named(&field_set(shape, pruned)));
    without(shape, merged, &removed.intersection(&named(last)))
}
