//! The API reference of the emitted crate: a page of Markdown for each version of each group, with a section for each type.

mod example;
mod types;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use camino::Utf8PathBuf;
use kube_structural_schema::{Crd, Schema, Scope, Version};

use crate::emit::summary;
use crate::explain::Explanation;
use crate::lower::{facts, versions};
use crate::markdown::{Descriptions, clean_line, code};
use crate::unicode::visible;

/// Fields without a section of their own are nested up to this depth.
const MAX_DEPTH: usize = 24;

/// The pages by path, relative to the crate, each below this comment.
pub(crate) fn pages(
    crds: &[Crd],
    names: &[Explanation],
    descriptions: &Descriptions,
    comment: &str,
) -> BTreeMap<Utf8PathBuf, String> {
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
                descriptions,
                sections: VecDeque::new(),
                types: HashSet::new(),
                text: format!("{comment}# {}/{}\n\nThe fields of each kind and type.\n", crd.group, version.name),
                path: String::new(),
                anchor: String::new(),
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
    descriptions: &'p Descriptions,
    sections: VecDeque<Section<'p>>,
    /// The types that have a section, or will have one.
    types: HashSet<&'p str>,
    text: String,
    /// The place of the current field: the version, a slash and the path as in codegen.toml.
    path: String,
    /// The anchor of the current type or field.
    anchor: String,
}

/// A type and the first place of its schema.
struct Section<'p> {
    name: &'p str,
    schema: &'p Schema,
    path: String,
}

impl<'p> Page<'p> {
    fn write(&mut self, parts: &[&str]) {
        self.text.extend(parts.iter().copied());
    }

    /// Writes the start of a line below the fields around it.
    fn indent(&mut self, depth: usize) {
        (0..depth).for_each(|_| self.text.push_str("  "));
    }

    fn kind(&mut self, crd: &'p Crd, version: &'p Version) {
        let kind = &crd.names.kind;
        self.write(&["\n## ", kind, "\n\n"]);
        if let Some(description) = &version.schema.description {
            self.write(&[&self.descriptions.clean(description), "\n\n"]);
        }
        self.write(&[&about(crd, version).join("; "), ".\n"]);
        if let Some(example) = example::of(crd, version) {
            self.write(&["\nThe smallest valid object:\n\n```yaml\n", &example, "```\n"]);
        }
        self.path = format!("{}/{kind}", version.name);
        self.anchor = kind.to_lowercase();
        let is_of_every_object = |name: &str| matches!(name, "apiVersion" | "kind" | "metadata");
        self.text.push('\n');
        self.fields(&version.schema, 0, &is_of_every_object);
        while let Some(section) = self.sections.pop_front() {
            self.section(section);
        }
    }

    fn section(&mut self, section: Section<'p>) {
        self.write(&["\n### ", section.name, "\n\n"]);
        let description = section.schema.description.as_deref().unwrap_or_default();
        let description = self.descriptions.clean(description);
        if !description.is_empty() {
            self.write(&[&description, "\n\n"]);
        }
        let facts = facts::of(section.schema);
        if !facts.is_empty() {
            facts.iter().for_each(|fact| self.write(&["- ", &visible(fact), "\n"]));
            self.text.push_str("\nFields:\n\n");
        }
        self.path = section.path;
        self.anchor = section.name.to_lowercase();
        self.fields(section.schema, 0, &|_| false);
    }

    /// Writes the fields of a schema; `depth` is the number of fields around them in the same section.
    fn fields(&mut self, schema: &'p Schema, depth: usize, is_left_out: &dyn Fn(&str) -> bool) {
        for (name, property) in schema.properties.iter().filter(|(name, _)| !is_left_out(name)) {
            let (path, anchor) = (self.path.len(), self.anchor.len());
            self.path.extend([".", name]);
            self.anchor.push('.');
            write_anchor(&mut self.anchor, name);
            self.field(name, property, depth, schema.required.contains(name));
            self.path.truncate(path);
            self.anchor.truncate(anchor);
        }
    }

    fn field(&mut self, name: &str, schema: &'p Schema, depth: usize, required: bool) {
        let is_inside = types::write_steps(&mut self.path, schema);
        let innermost = types::innermost(schema);
        let rust = self.rust.get(&(self.group, self.path.as_str())).copied();
        let of_section = rust.filter(|_| !innermost.properties.is_empty());
        let type_ = match (of_section, rust) {
            (Some(name), _) => types::of(schema, Some(&format!("[`{name}`](#{})", name.to_lowercase()))),
            (None, rust) => types::of(schema, rust.map(|name| format!("`{name}`")).as_deref()),
        };
        self.indent(depth);
        self.text.extend(["- <a id=\"", &self.anchor, "\"></a>", &visible(&code(name)), " (", &visible(&type_)]);
        self.text.push_str(if required { ", required)" } else { ")" });
        let is_section = of_section.is_some() && !is_inside;
        self.description(schema, is_section, depth);
        let mut facts = if is_section { Vec::new() } else { facts::of(schema) };
        facts.extend(facts::values(schema));
        facts.extend(facts::default(schema));
        facts.extend(schema.nullable.then(|| "May be null.".to_owned()));
        for fact in &facts {
            self.indent(depth);
            self.write(&["  - ", &visible(fact), "\n"]);
        }
        match of_section {
            Some(name) if self.types.insert(name) => {
                self.sections.push_back(Section { name, schema: innermost, path: self.path.clone() });
            }
            None if depth < MAX_DEPTH => self.fields(innermost, depth + 1, &|_| false),
            _ => {}
        }
    }

    /// The description of a field; of a field whose type has a section, the first sentence.
    fn description(&mut self, schema: &Schema, is_section: bool, depth: usize) {
        let description = schema.description.as_deref().unwrap_or_default();
        let text = if is_section { summary(description).into() } else { self.descriptions.clean(description) };
        let mut lines = text.lines();
        let Some(first) = lines.next() else { return self.text.push('\n') };
        // A list or a code block cannot follow the name on its line.
        if first.starts_with(char::is_alphanumeric) || first.starts_with('`') && !first.starts_with("```") {
            self.write(&[": ", first, "\n"]);
        } else {
            self.text.push_str("\n\n");
            self.indent(depth);
            self.write(&["  ", first, "\n"]);
        }
        for line in lines {
            if !line.is_empty() {
                self.indent(depth);
                self.write(&["  ", line]);
            }
            self.text.push('\n');
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

/// Writes the name of a property as part of an anchor.
fn write_anchor(out: &mut String, name: &str) {
    let letters = name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' });
    out.extend(letters.flat_map(char::to_lowercase));
}
