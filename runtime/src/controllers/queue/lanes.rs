//! The order of ready items: by priority, then in turns of the groups, then first in, first out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use rapidhash::fast::RandomState;

/// Ready items. Within one priority, each group gets one item per turn; with a single group, items are first in, first out.
///
/// The turns are the virtual time of start-time fair queueing: an item of a group comes one turn after the previous item of
/// the same group, and not before the current turn. An idle group therefore collects no credit.
pub(super) struct Lanes<I> {
    lanes: BTreeMap<Reverse<i32>, Lane<I>>,
    len: usize,
}

/// The items of one priority.
struct Lane<I> {
    items: BTreeMap<(u64, u64), I>,
    turn: u64,
    /// The turn of the last item of each group.
    last: HashMap<u64, u64, RandomState>,
}

/// The position of an item, to remove it.
#[derive(Clone, Copy)]
pub(super) struct Position {
    priority: i32,
    turn: u64,
    number: u64,
}

impl<I> Default for Lanes<I> {
    fn default() -> Self {
        Lanes { lanes: BTreeMap::new(), len: 0 }
    }
}

impl<I> Default for Lane<I> {
    fn default() -> Self {
        Lane { items: BTreeMap::new(), turn: 0, last: HashMap::default() }
    }
}

impl<I> Lanes<I> {
    /// Adds an item. `number` must be larger than that of all items before.
    pub(super) fn push(&mut self, priority: i32, group: u64, number: u64, item: I) -> Position {
        let lane = self.lanes.entry(Reverse(priority)).or_default();
        let turn = lane.next_turn(group);
        lane.items.insert((turn, number), item);
        self.len += 1;
        Position { priority, turn, number }
    }

    /// Removes the first item.
    pub(super) fn pop(&mut self) -> Option<I> {
        let mut entry = self.lanes.first_entry()?;
        let lane = entry.get_mut();
        let ((turn, _), item) = lane.items.pop_first()?;
        lane.turn = turn;
        if lane.items.is_empty() {
            entry.remove();
        }
        self.len -= 1;
        Some(item)
    }

    /// Removes the item at a position.
    pub(super) fn remove(&mut self, position: Position) {
        let Some(lane) = self.lanes.get_mut(&Reverse(position.priority)) else { return };
        if lane.items.remove(&(position.turn, position.number)).is_some() {
            self.len -= 1;
        }
        if lane.items.is_empty() {
            self.lanes.remove(&Reverse(position.priority));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of items of each priority, the highest first.
    pub(super) fn depths(&self) -> Vec<(i32, usize)> {
        self.lanes.iter().map(|(priority, lane)| (priority.0, lane.items.len())).collect()
    }
}

impl<I> Lane<I> {
    fn next_turn(&mut self, group: u64) -> u64 {
        if self.last.len() > 2 * self.items.len() + 16 {
            let turn = self.turn;
            self.last.retain(|_, last| *last >= turn);
        }
        let turn = self.last.get(&group).map_or(self.turn, |last| self.turn.max(last + 1));
        self.last.insert(group, turn);
        turn
    }
}
