//! The emitted crate's Cargo.toml: written once, edited by hand, checked here, and extended with the features of
//! new versions.

use toml::{Table, Value};

use crate::features::Feature;

/// A dependency of emitted code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// Its name.
    pub name: &'static str,
    /// The version in a new Cargo.toml.
    pub version: &'static str,
    /// Whether a new Cargo.toml takes its default features, too.
    pub default_features: bool,
    /// The features that it must have.
    pub features: &'static [&'static str],
    /// Whether only a feature of the crate enables it.
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
    /// The dependency as a new Cargo.toml declares it.
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

/// The lines that a Cargo.toml lacks for emitted code to compile; empty where nothing is missing.
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
                missing.push(format!("[dependencies] {name} = {{ version = \"…\", optional = true }}"))
            }
            None if features.is_empty() => missing.push(format!("[dependencies] {name} = \"…\"")),
            None => missing.push(format!("[dependencies] {name} = {{ version = \"…\", features = {features:?} }}")),
            // The workspace defines it.
            Some(Value::Table(table)) if table.get("workspace").is_some() => {}
            Some(dependency) => {
                let lacking = lacking(dependency.get("features"), features);
                missing.extend((!lacking.is_empty()).then(|| format!("[dependencies] {name}: features = {lacking:?}")));
            }
        }
    }
    let declared = section(&manifest, "features");
    for Feature { name, turns_on, .. } in features {
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

/// The version of Kubernetes that k8s-openapi's feature `latest` selects, as its build script reads it.
#[cfg(feature = "cli")]
const KUBERNETES: &str = "1.37";

/// The file that sets the Kubernetes version for builds that leave out dev-dependencies, below the folder of a project.
#[cfg(feature = "cli")]
pub(crate) const CARGO_CONFIG: &str = ".cargo/config.toml";

/// Its text.
#[cfg(feature = "cli")]
pub(crate) fn cargo_config() -> String {
    format!(
        "# k8s-openapi needs a Kubernetes version. Programs choose it by a feature of k8s-openapi; this is the choice where no\n\
         # program is built, as with `cargo check` of the client alone. It must be the version of that feature.\n\
         [env]\nK8S_OPENAPI_ENABLED_VERSION = \"{KUBERNETES}\"\n"
    )
}

/// A feature as a manifest declares it.
fn lines(Feature { name, turns_on, docs, .. }: &Feature) -> String {
    format!("# {}.\n{name} = {turns_on:?}\n", docs.replace('`', ""))
}

/// Adds the missing features to a manifest. A manifest with an unexpected layout is returned unchanged.
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
    let is_whole = absent.iter().all(|feature| declares(&text, feature));
    if is_whole { text } else { manifest.to_owned() }
}

/// Adds the dependencies that these features enable.
fn with_optional_dependencies(manifest: &str, features: &[&Feature]) -> String {
    let mut text = manifest.to_owned();
    let enabled = |name: &str| features.iter().any(|feature| feature.turns_on.contains(&&*format!("dep:{name}")));
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

/// The place after the header of a section.
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

/// Adds a feature to those that are on by default, if there is such a list.
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
    // At the front, because a comment may follow the last.
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

fn lacking<'f>(have: Option<&Value>, want: &[&'f str]) -> Vec<&'f str> {
    let have = have.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    want.iter().filter(|want| !have.iter().any(|have| have.as_str() == Some(want))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::features;

    fn features(json_schema: bool) -> Vec<Feature> {
        let mut all = features::of(&Config { json_schema, ..Config::default() }, []);
        let docs = "the kinds of `widgets.example.com/v1`".to_owned();
        all.push(Feature { name: "widgets-v1".to_owned(), turns_on: &[], docs, is_default: true });
        all
    }

    const WHOLE: &str = r#"
[features]
client = ["kube-client-runtime/client", "dep:x"]
crds = ["kube-client-runtime/crds"]
informers = ["client", "kube-client-runtime/informers"]
controller = ["informers", "kube-client-runtime/controller"]
fake = ["client", "dep:kube-fake-apiserver"]
deprecated = []
widgets-v1 = []

[dependencies]
kube-fake-apiserver = { path = "../fake", optional = true }
kube-client-runtime = { path = "../runtime", features = ["types"] }
serde = { workspace = true }
"#;

    #[test]
    fn a_whole_manifest_lacks_nothing() {
        assert_eq!(missing_from_manifest(WHOLE, &DEPENDENCIES, &features(false)), Ok(Vec::new()));
        assert_eq!(completed(WHOLE, &features(false)), WHOLE);
    }

    #[test]
    fn a_new_manifest_lacks_nothing() {
        for json_schema in [false, true] {
            let features = features(json_schema);
            let manifest = new_manifest("widget-client", &DEPENDENCIES, &features);
            assert_eq!(missing_from_manifest(&manifest, &DEPENDENCIES, &features), Ok(Vec::new()), "{manifest}");
        }
    }

    #[test]
    fn missing_lines_are_named() {
        let manifest = "[dependencies]\nserde = \"1\"\n[features]\nclient = []\n";
        let missing = missing_from_manifest(manifest, &DEPENDENCIES, &features(true)).unwrap();
        assert_eq!(
            missing,
            [
                r#"[dependencies] kube-client-runtime = { version = "…", features = ["types"] }"#,
                r#"[dependencies] kube-fake-apiserver = { version = "…", optional = true }"#,
                r#"[dependencies] serde: features = ["derive"]"#,
                r#"[features] client must also have ["kube-client-runtime/client"]"#,
                r#"[features] crds = ["kube-client-runtime/crds"]"#,
                r#"[features] informers = ["client", "kube-client-runtime/informers"]"#,
                r#"[features] controller = ["informers", "kube-client-runtime/controller"]"#,
                r#"[features] fake = ["client", "dep:kube-fake-apiserver"]"#,
                "[features] deprecated = []",
                r#"[features] schemars = ["kube-client-runtime/schemars"]"#,
                "[features] widgets-v1 = []",
            ]
        );
    }

    #[test]
    fn a_version_that_comes_gets_its_feature() {
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
    fn a_missing_feature_is_added_with_its_optional_dependency() {
        let fake = "fake = [\"client\", \"dep:kube-fake-apiserver\"]\n";
        let dependency = "kube-fake-apiserver = { path = \"../fake\", optional = true }\n";
        let before = WHOLE.replace(fake, "").replace(dependency, "");
        let after = completed(&before, &features(false));
        assert_eq!(missing_from_manifest(&after, &DEPENDENCIES, &features(false)), Ok(Vec::new()), "{after}");
        assert!(after.contains("\nkube-fake-apiserver = { version = "), "{after}");
    }

    #[test]
    fn a_manifest_that_is_laid_out_otherwise_stays_as_it_is() {
        for manifest in ["", "features = { client = [] }", "[features.nested]\n", "no TOML ["] {
            assert_eq!(completed(manifest, &features(false)), manifest);
        }
    }
}
