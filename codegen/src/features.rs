//! The features of an emitted crate: what its Cargo.toml must declare, and what its documentation says of them.

use crate::config::Config;

/// A feature that emitted code knows.
pub(crate) struct Feature {
    pub(crate) name: &'static str,
    /// What it must turn on.
    pub(crate) turns_on: &'static [&'static str],
    /// What it brings, for people.
    pub(crate) docs: &'static str,
}

const CLIENT: Feature = Feature {
    name: "client",
    turns_on: &["kube-client-runtime/client"],
    docs: "`Clientset`, with a typed client for every kind. Without it, neither tokio nor hyper is built",
};
const CRDS: Feature = Feature {
    name: "crds",
    turns_on: &["kube-client-runtime/crds"],
    docs: "the CRDs as typed objects, and with `client` their installation",
};
const INFORMERS: Feature = Feature {
    name: "informers",
    turns_on: &["client", "kube-client-runtime/informers"],
    docs: "`SharedInformerFactory`: informers and listers for every kind",
};
const CONTROLLER: Feature = Feature {
    name: "controller",
    turns_on: &["informers", "kube-client-runtime/controller"],
    docs: "informers under kube's controller",
};
const DEPRECATED: Feature =
    Feature { name: "deprecated", turns_on: &[], docs: "versions that the CRDs mark deprecated" };
const SCHEMARS: Feature = Feature {
    name: "schemars",
    turns_on: &["kube-client-runtime/schemars"],
    docs: "`JsonSchema` for every type, answering with the CRDs' own schemas",
};

/// The features that this configuration asks for.
pub(crate) fn of(config: &Config) -> Vec<Feature> {
    let schemars = config.json_schema.then_some(SCHEMARS);
    [CLIENT, CRDS, INFORMERS, CONTROLLER, DEPRECATED].into_iter().chain(schemars).collect()
}

/// A list of them in Markdown.
pub(crate) fn list(config: &Config) -> String {
    let line = |feature: Feature| format!("- `{}`: {}", feature.name, feature.docs);
    of(config).into_iter().map(line).collect::<Vec<_>>().join(";\n") + ".\n"
}
