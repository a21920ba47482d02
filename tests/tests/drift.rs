//! Committed files equal the output of the generator.

use camino::{Utf8Path, Utf8PathBuf};
use kube_client_gen::Project;

fn repository() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| ".".into(), Utf8Path::to_owned)
}

fn assert_in_sync(config: &str) {
    let project = Project::open(&repository().join(config), &[], None).unwrap_or_else(|errors| panic!("{errors}"));
    let generated = project.generate().unwrap_or_else(|errors| panic!("{errors}"));
    let report = project.check(&generated).unwrap();
    assert!(report.is_up_to_date(), "{report}");
}

#[test]
fn ai_gateway_client_is_up_to_date() {
    assert_in_sync("codegen.toml");
}

#[test]
fn zoo_client_is_up_to_date() {
    assert_in_sync("tests/zoo/codegen.toml");
}
