//! The emitted crate's Cargo.toml: created once, maintained by the user, checked, and extended by the features of new
//! versions.

use toml::{Table, Value};

use crate::features::Feature;

/// A dependency of emitted code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The name.
    pub name: &'static str,
    /// The version in a new Cargo.toml.
    pub version: &'static str,
    /// Whether a new Cargo.toml enables its default features.
    pub default_features: bool,
    /// The required features.
    pub features: &'static [&'static str],
    /// Whether it is an optional dependency.
    pub optional: bool,
}

/// The dependencies of all emitted code.
pub(crate) const DEPENDENCIES: [Dependency; 3] = [
    Dependency {
        name: "kube-client-runtime",
        version: env!("CARGO_PKG_VERSION"),
        default_features: false,
        features: &["types"],
        optional: false,
    },
    Dependency {
        name: "kube-fake-apiserver",
        version: env!("CARGO_PKG_VERSION"),
        default_features: true,
        features: &[],
        optional: true,
    },
    Dependency { name: "serde", version: "1", default_features: true, features: &["derive"], optional: false },
];

impl Dependency {
    /// Returns the line of a new Cargo.toml.
    fn line(&self) -> String {
        let mut settings = vec![format!("version = {:?}", self.version)];
        settings.extend((!self.default_features).then(|| "default-features = false".to_owned()));
        settings.extend((!self.features.is_empty()).then(|| format!("features = {:?}", self.features)));
        settings.extend(self.optional.then(|| "optional = true".to_owned()));
        if settings.len() == 1 {
            return format!("{} = {:?}\n", self.name, self.version);
        }
        format!("{} = {{ {} }}\n", self.name, settings.join(", "))
    }
}

/// Returns the dependencies and features that emitted code needs, but a Cargo.toml does not declare.
///
/// # Errors
/// If the Cargo.toml is not valid TOML.
pub fn missing_from_manifest(
    manifest: &str,
    needed: &[Dependency],
    features: &[Feature],
) -> Result<Vec<String>, String> {
    let manifest: Table = manifest.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut missing = Vec::new();
    let dependencies = section(&manifest, "dependencies");
    for Dependency { name, features, optional, .. } in needed {
        match dependencies.and_then(|table| table.get(*name)) {
            None if *optional => {
                missing.push(format!("[dependencies] {name} = {{ version = \"…\", optional = true }}"));
            }
            None if features.is_empty() => missing.push(format!("[dependencies] {name} = \"…\"")),
            None => missing.push(format!("[dependencies] {name} = {{ version = \"…\", features = {features:?} }}")),
            // The features may be declared in the workspace.
            Some(Value::Table(table)) if table.get("workspace").is_some() => {}
            Some(dependency) => {
                let lacking = lacking(dependency.get("features"), features);
                missing.extend((!lacking.is_empty()).then(|| format!("[dependencies] {name}: features = {lacking:?}")));
            }
        }
    }
    let declared = section(&manifest, "features");
    for Feature { name, enables, .. } in features {
        match declared.and_then(|table| table.get(name)) {
            None => missing.push(format!("[features] {name} = {enables:?}")),
            feature => {
                let lacking = lacking(feature, enables);
                missing.extend((!lacking.is_empty()).then(|| format!("[features] {name} must enable {lacking:?}")));
            }
        }
    }
    Ok(missing)
}

/// Returns a new Cargo.toml, which the user maintains from then on.
pub fn new_manifest(package: &str, dependencies: &[Dependency], features: &[Feature]) -> String {
    let package = toml::Value::from(package);
    let mut text = format!(
        "[package]\nname = {package}\nversion = \"0.1.0\"\nedition = \"2024\"\nreadme = \"README.md\"\n\n[features]\n"
    );
    let default: Vec<&str> = features.iter().filter(|one| one.is_default).map(|one| one.name.as_str()).collect();
    text.push_str(&format!("default = {default:?}\n"));
    features.iter().for_each(|feature| text.push_str(&lines(feature)));
    text.push_str("\n[dependencies]\n");
    dependencies.iter().for_each(|dependency| text.push_str(&dependency.line()));
    text.push_str(&format!(
        "\n[dev-dependencies]\n\
         # A Kubernetes version for the tests and examples of this crate. Programs that depend on it choose their own.\n\
         k8s-openapi = {{ version = {K8S_OPENAPI:?}, features = [\"latest\"] }}\n"
    ));
    text
}

/// The version of k8s-openapi that kube-client-runtime depends on.
const K8S_OPENAPI: &str = "0.29";

/// The version of Kubernetes that k8s-openapi's feature `latest` selects, in the format of its build script.
#[cfg(feature = "cli")]
const KUBERNETES: &str = "1.37";

