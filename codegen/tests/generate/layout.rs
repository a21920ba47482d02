//! The layout of emitted files: that of prettyplease, with blank lines between methods and limited line lengths.

use std::path::Path;

use kube_client_gen::{Config, Generated, Lock, generate};
use kube_structural_schema::Source;

/// Generates the client of CRDs that cover every shape of a schema.
fn zoo() -> Generated {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/zoo/crds");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path| (format!("{path:?}"), std::fs::read_to_string(path).unwrap());
    let sources: Vec<Source> =
        files.iter().map(read).map(|(name, text)| Source::new(name.as_str(), text.as_str())).collect();
    generate(&sources, &Config { json_schema: true, ..Config::default() }, &Lock::default(), "").unwrap()
}

fn code(generated: &Generated) -> impl Iterator<Item = (&camino::Utf8PathBuf, &String)> {
    generated.tree.iter().filter(|(path, _)| path.extension() == Some("rs"))
}

/// Returns the lines of code without macro calls, which prettyplease does not format, and without blank lines.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut is_call = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        is_call |= line.ends_with("! {") && !line.starts_with(' ');
        if !is_call && !line.starts_with("// ") {
            lines.push(line);
        }
        is_call &= line != "}";
    }
    lines
}

#[test]
fn emitted_files_are_laid_out_as_by_prettyplease() {
    let generated = zoo();
    assert!(code(&generated).count() > 10);
    for (path, text) in code(&generated) {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
        let expected = prettyplease::unparse(&file);
        assert_lines(path, &lines(text), &lines(&expected));
    }
}

fn assert_lines(path: &camino::Utf8Path, actual: &[&str], expected: &[&str]) {
    for (index, (one, other)) in actual.iter().zip(expected).enumerate() {
        assert_eq!(one, other, "{path}, after {:#?}", &actual[index.saturating_sub(3)..index]);
    }
    assert_eq!(actual.len(), expected.len(), "{path}");
}

#[test]
fn methods_are_separated_by_blank_lines() {
    for (path, text) in code(&zoo()) {
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2) {
            let ends_a_method = pair[0] == "    }" && pair[1].trim_start().starts_with("///");
            assert!(!ends_a_method, "{path}: {pair:?}");
        }
    }
}

#[test]
fn lines_are_longer_than_120_columns_only_for_a_literal_or_one_word() {
    for (path, text) in code(&zoo()) {
        for line in text.lines().filter(|line| line.len() > 120) {
            let content = line.trim_start().trim_start_matches("///").trim();
            let is_one_word = !content.contains(' ');
            assert!(is_one_word || content.contains('"'), "{path}: {line}");
        }
    }
}
