//! The stages, one after the other.

use camino::Utf8PathBuf;
use kube_structural_schema::{Crd, Definitions, Note, Source, read};

use crate::config::{Config, TypesFrom};
use crate::emit;
use crate::error::{Error, Errors};
use crate::explain::{self, Explanation};
use crate::features::{self, Feature};
use crate::kopium::{self, Foreign};
use crate::lock::Lock;
use crate::lower::lower;
use crate::manifest::{DEPENDENCIES, Dependency};
use crate::render::{self, Tree};
use crate::share::share;
use crate::{boxing, name, nesting, reference};

/// 512 levels of a schema, in code that is not optimized.
const STACK_BYTES: usize = 16 << 20;

/// What generation yields.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The files of the crate; Cargo.toml is not among them.
    pub tree: Tree,
    /// What is now published.
    pub lock: Lock,
    /// What was passed over, and what users should know.
    pub notes: Vec<Note>,
    /// Where every name of the crate comes from.
    pub names: Vec<Explanation>,
    /// The crates that the crate's Cargo.toml must name.
    pub dependencies: Vec<Dependency>,
    /// The features that the crate's Cargo.toml must declare.
    pub features: Vec<Feature>,
}

/// Generates a client crate. Neither disk nor clock nor environment is read: the same arguments give the same bytes, in
/// whatever order the sources come.
///
/// # Errors
/// All that is wrong with the sources, the configuration and the lock, at once. Types of kopium need its program, which
/// [`Project::generate`](crate::Project::generate) runs.
pub fn generate(sources: &[Source], config: &Config, lock: &Lock, boilerplate: &str) -> Result<Generated, Errors> {
    if config.types_from != TypesFrom::Own {
        let why = "\"kopium\" is for the program, Build and Project, which run kopium".to_owned();
        return Err(Error::Setting { file: config.wish("types-from", "").to_string(), why }.into());
    }
    grown(|| generate_from(read(sources)?, config, lock, boilerplate, None))
}

/// The same, with kopium's types where the configuration wants them.
pub(crate) fn generate_or_run(
    sources: &[Source],
    config: &Config,
    lock: &Lock,
    boilerplate: &str,
) -> Result<Generated, Errors> {
    if config.types_from == TypesFrom::Own {
        return generate(sources, config, lock, boilerplate);
    }
    grown(|| {
        let mut found = read(sources)?;
        let foreign = Foreign::of(&found.crds, &config.kopium_flags, &mut found.notes)?;
        generate_from(found, config, lock, boilerplate, Some(&foreign))
    })
}

/// Runs `work` on a stack for schemas as deep as they are read.
fn grown<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_BYTES, STACK_BYTES, work)
}

/// The stages after reading.
fn generate_from(
    found: Definitions,
    config: &Config,
    lock: &Lock,
    boilerplate: &str,
    foreign: Option<&Foreign>,
) -> Result<Generated, Errors> {
    let mut notes = found.notes;
    let idle = kopium::idle_settings(config);
    if !idle.is_empty() {
        return Err(Errors(idle));
    }
    let mut errors = Vec::new();
    let api = match foreign {
        None => lower(&found.crds, config, &mut errors, &mut notes),
        Some(foreign) => {
            // What an update deletes is seen in whole schemas alone.
            lower(&found.crds, config, &mut Vec::new(), &mut notes);
            lower(&foreign.what_is_left(&found.crds), config, &mut errors, &mut Vec::new())
        }
    };
    let mut api = share(api, lock);
    nesting::decide(&mut api, lock);
    boxing::decide(&mut api, lock);
    let names = name::name(&api, config, lock, &mut errors);
    if !errors.is_empty() {
        return Err(Errors(errors));
    }
    let modules = emit::emit(&api, &names, config, foreign);
    let header = header(config, boilerplate, "//");
    let mut tree: Tree = modules.iter().map(|module| render::module(module, &header)).collect();
    tree.extend(found.crds.iter().map(|crd| embedded(crd, config)));
    tree.insert("rustfmt.toml".into(), format!("{}\n{}", header_line(config, "#"), render::RUSTFMT));
    let comment = header_line(config, "").trim().to_owned();
    tree.insert("README.md".into(), format!("<!-- {comment} -->\n\n{}", emit::readme(&api, &names, config)));
    let explanations = explain::all(&api, &names, config, lock);
    let comment = format!("<!-- {comment} -->\n\n");
    let pages = reference::pages(&found.crds, &explanations).into_iter();
    tree.extend(pages.map(|(path, text)| (path, format!("{comment}{text}"))));
    check_paths(&tree)?;
    notes.sort_by(|one, other| (&one.place, &one.text).cmp(&(&other.place, &other.text)));
    let features = features::of(config, api.kinds.iter().zip(&names.kinds));
    let mut dependencies = DEPENDENCIES.to_vec();
    dependencies.extend(foreign.map(Foreign::dependencies).unwrap_or_default());
    Ok(Generated { tree, lock: name::lock(&api, &names), notes, names: explanations, dependencies, features })
}

/// The text that identifies a generated file.
pub(crate) const MARK: &str = "@generated by kube-client-gen";

/// The first line of each file of the tree.
pub(crate) fn header_line(config: &Config, comment: &str) -> String {
    format!("{comment} {MARK} from CRDs ({}). DO NOT EDIT.\n", config.command())
}

fn header(config: &Config, boilerplate: &str, comment: &str) -> String {
    let boilerplate: String =
        boilerplate.lines().map(|line| format!("{comment} {line}").trim_end().to_owned() + "\n").collect();
    format!("{}{boilerplate}", header_line(config, comment))
}

/// A CRD as a file: the header as a comment, then JSON on one line. Together they are YAML, which kubectl accepts, and
/// runtime reads the JSON without a YAML parser.
fn embedded(crd: &Crd, config: &Config) -> (Utf8PathBuf, String) {
    let path = emit::crd_file(&crd.names.plural, &crd.group).into();
    (path, format!("{}{}\n", header_line(config, "#"), crd.document))
}

/// No path leaves the crate, whatever a CRD is called.
fn check_paths(tree: &Tree) -> Result<(), Errors> {
    for path in tree.keys() {
        let plain = path.components().all(|part| matches!(part, camino::Utf8Component::Normal(_)));
        if !plain {
            return Err(
                Error::NoRust { module: path.to_string(), why: "a path that leaves the crate".to_owned() }.into()
            );
        }
    }
    Ok(())
}
