//! Which replica should hold which slot.

use super::slots::{SLOTS, Slots};

/// A replica that may hold slots.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Its share, relative to the others.
    pub(super) weight: u32,
    /// The slots that it holds.
    pub(super) holds: Slots,
}

/// Returns the slots that each candidate should hold, in the same order. Slots that no candidate holds are free.
///
/// All slots are assigned, each candidate gets its quota by weight, rounded up or down, and the fewest possible slots change
/// between candidates. All replicas come to the same result if they pass the candidates in the same order.
pub(super) fn target(candidates: &[Candidate]) -> Vec<Slots> {
    let counts = counts(candidates);
    let mut targets: Vec<Slots> = Vec::with_capacity(candidates.len());
    let mut free = Slots::ALL;
    for (candidate, count) in candidates.iter().zip(&counts) {
        // A slot has one holder. If two claim it, the first one keeps it.
        let kept: Slots = candidate.holds.common(free).iter().take(*count).collect();
        free = free.without(kept);
        targets.push(kept);
    }
    let mut free = free.iter();
    for (target, count) in targets.iter_mut().zip(&counts) {
        free.by_ref().take(count - target.len()).for_each(|slot| target.insert(slot));
    }
    targets
}

/// Returns how many slots each candidate should hold.
fn counts(candidates: &[Candidate]) -> Vec<usize> {
    let total: u64 = candidates.iter().map(|candidate| u64::from(candidate.weight)).sum();
    if total == 0 {
        return vec![0; candidates.len()];
    }
    let slots = SLOTS as u64;
    let share = |candidate: &Candidate| slots * u64::from(candidate.weight);
    let mut counts: Vec<usize> =
        candidates.iter().map(|candidate| usize::try_from(share(candidate) / total).unwrap_or(SLOTS)).collect();
    let mut left = SLOTS.saturating_sub(counts.iter().sum());
    // Replicas that hold more than their quota keep one of the slots that are left; then those with the largest remainders get
    // one.
    let mut order: Vec<usize> = (0..candidates.len()).filter(|index| share(&candidates[*index]) % total > 0).collect();
    order.sort_by_key(|index| {
        let candidate = &candidates[*index];
        let keeps = candidate.holds.len() > counts[*index];
        (!keeps, std::cmp::Reverse(share(candidate) % total), *index)
    });
    for index in order {
        if left == 0 {
            break;
        }
        counts[index] += 1;
        left -= 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(candidates: &[(u32, &str)]) -> Vec<Candidate> {
        let candidate = |&(weight, holds): &(u32, &str)| Candidate { weight, holds: holds.parse().unwrap() };
        candidates.iter().map(candidate).collect()
    }

    fn targets(candidates: &[(u32, &str)]) -> Vec<String> {
        target(&of(candidates)).iter().map(Slots::to_string).collect()
    }

    #[test]
    fn free_slots_are_divided_by_weight() {
        assert_eq!(targets(&[(1, "")]), ["0-127"]);
        assert_eq!(targets(&[(1, ""), (1, "")]), ["0-63", "64-127"]);
        assert_eq!(targets(&[(1, ""), (3, "")]), ["0-31", "32-127"]);
        assert_eq!(targets(&[(1, ""), (1, ""), (1, "")]), ["0-42", "43-85", "86-127"]);
        assert_eq!(targets(&[]), [""; 0]);
    }

    #[test]
    fn replica_that_joins_gets_the_highest_slots_of_the_others() {
        assert_eq!(targets(&[(1, "0-63"), (1, ""), (1, "64-127")]), ["0-42", "43-63,107-127", "64-106"]);
        // Of those with a remainder, the one that holds more keeps one more.
        assert_eq!(targets(&[(1, "0-41"), (1, "42-84"), (1, "85-127")]), ["0-41", "42-84", "85-127"]);
    }

    #[test]
    fn slots_of_a_replica_that_left_are_divided_and_others_stay() {
        assert_eq!(targets(&[(1, "0-42"), (1, "86-127")]), ["0-63", "64-127"]);
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let holders = prop::collection::vec(0_usize..12, SLOTS);
        (prop::collection::vec(1_u32..20, 1..10), holders).prop_map(|(weights, holders)| {
            let holds =
                |own| holders.iter().enumerate().filter(move |(_, holder)| **holder == own).map(|(slot, _)| slot);
            let candidate = |(own, weight)| Candidate { weight, holds: holds(own).collect() };
            weights.into_iter().enumerate().map(candidate).collect()
        })
    }

    proptest! {
        #[test]
        fn every_slot_is_assigned_once_within_the_quota(candidates in candidates()) {
            let targets = target(&candidates);
            let all = targets.iter().fold(Slots::default(), |all, target| all.union(*target));
            prop_assert_eq!(all, Slots::ALL);
            prop_assert_eq!(targets.iter().map(|target| target.len()).sum::<usize>(), SLOTS);
            let total: usize = candidates.iter().map(|candidate| candidate.weight as usize).sum();
            for (candidate, target) in candidates.iter().zip(&targets) {
                let share = SLOTS * candidate.weight as usize;
                prop_assert!((share / total..=share.div_ceil(total)).contains(&target.len()), "{} of {share}/{total}", target.len());
            }
        }

        /// No assignment in which all have their quota, rounded up or down, takes fewer slots away.
        #[test]
        fn fewest_slots_change_their_holder(candidates in candidates()) {
            let moved = |targets: &[Slots]| -> usize {
                candidates.iter().zip(targets).map(|(candidate, target)| candidate.holds.without(*target).len()).sum()
            };
            let total: usize = candidates.iter().map(|candidate| candidate.weight as usize).sum();
            let share = |candidate: &Candidate| SLOTS * candidate.weight as usize;
            let floors: usize = candidates.iter().map(|candidate| share(candidate) / total).sum();
            // Each candidate loses what exceeds its quota rounded down, except for those that get one of the slots left.
            let excess = |candidate: &Candidate| candidate.holds.len().saturating_sub(share(candidate) / total);
            let all: usize = candidates.iter().map(excess).sum();
            let may_keep = |candidate: &&Candidate| excess(candidate) > 0 && share(candidate) % total > 0;
            let kept = candidates.iter().filter(may_keep).count().min(SLOTS - floors);
            prop_assert_eq!(moved(&target(&candidates)), all - kept);
        }

        #[test]
        fn target_is_stable(candidates in candidates()) {
            let first = target(&candidates);
            let reached: Vec<Candidate> = candidates.iter().zip(&first)
                .map(|(candidate, target)| Candidate { weight: candidate.weight, holds: *target }).collect();
            prop_assert_eq!(target(&reached), first);
        }
    }
}
