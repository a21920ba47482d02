//! Application of changes to the state, and the resulting events.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::Resource;

use super::change::{Change, DeletedObject, StagedList};
use super::lookup::Published;
use super::state::{Objects, State};
use super::stored::{CachedObject, Received, Stored, same_object};
use crate::informer::event::{FinalState, ObjectKey, PendingEvent, version};
use crate::informer::handler::queue::Queue;
use crate::informer::selection::Selection;
use crate::informer::version::ResourceVersion;
use crate::undecodable::Undecodable;

/// The state behind the writers' mutex.
pub(super) struct Writer<K> {
    /// The state to be published next.
    pub(super) state: State<K>,
    /// The changes of its objects since it was published.
    pub(super) unpublished: Vec<Published<K>>,
    /// Objects that readers already see and the watch has not reported yet.
    written: BTreeMap<ObjectKey, Written<K>>,
    pub(super) handlers: Vec<Arc<Queue<K>>>,
    pub(super) stopped: bool,
}

/// An object written by this program.
struct Written<K> {
    /// The version that the API server returned; `None` for a deletion, for which it returns none.
    version: Option<ResourceVersion>,
    /// The state that the watch has reported.
    observed: Option<CachedObject<K>>,
}

impl<K: Resource + Send + Sync + 'static> Writer<K> {
    pub(super) fn new(state: State<K>) -> Self {
        Writer { state, unpublished: Vec::new(), written: BTreeMap::new(), handlers: Vec::new(), stopped: false }
    }

    pub(super) fn apply(&mut self, scope: usize, change: Change<K>, events: &mut Vec<PendingEvent<K>>) {
        let reached = match change {
            Change::Applied(received) => {
                let reached = version(&*received.object).and_then(|version| version.parse().ok());
                self.apply_object(received, events);
                reached
            }
            Change::Deleted(deleted) => {
                let reached = deleted.version.as_deref().and_then(|version| version.parse().ok());
                self.delete_object(deleted, events);
                reached
            }
            Change::Undecodable { key, uid, version, object } => {
                self.mark_undecodable(key, uid.as_deref(), object, events);
                version.and_then(|version| version.parse().ok())
            }
            Change::Bookmark(version) | Change::Foreign(version) => version,
        };
        self.advance(scope, reached);
    }

    fn apply_object(&mut self, received: Received<K>, events: &mut Vec<PendingEvent<K>>) {
        received.keep_decoded();
        let Received { cached, object } = received;
        let key = ObjectKey::of(&*object);
        if !self.state.undecodable.is_empty() {
            Arc::make_mut(&mut self.state.undecodable).remove(&key);
        }
        // Only the observed state shows whether the watch has already reported this version.
        let initial = !self.state.synced;
        let old = self.observe(&key, Some(cached), version(&*object)).map(|old| old.stored);
        let new = Stored::Decoded(object);
        match old {
            None => events.push(PendingEvent::Added { object: new, initial }),
            Some(old) if !same_object(&old, new.uid()) => {
                events.push(PendingEvent::Deleted { object: old, state: FinalState::Unknown });
                events.push(PendingEvent::Added { object: new, initial: false });
            }
            Some(old) if old.version().is_some() && old.version() == new.version() => {}
            Some(old) => events.push(PendingEvent::Updated { old, new }),
        }
    }

    fn delete_object(&mut self, deleted: DeletedObject<K>, events: &mut Vec<PendingEvent<K>>) {
        if !self.state.undecodable.is_empty() {
            Arc::make_mut(&mut self.state.undecodable).remove(&deleted.key);
        }
        let Some(old) = self.observe(&deleted.key, None, deleted.version.as_deref()) else { return };
        let (object, state) = match deleted.object {
            Some(last) if same_object(&old.stored, deleted.uid.as_deref()) => {
                (Stored::Decoded(last.object), FinalState::Known)
            }
            _ => (old.stored, FinalState::Unknown),
        };
        events.push(PendingEvent::Deleted { object, state });
    }

    /// Keeps the last decodable state, unless it belongs to another object of the same name.
    fn mark_undecodable(
        &mut self,
        key: ObjectKey,
        uid: Option<&str>,
        object: Undecodable,
        events: &mut Vec<PendingEvent<K>>,
    ) {
        let (namespace, name) = key.parts();
        let other = self.observed_object(namespace, name).filter(|old| !same_object(&old.stored, uid));
        if let Some(old) = other {
            self.observe(&key, None, None);
            events.push(PendingEvent::Deleted { object: old.stored, state: FinalState::Unknown });
        }
        Arc::make_mut(&mut self.state.undecodable).insert(key, object);
    }

    /// Returns the state of an object that the watch has reported; readers may already see a newer one.
    fn observed_object(&self, namespace: &str, name: &str) -> Option<CachedObject<K>> {
        if !self.written.is_empty()
            && let Some(written) = self.written.get(&ObjectKey::new((!namespace.is_empty()).then_some(namespace), name))
        {
            return written.observed.clone();
        }
        self.state.objects.get(namespace, name).cloned()
    }

    /// Records the state of an object that the watch reports at a version, and returns the previously reported one.
    fn observe(&mut self, key: &ObjectKey, now: Option<CachedObject<K>>, at: Option<&str>) -> Option<CachedObject<K>> {
        let written = if self.written.is_empty() { None } else { self.written.get_mut(key) };
        let Some(written) = written else { return self.set_visible(key, now) };
        let old = std::mem::replace(&mut written.observed, now.clone());
        let at = at.and_then(|at| at.parse::<ResourceVersion>().ok());
        let behind = match (&written.version, at) {
            (Some(version), Some(at)) => at < *version,
            (Some(_), None) => false,
            // A deletion is reported when the object does not exist, or another object has its name.
            (None, _) => match (&old, &now) {
                (Some(old), Some(now)) => same_object(&old.stored, now.stored.uid()),
                _ => false,
            },
        };
        if !behind {
            self.written.remove(key);
            self.set_visible(key, now);
        }
        old
    }

    /// Sets the state that readers see.
    fn set_visible(&mut self, key: &ObjectKey, now: Option<CachedObject<K>>) -> Option<CachedObject<K>> {
        let (namespace, name) = key.parts();
        match now {
            Some(cached) => self.insert(cached),
            None => self.remove(namespace, name),
        }
    }

    fn insert(&mut self, cached: CachedObject<K>) -> Option<CachedObject<K>> {
        self.unpublished.push(Published::Applied(cached.stored.clone()));
        self.state.insert(cached)
    }

    fn remove(&mut self, namespace: &str, name: &str) -> Option<CachedObject<K>> {
        let removed = self.state.remove(namespace, name)?;
        self.unpublished.push(Published::Removed(removed.stored.clone()));
        Some(removed)
    }

    /// Advances the version of a scope. Objects written up to this version that the watch did not report do not exist.
    fn advance(&mut self, scope: usize, version: Option<ResourceVersion>) {
        if let Some(version) = version
            && let Some(scope) = self.state.scopes.get_mut(scope)
        {
            scope.version = Some(version);
        }
        self.state.version = self.min_version();
        if self.written.is_empty() {
            return;
        }
        let written = self.written.iter().filter(|(key, written)| {
            let reached = self.scope_version(key);
            written.version.as_ref().is_some_and(|version| reached.is_none_or(|reached| reached >= version))
        });
        let caught_up: Vec<ObjectKey> = written.map(|(key, _)| key.clone()).collect();
        self.discard_written(caught_up);
    }

    /// Makes the state that the watch has reported visible again.
    fn discard_written(&mut self, keys: Vec<ObjectKey>) {
        for key in keys {
            let observed = self.written.remove(&key).and_then(|written| written.observed);
            self.set_visible(&key, observed);
        }
    }

    pub(super) fn discard_written_after(&mut self, scope: usize, version: &ResourceVersion) -> bool {
        let scope = self.state.scopes.get(scope);
        let beyond = self.written.iter().filter(|(key, written)| {
            let in_scope = scope.is_some_and(|scope| scope.covers(key.namespace.as_deref()));
            in_scope && written.version.as_ref().is_some_and(|written| written > version)
        });
        let beyond: Vec<ObjectKey> = beyond.map(|(key, _)| key.clone()).collect();
        let any = !beyond.is_empty();
        self.discard_written(beyond);
        any
    }

    /// Returns the version that every scope has reached.
    fn min_version(&self) -> Option<ResourceVersion> {
        let versions: Option<Vec<&ResourceVersion>> =
            self.state.scopes.iter().map(|scope| scope.version.as_ref()).collect();
        versions?.into_iter().min().cloned()
    }

    /// Returns the version of an object's scope; `None` if no scope contains the object.
    fn scope_version(&self, key: &ObjectKey) -> Option<&ResourceVersion> {
        self.state.scopes.iter().find(|scope| scope.covers(key.namespace.as_deref()))?.version.as_ref()
    }

    pub(super) fn write_through(
        &mut self,
        key: &ObjectKey,
        object: Option<CachedObject<K>>,
        version: Option<ResourceVersion>,
    ) -> bool {
        let (namespace, name) = key.parts();
        let reached = self.scope_version(key);
        let observed = self.observed_object(namespace, name);
        let ahead = match &version {
            Some(version) => reached.is_some_and(|reached| reached < version),
            None => reached.is_some() && observed.is_some(),
        };
        let newer = self.written.get(key).is_some_and(|written| version.is_some() && written.version >= version);
        if !ahead || newer {
            return false;
        }
        self.written.insert(key.clone(), Written { version, observed });
        self.set_visible(key, object);
        true
    }

    /// Returns all objects in the state that the watch has reported.
    pub(super) fn observed(&self) -> Objects<K> {
        let mut objects = self.state.objects.clone();
        for (key, written) in &self.written {
            let (namespace, name) = key.parts();
            match &written.observed {
                Some(cached) => drop(objects.insert(cached.clone())),
                None => drop(objects.remove(namespace, name)),
            }
        }
        objects
    }

    /// Replaces the objects of a scope by a list. Returns all objects if they are the initial state of the scope; otherwise
    /// appends the differences to the events. `reselected` is whether the selection of objects changed since the last list.
    pub(super) fn replace(
        &mut self,
        scope: usize,
        mut staged: StagedList<K>,
        version: Option<ResourceVersion>,
        reselected: bool,
        events: &mut Vec<PendingEvent<K>>,
    ) -> Option<Objects<K>> {
        let namespace = self.state.scopes.get(scope).and_then(|scope| scope.namespace.clone());
        // A list contains everything that was written before it.
        let observed = self.observed();
        match &namespace {
            None => self.written.clear(),
            Some(_) => self.written.retain(|key, _| key.namespace.as_deref() != namespace.as_deref()),
        }
        let was_empty = match namespace.as_deref() {
            None => observed.len() == 0,
            Some(namespace) => observed.namespace(namespace).is_none(),
        };
        // The handlers add all objects of the initial state: no separate events are needed.
        let initial = (was_empty && !self.state.synced).then(|| staged.objects.clone());
        if initial.is_none() {
            let added = !self.state.synced || reselected;
            diff(&observed, namespace.as_deref(), &mut staged, added, events);
        }
        self.install(namespace.as_deref(), staged);
        if let Some(scope) = self.state.scopes.get_mut(scope) {
            scope.synced = true;
            scope.version = version;
        }
        self.state.version = self.min_version();
        self.state.synced = self.state.scopes.iter().all(|scope| scope.synced);
        initial
    }

    /// Removes the objects of a scope that are not selected.
    pub(super) fn retain(&mut self, scope: usize, selection: &Selection, events: &mut Vec<PendingEvent<K>>) {
        let Some(scope) = self.state.scopes.get(scope).cloned() else { return };
        let left = |cached: &&CachedObject<K>| {
            let (namespace, _) = cached.stored.key();
            scope.covers((!namespace.is_empty()).then_some(namespace)) && !cached.stored.is_within(selection)
        };
        let visible: Vec<ObjectKey> =
            self.state.objects.iter().filter(left).map(|cached| cached.stored.object_key()).collect();
        for cached in self.observed().iter().filter(left) {
            events.push(PendingEvent::Deleted { object: cached.stored.clone(), state: FinalState::Deselected });
            self.forget(&cached.stored.object_key());
        }
        visible.iter().for_each(|key| self.forget(key));
    }

    /// Removes an object as if it had never been reported or written.
    fn forget(&mut self, key: &ObjectKey) {
        self.written.remove(key);
        self.set_visible(key, None);
    }

    /// Makes a list the visible state of a scope.
    fn install(&mut self, namespace: Option<&str>, staged: StagedList<K>) {
        let listed = staged.undecodable.into_iter().map(|(key, (_, object))| (key, object));
        let undecodable = Arc::make_mut(&mut self.state.undecodable);
        undecodable.retain(|key, _| namespace.is_some() && key.namespace.as_deref() != namespace);
        undecodable.extend(listed);
        let Some(namespace) = namespace else {
            self.unpublished.push(Published::Replaced);
            return self.state.replace(staged.objects);
        };
        let deleted: Vec<String> = match self.state.objects.namespace(namespace) {
            Some(old) => {
                let names = old.objects.iter().map(|cached| cached.stored.name());
                names.filter(|name| staged.objects.get(namespace, name).is_none()).map(str::to_owned).collect()
            }
            None => Vec::new(),
        };
        for name in deleted {
            self.remove(namespace, &name);
        }
        let objects: Vec<_> = staged.objects.iter().cloned().collect();
        for cached in objects {
            self.insert(cached);
        }
    }
}

