//! A persistent hash trie: a clone copies one pointer, and clones can be modified independently.
//!
//! Entries are stored in leaves of at most [`LEAF`] entries, addressed by [`BITS`] bits of their hash per level. A change
//! copies the leaf and the branches above it if they are shared. A lookup follows few pointers and an iteration one pointer
//! per leaf, unlike persistent maps that allocate each entry.

use std::sync::Arc;

use super::leaf::Leaf;

/// The number of entries of a leaf above which it is split.
const LEAF: usize = 24;
/// The number of hash bits per level.
const BITS: u32 = 4;
const WIDTH: usize = 1 << BITS;

/// A persistent set. The caller passes the hash of an entry and, where needed, an equality.
pub(crate) struct Trie<T> {
    root: Arc<Node<T>>,
    len: usize,
}

enum Node<T> {
    Leaf(Leaf<T>),
    Branch([Arc<Node<T>>; WIDTH]),
}

impl<T> Clone for Trie<T> {
    fn clone(&self) -> Self {
        Trie { root: Arc::clone(&self.root), len: self.len }
    }
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Trie { root: Arc::new(Node::Leaf(Leaf::default())), len: 0 }
    }
}

impl<T: Clone> Clone for Node<T> {
    fn clone(&self) -> Self {
        match self {
            Node::Leaf(leaf) => Node::Leaf(leaf.clone()),
            Node::Branch(children) => Node::Branch(children.clone()),
        }
    }
}

/// Returns the index of the child for a hash.
fn child(hash: u64, depth: u32) -> usize {
    let bits = (hash >> (depth * BITS)) & (WIDTH as u64 - 1);
    // Four bits fit any integer.
    usize::try_from(bits).unwrap_or_default()
}

/// Returns whether all hash bits are used, so that leaves at this depth cannot be split.
fn is_last(depth: u32) -> bool {
    depth * BITS >= u64::BITS
}

impl<T> Trie<T> {
    /// Returns the number of entries.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the entry of this hash for which `is` is true.
    pub(crate) fn get(&self, hash: u64, is: impl Fn(&T) -> bool) -> Option<&T> {
        let mut node = &self.root;
        let mut depth = 0;
        loop {
            match &**node {
                Node::Branch(children) => node = &children[child(hash, depth)],
                Node::Leaf(leaf) => return leaf.get(leaf.position(hash, is)?),
            }
            depth += 1;
        }
    }

    /// Returns all entries, in no particular order.
    pub(crate) fn iter(&self) -> Iter<'_, T> {
        let mut iter = Iter { path: Vec::new(), leaf: [].iter() };
        iter.enter(&self.root);
        iter
    }
}

impl<T: Clone> Trie<T> {
    /// Inserts an entry, and returns the entry of the same hash for which `is` is true, which it replaces.
    pub(crate) fn insert(&mut self, hash: u64, entry: T, is: impl Fn(&T) -> bool) -> Option<T> {
        let (leaf, depth) = leaf(&mut self.root, hash);
        if let Some(old) = leaf.position(hash, is).and_then(|position| leaf.get_mut(position)) {
            return Some(std::mem::replace(old, entry));
        }
        leaf.push(hash, entry);
        self.len += 1;
        if leaf.len() > LEAF && !is_last(depth) {
            self.split(hash);
        }
        None
    }

    /// Removes the entry of this hash for which `is` is true.
    pub(crate) fn remove(&mut self, hash: u64, is: impl Fn(&T) -> bool) -> Option<T> {
        // The lookup avoids copying a set that does not contain the entry.
        self.get(hash, &is)?;
        let (leaf, _) = leaf(&mut self.root, hash);
        let entry = leaf.remove(leaf.position(hash, is)?);
        self.len -= 1;
        if self.len == 0 {
            *self = Trie::default();
        }
        Some(entry)
    }

    /// Returns a mutable reference to the entry of this hash for which `is` is true.
    pub(crate) fn get_mut(&mut self, hash: u64, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.get(hash, &is)?;
        let (leaf, _) = leaf(&mut self.root, hash);
        leaf.get_mut(leaf.position(hash, is)?)
    }

    /// Replaces the leaf of a hash by a branch.
    fn split(&mut self, hash: u64) {
        let mut node = &mut self.root;
        let mut depth = 0;
        loop {
            let current = Arc::make_mut(node);
            if let Node::Leaf(leaf) = current {
                let mut parts: [Leaf<T>; WIDTH] = Default::default();
                for (hash, entry) in leaf.take() {
                    parts[child(hash, depth)].push(hash, entry);
                }
                *current = Node::Branch(parts.map(|part| Arc::new(Node::Leaf(part))));
                return;
            }
            let Node::Branch(children) = current else { return };
            node = &mut children[child(hash, depth)];
            depth += 1;
        }
    }
}

/// Returns the leaf for a hash, copied if it is shared, and its depth.
fn leaf<T: Clone>(root: &mut Arc<Node<T>>, hash: u64) -> (&mut Leaf<T>, u32) {
    let mut node = root;
    let mut depth = 0;
    loop {
        match Arc::make_mut(node) {
            Node::Leaf(leaf) => return (leaf, depth),
            Node::Branch(children) => node = &mut children[child(hash, depth)],
        }
        depth += 1;
    }
}

/// An iterator over the entries of a set.
pub(crate) struct Iter<'t, T> {
    /// The remaining children of the branches on the path, the innermost last.
    path: Vec<std::slice::Iter<'t, Arc<Node<T>>>>,
    leaf: std::slice::Iter<'t, (u64, T)>,
}

impl<'t, T> Iter<'t, T> {
    fn enter(&mut self, node: &'t Node<T>) {
        match node {
            Node::Leaf(leaf) => self.leaf = leaf.iter(),
            Node::Branch(children) => self.path.push(children.iter()),
        }
    }
}

impl<'t, T> Iterator for Iter<'t, T> {
    type Item = &'t T;

    fn next(&mut self) -> Option<&'t T> {
        loop {
            if let Some((_, entry)) = self.leaf.next() {
                return Some(entry);
            }
            match self.path.last_mut()?.next() {
                Some(node) => self.enter(node),
                None => drop(self.path.pop()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Trie;

    /// Returns one of few hashes, so that they collide.
    fn hash(key: u16) -> u64 {
        u64::from(key % 97).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn contents(trie: &Trie<(u16, u32)>) -> BTreeMap<u16, u32> {
        trie.iter().copied().collect()
    }

    proptest! {
        #[test]
        fn trie_is_a_map_with_independent_clones(steps in prop::collection::vec((0_u16..400, prop::option::of(any::<u32>())), 0..1500)) {
            let mut trie = Trie::default();
            let mut model = BTreeMap::new();
            let mut copies = Vec::new();
            for (number, (key, value)) in steps.into_iter().enumerate() {
                let is = |entry: &(u16, u32)| entry.0 == key;
                let (before, expected) = match value {
                    Some(value) => (trie.insert(hash(key), (key, value), is), model.insert(key, value)),
                    None => (trie.remove(hash(key), is), model.remove(&key)),
                };
                prop_assert_eq!(before.map(|(_, value)| value), expected);
                prop_assert_eq!(trie.get(hash(key), is).map(|(_, value)| *value), model.get(&key).copied());
                prop_assert_eq!(trie.len(), model.len());
                if number % 100 == 0 {
                    copies.push((trie.clone(), model.clone()));
                }
            }
            for (copy, model) in copies.into_iter().chain([(trie, model)]) {
                prop_assert_eq!(contents(&copy), model);
            }
        }
    }
}
