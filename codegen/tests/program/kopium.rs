//! `generate --types kopium`

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use super::{WIDGET, code, err, folder, out, run};

/// Runs `generate --types kopium` with a script in place of `kopium`, or without one.
fn with_kopium(folder: &Path, script: Option<&str>, arguments: &[&str]) -> Output {
    let programs = folder.join("programs");
    std::fs::create_dir_all(&programs).unwrap();
    let kopium = programs.join("kopium");
    match script {
        Some(script) => {
            // A file that is open for writing cannot be executed, so the script is renamed.
            std::fs::write(programs.join("new"), format!("#!/bin/sh\n{script}")).unwrap();
            std::fs::set_permissions(programs.join("new"), std::fs::Permissions::from_mode(0o755)).unwrap();
            std::fs::rename(programs.join("new"), &kopium).unwrap();
        }
        None => drop(std::fs::remove_file(&kopium)),
    }
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let path = if script.is_some() { path } else { programs.display().to_string() };
    Command::new(env!("CARGO_BIN_EXE_kube-client-gen"))
        .args(["generate", "--types", "kopium"])
        .args(arguments)
        .env("PATH", path)
        .current_dir(folder)
        .output()
        .unwrap()
}

const SCRIPT: &str = r#"cat > definition; echo "$@" > arguments
echo '#[derive(CustomResource, Clone, Debug)]
#[kube(group = "example.com", version = "v1", kind = "Widget", plural = "widgets", namespaced)]
pub struct WidgetSpec { pub parts: Option<Vec<typed_builder::Part>> }'
"#;

#[test]
fn types_of_kopium_replace_generated_types() {
    let folder = folder();
    std::fs::write(
        folder.path().join("flags.toml"),
        "kopium-flags = [\"--docs\", \"-b\"]\ntypes-from = \"kopium\"\nout = \"client\"\n",
    )
    .unwrap();
    let arguments = ["widgets.yaml", "--config", "flags.toml", "--manifest"];
    let output = with_kopium(folder.path(), Some(SCRIPT), &arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
    assert_eq!(read("arguments"), "--filename - --api-version v1 --docs -b\n");
    assert!(read("definition").contains(r#""name":"widgets.example.com""#), "{}", read("definition"));
    let types = read("client/src/example/v1/widget.rs");
    assert!(types.contains("pub parts: Option<Vec<typed_builder::Part>>,"), "{types}");
    assert!(types.contains("custom_kind! {\n    Widget {\n        group: \"example.com\","), "{types}");
    assert!(read("client/src/clientset.rs").contains("Namespaced<example::v1::Widget>"));
    let manifest = read("client/Cargo.toml");
    assert!(
        manifest.contains("kube = { version = \"5\", default-features = false, features = [\"derive\"] }"),
        "{manifest}"
    );
    assert!(manifest.contains("typed-builder"), "{manifest}");
    let checked = with_kopium(folder.path(), Some(SCRIPT), &[&arguments[..], &["--check"]].concat());
    assert_eq!((code(&checked), out(&checked)), (0, "client is up to date\n".to_owned()));

    std::fs::write(folder.path().join("client/Cargo.toml"), manifest.replace("typed-builder", "another")).unwrap();
    let checked = with_kopium(folder.path(), Some(SCRIPT), &arguments);
    assert_eq!(code(&checked), 2);
    assert!(err(&checked).contains("client/Cargo.toml: missing: [dependencies] typed-builder = "), "{}", err(&checked));
}

#[test]
fn failure_to_run_kopium_is_an_error_and_nothing_is_written() {
    let folder = folder();
    for (script, expected) in [
        (None, "kopium: cannot be started: "),
        (Some("echo 'unexpected argument' >&2; exit 2"), "kopium: does not accept the flags []: unexpected argument"),
    ] {
        let output = with_kopium(folder.path(), script, &["widgets.yaml", "--out", "client"]);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains(expected), "{}", err(&output));
        assert!(!folder.path().join("client").exists());
    }
}

#[test]
fn kind_that_kopium_cannot_generate_has_generated_types_and_a_note() {
    let folder = folder();
    for (script, expected) in [
        ("echo 'Error: no luck' >&2; exit 1", "it failed with exit status: 1: Error: no luck"),
        ("cat > /dev/null; echo 'pub struct'", "its output is not valid Rust"),
        ("cat > /dev/null; echo 'pub struct Widget;'", "its output has no type for Widget"),
    ] {
        let output = with_kopium(folder.path(), Some(script), &["widgets.yaml", "--out", "client"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let note =
            format!("note: widgets.yaml:9:5: widgets.example.com v1: kopium cannot generate the types: {expected}");
        assert!(err(&output).contains(&note), "{}", err(&output));
        let types = std::fs::read_to_string(folder.path().join("client/src/example/v1/widget.rs")).unwrap();
        assert!(types.contains("pub struct WidgetPart {"), "{types}");
        let version = std::fs::read_to_string(folder.path().join("client/src/example/v1/mod.rs")).unwrap();
        assert!(version.contains("pub use widget::{Widget, WidgetList, WidgetPart, WidgetSpec};"), "{version}");
    }
}

#[test]
fn fields_that_a_change_deletes_are_noted_with_types_of_kopium_too() {
    let folder = folder();
    let (_, v1) = WIDGET.split_once("  versions:\n").unwrap();
    let older = WIDGET.replace("storage: true", "storage: false");
    let newer = v1.replace("name: v1\n", "name: v2\n");
    let newer = newer.replace(
        "properties:\n              parts",
        "properties:\n              size: {type: integer}\n              parts",
    );
    std::fs::write(folder.path().join("two.yaml"), format!("{older}{newer}")).unwrap();
    let expected = "each change through v1 deletes fields of the storage version: .spec.size";
    let ours = run(folder.path(), &["generate", "two.yaml", "--out", "ours"]);
    assert!(err(&ours).contains(expected), "{}", err(&ours));
    let output = with_kopium(folder.path(), Some(SCRIPT), &["two.yaml", "--out", "client"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains(expected), "{}", err(&output));
}

#[test]
fn kopium_generates_unserved_versions_if_none_is_served() {
    let folder = folder();
    std::fs::write(folder.path().join("old.yaml"), WIDGET.replace("served: true", "served: false")).unwrap();
    let output = with_kopium(folder.path(), Some(SCRIPT), &["old.yaml", "--out", "client"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let types = std::fs::read_to_string(folder.path().join("client/src/example/v1/widget.rs")).unwrap();
    assert!(types.contains("custom_kind! {"), "{types}");
}
