//! The commands of the program.

mod kopium;
mod lint;
mod lock;
mod watch;

use std::io::Write;
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

#[test]
fn schema_describes_the_settings_that_init_writes() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    run(folder.path(), &["init"]);
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
    assert_eq!(read("codegen.schema.json"), out(&output));
    let published = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("codegen.schema.json"));
    assert_eq!(published.unwrap(), out(&output), "write the output of kube-client-gen schema to codegen.schema.json");
    let config = read("codegen.toml");
    assert!(config.starts_with("#:schema ./codegen.schema.json\n"), "{config}");
    let setting = |line: &str| {
        let line = line.trim_start_matches("# ");
        let section = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        section.or(line.split_once(" = ").map(|(key, _)| key)).map(str::to_owned)
    };
    let settings: Vec<String> = config.lines().filter_map(setting).filter(|key| !key.starts_with('"')).collect();
    assert!(settings.len() > 10, "{settings:?}");
    for key in settings {
        let property = &schema["properties"][key.as_str()];
        assert!(property["description"].is_string(), "{key}: {property}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn closed_pipe_is_an_error_and_not_a_panic() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kube-client-gen"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let error = err(&output);
    assert!(error.is_empty() || error.starts_with("cannot write to the standard output: "), "{error}");
}
