//! `lint`

use super::{WIDGET, code, err, folder, out, run};

/// Two mistakes in one line.
fn broken() -> String {
    WIDGET.replace("name: {type: string}", "name: {type: text}, size: {type: integer, minimum: '1'}")
}

#[test]
fn lint_reports_all_errors_with_positions() {
    let folder = folder();
    std::fs::write(folder.path().join("bad.yaml"), broken()).unwrap();
    let output = run(folder.path(), &["lint", "bad.yaml"]);
    assert_eq!((code(&output), err(&output)), (1, String::new()));
    let lines: Vec<String> = out(&output).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.starts_with("error: bad.yaml:19:")), "{lines:?}");
    assert!(!folder.path().join("client").exists());
}

#[test]
fn lint_accepts_valid_crds_and_prints_notes() {
    let folder = folder();
    let output = run(folder.path(), &["lint", "widgets.yaml"]);
    assert_eq!((code(&output), out(&output)), (0, String::new()), "{}", err(&output));
    std::fs::write(folder.path().join("list.yaml"), format!("{WIDGET}---\nkind: ConfigMap\napiVersion: v1\n")).unwrap();
    let output = run(folder.path(), &["lint", "list.yaml"]);
    assert_eq!(code(&output), 0);
    assert!(out(&output).starts_with("note: list.yaml"), "{}", out(&output));
    assert_eq!(code(&run(folder.path(), &["lint", "list.yaml", "--deny-notes"])), 1);
}

#[test]
fn lint_writes_json_and_annotations() {
    let folder = folder();
    std::fs::write(folder.path().join("bad.yaml"), broken()).unwrap();
    let output = run(folder.path(), &["lint", "bad.yaml", "--output", "json"]);
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = &findings[0];
    assert_eq!((&first["severity"], &first["file"], &first["line"]), (&"error".into(), &"bad.yaml".into(), &19.into()));
    assert_eq!((&first["crd"], &first["version"]), (&"widgets.example.com".into(), &"v1".into()));
    assert_eq!(first["path"], ".spec.parts[].name");
    let output = run(folder.path(), &["lint", "bad.yaml", "--output", "github"]);
    assert!(
        out(&output)
            .starts_with("::error file=bad.yaml,line=19,col=84,title=widgets.example.com v1 .spec.parts[].name::type "),
        "{}",
        out(&output)
    );
}

#[test]
fn lint_of_a_missing_file_is_an_error() {
    let folder = folder();
    let output = run(folder.path(), &["lint", "nothing.yaml"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).starts_with("nothing.yaml: "), "{}", err(&output));
}

#[test]
fn lint_needs_no_output_in_the_configuration() {
    let folder = folder();
    std::fs::write(folder.path().join("codegen.toml"), "crds = [\"widgets.yaml\"]\n").unwrap();
    let output = run(folder.path(), &["lint"]);
    assert_eq!((code(&output), out(&output), err(&output)), (0, String::new(), String::new()));
    assert_eq!(code(&run(folder.path(), &["explain", "WidgetPart"])), 0);
    assert!(err(&run(folder.path(), &["generate"])).contains("out is missing"));
}
