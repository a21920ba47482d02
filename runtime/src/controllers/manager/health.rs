//! Health checks, answered as the API server answers its own.
//!
//! Source: `k8s.io/apiserver/pkg/server/healthz`.

use std::fmt::Write;

use super::CheckFn;

/// A named check.
#[derive(Clone)]
pub(super) struct Check {
    name: String,
    check: CheckFn,
}

impl Check {
    pub(super) fn new(name: impl Into<String>, check: CheckFn) -> Self {
        Check { name: name.into(), check }
    }
}

/// Runs checks. Returns whether all passed, and the text of the answer: `ok`, or all checks and the reasons of failures.
pub(super) fn run(path: &str, checks: &[Check], verbose: bool) -> (bool, String) {
    let mut text = "[+]ping ok\n".to_owned();
    let mut passed = true;
    for Check { name, check } in checks {
        match check() {
            Ok(()) => {
                let _ = writeln!(text, "[+]{name} ok");
            }
            Err(reason) => {
                passed = false;
                let _ = writeln!(text, "[-]{name} failed: {reason}");
            }
        }
    }
    let result = if passed { "passed" } else { "failed" };
    let _ = writeln!(text, "{path} check {result}");
    if passed && !verbose { (true, "ok".to_owned()) } else { (passed, text) }
}
