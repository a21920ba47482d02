//! Typed access to the parts of a configuration, to change them in place.
//!
//! A guard takes the part out of the JSON, and puts it back when it is dropped. A part that did not exist and is still
//! empty is not added.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde_json::{Map, Value};

use super::check::identity;
use super::shape::Key;
use super::{Configuration, Fields};

/// An object inside of a configuration.
#[derive(Debug)]
pub struct NestedMut<'c, T: Configuration> {
    parent: &'c mut Fields,
    name: &'static str,
    existed: bool,
    value: T,
}

impl<'c, T: Configuration> NestedMut<'c, T> {
    /// Takes the object out of its parent.
    #[doc(hidden)]
    pub fn new(parent: &'c mut Fields, name: &'static str) -> Self {
        let value = parent.take(name);
        let existed = value.is_some();
        let fields = value.map_or_else(Fields::default, |value| Fields::from(value.into_value()));
        NestedMut { parent, name, existed, value: T::from_fields(fields) }
    }
}

impl<T: Configuration> Deref for NestedMut<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Configuration> DerefMut for NestedMut<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Configuration> Drop for NestedMut<'_, T> {
    fn drop(&mut self) {
        let value = std::mem::take(self.value.fields_mut());
        if self.existed || value != Fields::default() {
            self.parent.set_nested(self.name, value);
        }
    }
}

/// A list of objects inside of a configuration; dereferences to a `Vec`.
#[derive(Debug)]
pub struct ListMut<'c, T: Configuration> {
    parent: &'c mut Fields,
    name: &'static str,
    keys: &'static [Key],
    existed: bool,
    items: Vec<T>,
}

impl<'c, T: Configuration> ListMut<'c, T> {
    /// Takes the list out of its parent.
    #[doc(hidden)]
    pub fn new(parent: &'c mut Fields, name: &'static str, keys: &'static [Key]) -> Self {
        let value = parent.take(name);
        let existed = value.is_some();
        let items = match value.map(Value::from) {
            Some(Value::Array(items)) => items.into_iter().map(|item| T::from_fields(Fields::from(item))).collect(),
            _ => Vec::new(),
        };
        ListMut { parent, name, keys, existed, items }
    }

    /// Sets the item of a list map: replaces the item with the same keys, or appends it. Appends it to another list.
    pub fn upsert(&mut self, item: impl Into<T>) {
        let item = item.into();
        let keys = self.keys;
        let key = |item: &T| (!keys.is_empty()).then(|| identity(item.fields().json(), keys).ok()).flatten();
        let wanted = key(&item);
        match self.items.iter_mut().find(|one| wanted.is_some() && key(one) == wanted) {
            Some(existing) => *existing = item,
            None => self.items.push(item),
        }
    }
}

impl<T: Configuration> Deref for ListMut<'_, T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.items
    }
}

impl<T: Configuration> DerefMut for ListMut<'_, T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.items
    }
}

impl<T: Configuration> Drop for ListMut<'_, T> {
    fn drop(&mut self) {
        if self.existed || !self.items.is_empty() {
            self.parent.set(self.name, Value::Array(Vec::new()));
            for item in self.items.drain(..) {
                self.parent.append_nested(self.name, item.into_fields());
            }
        }
    }
}

/// A map of objects inside of a configuration; dereferences to a `BTreeMap`.
#[derive(Debug)]
pub struct MapMut<'c, T: Configuration> {
    parent: &'c mut Fields,
    name: &'static str,
    existed: bool,
    entries: BTreeMap<String, T>,
}

impl<'c, T: Configuration> MapMut<'c, T> {
    /// Takes the map out of its parent.
    #[doc(hidden)]
    pub fn new(parent: &'c mut Fields, name: &'static str) -> Self {
        let value = parent.take(name);
        let existed = value.is_some();
        let entries = match value.map(Value::from) {
            Some(Value::Object(entries)) => {
                entries.into_iter().map(|(key, value)| (key, T::from_fields(Fields::from(value)))).collect()
            }
            _ => BTreeMap::new(),
        };
        MapMut { parent, name, existed, entries }
    }
}

impl<T: Configuration> Deref for MapMut<'_, T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &BTreeMap<String, T> {
        &self.entries
    }
}

impl<T: Configuration> DerefMut for MapMut<'_, T> {
    fn deref_mut(&mut self) -> &mut BTreeMap<String, T> {
        &mut self.entries
    }
}

impl<T: Configuration> Drop for MapMut<'_, T> {
    fn drop(&mut self) {
        if self.existed || !self.entries.is_empty() {
            self.parent.set(self.name, Value::Object(Map::new()));
            for (key, value) in std::mem::take(&mut self.entries) {
                self.parent.put_nested(self.name, key, value.into_fields());
            }
        }
    }
}
