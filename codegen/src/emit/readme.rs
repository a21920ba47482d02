//! The emitted crate's README.

use std::collections::BTreeMap;

use crate::api::Api;
use crate::config::Config;
use crate::emit::docs;
use crate::features;
use crate::name::Names;

/// The README, without a header.
pub(crate) fn readme(api: &Api, names: &Names, config: &Config) -> String {
    let package = config.package.as_deref().unwrap_or("Kubernetes client");
    let mut text =
        format!("# {package}\n\nTyped Rust clients for these custom resources, generated from their CRDs:\n\n");
    text.push_str("| kind | versions | what it is |\n|---|---|---|\n");
    let mut kinds: BTreeMap<(&str, &str), (Vec<String>, String)> = BTreeMap::new();
    for (kind, name) in api.kinds.iter().zip(&names.kinds) {
        let deprecated = if kind.deprecated.is_some() { " (deprecated)" } else { "" };
        let row = kinds.entry((&kind.group, &name.ident)).or_default();
        row.0.push(format!("`{}`{deprecated}", kind.version));
        if row.1.is_empty() {
            row.1 = docs::summary(&kind.docs.description);
        }
    }
    for ((_, kind), (versions, summary)) in kinds {
        text.push_str(&format!("| `{kind}` | {} | {summary} |\n", versions.join(", ")));
    }
    let versions: std::collections::BTreeSet<(&str, &str)> =
        api.kinds.iter().map(|kind| (kind.group.as_str(), kind.version.as_str())).collect();
    text.push_str("\nField by field:");
    for (group, version) in versions {
        text.push_str(&format!(" [{group}/{version}]({})", crate::reference::path(group, version)));
    }
    text.push_str(".\n\nFeatures:\n\n");
    text.push_str(&features::list(&features::of(config, api.kinds.iter().zip(&names.kinds))));
    text.push('\n');
    text.push_str("The program chooses kube's TLS and k8s-openapi's version; this crate asks for neither.\n");
    text
}
