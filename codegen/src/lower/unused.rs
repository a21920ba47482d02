//! Settings of codegen.toml that no schema matches.

use std::collections::BTreeSet;

use kube_structural_schema::{Crd, Schema};
use quote::ToTokens;

use super::types::Lowering;
use super::versions;
use crate::config::Config;
use crate::error::Error;

/// Reports `types` that are not paths, and `types` and `sensitive` that have not applied.
pub(super) fn report(lowering: &Lowering<'_>, crds: &[Crd], config: &Config, errors: &mut Vec<Error>) {
    for (path, type_) in &config.types {
        if let Err(error) = path_alone(type_) {
            let why = format!("must be the path of a type: {error}");
            let setting = Box::new(config.setting("types", path));
            errors.push(Error::BadName { setting, path: path.clone(), name: type_.clone(), why });
        }
    }
    let sensitive = config.sensitive.iter().filter(|path| !lowering.sensitive_applied.contains(*path));
    let types = config.types.keys().filter(|path| !lowering.types_applied.contains(*path));
    let unused = sensitive.map(|path| ("sensitive", path)).chain(types.map(|path| ("types", path)));
    let mut would = BTreeSet::new();
    for (section, path) in unused {
        if would.is_empty() {
            would = paths(crds);
        }
        errors.push(config.idle(section, path, &would));
    }
}

/// Whether a text is a path, without comments, tabs or line breaks: it is written into the middle of a line.
fn path_alone(text: &str) -> Result<(), String> {
    let path: syn::Path = syn::parse_str(text).map_err(|error| error.to_string())?;
    let letters = |text: &str| text.split(' ').collect::<String>();
    let is_alone = letters(&path.into_token_stream().to_string()) == letters(text);
    is_alone.then_some(()).ok_or_else(|| "it holds a comment, a tab or a line break".to_owned())
}

/// The paths of all values, as codegen.toml writes them.
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
