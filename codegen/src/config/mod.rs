//! `codegen.toml`: the configuration of a client.

mod places;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::Error;
pub(crate) use places::malformed;
pub use places::{Override, Places};

/// The program that writes the types of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum TypesFrom {
    /// This generator.
    #[default]
    Own,
    /// The program `kopium`, which is to be installed.
    Kopium,
}

/// The configuration of a project. Generation fails if a setting does not apply to any CRD.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Folder or files of the CRDs, relative to the file.
    #[serde(default)]
    pub crds: Vec<String>,
    /// Folder of the emitted crate, relative to the file.
    #[serde(default)]
    pub out: Option<String>,
    /// A file whose text starts every emitted file, relative to the configuration.
    #[serde(default)]
    pub header: Option<String>,
    /// The command that the header names; without it, `kube-client-gen generate`.
    #[serde(default)]
    pub command: Option<String>,
    /// Schema paths (`MCPRoute.spec.apiKey.inline`) whose values are redacted in `Debug` output.
    #[serde(default)]
    pub sensitive: Vec<String>,
    /// Names of types, by a schema path that uses them.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Rust paths of types that exist already, by schema path.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// Accessors of the clientset, by kind.
    #[serde(default)]
    pub accessors: BTreeMap<String, String>,
    /// Modules of groups, by group.
    #[serde(default)]
    pub groups: BTreeMap<String, String>,
    /// Whether types implement schemars' `JsonSchema`, behind the feature `schemars`.
    #[serde(default)]
    pub json_schema: bool,
    /// Whether every version is always compiled, without a feature for each.
    #[serde(default)]
    pub all_versions: bool,
    /// The program that writes the types of objects.
    #[serde(default)]
    pub types_from: TypesFrom,
    /// Flags for kopium, where that writes them, such as `--docs`.
    #[serde(default)]
    pub kopium_flags: Vec<String>,
    /// The crate's name, for its documentation.
    #[serde(default)]
    pub package: Option<String>,
    /// The positions of all settings.
    #[serde(skip)]
    pub places: Places,
}

/// The text that is most like another one, if any is. Only those that begin and end most alike are looked at closely, since
/// a large schema has tens of thousands of paths.
fn nearest<'a>(wanted: &str, texts: &'a BTreeSet<String>) -> Option<&'a str> {
    const CLOSELY: usize = 50;
    let alike = |text: &&str| {
        let same = |(one, other): &(u8, u8)| one == other;
        let start = wanted.bytes().zip(text.bytes()).take_while(same).count();
        let end = wanted.bytes().rev().zip(text.bytes().rev()).take_while(same).count();
        std::cmp::Reverse(start + end)
    };
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.sort_by_cached_key(alike);
    texts.truncate(CLOSELY);
    similar::get_close_matches(wanted, &texts, 1, 0.6).first().copied()
}

impl Config {
    /// Reads the text of a `codegen.toml`.
    ///
    /// # Errors
    /// If it is not valid TOML, or has unknown settings.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Config::parse_file("codegen.toml", text)
    }

    /// Parses a configuration; errors name the file.
    pub(crate) fn parse_file(file: &str, text: &str) -> Result<Self, Error> {
        let config: Config = toml::from_str(text).map_err(|error| malformed(file, text, &error, ""))?;
        Ok(Config { places: Places::of(file, text), ..config })
    }

    /// A line of this configuration, for an error: that of a key, or with an empty one that of the section.
    pub(crate) fn setting(&self, section: &'static str, key: &str) -> Override {
        self.places.setting(section, key)
    }

    /// The error of a line that does not apply, with the most similar line that would.
    pub(crate) fn idle(&self, section: &'static str, path: &str, would: &BTreeSet<String>) -> Error {
        let hint = nearest(path, would).map_or("; remove it".to_owned(), |near| format!("; did you mean {near:?}?"));
        Error::NoSuchPath { setting: Box::new(self.setting(section, path)), path: path.to_owned(), hint }
    }

    /// The command that regenerates the files, as their headers name it.
    pub fn command(&self) -> &str {
        self.command.as_deref().unwrap_or("kube-client-gen generate")
    }
}
