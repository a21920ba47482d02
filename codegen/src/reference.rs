//! The API reference of the emitted crate: a page of Markdown for each version of each group, with a section for each type.

mod example;
mod types;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use camino::Utf8PathBuf;
use kube_structural_schema::{Crd, Schema, Scope, Version};

use crate::emit::summary;
use crate::explain::Explanation;
use crate::lower::{facts, versions};
use crate::markdown::{clean, clean_line, code};
use crate::unicode::visible;

/// Fields without a section of their own are nested up to this depth.
const MAX_DEPTH: usize = 24;

/// The pages by path, relative to the crate.
pub(crate) fn pages(crds: &[Crd], names: &[Explanation]) -> BTreeMap<Utf8PathBuf, String> {
    let rust: HashMap<(&str, &str), &str> = names
        .iter()
        .flat_map(|one| one.uses.iter().map(move |place| (place.as_str(), one)))
        .filter_map(|(place, one)| Some(((one.group.as_str(), place), one.path.rsplit("::").next()?)))
        .collect();
    let mut pages: BTreeMap<Utf8PathBuf, Page<'_>> = BTreeMap::new();
    for crd in crds {
        for version in versions(crd) {
            let page = pages.entry(path(&crd.group, &version.name)).or_insert_with(|| Page {
                group: &crd.group,
                rust: &rust,
                sections: VecDeque::new(),
                types: HashSet::new(),
                text: format!("# {}/{}\n\nThe fields of each kind and type.\n", crd.group, version.name),
            });
            page.kind(crd, version);
        }
    }
    pages.into_iter().map(|(path, page)| (path, page.text)).collect()
}

/// The path of the page of a version.
pub(crate) fn path(group: &str, version: &str) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("docs/{group}/{version}.md"))
}

/// A page and the sections that it still needs.
struct Page<'p> {
    group: &'p str,
    /// Rust names by group and schema path.
    rust: &'p HashMap<(&'p str, &'p str), &'p str>,
    sections: VecDeque<Section<'p>>,
    /// The types that have a section, or will have one.
    types: HashSet<&'p str>,
    text: String,
}

/// A type and the first place of its schema.
struct Section<'p> {
    name: &'p str,
    schema: &'p Schema,
    path: String,
}

/// The place of a field.
#[derive(Clone)]
struct Place {
    /// The version, a slash and the path as in codegen.toml.
    path: String,
    /// The anchor of the type or field around it.
    anchor: String,
    /// The number of fields around it in the same section.
    depth: usize,
}

impl<'p> Page<'p> {
    fn kind(&mut self, crd: &'p Crd, version: &'p Version) {
        let kind = &crd.names.kind;
        self.text.push_str(&format!("\n## {kind}\n\n"));
        if let Some(description) = &version.schema.description {
            self.text.push_str(&format!("{}\n\n", clean(description)));
        }
        self.text.push_str(&format!("{}.\n", about(crd, version).join("; ")));
        if let Some(example) = example::of(crd, version) {
            self.text.push_str(&format!("\nThe smallest valid object:\n\n```yaml\n{example}```\n"));
        }
        let place = Place { path: format!("{}/{kind}", version.name), anchor: kind.to_lowercase(), depth: 0 };
        let is_of_every_object = |name: &str| matches!(name, "apiVersion" | "kind" | "metadata");
        self.text.push('\n');
        self.fields(&version.schema, &place, &is_of_every_object);
        while let Some(section) = self.sections.pop_front() {
            self.section(&section);
        }
    }

    fn section(&mut self, section: &Section<'p>) {
        self.text.push_str(&format!("\n### {}\n\n", section.name));
        let description = section.schema.description.as_deref().map(clean).unwrap_or_default();
        if !description.is_empty() {
            self.text.push_str(&format!("{description}\n\n"));
        }
        let facts = facts::of(section.schema);
        if !facts.is_empty() {
            facts.iter().for_each(|fact| self.text.push_str(&format!("- {}\n", visible(fact))));
            self.text.push_str("\nFields:\n\n");
        }
        let place = Place { path: section.path.clone(), anchor: section.name.to_lowercase(), depth: 0 };
        self.fields(section.schema, &place, &|_| false);
    }

