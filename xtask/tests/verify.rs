//! Output and exit codes of `codegen` and `verify-codegen`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  group: example.com\n  scope: Cluster\n  names: {kind: Widget, plural: widgets}\n  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n";

fn xtask(folder: &Path, task: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg(task).current_dir(folder).output().unwrap()
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("codegen.toml"), "crds = [\"crds\"]\nout = \"out\"\n").unwrap();
    fs::create_dir(folder.path().join("crds")).unwrap();
    fs::write(folder.path().join("crds/widgets.yaml"), CRD).unwrap();
    folder
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn drift_returns_exit_code_1_with_a_diff_and_the_command_that_fixes_it() {
    let folder = project();
    let drift = xtask(folder.path(), "verify-codegen");
    assert_eq!(code(&drift), Some(1));
    let text = String::from_utf8_lossy(&drift.stdout).into_owned();
    assert!(text.contains("out/src/lib.rs: missing\n") && text.contains("not up to date; run "), "{text}");
    assert!(!folder.path().join("out").exists(), "verify-codegen writes nothing");

    assert_eq!(code(&xtask(folder.path(), "codegen")), Some(0));
    let verified = xtask(folder.path(), "verify-codegen");
    assert_eq!(code(&verified), Some(0));
    assert_eq!(String::from_utf8_lossy(&verified.stdout), "out is up to date\n");
    fs::write(folder.path().join("out/src/untracked.rs"), "// mine\n").unwrap();
    let extra = xtask(folder.path(), "verify-codegen");
    assert_eq!(code(&extra), Some(1));
    assert!(String::from_utf8_lossy(&extra.stdout).contains("untracked.rs: not a generated file"));
}

#[test]
fn error_returns_exit_code_2_and_writes_nothing() {
    let folder = project();
    fs::write(folder.path().join("crds/bad.yaml"), "kind: CustomResourceDefinition\na: 1\na: 2\n").unwrap();
    for task in ["codegen", "verify-codegen"] {
        let error = xtask(folder.path(), task);
        assert_eq!(code(&error), Some(2));
        assert!(String::from_utf8_lossy(&error.stderr).contains("crds/bad.yaml:3:1: duplicate key \"a\""));
    }
    assert!(!folder.path().join("out").exists() && !folder.path().join("codegen.lock").exists());
}

#[test]
fn missing_manifest_lines_are_reported() {
    let folder = project();
    fs::create_dir(folder.path().join("out")).unwrap();
    fs::write(folder.path().join("out/Cargo.toml"), "[package]\nname = \"x\"\n").unwrap();
    let error = xtask(folder.path(), "codegen");
    assert_eq!(code(&error), Some(2));
    let text = String::from_utf8_lossy(&error.stderr).into_owned();
    assert!(text.contains("out/Cargo.toml: missing: [features] client = [\"kube-client-runtime/client\"]"), "{text}");
    assert!(!folder.path().join("out/src").exists());
}
