//! Runs of the program.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What a run printed.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Returns the path of a file in `tests/data/`.
pub(crate) fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Runs the program in the folder `tests/data/`. Without a kubeconfig, it can reach no cluster.
pub(crate) fn run(arguments: &[&str]) -> Run {
    run_with("", arguments, "/nonexistent")
}

/// Runs the program with a standard input and a kubeconfig.
pub(crate) fn run_with(input: &str, arguments: &[&str], kubeconfig: &str) -> Run {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_aigwctl"))
        .args(arguments)
        .current_dir(data(""))
        .env("KUBECONFIG", kubeconfig)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end without reading its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the program, which must succeed, and returns what it printed.
pub(crate) fn output(arguments: &[&str]) -> String {
    let run = run(arguments);
    assert_eq!((run.code, &*run.stderr), (0, ""), "{run:#?}");
    run.stdout
}
