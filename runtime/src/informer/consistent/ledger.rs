//! The writes that reads wait for.
//!
//! The ledger contains the writes in flight and, of those that ended, only the newest version of each scope (a namespace with
//! its own watch, or the whole cluster), the deletions that the watch has not reported, and the writes of unknown
//! outcome. Its size therefore does not grow with the number of writes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::informer::event::ObjectKey;
use crate::informer::version::ResourceVersion;

/// The number of writes with an unknown outcome that are resolved one by one. More of them are resolved together.
const MAX_UNRESOLVED: usize = 32;

/// The number of deletions of objects that the cache does not contain and may never contain.
const MAX_UNSEEN: usize = 1024;

/// The writes of an informer's kind.
pub(super) struct Ledger {
    inner: Mutex<Inner>,
    /// Notifies when a write has ended.
    ended: tokio::sync::watch::Sender<()>,
}

struct Inner {
    /// The number of the next write.
    next: u64,
    scopes: Vec<Scope>,
}

#[derive(Default)]
struct Scope {
    in_flight: BTreeMap<u64, Option<String>>,
    version: Option<ResourceVersion>,
    deletions: BTreeMap<u64, Deletion>,
    unresolved: BTreeMap<u64, Unresolved>,
}

/// The deletion of an object that the watch has not reported yet.
#[derive(Clone, Debug)]
pub(super) struct Deletion {
    pub(super) object: ObjectKey,
    pub(super) uid: String,
    pub(super) fence: Fence,
}

/// A version after which a deletion is in the cache even if the watch did not report it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fence {
    /// The cache contained the object, so that the watch reports the deletion.
    NotNeeded,
    /// The cache did not contain the object, and may never contain it.
    Needed,
    /// The deletion is not newer than this version.
    At(ResourceVersion),
}

/// A write whose outcome is not known yet.
#[derive(Clone, Debug)]
pub(super) struct Unresolved {
    /// `None` is the whole scope.
    pub(super) namespace: Option<String>,
    /// `None` is several objects, or one whose name is not known.
    pub(super) name: Option<String>,
    /// The uid of the object in the cache when the write started.
    pub(super) uid: Option<String>,
}

/// The effect of a write that ended.
pub(super) enum Effect {
    None,
    Version(ResourceVersion),
    Deletion(Deletion),
    Unresolved(Unresolved),
}

/// The scopes and the namespace of a read. `None` is all namespaces.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) scopes: Vec<usize>,
    pub(super) namespace: Option<String>,
}

impl Range {
    fn contains(&self, namespace: Option<&str>) -> bool {
        self.namespace.is_none() || namespace.is_none() || self.namespace.as_deref() == namespace
    }
}

