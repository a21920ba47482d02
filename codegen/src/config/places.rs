//! The positions of the lines of a configuration, for errors.

use std::collections::BTreeMap;
use std::fmt;

use toml::de::{DeTable, DeValue};

use crate::error::Error;

/// The places of a configuration's lines; a configuration that no file holds has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    file: Option<String>,
    /// By section and key; a setting at the top is a section without key.
    at: BTreeMap<(String, String), (usize, usize)>,
}

/// A line of a configuration: `codegen.toml:3:1: names`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The file.
    pub file: String,
    /// Line and column, from 1, if a file holds it.
    pub at: Option<(usize, usize)>,
    /// The section, or the setting.
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

impl Places {
    /// Finds the positions in a text; none if it is not valid TOML.
    pub(super) fn of(file: &str, text: &str) -> Self {
        let mut at = BTreeMap::new();
        for (section, value) in DeTable::parse(text).map(toml::Spanned::into_inner).unwrap_or_default() {
            let section_name = section.get_ref().to_string();
            let mut found = |key: &str, offset| {
                at.insert((section_name.clone(), key.to_owned()), position(text, offset));
            };
            found("", section.span().start);
            match value.get_ref() {
                DeValue::Table(table) => table.keys().for_each(|key| found(key.get_ref(), key.span().start)),
                DeValue::Array(items) => {
                    for item in items {
                        if let DeValue::String(text) = item.get_ref() {
                            found(text, item.span().start);
                        }
                    }
                }
                _ => {}
            }
        }
        Places { file: Some(file.to_owned()), at }
    }

    pub(super) fn setting(&self, section: &'static str, key: &str) -> Override {
        let file = self.file.as_deref().unwrap_or("codegen.toml").to_owned();
        Override { file, at: self.at.get(&(section.to_owned(), key.to_owned())).copied(), section }
    }
}

/// The error of an invalid file of a project, with line and column if they are known.
pub(crate) fn malformed(file: &str, text: &str, error: &toml::de::Error, advice: &str) -> Error {
    let place = error.span().map(|span| position(text, span.start));
    let place = place.map_or(file.to_owned(), |(line, column)| format!("{file}:{line}:{column}"));
    Error::Setting { file: place, why: format!("{}{advice}", error.message().trim()) }
}

/// Line and column of an offset in bytes.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
}
