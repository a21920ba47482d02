//! Differences of two values in messages.
//!
//! Source: `apimachinery/pkg/util/diff/diff.go`, which writes the unified difference of two JSON documents.

use std::fmt::Write as _;

use serde_json::Value;

/// The unchanged lines before and after a change.
const CONTEXT: usize = 3;
/// The most lines that are compared: the comparison takes time in proportion to their square.
const MAX_LINES: usize = 1000;

/// Returns the unified difference of two values, written as JSON with one field a line.
pub(super) fn diff(old: &Value, new: &Value) -> String {
    let (old, new) = (lines(old), lines(new));
    let mut out = String::new();
    for hunk in hunks(&edits(&old, &new)) {
        write_hunk(&hunk, &old, &new, &mut out);
    }
    out
}

fn lines(value: &Value) -> Vec<String> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    if serde::Serialize::serialize(value, &mut serializer).is_err() {
        return Vec::new();
    }
    String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
}

/// A line of both values, or of one of them.
#[derive(Clone, Copy)]
enum Edit {
    Same(usize, usize),
    Removed(usize, usize),
    Added(usize, usize),
}

impl Edit {
    fn at(self) -> (usize, usize) {
        match self {
            Edit::Same(old, new) | Edit::Removed(old, new) | Edit::Added(old, new) => (old, new),
        }
    }
}

/// Returns the lines of both values in order, by their longest common subsequence.
fn edits(old: &[String], new: &[String]) -> Vec<Edit> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (middle_old, middle_new) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let mut edits: Vec<Edit> = (0..start).map(|at| Edit::Same(at, at)).collect();
    let (mut a, mut b) = (0, 0);
    let common = common_lengths(middle_old, middle_new);
    while a < middle_old.len() || b < middle_new.len() {
        let (at_old, at_new) = (start + a, start + b);
        let length = |a: usize, b: usize| common.as_ref().map_or(0, |lengths| lengths[a][b]);
        if a < middle_old.len() && b < middle_new.len() && middle_old[a] == middle_new[b] {
            edits.push(Edit::Same(at_old, at_new));
            (a, b) = (a + 1, b + 1);
        } else if a < middle_old.len() && (b == middle_new.len() || length(a + 1, b) >= length(a, b + 1)) {
            edits.push(Edit::Removed(at_old, at_new));
            a += 1;
        } else {
            edits.push(Edit::Added(at_old, at_new));
            b += 1;
        }
    }
    let (from_old, from_new) = (old.len() - end, new.len() - end);
    edits.extend((0..end).map(|at| Edit::Same(from_old + at, from_new + at)));
    edits
}

/// Returns the lengths of the longest common subsequences of all ends of two lists; `None` if they are too long.
fn common_lengths(old: &[String], new: &[String]) -> Option<Vec<Vec<u16>>> {
    if old.len() > MAX_LINES || new.len() > MAX_LINES {
        return None;
    }
    let mut lengths = vec![vec![0; new.len() + 1]; old.len() + 1];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            lengths[a][b] =
                if old[a] == new[b] { lengths[a + 1][b + 1] + 1 } else { lengths[a + 1][b].max(lengths[a][b + 1]) };
        }
    }
    Some(lengths)
}

/// Groups changes that are close to each other, with their context.
fn hunks(edits: &[Edit]) -> Vec<Vec<Edit>> {
    let changed: Vec<usize> = (0..edits.len()).filter(|index| !matches!(edits[*index], Edit::Same(..))).collect();
    let mut hunks = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for index in changed {
        open = match open {
            Some((first, last)) if index - last <= 2 * CONTEXT + 1 => Some((first, index)),
            Some((first, last)) => {
                hunks.push((first, last));
                Some((index, index))
            }
            None => Some((index, index)),
        };
    }
    hunks.extend(open);
    let end = |last: usize| (last + CONTEXT + 1).min(edits.len());
    hunks.into_iter().map(|(first, last)| edits[first.saturating_sub(CONTEXT)..end(last)].to_vec()).collect()
}

fn write_hunk(hunk: &[Edit], old: &[String], new: &[String], out: &mut String) {
    let (first_old, first_new) = hunk.first().map(|edit| edit.at()).unwrap_or_default();
    let count = |without: fn(&Edit) -> bool| hunk.iter().filter(|edit| !without(edit)).count();
    let (removed, added) =
        (count(|edit| matches!(edit, Edit::Added(..))), count(|edit| matches!(edit, Edit::Removed(..))));
    let range = |first: usize, count: usize| match count {
        0 => format!("{first},0"),
        1 => format!("{}", first + 1),
        count => format!("{},{count}", first + 1),
    };
    let _ = writeln!(out, "@@ -{} +{} @@", range(first_old, removed), range(first_new, added));
    for edit in hunk {
        let _ = match edit {
            Edit::Same(at, _) => writeln!(out, " {}", old[*at]),
            Edit::Removed(at, _) => writeln!(out, "-{}", old[*at]),
            Edit::Added(_, at) => writeln!(out, "+{}", new[*at]),
        };
    }
}
