//! Strategies of strategic merge patches for lists of built-in kinds.
//!
//! Source: the tags `patchStrategy` and `patchMergeKey` of the Go structs.

use crate::catalogue::{Field, GoType, Struct};

/// The patch strategy of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchStrategy {
    /// The list is replaced.
    Replace,
    /// The list is a set of scalars; values of the patch are added.
    Set,
    /// Items are merged by this key.
    Merge(&'static str),
}

impl PatchStrategy {
    pub(crate) fn key(self) -> Option<&'static str> {
        match self {
            PatchStrategy::Merge(key) => Some(key),
            PatchStrategy::Replace | PatchStrategy::Set => None,
        }
    }
}

/// The struct whose fields are patched; `None` where fields have no struct, as in maps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatchedStruct(pub(crate) Option<&'static Struct>);

impl PatchedStruct {
    fn at(self, field: &str) -> Option<&'static Field> {
        self.0?.field(field)
    }

    /// Returns the strategy of a list.
    pub(crate) fn strategy(self, field: &str) -> PatchStrategy {
        match self.at(field) {
            Some(field) if field.patch_strategy.split(',').any(|strategy| strategy == "merge") => {
                match field.patch_merge_key {
                    "" => PatchStrategy::Set,
                    key => PatchStrategy::Merge(key),
                }
            }
            _ => PatchStrategy::Replace,
        }
    }

    /// Whether an object is replaced instead of merged.
    pub(crate) fn replaces(self, field: &str) -> bool {
        self.at(field).is_some_and(|field| field.patch_strategy == "replace")
    }

    /// Returns the struct of a field, or of the items of a list.
    pub(crate) fn inner(self, field: &str) -> PatchedStruct {
        let Some(field) = self.at(field) else { return PatchedStruct(None) };
        PatchedStruct(match field.type_.resolved() {
            GoType::List(items) => items.as_struct(),
            _ => field.type_.as_struct(),
        })
    }
}
