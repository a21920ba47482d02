//! The selection that a reflector follows.

use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::health::ReflectorHealth;
use super::state::Reflector;
use crate::informer::selection::Selection;

/// Which objects a reflector reads.
#[derive(Default)]
pub(crate) struct Selected {
    /// The selections to follow; `None` reads all objects.
    pub(super) selections: Option<watch::Receiver<Selection>>,
    current: Option<Selection>,
    /// The selection of the last complete list.
    listed: Option<Selection>,
}

/// What a reflector does after its selection has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Lists the objects.
    List,
    /// Watches from the last version on: the cache contains all selected objects.
    Watch,
    /// Nothing, until the selection changes.
    Wait,
}

impl Selected {
    /// Follows these selections.
    pub(crate) fn follow(&mut self, selections: watch::Receiver<Selection>) {
        self.selections = Some(selections);
    }

    /// Notes that the cache contains all selected objects. Returns whether others were selected before.
    pub(super) fn complete_list(&mut self) -> bool {
        let reselected = self.listed != self.current;
        self.listed.clone_from(&self.current);
        reselected
    }
}

impl<K> Reflector<K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Removes the objects that are not selected any more, and prepares the requests for the others.
    pub(super) fn select(&mut self, selection: Selection) -> Next {
        let shard = self.source.select(&selection);
        self.decoder.set_shard(shard);
        // What was selected between two equal selections was not seen. The cache may be out of date, as after `Nothing`.
        let is_repeated = self.selected.current.as_ref() == Some(&selection);
        let listed = self.selected.listed.as_ref().filter(|_| !is_repeated);
        let is_complete = listed.is_some_and(|listed| selection.is_within(listed));
        self.selected.current = Some(selection.clone());
        self.cache.retain(self.scope, if is_repeated { &Selection::Nothing } else { &selection });
        if selection == Selection::Nothing {
            self.cache.replace(self.scope, self.cache.begin_list(), None, true);
            self.selected.listed = Some(selection);
            self.health.send_modify(ReflectorHealth::set_idle);
            return Next::Wait;
        }
        // The uid of an undecodable object is not known, and objects of other shards must not stay.
        if is_complete && self.cache.read().undecodable.is_empty() {
            self.selected.listed = Some(selection);
            return Next::Watch;
        }
        // The objects that join may have been written after they were read.
        self.progress.version_unavailable = true;
        Next::List
    }
}
