//! A set with versions: a copy costs one pointer, and changing a copy leaves the others as they are.
//!
//! Entries lie in leaves of at most [`LEAF`], found by the bits of their hash, [`BITS`] a level. A change copies the leaf and
//! the branches above it, unless nobody else holds them. Reading an entry follows few pointers, and walking over all entries
//! follows one pointer for each leaf, which is why this is not one of the persistent maps that keep every entry apart.

use std::sync::Arc;

/// Entries of a leaf before it splits.
const LEAF: usize = 24;
/// Bits of the hash that a level tells apart.
const BITS: u32 = 4;
const WIDTH: usize = 1 << BITS;

/// The set. How entries are told apart is the caller's affair: each call gives the hash and, where it matters, an equality.
pub(crate) struct Trie<T> {
    root: Arc<Node<T>>,
    len: usize,
}

enum Node<T> {
    Leaf(Vec<(u64, T)>),
    Branch([Arc<Node<T>>; WIDTH]),
}

impl<T> Clone for Trie<T> {
    fn clone(&self) -> Self {
        Trie { root: Arc::clone(&self.root), len: self.len }
    }
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Trie { root: Arc::new(Node::Leaf(Vec::new())), len: 0 }
    }
}

impl<T: Clone> Clone for Node<T> {
    fn clone(&self) -> Self {
        match self {
            Node::Leaf(entries) => {
                // Room for one more: a copy is made to be changed.
                let mut copy = Vec::with_capacity((entries.len() + 1).next_multiple_of(4));
                copy.extend_from_slice(entries);
                Node::Leaf(copy)
            }
            Node::Branch(children) => Node::Branch(children.clone()),
        }
    }
}

/// The child that a hash leads to.
fn child(hash: u64, depth: u32) -> usize {
    let bits = (hash >> (depth * BITS)) & (WIDTH as u64 - 1);
    // Four bits fit any integer.
    usize::try_from(bits).unwrap_or_default()
}

/// Below the last level the hash tells nothing apart any more, and leaves grow as they must.
fn is_last(depth: u32) -> bool {
    depth * BITS >= u64::BITS
}

impl<T> Trie<T> {
    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The entry of this hash for which `is` holds.
    pub(crate) fn get(&self, hash: u64, is: impl Fn(&T) -> bool) -> Option<&T> {
        let mut node = &self.root;
        let mut depth = 0;
        loop {
            match &**node {
                Node::Branch(children) => node = &children[child(hash, depth)],
                Node::Leaf(entries) => {
                    return entries.iter().find(|(other, entry)| *other == hash && is(entry)).map(|(_, entry)| entry);
                }
            }
            depth += 1;
        }
    }

    /// All entries, in no order.
    pub(crate) fn iter(&self) -> Iter<'_, T> {
        let mut iter = Iter { above: Vec::new(), leaf: [].iter() };
        iter.enter(&self.root);
        iter
    }
}

impl<T: Clone> Trie<T> {
    /// Puts an entry in; the one of the same hash for which `is` holds is taken out.
    pub(crate) fn insert(&mut self, hash: u64, entry: T, is: impl Fn(&T) -> bool) -> Option<T> {
        let (entries, depth) = leaf(&mut self.root, hash);
        if let Some((_, old)) = entries.iter_mut().find(|(other, entry)| *other == hash && is(entry)) {
            return Some(std::mem::replace(old, entry));
        }
        entries.push((hash, entry));
        self.len += 1;
        if entries.len() > LEAF && !is_last(depth) {
            self.split(hash);
        }
        None
    }

    /// Takes the entry of this hash out for which `is` holds.
    pub(crate) fn remove(&mut self, hash: u64, is: impl Fn(&T) -> bool) -> Option<T> {
        // Looking first keeps a set that does not have it from being copied.
        self.get(hash, &is)?;
        let (entries, _) = leaf(&mut self.root, hash);
        let place = entries.iter().position(|(other, entry)| *other == hash && is(entry))?;
        let (_, entry) = entries.swap_remove(place);
        self.len -= 1;
        if self.len == 0 {
            *self = Trie::default();
        }
        Some(entry)
    }

    /// The entry of this hash for which `is` holds, to be changed in place.
    pub(crate) fn get_mut(&mut self, hash: u64, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.get(hash, &is)?;
        let (entries, _) = leaf(&mut self.root, hash);
        entries.iter_mut().find(|(other, entry)| *other == hash && is(entry)).map(|(_, entry)| entry)
    }

    /// Replaces the leaf of a hash by a branch with its entries one level down.
    fn split(&mut self, hash: u64) {
        let mut node = &mut self.root;
        let mut depth = 0;
        loop {
            let here = Arc::make_mut(node);
            if let Node::Leaf(entries) = here {
                let mut parts: [Vec<(u64, T)>; WIDTH] = Default::default();
                for entry in std::mem::take(entries) {
                    parts[child(entry.0, depth)].push(entry);
                }
                *here = Node::Branch(parts.map(|part| Arc::new(Node::Leaf(part))));
                return;
            }
            let Node::Branch(children) = here else { return };
            node = &mut children[child(hash, depth)];
            depth += 1;
        }
    }
}

/// The leaf that a hash leads to, its own copy if need be, and how deep it lies.
fn leaf<T: Clone>(root: &mut Arc<Node<T>>, hash: u64) -> (&mut Vec<(u64, T)>, u32) {
    let mut node = root;
    let mut depth = 0;
    loop {
        match Arc::make_mut(node) {
            Node::Leaf(entries) => return (entries, depth),
            Node::Branch(children) => node = &mut children[child(hash, depth)],
        }
        depth += 1;
    }
}

/// All entries of a set.
pub(crate) struct Iter<'t, T> {
    /// Branches whose children are still to come, the innermost last.
    above: Vec<std::slice::Iter<'t, Arc<Node<T>>>>,
    leaf: std::slice::Iter<'t, (u64, T)>,
}

impl<'t, T> Iter<'t, T> {
    fn enter(&mut self, node: &'t Node<T>) {
        match node {
            Node::Leaf(entries) => self.leaf = entries.iter(),
            Node::Branch(children) => self.above.push(children.iter()),
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
            match self.above.last_mut()?.next() {
                Some(node) => self.enter(node),
                None => drop(self.above.pop()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Trie;

    /// Few hashes, so that entries share them.
    fn hash(key: u16) -> u64 {
        u64::from(key % 97).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn contents(trie: &Trie<(u16, u32)>) -> BTreeMap<u16, u32> {
        trie.iter().copied().collect()
    }

    proptest! {
        #[test]
        fn it_is_a_map_and_copies_stay_as_they_were(steps in prop::collection::vec((0_u16..400, prop::option::of(any::<u32>())), 0..1500)) {
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
