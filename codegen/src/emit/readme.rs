//! The emitted crate's README.

use std::collections::BTreeMap;

use crate::api::{Api, Kind};
use crate::config::Config;
use crate::emit::docs;
use crate::features::{self, Feature};
use crate::name::{KindName, Names};

/// The README, without a header.
pub(crate) fn readme(api: &Api, names: &Names, config: &Config) -> String {
    let package = config.package.as_deref().unwrap_or("Kubernetes client");
    let mut text =
        format!("# {package}\n\nTyped Rust clients for these custom resources, generated from their CRDs:\n\n");
    text.push_str("| kind | versions | description |\n|---|---|---|\n");
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
    text.push_str("\nAPI reference:");
    for (group, version) in versions {
        text.push_str(&format!(" [{group}/{version}]({})", crate::reference::path(group, version)));
    }
    text.push_str(".\n\n");
    let features = features::of(config, api.kinds.iter().zip(&names.kinds));
    text.extend(config.package.as_deref().and_then(|package| example(api, names, package, &features)));
    text.push_str("## Features\n\n");
    text.push_str(&features::list(&features));
    text.push_str(&format!(
        "\nThe program chooses the TLS library of kube and the Kubernetes version of k8s-openapi.\n\n\
        ## Minimum supported Rust version\n\n{}\n",
        env!("CARGO_PKG_RUST_VERSION")
    ));
    text
}

/// A program that lists the objects of a kind that the default features include.
fn example(api: &Api, names: &Names, package: &str, features: &[Feature]) -> Option<String> {
    let is_default = |kind: &Kind, name: &KindName| {
        let version = features::of_version(&name.group, &kind.version);
        let feature = features.iter().find(|feature| feature.name == version);
        kind.deprecated.is_none() && feature.is_none_or(|feature| feature.is_default)
    };
    let (kind, name) = api.kinds.iter().zip(&names.kinds).find(|(kind, name)| is_default(kind, name))?;
    let group = name.group.trim_start_matches("r#").trim_end_matches('_');
    let arguments = if kind.namespaced { "\"default\"" } else { "" };
    Some(format!(
        "## Example\n\n```rust\nuse {}::Clientset;\n\n\
        async fn print_names() -> Result<(), Box<dyn std::error::Error>> {{\n    \
            let clients = Clientset::try_default().await?;\n    \
            let objects = clients.{group}_{}().{}({arguments}).list(&Default::default()).await?;\n    \
            for object in objects.items {{\n        \
                println!(\"{{}}\", object.metadata.name.unwrap_or_default());\n    \
            }}\n    Ok(())\n}}\n```\n\n",
        package.replace('-', "_"),
        name.version,
        name.accessor,
    ))
}
