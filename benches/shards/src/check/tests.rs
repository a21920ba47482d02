//! Logs with each violation, and such without one.

use super::*;
use crate::log::Step::{self, Dropped, End, Start, Write};

/// A run whose logs contain `(replica, time, call, step, version)` of one object.
fn run(entries: &[(&str, u64, u64, Step, u64)]) -> Run {
    let mut run = Run::default();
    for (replica, at, call, step, version) in entries {
        let (uid, slot) = ("uid".to_owned(), 1);
        let entry = Entry { at: *at, call: *call, step: *step, uid, version: *version, slot };
        run.logs.entry((*replica).to_owned()).or_default().push(entry);
    }
    run
}

fn changed(mut run: Run, changes: &[(u64, u64)]) -> Run {
    let change = |(at, version): &(u64, u64)| Change { at: *at, uid: "uid".to_owned(), version: *version };
    run.changes = changes.iter().map(change).collect();
    run
}

fn kinds(run: &Run) -> Vec<&'static str> {
    let kind = |violation: &Violation| match violation {
        Violation::Overlap { .. } => "overlap",
        Violation::Stale { .. } => "stale",
        Violation::Lost { .. } => "lost",
    };
    check(run).violations.iter().map(kind).collect()
}

#[test]
fn reconciliations_one_after_the_other_are_no_violation() {
    let run = run(&[("a", 1, 1, Start, 5), ("a", 2, 1, End, 5), ("b", 3, 1, Start, 5), ("b", 4, 1, End, 5)]);
    assert_eq!(kinds(&changed(run.clone(), &[(0, 5)])), [""; 0]);
    let findings = check(&run);
    assert_eq!((findings.reconciliations, findings.interrupted, findings.moves), (2, 0, 1));
}

#[test]
fn reconciliations_at_the_same_time_are_found() {
    let overlap = [("a", 1, 1, Start, 5), ("b", 2, 1, Start, 5), ("a", 3, 1, End, 5), ("b", 4, 1, End, 5)];
    assert_eq!(kinds(&run(&overlap)), ["overlap"]);
    // Also in one process, and also if one is within the other one.
    let one = [("a", 1, 1, Start, 5), ("a", 2, 2, Start, 5), ("a", 3, 2, End, 5), ("a", 4, 1, End, 5)];
    assert_eq!(kinds(&run(&one)), ["overlap"]);
    // The long one overlaps with both.
    let long = [
        ("a", 1, 1, Start, 5),
        ("a", 9, 1, End, 5),
        ("b", 2, 1, Start, 5),
        ("b", 3, 1, End, 5),
        ("b", 4, 2, Start, 5),
        ("b", 5, 2, End, 5),
    ];
    assert_eq!(kinds(&run(&long)), ["overlap", "overlap"]);
}

#[test]
fn stopped_process_violates_only_if_it_acts_after_it_continues() {
    let other = [("b", 20, 1, Start, 5), ("b", 21, 1, End, 5)];
    let stopped = [("a", 1, 1, Start, 5), ("a", 2, 1, Write, 5)];
    let dropped = [&stopped[..], &other, &[("a", 30, 1, Dropped, 5)]].concat();
    assert_eq!(kinds(&run(&dropped)), [""; 0]);
    let wrote = [&stopped[..], &other, &[("a", 30, 1, Write, 5), ("a", 31, 1, Dropped, 5)]].concat();
    assert_eq!(kinds(&run(&wrote)), ["overlap"]);
    let ended = [&stopped[..], &other, &[("a", 30, 1, End, 5)]].concat();
    assert_eq!(kinds(&run(&ended)), ["overlap"]);
    // A process that was killed never goes on.
    assert_eq!(kinds(&run(&[&stopped[..], &other].concat())), [""; 0]);
}

#[test]
fn older_version_of_the_next_replica_is_found() {
    let older = [("a", 1, 1, Start, 5), ("a", 2, 1, End, 5), ("b", 3, 1, Start, 4), ("b", 4, 1, End, 4)];
    assert_eq!(kinds(&run(&older)), ["stale"]);
}

#[test]
fn change_that_was_not_reconciled_to_the_end_is_found() {
    let older = run(&[("a", 1, 1, Start, 5), ("a", 2, 1, End, 5)]);
    assert_eq!(kinds(&changed(older.clone(), &[(0, 5), (3, 6)])), ["lost"]);
    let dropped = run(&[("a", 4, 1, Start, 6), ("a", 5, 1, Dropped, 6)]);
    assert_eq!(kinds(&changed(dropped, &[(3, 6)])), ["lost"]);
    assert_eq!(kinds(&changed(Run::default(), &[(3, 6)])), ["lost"]);
    let mut deleted = changed(older, &[(0, 5), (3, 6)]);
    deleted.deleted.insert("uid".to_owned());
    assert_eq!(kinds(&deleted), [""; 0]);
    assert_eq!(waiting(&deleted), 0);
}

#[test]
fn gap_ends_with_the_reconciliation_that_saw_the_change_and_has_a_cause() {
    let second = 1_000_000_000;
    let mut run = changed(
        run(&[
            ("a", second, 1, Start, 5),
            ("a", second + 1, 1, End, 5),
            // It saw the change and was interrupted.
            ("a", 10 * second, 2, Start, 6),
            ("b", 30 * second, 1, Start, 7),
            ("b", 31 * second, 1, End, 7),
        ]),
        &[(second, 5), (10 * second, 6), (12 * second, 7)],
    );
    let event = |at, replica: &str, what: &str| Event { at, replica: replica.to_owned(), what: what.to_owned() };
    run.events = vec![event(11 * second, "a", "kill"), event(20 * second, "c", "join"), event(40 * second, "a", "x")];
    let gaps = check(&run).gaps;
    let lengths: Vec<u64> = gaps.iter().map(|gap| gap.length / second).collect();
    assert_eq!(lengths, [20, 18, 0]);
    assert_eq!((gaps[0].cause.as_str(), gaps[0].from.as_deref(), gaps[0].to.as_str()), ("kill", Some("a"), "b"));
    assert_eq!((gaps[2].cause.as_str(), &gaps[2].event), ("none", &None));
}
