//! The commands of the program.

use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const WIDGET: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            type: object\n            properties:\n              parts: {type: array, items: {type: object, properties: {name: {type: string}}}}\n";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("widgets.yaml"), WIDGET).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kube-client-gen")).args(arguments).current_dir(folder).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn generated_crate_is_up_to_date_until_it_is_edited() {
    let folder = folder();
    let output = run(folder.path(), &["generate", "widgets.yaml", "--out", "client", "--manifest"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(folder.path().join("client/Cargo.toml").exists());
    assert!(folder.path().join("client/src/example/v1/widget.rs").exists());
    let checked = run(folder.path(), &["generate", "widgets.yaml", "--out", "client", "--check", "--manifest"]);
    assert_eq!((code(&checked), out(&checked)), (0, "client is up to date\n".to_owned()));
    std::fs::write(folder.path().join("client/src/lib.rs"), "// something else\n").unwrap();
    let checked = run(folder.path(), &["generate", "widgets.yaml", "--out", "client", "--check"]);
    assert_eq!(code(&checked), 1);
    assert!(out(&checked).contains("client/src/lib.rs"), "{}", out(&checked));
    assert!(out(&checked).ends_with("1 file is not up to date; run kube-client-gen generate and commit the result\n"));
}

#[test]
fn generate_accepts_standard_input_lists_and_charts() {
    let folder = folder();
    let list = format!("{}{}", "apiVersion: v1\nkind: List\nitems:\n- ", WIDGET.trim_end().replace('\n', "\n  "));
    let mut child = Command::new(env!("CARGO_BIN_EXE_kube-client-gen"))
        .args(["generate", "-", "--out", "client"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(folder.path().join("client/src/example/v1/widget.rs").exists());

    let chart = folder.path().join("chart");
    std::fs::create_dir_all(chart.join("crds")).unwrap();
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    std::fs::write(chart.join("Chart.yaml"), "name: widgets\n").unwrap();
    std::fs::write(chart.join("crds/widgets.yaml"), WIDGET).unwrap();
    std::fs::write(chart.join("templates/x.yaml"), "{{ if .Values.x }}\nkind: X\n{{ end }}\n").unwrap();
    let output = run(folder.path(), &["generate", "chart", "--out", "of-chart"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
}

#[test]
fn errors_contain_position_and_remedy_and_write_nothing() {
    let folder = folder();
    std::fs::write(folder.path().join("bad.yaml"), WIDGET.replace("type: string", "type: text")).unwrap();
    let output = run(folder.path(), &["generate", "bad.yaml", "--out", "client"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("bad.yaml:19:84"), "{}", err(&output));
    assert!(err(&output).contains("widgets.example.com v1 .spec.parts[].name"), "{}", err(&output));
    assert!(!folder.path().join("client").exists());
    let no_output = run(folder.path(), &["generate", "widgets.yaml"]);
    assert_eq!(code(&no_output), 2);
    assert!(err(&no_output).contains("--out"), "{}", err(&no_output));
}

#[test]
fn explain_prints_the_origin_of_names() {
    let folder = folder();
    for query in ["WidgetPart", "Widget.spec.parts[]", "example::v1::WidgetPart"] {
        let output = run(folder.path(), &["explain", query, "widgets.yaml"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        assert!(out(&output).contains("derived from its only use, v1/Widget.spec.parts[]"), "{}", out(&output));
    }
    let output = run(folder.path(), &["explain", "Widget.spec.parts[].name", "widgets.yaml"]);
    assert!(out(&output).starts_with("example::v1::WidgetPart::name\n"), "{}", out(&output));
    let unknown = run(folder.path(), &["explain", "Part", "widgets.yaml"]);
    assert_eq!(code(&unknown), 1);
    assert!(err(&unknown).ends_with("similar names:\n  example::v1::WidgetPart\n"), "{}", err(&unknown));
}

#[test]
fn diff_returns_the_severity_as_exit_code() {
    let folder = folder();
    let of = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    of("same.yaml", WIDGET.to_owned());
    of("docs.yaml", WIDGET.replace("name: {type: string}", "name: {type: string, description: Its name.}"));
    of("more.yaml", WIDGET.replace("name: {type: string}", "name: {type: string}, size: {type: integer}"));
    of("other.yaml", WIDGET.replace("name: {type: string}", "name: {type: integer}"));
    for (file, exit_code, expected) in [
        ("same.yaml", 0, "the Rust API is the same"),
        ("docs.yaml", 0, "docs: example::v1::WidgetPart::name"),
        ("more.yaml", 1, "additive: example::v1::WidgetPart::size was added"),
        ("other.yaml", 2, "breaking: example::v1::WidgetPart::name changed from Option<String> to Option<i64>"),
    ] {
        let diff = run(folder.path(), &["diff", "widgets.yaml", file]);
        assert_eq!(code(&diff), exit_code, "{file}: {}{}", out(&diff), err(&diff));
        assert!(out(&diff).contains(expected), "{file}: {}", out(&diff));
    }
    assert_eq!(code(&run(folder.path(), &["diff", "widgets.yaml", "nothing.yaml"])), 3);
}

#[test]
fn lenient_commands_read_crds_that_the_api_server_rejects() {
    let folder = folder();
    let bad = WIDGET.replace("name: {type: string}", "name: {type: text}");
    std::fs::write(folder.path().join("bad.yaml"), &bad).unwrap();
    let note = "note: bad.yaml:19:84: widgets.example.com v1 .spec.parts[].name: type must be array, boolean, integer, number, object or string, found \"text\"; lenient: any JSON value is accepted";
    let arguments = ["generate", "bad.yaml", "--out", "client", "--lenient"];
    let output = run(folder.path(), &arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains(note), "{}", err(&output));
    let lock = std::fs::read_to_string(folder.path().join("client/codegen.lock")).unwrap();
    let checked = run(folder.path(), &[&arguments[..], &["--check"]].concat());
    assert_eq!((code(&checked), out(&checked)), (0, "client is up to date\n".to_owned()));
    run(folder.path(), &arguments);
    assert_eq!(std::fs::read_to_string(folder.path().join("client/codegen.lock")).unwrap(), lock);

    let explained = run(folder.path(), &["explain", "WidgetPart", "bad.yaml", "--lenient"]);
    assert_eq!(code(&explained), 0, "{}", err(&explained));
    let diff = run(folder.path(), &["diff", "widgets.yaml", "bad.yaml", "--lenient"]);
    assert_eq!(code(&diff), 2, "{}", err(&diff));
    assert!(out(&diff).contains("example::v1::WidgetPart::name changed from Option<String>"), "{}", out(&diff));
    assert!(err(&diff).contains(note), "{}", err(&diff));

    std::fs::write(folder.path().join("codegen.toml"), "crds = [\"bad.yaml\"]\nout = \"client\"\nlenient = true\n")
        .unwrap();
    assert_eq!(code(&run(folder.path(), &["generate"])), 0);
    std::fs::write(folder.path().join("codegen.toml"), "crds = [\"bad.yaml\"]\nout = \"client\"\n").unwrap();
    assert_eq!(code(&run(folder.path(), &["generate"])), 2);
}

#[test]
fn init_creates_a_project_that_generates() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["init", "--package", "widget-client"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    std::fs::write(folder.path().join("crds/widgets.yaml"), WIDGET).unwrap();
    let output = run(folder.path(), &["generate"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(folder.path().join("client/src/lib.rs").exists());
    assert!(folder.path().join("codegen.lock").exists());
    assert_eq!(code(&run(folder.path(), &["generate", "--check"])), 0);
    let again = run(folder.path(), &["init"]);
    assert!(out(&again).contains("codegen.toml exists and is not changed"), "{}", out(&again));
}

#[test]
fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(Path::new("."), &["completions", shell]);
        assert!(out(&output).contains("kube-client-gen"), "{shell}");
    }
}

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
