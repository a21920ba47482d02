//! Positions of the entries of `codegen.toml`, for error messages.

use std::collections::BTreeMap;
use std::fmt;

use toml::de::{DeTable, DeValue};

/// The positions of a configuration's entries; empty for a configuration without a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    file: Option<String>,
    /// By section and key. A top-level setting is a section with an empty key.
    entries: BTreeMap<(String, String), (usize, usize)>,
}

/// An entry of a configuration, displayed as `codegen.toml:3:1: names`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The file.
    pub file: String,
    /// The line and column, from 1; `None` if the configuration has no file.
    pub at: Option<(usize, usize)>,
    /// The section or setting.
    pub section: &'static str,
}

impl fmt::Display for Override {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.file)?;
        if let Some((line, column)) = self.at {
            write!(out, "{line}:{column}:")?;
        }
        write!(out, " {}", self.section)
    }
}

impl Positions {
    /// Returns the positions in a text; none if it is not valid TOML.
    pub(crate) fn of(file: &str, text: &str) -> Self {
        let mut entries = BTreeMap::new();
        for (section, value) in DeTable::parse(text).map(toml::Spanned::into_inner).unwrap_or_default() {
            let name = section.get_ref().to_string();
            let mut add = |key: &str, offset| {
                entries.insert((name.clone(), key.to_owned()), line_and_column(text, offset));
            };
            add("", section.span().start);
            match value.get_ref() {
                DeValue::Table(table) => table.keys().for_each(|key| add(key.get_ref(), key.span().start)),
                DeValue::Array(items) => {
                    for item in items {
                        if let DeValue::String(text) = item.get_ref() {
                            add(text, item.span().start);
                        }
                    }
                }
                _ => {}
            }
        }
        Positions { file: Some(file.to_owned()), entries }
    }

    /// Returns the entry of a key, or of the section itself if the key is empty.
    pub(crate) fn entry(&self, section: &'static str, key: &str) -> Override {
        let file = self.file.as_deref().unwrap_or("codegen.toml").to_owned();
        Override { file, at: self.entries.get(&(section.to_owned(), key.to_owned())).copied(), section }
    }
}

/// Returns the line and column of an offset in bytes, from 1.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
}
