//! The log of a replica: a line for each step of a reconciliation, written before the next step begins.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

/// What a replica did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It started to reconcile an object.
    Start,
    /// It acted, as a reconciler that writes.
    Write,
    /// It ended the reconciliation.
    End,
    /// The reconciliation was dropped before its end. This is no action: the replica may have lost the object long ago.
    Dropped,
}

impl Step {
    const ALL: [(Step, &str); 4] =
        [(Step::Start, "start"), (Step::Write, "write"), (Step::End, "end"), (Step::Dropped, "dropped")];
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The time by [`clock::now`](crate::clock::now), read directly before the line was written.
    pub at: u64,
    /// The number of the reconciliation in its process.
    pub call: u64,
    /// What was done.
    pub step: Step,
    /// The uid of the object.
    pub uid: String,
    /// The resource version that is reconciled.
    pub version: u64,
    /// The slot of the uid.
    pub slot: u64,
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Step::ALL.iter().find(|(step, _)| *step == self.step).map_or("", |(_, name)| name);
        let Entry { at, call, uid, version, slot, .. } = self;
        write!(out, "{at} {call} {name} {uid} {version} {slot}")
    }
}

/// A line that is not an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an entry of a log: delete logs of other versions of this program")]
pub struct InvalidEntry(String);

impl FromStr for Entry {
    type Err = InvalidEntry;

    fn from_str(line: &str) -> Result<Self, InvalidEntry> {
        let parse = || {
            let mut words = line.split(' ');
            let (at, call) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            let name = words.next()?;
            let (step, _) = Step::ALL.into_iter().find(|(_, step)| *step == name)?;
            let uid = words.next()?.to_owned();
            let (version, slot) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            words.next().is_none().then_some(Entry { at, call, step, uid, version, slot })
        };
        parse().ok_or_else(|| InvalidEntry(line.to_owned()))
    }
}

/// A log that is appended to.
#[derive(Debug)]
pub struct Log(File);

impl Log {
    /// Opens a log.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Log(File::options().create(true).append(true).open(path)?))
    }

    /// Appends an entry with one request to the system, so that a process that is killed leaves whole lines.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn append(&self, entry: &Entry) -> io::Result<()> {
        (&self.0).write_all(format!("{entry}\n").as_bytes())
    }
}

/// Reads a log. A last line without an end is ignored, and a file that does not exist is empty.
///
/// # Errors
/// Returns an error if the file cannot be read or contains something else.
pub fn read(path: &Path) -> Result<Vec<Entry>, crate::BoxError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("cannot read {}: {error}", path.display()).into()),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| Ok(line.parse::<Entry>()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_unchanged_by_a_round_trip_through_text() {
        for (step, _) in Step::ALL {
            let entry = Entry { at: 5, call: 1, step, uid: "a-b".to_owned(), version: 7, slot: 127 };
            assert_eq!(entry.to_string().parse(), Ok(entry));
        }
        for line in ["", "5 1 begin a 7 1", "5 1 start a 7", "5 1 start a 7 1 2"] {
            assert_eq!(line.parse::<Entry>(), Err(InvalidEntry(line.to_owned())));
        }
    }
}
