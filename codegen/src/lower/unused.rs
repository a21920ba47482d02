//! Entries of codegen.toml without a value in any schema.

use std::collections::BTreeSet;

use kube_structural_schema::{Crd, Schema};
use quote::ToTokens;

use super::types::Lowering;
use super::versions::versions;
use crate::config::Config;
use crate::error::Error;

/// Reports entries of `types` that are not paths of types, and entries of `types` and `sensitive` that do not apply.
pub(super) fn report(lowering: &Lowering<'_>, crds: &[Crd], config: &Config, errors: &mut Vec<Error>) {
    for (path, type_) in &config.types {
        if let Err(error) = check_path(type_) {
            let reason = format!("must be the path of a type: {error}");
            let setting = Box::new(config.setting("types", path));
            errors.push(Error::InvalidName { setting, path: path.clone(), name: type_.clone(), reason });
        }
    }
    let sensitive = config.sensitive.iter().filter(|path| !lowering.sensitive_applied.contains(*path));
    let types = config.types.keys().filter(|path| !lowering.types_applied.contains(*path));
    let unused = sensitive.map(|path| ("sensitive", path)).chain(types.map(|path| ("types", path)));
    let mut existing = BTreeSet::new();
    for (section, path) in unused {
        if existing.is_empty() {
            existing = paths(crds);
        }
        errors.push(config.unknown_path(section, path, &existing));
    }
}

/// Checks that a text is a path without comments, tabs and line breaks, since it is emitted within a line.
fn check_path(text: &str) -> Result<(), String> {
    let path: syn::Path = syn::parse_str(text).map_err(|error| error.to_string())?;
    let letters = |text: &str| text.split(' ').collect::<String>();
    let is_path = letters(&path.into_token_stream().to_string()) == letters(text);
    is_path.then_some(()).ok_or_else(|| "it contains a comment, a tab or a line break".to_owned())
}

/// Returns the schema paths of all values.
fn paths(crds: &[Crd]) -> BTreeSet<String> {
    fn below(schema: &Schema, path: &str, paths: &mut BTreeSet<String>) {
        for (step, child) in schema.children() {
            let path = format!("{path}{step}");
            below(child, &path, paths);
            paths.insert(path);
        }
    }
    let mut paths = BTreeSet::new();
    for crd in crds {
        versions(crd).for_each(|version| below(&version.schema, &crd.names.kind, &mut paths));
    }
    paths
}
