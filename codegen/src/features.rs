//! The features of an emitted crate, for its Cargo.toml and documentation.

use std::collections::BTreeMap;

use crate::api::Kind;
use crate::config::Config;
use crate::name::KindName;

/// A feature of an emitted crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// The name.
    pub name: String,
    /// The features and dependencies that it enables.
    pub enables: &'static [&'static str],
    /// The description.
    pub docs: String,
    /// Whether it is enabled by default.
    pub is_default: bool,
}

impl Feature {
    fn new(name: &str, enables: &'static [&'static str], docs: &str) -> Self {
        Feature { name: name.to_owned(), enables, docs: docs.to_owned(), is_default: name == "client" }
    }
}

/// Returns the feature of a version: the module of its group in kebab case, and the version, as in `cert-manager-v1`.
pub(crate) fn of_version(group: &str, version: &str) -> String {
    let module = group.trim_start_matches("r#");
    // A feature's name must not start with a hyphen.
    let word = module.trim_start_matches('_');
    let underscores = &module[..module.len() - word.len()];
    format!("{underscores}{}-{version}", word.replace('_', "-"))
}

/// Returns the features for a configuration, with one for each version of the kinds.
pub(crate) fn of<'k>(config: &Config, kinds: impl IntoIterator<Item = (&'k Kind, &'k KindName)>) -> Vec<Feature> {
    let mut features = vec![
        Feature::new(
            "client",
            &["kube-client-runtime/client"],
            "`Clientset`, with a typed client for every kind; without it, neither tokio nor hyper is compiled",
        ),
        Feature::new(
            "apply",
            &["kube-client-runtime/apply"],
            "`applyconfigurations`: what a field manager applies, for server-side apply of a part of an object",
        ),
        Feature::new(
            "crds",
            &["kube-client-runtime/crds"],
            "the CRDs as typed objects and, with `client`, their installation",
        ),
        Feature::new(
            "informers",
            &["client", "kube-client-runtime/informers"],
            "`SharedInformerFactory`: informers and listers for every kind",
        ),
        Feature::new(
            "controller",
            &["informers", "kube-client-runtime/controller"],
            "informers as the source of a `kube::runtime::Controller`",
        ),
        Feature::new(
            "fake",
            &["client", "dep:kube-fake-apiserver"],
            "`fake::Clientset`, a clientset over an in-memory API server, for tests",
        ),
        Feature::new(
            "validate",
            &["crds", "kube-client-runtime/validate"],
            "validation of objects by the CRDs before they are sent, CEL rules included, and conversion between versions",
        ),
        Feature::new("deprecated", &[], "versions that the CRDs mark as deprecated"),
    ];
    if config.json_schema {
        let docs = "`JsonSchema` for every type, with the schemas of the CRDs";
        features.push(Feature::new("schemars", &["kube-client-runtime/schemars"], docs));
    }
    if !config.all_versions {
        let mut versions: BTreeMap<String, Feature> = BTreeMap::new();
        for (kind, name) in kinds {
            let name = of_version(&name.group, &kind.version);
            let feature = versions.entry(name).or_insert_with_key(|name| Feature {
                name: name.clone(),
                enables: &[],
                docs: format!("the kinds of `{}/{}`", kind.group, kind.version),
                is_default: false,
            });
            // If all kinds of a version are deprecated, it is empty without the feature `deprecated`.
            feature.is_default |= kind.deprecated.is_none();
        }
        features.extend(versions.into_values());
    }
    features
}

/// Returns the features as a Markdown list.
pub(crate) fn list(features: &[Feature]) -> String {
    let line = |feature: &Feature| {
        let default = if feature.is_default { " (default)" } else { "" };
        format!("- `{}`{default}: {}.\n", feature.name, feature.docs)
    };
    features.iter().map(line).collect()
}
