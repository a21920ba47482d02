//! The objects of a compact cache that a snapshot has decoded.

use std::sync::{Arc, OnceLock};

use super::compact::Encoded;

const BITS: u32 = 4;
const WIDTH: usize = 1 << BITS;

/// The decoded objects of a snapshot, so that it can return references. They are added and never removed; threads that add
/// objects do not block each other.
pub(super) struct View<K> {
    root: Node<K>,
}

/// A node of a tree that is addressed by [`BITS`] bits of an object's number per level.
struct Node<K> {
    entry: OnceLock<(u64, Arc<K>)>,
    children: OnceLock<Box<[Node<K>; WIDTH]>>,
}

impl<K> Default for Node<K> {
    fn default() -> Self {
        Node { entry: OnceLock::new(), children: OnceLock::new() }
    }
}

impl<K> Default for View<K> {
    fn default() -> Self {
        View { root: Node::default() }
    }
}

impl<K> View<K> {
    /// Returns the decoded object if it is wanted. Objects that are not wanted are not kept.
    pub(super) fn get(&self, encoded: &Encoded<K>, is_wanted: impl Fn(&K) -> bool) -> Option<&Arc<K>> {
        let number = encoded.number();
        let (mut node, mut rest, mut decoded) = (&self.root, number, None);
        loop {
            if node.entry.get().is_none() {
                let object = match decoded.take() {
                    Some(object) => object,
                    None => encoded.read_once().filter(|object| is_wanted(object))?,
                };
                // Another thread may have set the entry, to this object or to another one.
                if let Err((_, object)) = node.entry.set((number, object)) {
                    decoded = Some(object);
                }
            }
            if let Some((other, object)) = node.entry.get()
                && *other == number
            {
                return Some(object).filter(|object| is_wanted(object));
            }
            let children = node.children.get_or_init(Box::default);
            // Four bits fit any integer.
            node = &children[usize::try_from(rest & (WIDTH as u64 - 1)).unwrap_or_default()];
            rest >>= BITS;
        }
    }
}