/// The file that sets the Kubernetes version for builds without dev-dependencies, relative to the project.
#[cfg(feature = "cli")]
pub(crate) const CARGO_CONFIG: &str = ".cargo/config.toml";

/// Returns the text of [`CARGO_CONFIG`].
#[cfg(feature = "cli")]
pub(crate) fn cargo_config() -> String {
    format!(
        "# k8s-openapi needs a Kubernetes version. Programs select it with a feature of k8s-openapi. This is the version for\n\
         # builds without a program, such as `cargo check` of the client. It must be equal to that of the feature.\n\
         [env]\nK8S_OPENAPI_ENABLED_VERSION = \"{KUBERNETES}\"\n"
    )
}

/// Returns the lines of a feature in a Cargo.toml.
fn lines(Feature { name, enables, docs, .. }: &Feature) -> String {
    format!("# {}.\n{name} = {enables:?}\n", docs.replace('`', ""))
}

/// Returns a Cargo.toml with the missing features added; unchanged if its layout does not allow this.
pub(crate) fn completed(manifest: &str, features: &[Feature]) -> String {
    let declares = |text: &str, feature: &Feature| {
        let table = text.parse::<Table>().ok();
        table.and_then(|table| section(&table, "features")?.get(&feature.name).cloned()).is_some()
    };
    let absent: Vec<&Feature> = features.iter().filter(|feature| !declares(manifest, feature)).collect();
    let mut text = with_optional_dependencies(manifest, &absent);
    let Some(start) = absent.first().and(section_start(&text, "[features]")) else { return manifest.to_owned() };
    let rest = &text[start..];
    let end = start + rest.find("\n[").map_or(rest.len(), |end| end + 1);
    let end = start + text[start..end].trim_end().len();
    let lines: String = absent.iter().copied().map(lines).collect();
    text.insert_str(end, &format!("\n{}", lines.trim_end()));
    for feature in absent.iter().rev().filter(|feature| feature.is_default) {
        add_to_default(&mut text, start, &feature.name);
    }
    let is_complete = absent.iter().all(|feature| declares(&text, feature));
    if is_complete { text } else { manifest.to_owned() }
}

/// Adds the optional dependencies that the features enable.
fn with_optional_dependencies(manifest: &str, features: &[&Feature]) -> String {
    let mut text = manifest.to_owned();
    let enabled = |name: &str| features.iter().any(|feature| feature.enables.contains(&&*format!("dep:{name}")));
    for dependency in DEPENDENCIES.iter().filter(|dependency| enabled(dependency.name)) {
        let table = text.parse::<Table>().ok();
        let is_declared = table.is_some_and(|table| {
            section(&table, "dependencies").is_some_and(|dependencies| dependencies.contains_key(dependency.name))
        });
        if let Some(start) = section_start(&text, "[dependencies]").filter(|_| !is_declared) {
            text.insert_str(start, &dependency.line());
        }
    }
    text
}

/// Returns the offset after the header of a section.
fn section_start(manifest: &str, header: &str) -> Option<usize> {
    let mut at = 0;
    for line in manifest.split_inclusive('\n') {
        at += line.len();
        if line.split('#').next().is_some_and(|line| line.trim() == header) {
            return Some(at);
        }
    }
    None
}

/// Adds a feature to the list `default`, if it exists.
fn add_to_default(manifest: &mut String, features: usize, name: &str) {
    let section = &manifest[features..];
    let section = &section[..section.find("\n[").unwrap_or(section.len())];
    let mut lines = section.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some((*at - line.len(), line))
    });
    let Some((line, _)) = lines.find(|(_, line)| line.split('=').next().is_some_and(|key| key.trim() == "default"))
    else {
        return;
    };
    let list = &section[line..];
    let (Some(open), Some(close)) = (list.find('['), list.find(']')) else { return };
    // At the start, because the last element may have a comment.
    let after = match list.get(open + 1..close).unwrap_or_default() {
        "" => "",
        rest if rest.starts_with('\n') => ",",
        _ => ", ",
    };
    manifest.insert_str(features + line + open + 1, &format!("{name:?}{after}"));
}

fn section<'t>(manifest: &'t Table, name: &str) -> Option<&'t Table> {
    manifest.get(name).and_then(Value::as_table)
}

