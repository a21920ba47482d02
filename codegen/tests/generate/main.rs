//! Output and errors of generation.

mod conditions;
mod documentation;
mod extremes;
mod golden;
mod hostile;
mod invalid_input;
mod invariants;
mod layout;
mod lenient;
mod overrides;
mod stability;
mod versions;

use kube_client_gen::{Config, Errors, Generated, Lock, Source, generate};

/// Creates a CRD with one version and this schema of `spec`.
fn crd(kind: &str, spec: &str) -> Source {
    crd_with_versions(kind, &[("v1", spec)])
}

fn crd_with_versions(kind: &str, versions: &[(&str, &str)]) -> Source {
    let plural = format!("{}s", kind.to_lowercase());
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.example.com}}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {{kind: {kind}, plural: {plural}}}\n  versions:\n"
    );
    for (index, (version, spec)) in versions.iter().enumerate() {
        let stored = index == 0;
        text.push_str(&format!(
            "  - name: {version}\n    served: true\n    storage: {stored}\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec: {}\n",
            if spec.starts_with('{') { (*spec).to_owned() } else { format!("\n{spec}") }
        ));
    }
    Source::new(format!("{plural}.yaml"), text)
}

fn generated(sources: &[Source]) -> Generated {
    generate(sources, &Config::default(), &Lock::default(), "").unwrap_or_else(|errors| panic!("{errors}"))
}

fn rejected(text: impl Into<Vec<u8>>) -> Errors {
    generate(&[Source::new("bad.yaml", text)], &Config::default(), &Lock::default(), "").expect_err("invalid input")
}

/// Returns the text of all files in `src/`.
fn code(generated: &Generated) -> String {
    generated.tree.iter().filter(|(path, _)| path.starts_with("src")).map(|(_, text)| text.as_str()).collect()
}

fn assert_has(code: &str, expected: &str) {
    assert!(code.contains(expected), "not found:\n{expected}\n\nin:\n{code}");
}
