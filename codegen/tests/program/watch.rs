//! `generate --watch`

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::{WIDGET, code, err, folder, run};

/// A running program, which is stopped when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn watch_generates_again_after_each_change_and_survives_errors() {
    let folder = folder();
    let child = Command::new(env!("CARGO_BIN_EXE_kube-client-gen"))
        .args(["generate", "widgets.yaml", "--out", "client", "--manifest", "--watch"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut running = Running(child.unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let mut errors = BufReader::new(running.0.stderr.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().ends_with("files written or removed in client"));
    // Renamed, so that the program does not read a file that is partly written.
    let write = |text: String| {
        std::fs::write(folder.path().join("new"), text).unwrap();
        std::fs::rename(folder.path().join("new"), folder.path().join("widgets.yaml")).unwrap();
    };
    write(WIDGET.replace("type: string", "type: text"));
    assert!(errors.next().unwrap().unwrap().starts_with("widgets.yaml:19:84"));
    write(WIDGET.replace("name: {type: string}", "another: {type: string}"));
    assert!(lines.next().unwrap().unwrap().ends_with("files written or removed in client"));
    let types = std::fs::read_to_string(folder.path().join("client/src/example/v1/widget.rs")).unwrap();
    assert!(types.contains("another"), "{types}");
}

#[test]
fn watch_needs_files() {
    let folder = folder();
    let output = run(folder.path(), &["generate", "-", "--out", "client", "--watch"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).starts_with("--watch needs files"), "{}", err(&output));
}
