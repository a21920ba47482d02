//! The emitted crate's Cargo.toml: written once where there is none, kept by hand, checked here.

use toml::{Table, Value};

use crate::config::Config;
use crate::features::{self, Feature};

/// Dependencies that emitted code needs, each with the features it must have.
const DEPENDENCIES: [(&str, &[&str]); 2] = [("kube-client-runtime", &["types"]), ("serde", &["derive"])];

/// The lines that a Cargo.toml lacks for emitted code to compile; empty where nothing is missing.
pub fn missing_from_manifest(manifest: &str, config: &Config) -> Result<Vec<String>, String> {
    let manifest: Table = manifest.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut missing = Vec::new();
    let dependencies = section(&manifest, "dependencies");
    for (name, features) in DEPENDENCIES {
        match dependencies.and_then(|table| table.get(name)) {
            None => missing.push(format!("[dependencies] {name} = {{ version = \"…\", features = {features:?} }}")),
            // What a workspace gives is the workspace's to tell.
            Some(Value::Table(table)) if table.get("workspace").is_some() => {}
            Some(dependency) => {
                let lacking = lacking(dependency.get("features"), features);
                missing.extend((!lacking.is_empty()).then(|| format!("[dependencies] {name}: features = {lacking:?}")));
            }
        }
    }
    let declared = section(&manifest, "features");
    for Feature { name, turns_on, .. } in features::of(config) {
        match declared.and_then(|table| table.get(name)) {
            None => missing.push(format!("[features] {name} = {turns_on:?}")),
            feature => {
                let lacking = lacking(feature, turns_on);
                missing.extend((!lacking.is_empty()).then(|| format!("[features] {name} must also have {lacking:?}")));
            }
        }
    }
    Ok(missing)
}

/// A Cargo.toml for a crate that has none yet. From then on it is the project's.
pub fn new_manifest(package: &str, config: &Config) -> String {
    let package = toml::Value::from(package);
    let mut text = format!(
        "[package]\nname = {package}\nversion = \"0.1.0\"\nedition = \"2024\"\nreadme = \"README.md\"\n\n[features]\ndefault = [\"client\"]\n"
    );
    for Feature { name, turns_on, docs } in features::of(config) {
        let turns_on = Value::from(turns_on.iter().map(|one| Value::from(*one)).collect::<Vec<_>>());
        text.push_str(&format!("# {}.\n{name} = {turns_on}\n", docs.replace('`', "")));
    }
    let version = env!("CARGO_PKG_VERSION");
    text.push_str(&format!(
        "\n[dependencies]\nkube-client-runtime = {{ version = \"{version}\", default-features = false, features = [\"types\"] }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
    ));
    text
}

fn section<'t>(manifest: &'t Table, name: &str) -> Option<&'t Table> {
    manifest.get(name).and_then(Value::as_table)
}

fn lacking<'f>(have: Option<&Value>, want: &[&'f str]) -> Vec<&'f str> {
    let have = have.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    want.iter().filter(|want| !have.iter().any(|have| have.as_str() == Some(want))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_manifest_lacks_nothing() {
        let manifest = r#"
            [features]
            client = ["kube-client-runtime/client", "dep:x"]
            crds = ["kube-client-runtime/crds"]
            informers = ["client", "kube-client-runtime/informers"]
            controller = ["informers", "kube-client-runtime/controller"]
            deprecated = []
            [dependencies]
            kube-client-runtime = { path = "../runtime", features = ["types"] }
            serde = { workspace = true }
        "#;
        assert_eq!(missing_from_manifest(manifest, &Config::default()), Ok(Vec::new()));
    }

    #[test]
    fn a_new_manifest_lacks_nothing() {
        for json_schema in [false, true] {
            let config = Config { json_schema, ..Config::default() };
            let manifest = new_manifest("widget-client", &config);
            assert_eq!(missing_from_manifest(&manifest, &config), Ok(Vec::new()), "{manifest}");
        }
    }

    #[test]
    fn missing_lines_are_named() {
        let missing = missing_from_manifest(
            "[dependencies]\nserde = \"1\"\n[features]\nclient = []\n",
            &Config { json_schema: true, ..Config::default() },
        )
        .unwrap();
        assert_eq!(
            missing,
            [
                r#"[dependencies] kube-client-runtime = { version = "…", features = ["types"] }"#,
                r#"[dependencies] serde: features = ["derive"]"#,
                r#"[features] client must also have ["kube-client-runtime/client"]"#,
                r#"[features] crds = ["kube-client-runtime/crds"]"#,
                r#"[features] informers = ["client", "kube-client-runtime/informers"]"#,
                r#"[features] controller = ["informers", "kube-client-runtime/controller"]"#,
                "[features] deprecated = []",
                r#"[features] schemars = ["kube-client-runtime/schemars"]"#,
            ]
        );
    }
}
