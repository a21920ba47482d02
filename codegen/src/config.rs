//! The configuration of a project, `codegen.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::Error;
use crate::position::{Override, Positions};

/// The generator of the types of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum, schemars::JsonSchema))]
pub enum TypesFrom {
    /// kube-client-gen.
    #[default]
    Own,
    /// The program `kopium`, which must be installed.
    Kopium,
}

/// The configuration of a project. An entry that does not apply to any CRD is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Config {
    /// The files or folders of the CRDs, relative to the configuration.
    #[serde(default)]
    pub crds: Vec<String>,
    /// The folder of the emitted crate, relative to the configuration.
    #[serde(default)]
    pub out: Option<String>,
    /// A file whose text starts every emitted file, relative to the configuration.
    #[serde(default)]
    pub header: Option<String>,
    /// The command in the header of emitted files; by default `kube-client-gen generate`.
    #[serde(default)]
    pub command: Option<String>,
    /// Schema paths (`MCPRoute.spec.apiKey.inline`) of values that `Debug` does not print.
    #[serde(default)]
    pub sensitive: Vec<String>,
    /// Names of types, by a schema path that uses them.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Rust paths of existing types, by schema path.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// Accessors of the clientset, by kind.
    #[serde(default)]
    pub accessors: BTreeMap<String, String>,
    /// Modules, by API group.
    #[serde(default)]
    pub groups: BTreeMap<String, String>,
    /// Types of conditions that become constants of a kind (`Widget::CONDITION_READY`), by kind. Those of enums in the schema and of
    /// filters in printer columns need no entry.
    #[serde(default)]
    pub conditions: BTreeMap<String, Vec<String>>,
    /// Reasons of conditions that become constants of a kind (`Widget::REASON_DONE`), by kind.
    #[serde(default)]
    pub reasons: BTreeMap<String, Vec<String>>,
    /// Whether types implement schemars' `JsonSchema`, behind the feature `schemars`.
    #[serde(default)]
    pub json_schema: bool,
    /// Whether all versions are always compiled, instead of each behind a feature.
    #[serde(default)]
    pub all_versions: bool,
    /// Whether schemas that the API server rejects are repaired, instead of being errors.
    #[serde(default)]
    pub lenient: bool,
    /// The generator of the types of objects.
    #[serde(default)]
    pub types_from: TypesFrom,
    /// Flags for kopium, such as `--docs`.
    #[serde(default)]
    pub kopium_flags: Vec<String>,
    /// The crate's name, for its documentation.
    #[serde(default)]
    pub package: Option<String>,
    /// The positions of the entries.
    #[serde(skip)]
    pub positions: Positions,
}

/// Returns the most similar text, if one is similar enough. Since a large schema has tens of thousands of paths, only
/// those with the longest common prefix and suffix are compared in detail.
fn nearest<'a>(wanted: &str, texts: &'a BTreeSet<String>) -> Option<&'a str> {
    const COMPARED: usize = 50;
    let similarity = |text: &&str| {
        let same = |(one, other): &(u8, u8)| one == other;
        let prefix = wanted.bytes().zip(text.bytes()).take_while(same).count();
        let suffix = wanted.bytes().rev().zip(text.bytes().rev()).take_while(same).count();
        std::cmp::Reverse(prefix + suffix)
    };
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.sort_by_cached_key(similarity);
    texts.truncate(COMPARED);
    similar::get_close_matches(wanted, &texts, 1, 0.6).first().copied()
}

impl Config {
    /// Parses the text of a `codegen.toml`.
    ///
    /// # Errors
    /// If it is not valid TOML, or contains an unknown setting.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Config::parse_file("codegen.toml", text)
    }

    /// Parses the text of a configuration; `file` is its name in errors.
    pub(crate) fn parse_file(file: &str, text: &str) -> Result<Self, Error> {
        let config: Config = toml::from_str(text).map_err(|error| Error::malformed(file, text, &error, ""))?;
        Ok(Config { positions: Positions::of(file, text), ..config })
    }

    /// Returns the entry of a key, or of the section itself if the key is empty.
    pub(crate) fn setting(&self, section: &'static str, key: &str) -> Override {
        self.positions.entry(section, key)
    }

    /// Creates the error of an entry that does not apply to any CRD, with the nearest of the paths that exist.
    pub(crate) fn unknown_path(&self, section: &'static str, path: &str, existing: &BTreeSet<String>) -> Error {
        let hint = nearest(path, existing).map_or("; remove it".to_owned(), |near| format!("; did you mean {near:?}?"));
        Error::UnknownPath { setting: Box::new(self.setting(section, path)), path: path.to_owned(), hint }
    }

    /// Returns the command that regenerates the files, for their headers.
    pub fn command(&self) -> &str {
        self.command.as_deref().unwrap_or("kube-client-gen generate")
    }
}
