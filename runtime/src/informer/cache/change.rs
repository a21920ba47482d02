//! How what the API server tells changes the state, and what handlers are told of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::Resource;

use super::state::{Objects, Slot};
use super::{Writer, Written};
use crate::informer::event::{Event, LastState, ObjectKey, uid, version};
use crate::informer::version::ResourceVersion;
use crate::undecodable::Undecodable;

/// One thing that a watch tells.
pub(crate) enum Incoming<K> {
    /// The object is there, new or changed.
    There(Slot<K>),
    /// The object is gone.
    Gone(Gone<K>),
    /// The object is there, and nobody can read it.
    Unreadable { key: ObjectKey, uid: Option<String>, version: Option<String>, what: Undecodable },
    /// Nothing up to this version.
    Bookmark(Option<ResourceVersion>),
}

/// An object that is gone, as far as it can be read.
pub(crate) struct Gone<K> {
    pub(crate) key: ObjectKey,
    pub(crate) uid: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) object: Option<Slot<K>>,
}

/// What a list has told so far.
pub(crate) struct Staged<K> {
    pub(crate) objects: Objects<K>,
    unreadable: BTreeMap<ObjectKey, (Option<String>, Undecodable)>,
}

impl<K: Resource> Staged<K> {
    pub(super) fn new(objects: Objects<K>) -> Self {
        Staged { objects, unreadable: BTreeMap::new() }
    }

    pub(crate) fn take_in(&mut self, change: Incoming<K>) {
        match change {
            Incoming::There(slot) => {
                if !self.unreadable.is_empty() {
                    self.unreadable.remove(&ObjectKey::of(&*slot.object));
                }
                self.objects.put(slot);
            }
            Incoming::Gone(gone) => {
                let (namespace, name) = gone.key.parts();
                self.objects.take(namespace, name);
                self.unreadable.remove(&gone.key);
            }
            Incoming::Unreadable { key, uid, what, .. } => {
                let (namespace, name) = key.parts();
                self.objects.take(namespace, name);
                self.unreadable.insert(key, (uid, what));
            }
            Incoming::Bookmark(_) => {}
        }
    }
}

/// Whether two readings are of one object, not of two that had the name after each other.
fn same<K: Resource>(old: &K, uid_of_new: Option<&str>) -> bool {
    match (uid(old), uid_of_new) {
        (Some(old), Some(new)) => old == new,
        _ => true,
    }
}