fn lacking<'f>(declared: Option<&Value>, needed: &[&'f str]) -> Vec<&'f str> {
    let declared = declared.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    needed.iter().filter(|name| !declared.iter().any(|one| one.as_str() == Some(name))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::features;

    fn features(json_schema: bool) -> Vec<Feature> {
        let mut all = features::of(&Config { json_schema, ..Config::default() }, []);
        let docs = "the kinds of `widgets.example.com/v1`".to_owned();
        all.push(Feature { name: "widgets-v1".to_owned(), enables: &[], docs, is_default: true });
        all
    }

    const COMPLETE: &str = r#"
[features]
client = ["kube-client-runtime/client", "dep:x"]
apply = ["kube-client-runtime/apply"]
crds = ["kube-client-runtime/crds"]
informers = ["client", "kube-client-runtime/informers"]
controller = ["informers", "kube-client-runtime/controller"]
fake = ["client", "dep:kube-fake-apiserver"]
validate = ["crds", "kube-client-runtime/validate"]
deprecated = []
widgets-v1 = []

[dependencies]
kube-fake-apiserver = { path = "../fake", optional = true }
kube-client-runtime = { path = "../runtime", features = ["types"] }
serde = { workspace = true }
"#;

    #[test]
    fn complete_manifest_is_not_changed() {
        assert_eq!(missing_from_manifest(COMPLETE, &DEPENDENCIES, &features(false)), Ok(Vec::new()));
        assert_eq!(completed(COMPLETE, &features(false)), COMPLETE);
    }

    #[test]
    fn new_manifest_is_complete() {
        for json_schema in [false, true] {
            let features = features(json_schema);
            let manifest = new_manifest("widget-client", &DEPENDENCIES, &features);
            assert_eq!(missing_from_manifest(&manifest, &DEPENDENCIES, &features), Ok(Vec::new()), "{manifest}");
        }
    }

    #[test]
    fn missing_lines_are_returned() {
        let manifest = "[dependencies]\nserde = \"1\"\n[features]\nclient = []\n";
        let missing = missing_from_manifest(manifest, &DEPENDENCIES, &features(true)).unwrap();
        assert_eq!(
            missing,
            [
                r#"[dependencies] kube-client-runtime = { version = "…", features = ["types"] }"#,
                r#"[dependencies] kube-fake-apiserver = { version = "…", optional = true }"#,
                r#"[dependencies] serde: features = ["derive"]"#,
                r#"[features] client must enable ["kube-client-runtime/client"]"#,
                r#"[features] apply = ["kube-client-runtime/apply"]"#,
                r#"[features] crds = ["kube-client-runtime/crds"]"#,
                r#"[features] informers = ["client", "kube-client-runtime/informers"]"#,
                r#"[features] controller = ["informers", "kube-client-runtime/controller"]"#,
                r#"[features] fake = ["client", "dep:kube-fake-apiserver"]"#,
                r#"[features] validate = ["crds", "kube-client-runtime/validate"]"#,
                "[features] deprecated = []",
                r#"[features] schemars = ["kube-client-runtime/schemars"]"#,
                "[features] widgets-v1 = []",
            ]
        );
    }

    #[test]
    fn feature_of_a_new_version_is_added() {
        let before = new_manifest("widget-client", &DEPENDENCIES, &features::of(&Config::default(), []));
        for (default, expected) in [
            (r#"default = ["client"]"#, r#"default = ["widgets-v1", "client"]"#),
            ("default = []", r#"default = ["widgets-v1"]"#),
            ("default = [\n    \"client\", # ours\n]", "default = [\"widgets-v1\",\n    \"client\", # ours\n]"),
            (r#"default = ["client"] # [no more]"#, r#"default = ["widgets-v1", "client"] # [no more]"#),
        ] {
            let before = before.replace(r#"default = ["client"]"#, default);
            let after = completed(&before, &features(false));
            assert!(after.contains(expected), "{after}");
            let table: Table = after.parse().unwrap();
            let default = section(&table, "features").unwrap()["default"].as_array().unwrap();
            assert_eq!(default[0].as_str(), Some("widgets-v1"), "{after}");
            assert!(after.contains("deprecated = []\n# the kinds of widgets.example.com/v1.\nwidgets-v1 = []\n\n[dep"));
            assert_eq!(missing_from_manifest(&after, &DEPENDENCIES, &features(false)), Ok(Vec::new()), "{after}");
            assert_eq!(completed(&after, &features(false)), after);
        }
    }

    #[test]
    fn missing_feature_is_added_with_its_optional_dependency() {
        let fake = "fake = [\"client\", \"dep:kube-fake-apiserver\"]\n";
        let dependency = "kube-fake-apiserver = { path = \"../fake\", optional = true }\n";
        let before = COMPLETE.replace(fake, "").replace(dependency, "");
        let after = completed(&before, &features(false));
        assert_eq!(missing_from_manifest(&after, &DEPENDENCIES, &features(false)), Ok(Vec::new()), "{after}");
        assert!(after.contains("\nkube-fake-apiserver = { version = "), "{after}");
    }

    #[test]
    fn manifest_with_another_layout_is_not_changed() {
        for manifest in ["", "features = { client = [] }", "[features.nested]\n", "no TOML ["] {
            assert_eq!(completed(manifest, &features(false)), manifest);
        }
    }
}
