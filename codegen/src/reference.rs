//! The API reference of the emitted crate: a page of Markdown for each version of each group, told from the schemas.

mod example;
mod types;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use camino::Utf8PathBuf;
use kube_structural_schema::{Additional, Crd, Schema, Scope, Version};

use crate::emit::visible;
use crate::explain::Explanation;
use crate::lower::facts;
use crate::markdown::{clean, clean_line, code};

/// Deeper fields are told by their Rust types alone; schemas that nest further repeat themselves.
const DEPTH: usize = 24;

/// The pages by path, relative to the crate.
pub(crate) fn pages(crds: &[Crd], names: &[Explanation]) -> BTreeMap<Utf8PathBuf, String> {
    let rust: HashMap<(&str, &str), &str> = names
        .iter()
        .flat_map(|one| one.uses.iter().map(move |place| (place.as_str(), one)))
        .filter_map(|(place, one)| Some(((one.group.as_str(), place), one.path.rsplit("::").next()?)))
        .collect();
    let mut pages: BTreeMap<Utf8PathBuf, String> = BTreeMap::new();
    for crd in crds {
        for version in crd.versions.iter().filter(|version| version.served) {
            let page = pages.entry(path(&crd.group, &version.name)).or_insert_with(|| {
                format!("# {}/{}\n\nWhat the API server takes, field by field.\n", crd.group, version.name)
            });
            kind(crd, version, &rust, page);
        }
    }
    pages
}

/// Where the page of a version is.
pub(crate) fn path(group: &str, version: &str) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("docs/{group}/{version}.md"))
}

type Rust<'n> = HashMap<(&'n str, &'n str), &'n str>;

fn kind(crd: &Crd, version: &Version, rust: &Rust<'_>, page: &mut String) {
    let kind = &crd.names.kind;
    page.push_str(&format!("\n## {kind}\n\n"));
    if let Some(description) = &version.schema.description {
        page.push_str(&format!("{}\n\n", clean(description)));
    }
    let scope = if crd.scope == Scope::Namespaced { "Namespaced" } else { "Cluster-scoped" };
    let mut facts = vec![format!("{scope}, {}", code(&crd.names.plural))];
    facts
        .extend((!crd.names.short_names.is_empty()).then(|| format!("short names: {}", codes(&crd.names.short_names))));
    facts.extend(version.storage.then(|| "storage version".to_owned()));
    facts.extend(version.subresources.status.then(|| "status is a subresource".to_owned()));
    facts.extend(version.subresources.scale.is_some().then(|| "replicas can be scaled".to_owned()));
    facts.extend(
        (!version.selectable_fields.is_empty()).then(|| format!("selectable: {}", codes(&version.selectable_fields))),
    );
    facts.extend(version.deprecated.as_ref().map(|warning| format!("deprecated: {}", in_cell(warning))));
    page.push_str(&format!("{}.\n\n", facts.join("; ")));
    if let Some(example) = example::of(crd, version) {
        page.push_str(&format!("The least that the schema takes:\n\n```yaml\n{example}```\n\n"));
    }
    page.push_str("| field | type | what it is |\n|---|---|---|\n");
    let mut place = Place {
        group: &crd.group,
        rust,
        path: format!("{}/{kind}", version.name),
        of_the_object: version.name.len() + 1 + kind.len() + 1,
    };
    fields(&version.schema, &mut place, 0, page);
}

fn codes(texts: &[String]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
}

/// Where in a schema one is.
struct Place<'p> {
    group: &'p str,
    rust: &'p Rust<'p>,
    /// The version, a slash and the path as codegen.toml writes it.
    path: String,
    /// Where in the path it begins what the page shows.
    of_the_object: usize,
}

impl Place<'_> {
    /// Works one step further down.
    fn inside(&mut self, steps: [&str; 2], work: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.extend(steps);
        work(self);
        self.path.truncate(length);
    }
}

fn fields(schema: &Schema, place: &mut Place<'_>, depth: usize, page: &mut String) {
    for (name, property) in &schema.properties {
        let is_of_the_object = depth == 0 && matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
        if is_of_the_object {
            continue;
        }
        place.inside([".", name], |place| {
            row(property, place, schema.required.contains(name), page);
            inner(property, place, depth, page);
        });
    }
}

/// What is in a value, also in items and in values of maps.
fn inner(schema: &Schema, place: &mut Place<'_>, depth: usize, page: &mut String) {
    if depth >= DEPTH {
        return;
    }
    fields(schema, place, depth + 1, page);
    if let Some(items) = &schema.items {
        place.inside(["[]", ""], |place| inner(items, place, depth + 1, page));
    }
    if let Some(Additional::Schema(values)) = &schema.additional_properties {
        place.inside(["{}", ""], |place| inner(values, place, depth + 1, page));
    }
}

fn row(schema: &Schema, place: &mut Place<'_>, required: bool, page: &mut String) {
    let shown = place.path.get(place.of_the_object..).unwrap_or_default();
    page.extend(["| ", &without_bars(visible(&code(shown))), " | "]);
    place.inside([&types::steps(schema), ""], |place| {
        let rust = place.rust.get(&(place.group, place.path.as_str()));
        page.push_str(&in_cell(&types::of(schema, rust.copied())));
    });
    page.push_str(" | ");
    let mut told = Vec::new();
    told.extend(required.then(|| "Required.".to_owned()));
    told.extend(schema.description.as_ref().map(|text| in_cell(text)).filter(|text| !text.is_empty()));
    // Facts are Markdown already.
    let facts = facts::of(schema).into_iter().chain(facts::values(schema)).chain(facts::default(schema));
    told.extend(facts.map(|fact| without_bars(visible(&fact))));
    told.extend(schema.nullable.then(|| "May be null.".to_owned()));
    page.push_str(&told.join("<br>"));
    page.push_str(" |\n");
}

/// A text that fits into a cell of a table.
fn in_cell(text: &str) -> String {
    let line = clean_line(text);
    without_bars(visible(&line))
}

/// A line without bars that would end its cell.
fn without_bars(line: Cow<'_, str>) -> String {
    if !line.contains('|') {
        return line.into_owned();
    }
    let mut cell = String::with_capacity(line.len() + 8);
    for letter in line.chars() {
        // Outside of code it is escaped already. Of two backslashes one escapes the other, and leaves the bar bare.
        if letter == '|' && (cell.len() - cell.trim_end_matches('\\').len()).is_multiple_of(2) {
            cell.push('\\');
        }
        cell.push(letter);
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_cell() {
        assert_eq!(in_cell("one|two `three|four`\n\nfive"), "one\\|two `three\\|four` five");
        assert_eq!(in_cell(r"`one\|two\\|three`"), r"`one\|two\\\|three`");
        assert_eq!(in_cell(&"long ".repeat(40)).lines().count(), 1);
    }
}
