//! The leaves of a trie.

/// A byte of the hash of each entry, so that a lookup reads only entries that are likely to be the wanted one.
type Tags = [u64; 4];

/// The number of entries that have a tag; a leaf whose entries have the same hash may have more.
const TAGGED: usize = size_of::<Tags>();

/// Entries with their hashes.
pub(super) struct Leaf<T> {
    tags: Tags,
    entries: Vec<(u64, T)>,
}

impl<T> Default for Leaf<T> {
    fn default() -> Self {
        Leaf { tags: [0; 4], entries: Vec::new() }
    }
}

impl<T: Clone> Clone for Leaf<T> {
    fn clone(&self) -> Self {
        // Capacity for one more entry: a copy is made before an insertion.
        let mut entries = Vec::with_capacity((self.entries.len() + 1).next_multiple_of(4));
        entries.extend_from_slice(&self.entries);
        Leaf { tags: self.tags, entries }
    }
}

/// Returns the byte of a hash that selects no child, except at the last two levels.
fn tag(hash: u64) -> u64 {
    hash >> 56
}

/// Returns a word whose bytes have their highest bit set where `tags` has this tag. It may have more bits set above those.
fn matches(tags: u64, tag: u64) -> u64 {
    const LOW: u64 = u64::MAX / 0xff;
    let differences = tags ^ (LOW * tag);
    differences.wrapping_sub(LOW) & !differences & (LOW << 7)
}

impl<T> Leaf<T> {
    /// Returns the position of the entry of this hash for which `is` is true.
    pub(super) fn position(&self, hash: u64, is: impl Fn(&T) -> bool) -> Option<usize> {
        let found =
            |position: usize| self.entries.get(position).is_some_and(|(other, entry)| *other == hash && is(entry));
        for (word, tags) in self.tags.iter().enumerate() {
            if word * 8 >= self.entries.len() {
                return None;
            }
            let mut matches = matches(*tags, tag(hash));
            while matches != 0 {
                let position = word * 8 + matches.trailing_zeros() as usize / 8;
                if found(position) {
                    return Some(position);
                }
                matches &= matches - 1;
            }
        }
        (TAGGED..self.entries.len()).find(|position| found(*position))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, position: usize) -> Option<&T> {
        self.entries.get(position).map(|(_, entry)| entry)
    }

    pub(super) fn get_mut(&mut self, position: usize) -> Option<&mut T> {
        self.entries.get_mut(position).map(|(_, entry)| entry)
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, (u64, T)> {
        self.entries.iter()
    }

    /// Removes all entries.
    pub(super) fn take(&mut self) -> Vec<(u64, T)> {
        std::mem::take(&mut self.entries)
    }

    fn set_tag(&mut self, position: usize, tag: u64) {
        if let Some(tags) = self.tags.get_mut(position / 8) {
            let shift = position % 8 * 8;
            *tags = *tags & !(0xff << shift) | tag << shift;
        }
    }

    pub(super) fn push(&mut self, hash: u64, entry: T) {
        self.set_tag(self.entries.len(), tag(hash));
        self.entries.push((hash, entry));
    }

    /// Removes an entry; the last one takes its position.
    pub(super) fn remove(&mut self, position: usize) -> T {
        let (_, removed) = self.entries.swap_remove(position);
        if let Some((hash, _)) = self.entries.get(position) {
            self.set_tag(position, tag(*hash));
        }
        removed
    }
}
