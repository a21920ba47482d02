//! Sets of paths.
//!
//! Source of the operations: `structured-merge-diff/fieldpath/set.go`; of the format: KEP-555, `fieldsV1`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use crate::path::{InvalidPathElement, PathElement};

/// A set of paths through an object. It may contain a path without its descendants, and descendants without the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    pub(crate) members: BTreeSet<PathElement>,
    pub(crate) children: BTreeMap<PathElement, Set>,
}

impl Set {
    /// Creates an empty set.
    pub fn new() -> Self {
        Set::default()
    }

    /// Creates a set from paths of field names.
    pub fn from_fields<'n>(paths: impl IntoIterator<Item = &'n [&'n str]>) -> Self {
        let mut set = Set::new();
        for path in paths {
            set.insert(path.iter().map(|name| PathElement::field(*name)));
        }
        set
    }

    /// Adds a path; an empty path has no effect.
    pub fn insert(&mut self, path: impl IntoIterator<Item = PathElement>) {
        let mut set = self;
        let mut path = path.into_iter().peekable();
        while let Some(element) = path.next() {
            if path.peek().is_none() {
                set.members.insert(element);
                return;
            }
            set = set.children.entry(element).or_default();
        }
    }

    /// Adds the paths below an element; an empty set has no effect.
    pub(crate) fn attach(&mut self, element: &PathElement, below: Set) {
        if !below.is_empty() {
            self.children.insert(element.clone(), below);
        }
    }

    /// Returns whether the set contains no path.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(Set::is_empty)
    }

    /// Returns whether the set contains a path.
    pub fn has(&self, path: &[PathElement]) -> bool {
        match path {
            [] => false,
            [last] => self.members.contains(last),
            [first, rest @ ..] => self.children.get(first).is_some_and(|below| below.has(rest)),
        }
    }

    /// Returns the paths that are in either set.
    pub fn union(&self, other: &Set) -> Set {
        let mut all = self.clone();
        all.extend(other);
        all
    }

    /// Adds another set's paths.
    pub fn extend(&mut self, other: &Set) {
        self.members.extend(other.members.iter().cloned());
        for (element, below) in &other.children {
            match self.children.get_mut(element) {
                Some(existing) => existing.extend(below),
                None => drop(self.children.insert(element.clone(), below.clone())),
            }
        }
    }

    /// Returns the paths that are in both sets.
    pub fn intersection(&self, other: &Set) -> Set {
        let mut both = Set { members: self.members.intersection(&other.members).cloned().collect(), ..Set::new() };
        for (element, below) in &self.children {
            if let Some(theirs) = other.children.get(element) {
                both.attach(element, below.intersection(theirs));
            }
        }
        both
    }

    /// Returns the paths that are not in the other set.
    pub fn difference(&self, other: &Set) -> Set {
        let mut rest = Set { members: self.members.difference(&other.members).cloned().collect(), ..Set::new() };
        for (element, below) in &self.children {
            match other.children.get(element) {
                Some(theirs) => rest.attach(element, below.difference(theirs)),
                None => rest.attach(element, below.clone()),
            }
        }
        rest
    }

    /// Returns the paths that are neither in the other set nor below one of its paths.
    pub fn recursive_difference(&self, other: &Set) -> Set {
        let mut rest = Set { members: self.members.difference(&other.members).cloned().collect(), ..Set::new() };
        for (element, below) in &self.children {
            if other.members.contains(element) {
                continue;
            }
            match other.children.get(element) {
                Some(theirs) => rest.attach(element, below.recursive_difference(theirs)),
                None => rest.attach(element, below.clone()),
            }
        }
        rest
    }

    /// Returns the paths without descendants.
    pub fn leaves(&self) -> Set {
        let is_leaf = |member: &&PathElement| self.children.get(*member).is_none_or(Set::is_empty);
        let mut leaves = Set { members: self.members.iter().filter(is_leaf).cloned().collect(), ..Set::new() };
        self.children.iter().for_each(|(element, below)| leaves.attach(element, below.leaves()));
        leaves
    }

    /// Returns all paths: those of one element first.
    pub fn paths(&self) -> Vec<Vec<PathElement>> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, above: &mut Vec<PathElement>, paths: &mut Vec<Vec<PathElement>>) {
        for member in &self.members {
            let mut path = above.clone();
            path.push(member.clone());
            paths.push(path);
        }
        for (element, below) in &self.children {
            above.push(element.clone());
            below.collect(above, paths);
            above.pop();
        }
    }

    /// Returns the set in the format of `fieldsV1`.
    pub fn to_fields_v1(&self) -> Value {
        let mut fields = Map::new();
        for member in &self.members {
            fields.insert(member.to_text(), Value::Object(Map::new()));
        }
        for (element, below) in self.children.iter().filter(|(_, below)| !below.is_empty()) {
            let mut inner = below.to_fields_v1();
            if let (true, Some(inner)) = (self.members.contains(element), inner.as_object_mut()) {
                inner.insert(".".to_owned(), Value::Object(Map::new()));
            }
            fields.insert(element.to_text(), inner);
        }
        Value::Object(fields)
    }

    /// Parses a set in the format of `fieldsV1`.
    ///
    /// # Errors
    /// Returns an error if it contains an invalid path element.
    pub fn from_fields_v1(fields: &Value) -> Result<Self, InvalidPathElement> {
        let mut set = Set::new();
        for (text, inner) in fields.as_object().into_iter().flatten() {
            if text == "." {
                continue;
            }
            let element = PathElement::from_text(text)?;
            let below = Set::from_fields_v1(inner)?;
            let is_member = inner.as_object().is_none_or(|inner| inner.is_empty() || inner.contains_key("."));
            set.attach(&element, below);
            if is_member {
                set.members.insert(element);
            }
        }
        Ok(set)
    }
}

/// Formats the paths as messages do, one per line.
impl fmt::Display for Set {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<String> = self.paths().iter().map(|path| format_path(path)).collect();
        out.write_str(&paths.join("\n"))
    }
}

/// Formats a path as messages do, such as `.spec.ports[port=80].name`.
pub fn format_path(path: &[PathElement]) -> String {
    path.iter().map(PathElement::to_string).collect()
}
