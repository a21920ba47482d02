//! The stages of generation.

use camino::Utf8PathBuf;
use kube_structural_schema::{Crd, Definitions, Note, Problems, Source, read, read_lenient};

use crate::config::{Config, TypesFrom};
use crate::emit;
use crate::error::{Error, Errors};
use crate::explain::{self, Explanation};
use crate::features::{self, Feature};
use crate::header::{header, header_line};
use crate::kopium::{self, Foreign};
use crate::lock::Lock;
use crate::lower::{lossy_updates, lower};
use crate::manifest::{DEPENDENCIES, Dependency};
use crate::markdown::Descriptions;
use crate::render::{self, Tree};
use crate::share::share;
use crate::{boxing, name, nesting, reference};

/// The stack for 512 levels of a schema in code without optimization.
const STACK_BYTES: usize = 16 << 20;

/// The result of generation.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The files of the crate, except Cargo.toml.
    pub tree: Tree,
    /// The new lock.
    pub lock: Lock,
    /// Remarks, for example about skipped documents.
    pub notes: Vec<Note>,
    /// The origin of every name in the crate.
    pub names: Vec<Explanation>,
    /// The dependencies that the crate's Cargo.toml must declare.
    pub dependencies: Vec<Dependency>,
    /// The features that the crate's Cargo.toml must declare.
    pub features: Vec<Feature>,
}

/// Generates a client crate. Does not access disk, clock or environment: equal arguments give equal bytes, in any order
/// of the sources.
///
/// # Errors
/// If the sources, the configuration or the lock are invalid; lists all reasons. Types of kopium require its program,
/// which only [`Project::generate`](crate::Project::generate) runs.
pub fn generate(sources: &[Source], config: &Config, lock: &Lock, boilerplate: &str) -> Result<Generated, Errors> {
    if config.types_from != TypesFrom::Own {
        let reason = "\"kopium\" requires Project or Build, which run kopium".to_owned();
        return Err(Error::InvalidFile { file: config.setting("types-from", "").to_string(), reason }.into());
    }
    with_large_stack(|| generate_from(definitions(sources, config)?, config, lock, boilerplate, None))
}

/// Generates a client crate like [`generate`], but runs kopium if the configuration requires it.
pub(crate) fn generate_with_kopium(
    sources: &[Source],
    config: &Config,
    lock: &Lock,
    boilerplate: &str,
) -> Result<Generated, Errors> {
    if config.types_from == TypesFrom::Own {
        return generate(sources, config, lock, boilerplate);
    }
    with_large_stack(|| {
        let mut found = definitions(sources, config)?;
        let foreign = Foreign::of(&found.crds, &config.kopium_flags, &mut found.notes)?;
        generate_from(found, config, lock, boilerplate, Some(&foreign))
    })
}

/// Reads the CRDs as the configuration requires.
fn definitions(sources: &[Source], config: &Config) -> Result<Definitions, Problems> {
    if config.lenient { read_lenient(sources) } else { read(sources) }
}

/// Runs `work` on a stack that is large enough for the deepest schema.
fn with_large_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_BYTES, STACK_BYTES, work)
}

/// Runs the stages after reading.
fn generate_from(
    found: Definitions,
    config: &Config,
    lock: &Lock,
    boilerplate: &str,
    foreign: Option<&Foreign>,
) -> Result<Generated, Errors> {
    let mut notes = found.notes;
    let unused = kopium::unused_settings(config);
    if !unused.is_empty() {
        return Err(Errors(unused));
    }
    let mut errors = Vec::new();
    notes.extend(lossy_updates(&found.crds));
    let own = foreign.map(|foreign| foreign.without_foreign_schemas(&found.crds));
    let api = lower(own.as_ref().unwrap_or(&found.crds), config, &mut errors, &mut notes);
    let mut api = share(api, lock);
    nesting::decide(&mut api, lock);
    boxing::decide(&mut api, lock);
    let names = name::name(&api, config, lock, &mut errors);
    if !errors.is_empty() {
        return Err(Errors(errors));
    }
    let descriptions = Descriptions::default();
    let modules = emit::emit(&api, &names, config, foreign, &descriptions);
    let header = header(config, boilerplate, "//");
    let mut tree: Tree = modules.iter().map(|module| render::module(module, &header)).collect();
    tree.extend(found.crds.iter().map(|crd| embedded(crd, config)));
    tree.insert("rustfmt.toml".into(), format!("{}\n{}", header_line(config, "#"), render::RUSTFMT));
    let comment = header_line(config, "").trim().to_owned();
    tree.insert("README.md".into(), format!("<!-- {comment} -->\n\n{}", emit::readme(&api, &names, config)));
    let explanations = explain::all(&api, &names, config, lock);
    tree.extend(reference::pages(&found.crds, &explanations, &descriptions, &format!("<!-- {comment} -->\n\n")));
    check_paths(&tree)?;
    notes.sort_by(|one, other| (&one.place, &one.text).cmp(&(&other.place, &other.text)));
    let features = features::of(config, api.kinds.iter().zip(&names.kinds));
    let mut dependencies = DEPENDENCIES.to_vec();
    dependencies.extend(foreign.map(Foreign::dependencies).unwrap_or_default());
    Ok(Generated { tree, lock: name::lock(&api, &names), notes, names: explanations, dependencies, features })
}

/// Returns the file of a CRD: the header as a comment, then JSON on one line. This is valid YAML for kubectl, and the
/// runtime reads the JSON without a YAML parser.
fn embedded(crd: &Crd, config: &Config) -> (Utf8PathBuf, String) {
    let path = emit::crd_file(&crd.names.plural, &crd.group).into();
    // Formatting a value with `Display` takes twice as long.
    let json = serde_json::to_string(&crd.document).unwrap_or_else(|_| crd.document.to_string());
    (path, format!("{}{json}\n", header_line(config, "#")))
}

/// Checks that all paths are inside of the crate.
fn check_paths(tree: &Tree) -> Result<(), Errors> {
    for path in tree.keys() {
        let is_inside = path.components().all(|part| matches!(part, camino::Utf8Component::Normal(_)));
        if !is_inside {
            let reason = "its path is outside of the crate".to_owned();
            return Err(Error::InvalidRust { module: path.to_string(), reason }.into());
        }
    }
    Ok(())
}
