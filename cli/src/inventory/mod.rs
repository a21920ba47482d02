//! The objects that a command works on, from files or from a cluster.

mod cluster;
mod files;
mod locate;
mod object;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use cluster::Reader;
pub(crate) use files::{FileProblem, Files};
pub(crate) use object::{Key, Object, Origin, field, field_or};

use crate::args::{Globals, Input};
use crate::error::CliError;

/// Objects, and what is known about objects that are not among them.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    objects: Vec<Object>,
    index: BTreeMap<Key, usize>,
    /// Group and kind of which all objects are known.
    complete: BTreeSet<(String, String)>,
    kinds: BTreeSet<(String, String)>,
    /// Group and kind that the cluster does not serve.
    not_served: BTreeSet<(String, String)>,
    /// Group and kind of which the user may not list the objects.
    unlisted: BTreeSet<(String, String)>,
}

impl Inventory {
    /// Reads the objects of the files of `input`, or of the cluster if it has none.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or contains a manifest that is not valid, or if a request fails.
    pub(crate) async fn load(input: &Input, globals: &Globals) -> Result<Self, CliError> {
        if input.files.is_empty() {
            return Reader::new(globals.client().await?).read().await;
        }
        let files = Files::read(input, globals.namespace_or_default())?;
        match files.problems.first() {
            Some(problem) => Err(CliError::Manifest(problem.to_string())),
            None => Ok(Inventory::new(files.objects)),
        }
    }

    /// Creates an inventory. Of several objects with the same key, the last one is found.
    pub(crate) fn new(objects: Vec<Object>) -> Self {
        let index = objects.iter().enumerate().map(|(index, object)| (object.key.clone(), index)).collect();
        let kinds = objects.iter().map(|object| (object.key.group.clone(), object.key.kind.clone())).collect();
        Inventory { objects, index, kinds, ..Inventory::default() }
    }

    /// Adds the objects of a kind, which are all that exist.
    fn add_all(&mut self, group: &str, kind: &str, objects: Vec<Object>) {
        for object in objects {
            self.index.insert(object.key.clone(), self.objects.len());
            self.objects.push(object);
        }
        self.complete.insert((group.to_owned(), kind.to_owned()));
    }

    /// Adds a kind that the cluster does not serve, so that it has no objects.
    fn add_not_served(&mut self, group: &str, kind: &str) {
        self.add_all(group, kind, Vec::new());
        self.not_served.insert((group.to_owned(), kind.to_owned()));
    }

    /// Adds a kind of which the objects are not known.
    fn add_unlisted(&mut self, group: &str, kind: &str) {
        self.unlisted.insert((group.to_owned(), kind.to_owned()));
    }

    /// Returns whether a cluster may have objects of a kind that are not among those of the inventory.
    pub(crate) fn is_unlisted(&self, group: &str, kind: &str) -> bool {
        self.unlisted.contains(&(group.to_owned(), kind.to_owned()))
    }

    /// Returns whether the cluster serves a kind.
    pub(crate) fn is_served(&self, group: &str, kind: &str) -> bool {
        !self.not_served.contains(&(group.to_owned(), kind.to_owned()))
    }

    /// Returns all objects, in the order in which they were read.
    pub(crate) fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Returns the objects that exist once all are applied: of several with the same key, only the last one.
    pub(crate) fn latest(&self) -> impl Iterator<Item = &Object> {
        let objects = self.objects.iter().enumerate();
        objects.filter(|(index, object)| self.index.get(&object.key) == Some(index)).map(|(_, object)| object)
    }

    /// Returns the objects of a kind. Of several with the same key, only the last one is returned.
    pub(crate) fn of_kind<'i>(&'i self, group: &'i str, kind: &'i str) -> impl Iterator<Item = &'i Object> {
        self.latest().filter(move |object| object.key.kind == kind && object.key.group == group)
    }

    /// Returns an object.
    pub(crate) fn find(&self, key: &Key) -> Option<&Object> {
        self.index.get(key).and_then(|index| self.objects.get(*index))
    }

    /// Returns whether a missing object of this kind can be reported: all objects of the kind are known, or some are.
    pub(crate) fn knows(&self, group: &str, kind: &str) -> bool {
        let kind = (group.to_owned(), kind.to_owned());
        self.complete.contains(&kind) || self.kinds.contains(&kind)
    }
}