    fn fields(&mut self, schema: &'p Schema, place: &Place, is_left_out: &dyn Fn(&str) -> bool) {
        for (name, property) in schema.properties.iter().filter(|(name, _)| !is_left_out(name)) {
            let place = Place {
                path: format!("{}.{name}", place.path),
                anchor: format!("{}.{}", place.anchor, anchor(name)),
                depth: place.depth,
            };
            self.field(name, property, &place, schema.required.contains(name));
        }
    }

    fn field(&mut self, name: &str, schema: &'p Schema, place: &Place, required: bool) {
        let steps = types::steps(schema);
        let path = format!("{}{steps}", place.path);
        let innermost = types::innermost(schema);
        let rust = self.rust.get(&(self.group, path.as_str())).copied();
        let of_section = rust.filter(|_| !innermost.properties.is_empty());
        let type_ = match (of_section, rust) {
            (Some(name), _) => types::of(schema, Some(&format!("[`{name}`](#{})", name.to_lowercase()))),
            (None, rust) => types::of(schema, rust.map(|name| format!("`{name}`")).as_deref()),
        };
        let indent = "  ".repeat(place.depth);
        let required = if required { ", required" } else { "" };
        self.text.push_str(&format!(
            "{indent}- <a id=\"{}\"></a>{} ({}{required})",
            place.anchor,
            visible(&code(name)),
            visible(&type_)
        ));
        let is_section = of_section.is_some() && steps.is_empty();
        self.description(schema, is_section, &indent);
        let mut facts = if is_section { Vec::new() } else { facts::of(schema) };
        facts.extend(facts::values(schema));
        facts.extend(facts::default(schema));
        facts.extend(schema.nullable.then(|| "May be null.".to_owned()));
        facts.iter().for_each(|fact| self.text.push_str(&format!("{indent}  - {}\n", visible(fact))));
        match of_section {
            Some(name) if self.types.insert(name) => {
                self.sections.push_back(Section { name, schema: innermost, path });
            }
            None if place.depth < MAX_DEPTH => {
                let place = Place { path, anchor: place.anchor.clone(), depth: place.depth + 1 };
                self.fields(innermost, &place, &|_| false);
            }
            _ => {}
        }
    }

    /// The description of a field; of a field whose type has a section, the first sentence.
    fn description(&mut self, schema: &Schema, is_section: bool, indent: &str) {
        let description = schema.description.as_deref().unwrap_or_default();
        let text = if is_section { summary(description) } else { clean(description) };
        let mut lines = text.lines();
        let Some(first) = lines.next() else { return self.text.push('\n') };
        // A list or a code block cannot follow the name on its line.
        let is_inline = first.starts_with(char::is_alphanumeric) || first.starts_with('`') && !first.starts_with("```");
        self.text.push_str(&if is_inline { format!(": {first}\n") } else { format!("\n\n{indent}  {first}\n") });
        for line in lines {
            let line = if line.is_empty() { String::new() } else { format!("{indent}  {line}") };
            self.text.push_str(&format!("{line}\n"));
        }
    }
}

/// The facts of a kind in a version.
fn about(crd: &Crd, version: &Version) -> Vec<String> {
    let scope = if crd.scope == Scope::Namespaced { "Namespaced" } else { "Cluster-scoped" };
    let mut facts = vec![format!("{scope}, {}", code(&crd.names.plural))];
    let short_names = &crd.names.short_names;
    facts.extend((!short_names.is_empty()).then(|| format!("short names: {}", codes(short_names))));
    facts.extend(version.storage.then(|| "storage version".to_owned()));
    facts.extend(version.subresources.status.then(|| "status is a subresource".to_owned()));
    facts.extend(version.subresources.scale.is_some().then(|| "scale is a subresource".to_owned()));
    let selectable = &version.selectable_fields;
    facts.extend((!selectable.is_empty()).then(|| format!("selectable fields: {}", codes(selectable))));
    let deprecated = version.deprecated.as_ref();
    facts.extend(deprecated.map(|warning| format!("deprecated: {}", visible(&clean_line(warning)))));
    facts
}

fn codes(texts: &[String]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
}

/// The name of a property as part of an anchor.
fn anchor(name: &str) -> String {
    let letters = name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' });
    letters.flat_map(char::to_lowercase).collect()
}
