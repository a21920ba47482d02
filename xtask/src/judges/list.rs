//! The committed lists, and the comparison with the outcomes of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

/// The outcome of a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) test: String,
    pub(super) passed: bool,
}

/// Where a test passes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Everywhere,
    RealServer,
    Memory,
}

/// Tests that pass on a real server or in memory.
pub(super) struct Expected(BTreeMap<String, Where>);

/// The comparison of a run with the list.
pub(super) struct Verdict {
    suite: &'static str,
    listed: usize,
    passed: usize,
    /// Listed tests that should have passed.
    failures: Vec<String>,
    /// Tests that pass although the list does not say so.
    unexpected: Vec<String>,
}

impl Expected {
    /// Parses a list: a test a line. After ` # ` is the reason why it passes only there: `not in memory: …` or
    /// `only in memory: …`. Lines that start with `#` are comments.
    pub(super) fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let entries = lines.map(|line| match line.split_once(" # ") {
            Some((test, reason)) if reason.starts_with("only in memory") => (test.trim().to_owned(), Where::Memory),
            Some((test, _)) => (test.trim().to_owned(), Where::RealServer),
            None => (line.to_owned(), Where::Everywhere),
        });
        Expected(entries.collect())
    }

    /// Compares the list with outcomes.
    pub(super) fn compare(&self, suite: &'static str, outcomes: &[Outcome], is_real: bool) -> Verdict {
        let passed: BTreeSet<&str> =
            outcomes.iter().filter(|outcome| outcome.passed).map(|outcome| outcome.test.as_str()).collect();
        let elsewhere = if is_real { Where::Memory } else { Where::RealServer };
        let has_passed = |test: &String| passed.contains(test.as_str());
        let failures = self.0.iter().filter(|(test, place)| **place != elsewhere && !has_passed(test));
        let unexpected = passed.iter().filter(|test| self.0.get(**test).is_none_or(|place| *place == elsewhere));
        let of_real = self.0.iter().filter(|(_, place)| **place != Where::Memory).map(|(test, _)| test);
        Verdict {
            suite,
            listed: of_real.clone().count(),
            passed: of_real.filter(|test| has_passed(test)).count(),
            failures: failures.map(|(test, _)| test.clone()).collect(),
            unexpected: unexpected.map(|test| (*test).to_owned()).collect(),
        }
    }
}

impl Verdict {
    /// Whether a test failed that should have passed.
    pub(super) fn is_failure(&self) -> bool {
        !self.failures.is_empty()
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Verdict { suite, listed, passed, failures, unexpected } = self;
        for test in failures {
            writeln!(f, "{suite}: failed: {test}; see target/judges/{suite}")?;
        }
        for test in unexpected {
            writeln!(f, "{suite}: passed, but not expected: {test}; correct tests/judges/{suite}.txt")?;
        }
        let verdict = if self.is_failure() { "failed" } else { "passed" };
        writeln!(f, "{verdict}: {suite}: {passed} of the {listed} tests that a real server passes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# comment\na::b\nc[d] # not in memory: nothing runs\nm # only in memory: x\n";

    fn verdict(outcomes: &[(&str, bool)], is_real: bool) -> Verdict {
        let outcome = |(test, passed): &(&str, bool)| Outcome { test: (*test).to_owned(), passed: *passed };
        let outcomes: Vec<Outcome> = outcomes.iter().map(outcome).collect();
        Expected::parse(LIST).compare("suite", &outcomes, is_real)
    }

    #[test]
    fn listed_test_that_fails_or_does_not_run_is_a_failure() {
        assert!(!verdict(&[("a::b", true), ("c[d]", false), ("m", true)], false).is_failure());
        assert_eq!(verdict(&[("a::b", false)], false).failures, ["a::b", "m"]);
        assert_eq!(verdict(&[], true).failures, ["a::b", "c[d]"]);
    }

    #[test]
    fn test_that_newly_passes_is_reported() {
        let verdict = verdict(&[("a::b", true), ("c[d]", true), ("e", true), ("m", true)], false);
        assert_eq!(verdict.unexpected, ["c[d]", "e"]);
        assert!(verdict.to_string().ends_with("passed: suite: 2 of the 2 tests that a real server passes\n"));
    }
}