/// Appends the differences between the observed objects and a list to the events. Unchanged objects keep their allocation.
fn diff<K: Resource + Send + Sync + 'static>(
    observed: &Objects<K>,
    namespace: Option<&str>,
    staged: &mut StagedList<K>,
    initial: bool,
    events: &mut Vec<PendingEvent<K>>,
) {
    let in_scope = observed.namespaces().filter(|other| namespace.is_none_or(|namespace| *other.name == *namespace));
    let mut kept = Vec::new();
    for old in in_scope.flat_map(|namespace| namespace.objects.iter()) {
        let before = &old.stored;
        let (namespace, name) = before.key();
        let now = staged.objects.get(namespace, name);
        match now.filter(|new| same_object(before, new.stored.uid())) {
            Some(new) if before.is_same_state(&new.stored) => {
                kept.push(old.clone());
            }
            Some(new) => events.push(PendingEvent::Updated { old: before.clone(), new: new.stored.clone() }),
            None => {
                let undecodable = staged.undecodable.get(&before.object_key());
                if now.is_none() && undecodable.is_some_and(|(uid, _)| same_object(before, uid.as_deref())) {
                    kept.push(old.clone());
                } else {
                    events.push(PendingEvent::Deleted { object: before.clone(), state: FinalState::Unknown });
                }
            }
        }
    }
    for new in staged.objects.iter() {
        let (namespace, name) = new.stored.key();
        let before = observed.get(namespace, name).filter(|old| same_object(&old.stored, new.stored.uid()));
        if before.is_none() {
            events.push(PendingEvent::Added { object: new.stored.clone(), initial });
        }
    }
    for cached in kept {
        staged.objects.insert(cached);
    }
}