impl Ledger {
    pub(super) fn new(scopes: usize) -> Self {
        let scopes = (0..scopes).map(|_| Scope::default()).collect();
        Ledger { inner: Mutex::new(Inner { next: 0, scopes }), ended: tokio::sync::watch::Sender::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a receiver that is notified when a write has ended.
    pub(super) fn ended(&self) -> tokio::sync::watch::Receiver<()> {
        self.ended.subscribe()
    }

    /// Starts a write and returns its number.
    pub(super) fn begin(&self, scopes: &[usize], namespace: Option<&str>) -> u64 {
        let mut inner = self.lock();
        let number = inner.next;
        inner.next += 1;
        for scope in scopes {
            inner.scopes[*scope].in_flight.insert(number, namespace.map(str::to_owned));
        }
        number
    }

    /// Ends a write. Its effect is recorded before it is no longer in flight.
    pub(super) fn end(&self, scopes: &[usize], number: u64, effect: &Effect) {
        let mut inner = self.lock();
        for scope in scopes {
            let scope = &mut inner.scopes[*scope];
            match effect {
                Effect::None => {}
                Effect::Version(version) => scope.require(version),
                Effect::Deletion(deletion) => drop(scope.deletions.insert(number, deletion.clone())),
                Effect::Unresolved(write) => scope.postpone(number, write.clone()),
            }
            scope.in_flight.remove(&number);
        }
        drop(inner);
        self.ended.send_replace(());
    }

    /// Returns the number that the next write will have: a read waits for all writes before it.
    pub(super) fn now(&self) -> u64 {
        self.lock().next
    }

    /// Returns the number of writes in flight that started before a read.
    pub(super) fn in_flight(&self, range: &Range, before: u64) -> usize {
        let inner = self.lock();
        let scopes = range.scopes.iter().map(|scope| &inner.scopes[*scope]);
        let writes = scopes.flat_map(|scope| scope.in_flight.range(..before));
        writes.filter(|(_, namespace)| range.contains(namespace.as_deref())).count()
    }

    /// Returns the writes whose outcome is to be resolved, with their scopes and numbers.
    pub(super) fn unresolved(&self, range: &Range) -> Vec<(usize, u64, Unresolved)> {
        let inner = self.lock();
        let of_scope = |scope: &usize| {
            let writes = inner.scopes[*scope].unresolved.iter();
            let writes = writes.filter(|(_, write)| range.contains(write.namespace.as_deref()));
            writes.map(|(number, write)| (*scope, *number, write.clone())).collect::<Vec<_>>()
        };
        range.scopes.iter().flat_map(of_scope).collect()
    }

    /// Records the outcome of a write that was not known.
    pub(super) fn resolve(&self, scope: usize, number: u64, effect: Effect) {
        let mut inner = self.lock();
        let scope = &mut inner.scopes[scope];
        if scope.unresolved.remove(&number).is_none() {
            return;
        }
        match effect {
            Effect::Version(version) => scope.require(&version),
            Effect::Deletion(deletion) => drop(scope.deletions.insert(number, deletion)),
            Effect::None | Effect::Unresolved(_) => {}
        }
    }

    /// Returns the scopes that contain deletions without a fence, and the number of the newest of each.
    pub(super) fn unfenced(&self, range: &Range) -> Vec<(usize, u64)> {
        let inner = self.lock();
        let newest = |scope: &usize| {
            let deletions = inner.scopes[*scope].deletions.iter().rev();
            let mut unfenced = deletions.filter(|(_, deletion)| deletion.fence == Fence::Needed);
            unfenced.next().map(|(number, _)| (*scope, *number))
        };
        range.scopes.iter().filter_map(newest).collect()
    }

    /// Sets a version that is not older than the deletions up to a number.
    pub(super) fn set_fence(&self, scope: usize, number: u64, version: &ResourceVersion) {
        let mut inner = self.lock();
        for (_, deletion) in inner.scopes[scope].deletions.range_mut(..=number) {
            if deletion.fence == Fence::Needed {
                deletion.fence = Fence::At(version.clone());
            }
        }
    }

    /// Returns the newest version of each scope that a read waits for.
    pub(super) fn versions(&self, range: &Range) -> Vec<(usize, Option<ResourceVersion>)> {
        let inner = self.lock();
        range.scopes.iter().map(|scope| (*scope, inner.scopes[*scope].version.clone())).collect()
    }

    /// Returns the deletions that started before a read, with their scopes.
    pub(super) fn deletions(&self, range: &Range, before: u64) -> Vec<(usize, Deletion)> {
        let inner = self.lock();
        let of_scope = |scope: &usize| {
            let deletions = inner.scopes[*scope].deletions.range(..before);
            let deletions = deletions.filter(|(_, deletion)| range.contains(deletion.object.namespace.as_deref()));
            deletions.map(|(_, deletion)| (*scope, deletion.clone())).collect::<Vec<_>>()
        };
        range.scopes.iter().flat_map(of_scope).collect()
    }

    /// Returns the number of deletions.
    pub(super) fn deletion_count(&self) -> usize {
        self.lock().scopes.iter().map(|scope| scope.deletions.len()).sum()
    }

    /// Removes the deletions that the cache has applied, and returns their uids. If too many without the object in the cache
    /// remain, they become one write with an unknown outcome.
    pub(super) fn prune(&self, mut is_applied: impl FnMut(usize, &Deletion) -> bool) -> Vec<String> {
        let mut inner = self.lock();
        let mut removed = Vec::new();
        for (index, scope) in inner.scopes.iter_mut().enumerate() {
            scope.remove(&mut removed, |deletion| is_applied(index, deletion));
            let is_unseen = |deletion: &Deletion| deletion.fence != Fence::NotNeeded;
            let mut unseen = scope.deletions.iter().filter(|(_, deletion)| is_unseen(deletion));
            let newest = unseen.nth(MAX_UNSEEN).and_then(|_| scope.deletions.keys().next_back().copied());
            if let Some(newest) = newest {
                scope.remove(&mut removed, is_unseen);
                scope.postpone(newest, Unresolved { namespace: None, name: None, uid: None });
            }
        }
        removed
    }

    /// Returns the number of entries, which must not grow with the number of writes.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let of_scope = |scope: &Scope| scope.in_flight.len() + scope.deletions.len() + scope.unresolved.len();
        self.lock().scopes.iter().map(of_scope).sum()
    }
}

impl Scope {
    /// Removes deletions, and adds their uids to `removed`.
    fn remove(&mut self, removed: &mut Vec<String>, mut test: impl FnMut(&Deletion) -> bool) {
        self.deletions.retain(|_, deletion| {
            let remove = test(deletion);
            if remove {
                removed.push(deletion.uid.clone());
            }
            !remove
        });
    }