impl<K: Resource + Send + Sync + 'static> Writer<K> {
    pub(super) fn apply(&mut self, scope: usize, change: Incoming<K>, events: &mut Vec<Event<K>>) {
        let reached = match change {
            Incoming::There(slot) => {
                let reached = version(&*slot.object).and_then(|version| version.parse().ok());
                self.there(slot, events);
                reached
            }
            Incoming::Gone(gone) => {
                let reached = gone.version.as_deref().and_then(|version| version.parse().ok());
                self.gone(gone, events);
                reached
            }
            Incoming::Unreadable { key, uid, version, what } => {
                self.unreadable(key, uid.as_deref(), what, events);
                version.and_then(|version| version.parse().ok())
            }
            Incoming::Bookmark(version) => version,
        };
        self.reach(scope, reached);
    }

    fn there(&mut self, slot: Slot<K>, events: &mut Vec<Event<K>>) {
        let object = Arc::clone(&slot.object);
        if !self.state.undecodable.is_empty() {
            Arc::make_mut(&mut self.state.undecodable).remove(&ObjectKey::of(&*object));
        }
        // Only `told` knows whether the watch has told this version before.
        let initial = !self.state.synced;
        match self.tell(&ObjectKey::of(&*object), Some(slot), version(&*object)) {
            None => events.push(Event::Added { object, initial }),
            Some(old) if !same(&*old.object, uid(&*object)) => {
                events.push(Event::Deleted { object: old.object, state: LastState::LastKnown });
                events.push(Event::Added { object, initial: false });
            }
            Some(old) if version(&*old.object).is_some() && version(&*old.object) == version(&*object) => {}
            Some(old) => events.push(Event::Updated { old: old.object, new: object }),
        }
    }

    fn gone(&mut self, gone: Gone<K>, events: &mut Vec<Event<K>>) {
        if !self.state.undecodable.is_empty() {
            Arc::make_mut(&mut self.state.undecodable).remove(&gone.key);
        }
        let Some(old) = self.tell(&gone.key, None, gone.version.as_deref()) else { return };
        let (object, state) = match gone.object {
            Some(last) if same(&*old.object, gone.uid.as_deref()) => (last.object, LastState::Final),
            _ => (old.object, LastState::LastKnown),
        };
        events.push(Event::Deleted { object, state });
    }

    /// The last state that could be read stays, unless it was of another object.
    fn unreadable(&mut self, key: ObjectKey, uid: Option<&str>, what: Undecodable, events: &mut Vec<Event<K>>) {
        let (namespace, name) = key.parts();
        let other = self.told_of(namespace, name).filter(|old| !same(&*old.object, uid));
        if let Some(old) = other {
            self.tell(&key, None, None);
            events.push(Event::Deleted { object: old.object, state: LastState::LastKnown });
        }
        Arc::make_mut(&mut self.state.undecodable).insert(key, what);
    }

    /// What the watch has told of an object; readers may already see something newer.
    fn told_of(&self, namespace: &str, name: &str) -> Option<Slot<K>> {
        if !self.written.is_empty()
            && let Some(written) = self.written.get(&ObjectKey::new((!namespace.is_empty()).then_some(namespace), name))
        {
            return written.told.clone();
        }
        self.state.objects.get(namespace, name).cloned()
    }

    /// Notes what the watch tells of an object at a version; what it told before.
    fn tell(&mut self, key: &ObjectKey, now: Option<Slot<K>>, at: Option<&str>) -> Option<Slot<K>> {
        let written = if self.written.is_empty() { None } else { self.written.get_mut(key) };
        let Some(written) = written else { return self.show(key, now) };
        let old = std::mem::replace(&mut written.told, now.clone());
        let at = at.and_then(|at| at.parse::<ResourceVersion>().ok());
        let behind = match (&written.version, at) {
            (Some(version), Some(at)) => at < *version,
            (Some(_), None) => false,
            // A deletion is told when the object is gone, or another one has its name.
            (None, _) => match (&old, &now) {
                (Some(old), Some(now)) => same(&*old.object, uid(&*now.object)),
                _ => false,
            },
        };
        if !behind {
            self.written.remove(key);
            self.show(key, now);
        }
        old
    }

    /// What readers see from now on.
    fn show(&mut self, key: &ObjectKey, now: Option<Slot<K>>) -> Option<Slot<K>> {
        let (namespace, name) = key.parts();
        match now {
            Some(slot) => self.state.put(slot),
            None => self.state.take(namespace, name),
        }
    }

    /// A scope has come so far. What was written up to here, and not told, is not there.
    fn reach(&mut self, scope: usize, version: Option<ResourceVersion>) {
        if let Some(version) = version
            && let Some(scope) = self.scopes.get_mut(scope)
        {
            scope.version = Some(version);
        }
        self.state.version = self.reached();
        if self.written.is_empty() {
            return;
        }
        let written = self.written.iter().filter(|(key, written)| {
            let reached = self.version_of(key);
            written.version.as_ref().is_some_and(|version| reached.is_none_or(|reached| reached >= version))
        });
        let caught_up: Vec<ObjectKey> = written.map(|(key, _)| key.clone()).collect();
        self.forget(caught_up);
    }

    /// From now on, readers see what the watch has told.
    fn forget(&mut self, written: Vec<ObjectKey>) {
        for key in written {
            let told = self.written.remove(&key).and_then(|written| written.told);
            self.show(&key, told);
        }
    }

    pub(super) fn forget_beyond(&mut self, scope: usize, version: &ResourceVersion) -> bool {
        let namespace = self.scopes.get(scope).and_then(|scope| scope.namespace.clone());
        let beyond = self.written.iter().filter(|(key, written)| {
            let here = namespace.is_none() || key.namespace == namespace;
            here && written.version.as_ref().is_some_and(|written| written > version)
        });
        let beyond: Vec<ObjectKey> = beyond.map(|(key, _)| key.clone()).collect();
        let any = !beyond.is_empty();
        self.forget(beyond);
        any
    }

    /// The version up to which every scope has come.
    fn reached(&self) -> Option<ResourceVersion> {
        let versions: Option<Vec<&ResourceVersion>> = self.scopes.iter().map(|scope| scope.version.as_ref()).collect();
        versions?.into_iter().min().cloned()
    }

    /// How far the scope of an object has come; `None`: it is of no scope.
    fn version_of(&self, key: &ObjectKey) -> Option<&ResourceVersion> {
        let covers = |namespace: &Option<String>| namespace.is_none() || *namespace == key.namespace;
        self.scopes.iter().find(|scope| covers(&scope.namespace))?.version.as_ref()
    }

    pub(super) fn write_through(
        &mut self,
        key: &ObjectKey,
        object: Option<Slot<K>>,
        version: Option<ResourceVersion>,
    ) -> bool {
        let (namespace, name) = key.parts();
        let in_scope = self.version_of(key);
        let told = self.told_of(namespace, name);
        let is_news = match &version {
            Some(version) => in_scope.is_some_and(|reached| reached < version),
            None => in_scope.is_some() && told.is_some(),
        };
        let newer = self.written.get(key).is_some_and(|written| version.is_some() && written.version >= version);
        if !is_news || newer {
            return false;
        }
        self.written.insert(key.clone(), Written { version, told });
        self.show(key, object);
        true
    }

    /// All objects as the watch has told them.
    pub(super) fn told(&self) -> Objects<K> {
        let mut objects = self.state.objects.clone();
        for (key, written) in &self.written {
            let (namespace, name) = key.parts();
            match &written.told {
                Some(slot) => drop(objects.put(slot.clone())),
                None => drop(objects.take(namespace, name)),
            }
        }
        objects
    }

    /// Takes a list in place of what a scope had. Where nothing was there before, answers with all that is there now;
    /// else what has happened goes into the events.
    pub(super) fn replace(
        &mut self,
        scope: usize,
        mut staged: Staged<K>,
        version: Option<ResourceVersion>,
        events: &mut Vec<Event<K>>,
    ) -> Option<Objects<K>> {
        let namespace = self.scopes.get(scope).and_then(|scope| scope.namespace.clone());
        // A list tells everything that was written before it.
        let told = self.told();
        match &namespace {
            None => self.written.clear(),
            Some(_) => self.written.retain(|key, _| key.namespace != namespace),
        }
        let nothing = match namespace.as_deref() {
            None => told.len() == 0,
            Some(namespace) => told.namespace(namespace).is_none(),
        };
        // Where nothing was told, all of it is new, and no list of events is needed to say so.
        let first = (nothing && !self.state.synced).then(|| staged.objects.clone());
        if first.is_none() {
            self.compare(&told, namespace.as_deref(), &mut staged, events);
        }
        self.adopt(namespace.as_deref(), staged);
        if let Some(scope) = self.scopes.get_mut(scope) {
            scope.synced = true;
            scope.version = version;
        }
        self.state.version = self.reached();
        self.state.synced = self.scopes.iter().all(|scope| scope.synced);
        first
    }

    /// What has happened between what was told and a list. What has not changed stays the object that it was.
    fn compare(&self, told: &Objects<K>, namespace: Option<&str>, staged: &mut Staged<K>, events: &mut Vec<Event<K>>) {
        let of_scope = told.namespaces().filter(|other| namespace.is_none_or(|namespace| *other.name == *namespace));
        let mut kept = Vec::new();
        for old in of_scope.flat_map(|namespace| namespace.objects.iter()) {
            let (place, name) = crate::informer::event::key(&*old.object);
            let now = staged.objects.get(place, name);
            match now.filter(|new| same(&*old.object, uid(&*new.object))) {
                Some(new) if version(&*old.object).is_some() && version(&*old.object) == version(&*new.object) => {
                    kept.push(old.clone());
                }
                Some(new) => {
                    events.push(Event::Updated { old: Arc::clone(&old.object), new: Arc::clone(&new.object) });
                }
                None => {
                    let key = ObjectKey::of(&*old.object);
                    let unreadable = staged.unreadable.get(&key);
                    if now.is_none() && unreadable.is_some_and(|(uid, _)| same(&*old.object, uid.as_deref())) {
                        kept.push(old.clone());
                    } else {
                        let object = Arc::clone(&old.object);
                        events.push(Event::Deleted { object, state: LastState::LastKnown });
                    }
                }
            }
        }
        let initial = !self.state.synced;
        for new in staged.objects.iter() {
            let (place, name) = crate::informer::event::key(&*new.object);
            let before = told.get(place, name).filter(|old| same(&*old.object, uid(&*new.object)));
            if before.is_none() {
                events.push(Event::Added { object: Arc::clone(&new.object), initial });
            }
        }
        for slot in kept {
            staged.objects.put(slot);
        }
    }

    /// What readers see from now on of a scope.
    fn adopt(&mut self, namespace: Option<&str>, staged: Staged<K>) {
        let unreadable = staged.unreadable.into_iter().map(|(key, (_, what))| (key, what));
        let undecodable = Arc::make_mut(&mut self.state.undecodable);
        undecodable.retain(|key, _| namespace.is_some() && key.namespace.as_deref() != namespace);
        undecodable.extend(unreadable);
        let Some(namespace) = namespace else { return self.state.replace(staged.objects) };
        let gone: Vec<String> = match self.state.objects.namespace(namespace) {
            Some(old) => {
                let names = old.objects.iter().map(|slot| crate::informer::event::key(&*slot.object).1);
                names.filter(|name| staged.objects.get(namespace, name).is_none()).map(str::to_owned).collect()
            }
            None => Vec::new(),
        };
        for name in gone {
            self.state.take(namespace, &name);
        }
        let slots: Vec<_> = staged.objects.iter().cloned().collect();
        for slot in slots {
            self.state.put(slot);
        }
    }
}
