//! What each manager owns after a write.
//!
//! Source: `structured-merge-diff/merge/update.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::managed::{Manager, Managers, Operation, Owned};
use crate::manager::Versions;
use crate::path::{PathElement, same};
use crate::set::{Set, text};
use crate::shape::Shape;
use crate::value::check::{ShapeErrors, check};
use crate::value::compare::{Comparison, compare};
use crate::value::fields::field_set;
use crate::value::merge::merge;
use crate::value::reconcile::{reconciled, with_named_fields};
use crate::value::remove::without;

/// A field that another manager owns, and that would get another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Who owns it.
    pub manager: Manager,
    /// The field.
    pub path: Vec<PathElement>,
}

impl Conflict {
    /// The field as messages write it, such as `.spec.replicas`.
    pub fn field(&self) -> String {
        text(&self.path)
    }
}

/// One write.
pub(crate) struct Updater<'u> {
    pub(crate) versions: &'u dyn Versions,
    /// The version that is written.
    pub(crate) api_version: &'u str,
    /// Fields that nobody can write here.
    pub(crate) reset: Option<&'u Set>,
    /// Whether they are the same in all versions.
    pub(crate) resets_all_versions: bool,
}

impl Updater<'_> {
    fn shape(&self, api_version: &str) -> Option<Shape<'_>> {
        self.versions.schema(api_version).map(Shape::root)
    }

    /// An object in another version, if there is such a version.
    ///
    /// # Errors
    /// If the object has another shape than that version.
    fn convert(&self, object: &Value, from: &str, to: &str) -> Result<Option<Value>, ShapeErrors> {
        if from == to {
            return Ok(Some(object.clone()));
        }
        let (Some(shape), Some(converted)) = (self.shape(to), self.versions.convert(object, to)) else {
            return Ok(None);
        };
        // Between versions, nothing may be there twice.
        check(shape, &converted, false).map(|()| Some(converted))
    }

    /// Sets that were made under another schema, as they are under this one.
    fn reconcile(&self, live: &Value, managers: &mut Managers) -> Result<(), Failed> {
        let versions: BTreeSet<String> = managers.values().map(|owned| owned.api_version.clone()).collect();
        for version in versions {
            if self.shape(&version).is_none()
                && let Some(why) = self.versions.refusal(&version)
            {
                return Err(Failed::Shape(why));
            }
            self.convert(live, self.api_version, &version).map_err(|errors| Failed::shape("", &errors))?;
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

    /// Takes from all others what a write changes. Without force, what others own must not change.
    fn take(
        &self,
        old: &Value,
        new: &Value,
        managers: &mut Managers,
        writer: &Manager,
        force: bool,
    ) -> Result<Comparison, Failed> {
        let Some(shape) = self.shape(self.api_version) else { return Ok(Comparison::default()) };
        let here = compare(shape, old, new);
        let mut by_version = BTreeMap::from([(self.api_version.to_owned(), here.clone().without(self.reset))]);
        let mut conflicts = Vec::new();
        let mut changed: Vec<(Manager, Set)> = Vec::new();
        let mut gone = Vec::new();
        for (manager, owned) in managers.iter().filter(|(manager, _)| *manager != writer) {
            if !by_version.contains_key(&owned.api_version) {
                let version = &owned.api_version;
                let convert = |object, task| {
                    self.convert(object, self.api_version, version).map_err(|errors| Failed::shape(task, &errors))
                };
                let old = convert(old, "failed to convert old object: ")?;
                let new = convert(new, "failed to convert new object: ")?;
                let (Some(shape), Some(old), Some(new)) = (self.shape(version), old, new) else {
                    gone.push(manager.clone());
                    continue;
                };
                let there = compare(shape, &old, &new).without(self.reset.filter(|_| self.resets_all_versions));
                by_version.insert(version.clone(), there);
            }
            let comparison = &by_version[&owned.api_version];
            let lost = owned.set.intersection(&comparison.modified.union(&comparison.added));
            conflicts.extend(lost.paths().into_iter().map(|path| Conflict { manager: manager.clone(), path }));
            changed.push((manager.clone(), lost.union(&comparison.removed)));
        }
        if !force && !conflicts.is_empty() {
            return Err(Failed::Conflicts(conflicts));
        }
        gone.iter().for_each(|manager| drop(managers.remove(manager)));
        for (manager, lost) in changed {
            if let Some(owned) = managers.get_mut(&manager) {
                owned.set = owned.set.difference(&lost);
            }
        }
        managers.retain(|_, owned| !owned.set.is_empty());
        Ok(here)
    }

    fn filtered(&self, set: Set) -> Set {
        match self.reset {
            Some(reset) => set.recursive_difference(reset),
            None => set,
        }
    }

    /// After an update, `writer` owns what it has changed.
    pub(crate) fn update(
        &self,
        old: &Value,
        new: &Value,
        managers: &mut Managers,
        writer: &Manager,
    ) -> Result<(), Failed> {
        self.reconcile(old, managers)?;
        let changes = self.take(old, new, managers, writer, true)?;
        let owned = managers.remove(writer).map(|owned| owned.set).unwrap_or_default();
        let set = owned.difference(&changes.removed).union(&changes.modified).union(&changes.added);
        let set = self.filtered(set);
        if !set.is_empty() {
            managers.insert(writer.clone(), Owned { set, api_version: self.api_version.to_owned(), time: None });
        }
        Ok(())
    }

    /// Applies a configuration: what `writer` owned and does not send any more goes, unless others own it, too. `None`:
    /// nothing changes.
    pub(crate) fn apply(
        &self,
        live: &Value,
        config: &Value,
        managers: &mut Managers,
        writer: &Manager,
        force: bool,
    ) -> Result<Option<Value>, Failed> {
        debug_assert_eq!(writer.operation, Operation::Apply);
        self.reconcile(live, managers)?;
        let Some(shape) = self.shape(self.api_version) else { return Ok(None) };
        let merged = merge(shape, live, config);
        let last = managers.remove(writer);
        let time = last.as_ref().and_then(|last| last.time.clone());
        let set = self.filtered(field_set(shape, config));
        managers.insert(writer.clone(), Owned { set, api_version: self.api_version.to_owned(), time });
        let merged = self.pruned(merged, managers, last.as_ref()).map_err(Failed::while_pruning)?;
        self.take(live, &merged, managers, writer, force)?;
        Ok((!same(live, &merged)).then_some(merged))
    }

    /// Without what was applied last and is owned by nobody now.
    fn pruned(&self, merged: Value, managers: &Managers, last: Option<&Owned>) -> Result<Value, Failed> {
        let Some(last) = last.filter(|last| !last.set.is_empty()) else { return Ok(merged) };
        let version = &last.api_version;
        let task = "failed to convert merged object to last applied version: ";
        let converted = self.convert(&merged, self.api_version, version);
        let converted = converted.map_err(|errors| Failed::shape(task, &errors))?;
        let (Some(shape), Some(converted)) = (self.shape(version), converted) else { return Ok(merged) };
        let pruned = without(shape, &converted, &with_named_fields(Some(shape), &last.set));
        let pruned = self.with_owned(&converted, pruned, version, managers)?;
        let pruned = with_dangling(shape, &converted, &pruned, &last.set);
        let back = self.convert(&pruned, version, self.api_version).map_err(|errors| Failed::shape("", &errors))?;
        Ok(back.unwrap_or(merged))
    }

    /// Puts back what any manager owns.
    fn with_owned(&self, merged: &Value, pruned: Value, version: &str, managers: &Managers) -> Result<Value, Failed> {
        let mut by_version: BTreeMap<&str, Set> = BTreeMap::new();
        for owned in managers.values() {
            by_version.entry(&owned.api_version).or_default().extend(&owned.set);
        }
        let mut state = (merged.clone(), pruned, version.to_owned());
        // First where it was pruned, then elsewhere.
        let first = by_version.remove_entry(version);
        for (version, owned) in first.into_iter().chain(by_version) {
            let convert = |object, what: &str| {
                let task =
                    format!("failed add back owned items: failed to convert {what} object at version {version}: ");
                self.convert(object, &state.2, version).map_err(|errors| Failed::shape(&task, &errors))
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
        let back = self.convert(&pruned, &at, version).map_err(|errors| Failed::shape(task, &errors))?;
        Ok(back.unwrap_or(pruned))
    }
}

/// Why a write was not merged.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Others own what would change.
    Conflicts(Vec<Conflict>),
    /// The object has another shape than a version that somebody has written in.
    Shape(String),
}

impl Failed {
    fn shape(task: &str, errors: &ShapeErrors) -> Self {
        Failed::Shape(format!("{task}{errors}"))
    }

    fn while_pruning(self) -> Self {
        match self {
            Failed::Shape(why) => Failed::Shape(format!("failed to prune fields: {why}")),
            conflicts @ Failed::Conflicts(_) => conflicts,
        }
    }
}

/// Puts back what is below what was removed, and was never applied.
fn with_dangling(shape: Shape<'_>, merged: &Value, pruned: &Value, last: &Set) -> Value {
    let named = |set: &Set| with_named_fields(Some(shape), set);
    let gone = named(&field_set(shape, merged)).difference(&named(&field_set(shape, pruned)));
    without(shape, merged, &gone.intersection(&named(last)))
}