    fn require(&mut self, version: &ResourceVersion) {
        if self.version.as_ref().is_none_or(|newest| newest < version) {
            self.version = Some(version.clone());
        }
    }

    fn postpone(&mut self, number: u64, write: Unresolved) {
        let repeated = self.unresolved.iter().find(|(_, other)| {
            other.name.is_some() && (&other.namespace, &other.name) == (&write.namespace, &write.name)
        });
        // The later one asks the API server later, which also gives the outcome of the earlier one.
        if let Some((earlier, _)) = repeated.filter(|(_, other)| other.uid == write.uid) {
            let earlier = *earlier;
            self.unresolved.remove(&earlier);
        }
        if self.unresolved.len() >= MAX_UNRESOLVED {
            self.unresolved.clear();
            self.unresolved.insert(number, Unresolved { namespace: None, name: None, uid: None });
        } else {
            self.unresolved.insert(number, write);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(namespace: Option<&str>) -> Range {
        Range { scopes: vec![0], namespace: namespace.map(str::to_owned) }
    }

    fn write(ledger: &Ledger, effect: &Effect) {
        let number = ledger.begin(&[0], Some("a"));
        ledger.end(&[0], number, effect);
    }

    #[test]
    fn size_does_not_grow_with_the_number_of_writes() {
        let ledger = Ledger::new(1);
        for number in 1..=10_000 {
            write(&ledger, &Effect::Version(number.to_string().parse().unwrap()));
            let name = Some(format!("object-{number}"));
            write(&ledger, &Effect::Unresolved(Unresolved { namespace: Some("a".to_owned()), name, uid: None }));
            let object = ObjectKey::new(Some("a"), "one");
            write(&ledger, &Effect::Deletion(Deletion { object, uid: number.to_string(), fence: Fence::Needed }));
            if number % 2_000 == 0 {
                assert!(ledger.prune(|_, _| false).len() > MAX_UNSEEN);
            }
        }
        assert_eq!(ledger.versions(&range(None)), [(0, "10000".parse().ok())]);
        assert!(ledger.len() <= MAX_UNRESOLVED, "{}", ledger.len());
    }

    #[test]
    fn read_waits_only_for_writes_of_its_namespace_that_started_before_it() {
        let ledger = Ledger::new(1);
        ledger.begin(&[0], Some("a"));
        let before = ledger.now();
        ledger.begin(&[0], Some("a"));
        assert_eq!(ledger.in_flight(&range(Some("a")), before), 1);
        assert_eq!(ledger.in_flight(&range(None), before), 1);
        assert_eq!(ledger.in_flight(&range(Some("b")), before), 0);
    }

    #[test]
    fn older_version_does_not_replace_a_newer_one() {
        let ledger = Ledger::new(1);
        for version in ["9", "10", "8"] {
            write(&ledger, &Effect::Version(version.parse().unwrap()));
        }
        assert_eq!(ledger.versions(&range(None)), [(0, "10".parse().ok())]);
    }
}
