//! The facts of all releases in one text.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::Error;
use super::discovery::{Resource, Resources};
use super::go::{Facts, Field, Named};
use super::openapi::{self, Schema};

const HEADER: &str = "\
# Facts about the built-in kinds of Kubernetes, written by `cargo xtask kinds`. Do not edit.
#
# resource GROUP VERSION PLURAL KIND SINGULAR SCOPE VERBS [short=…] [categories=…] [hash=STORAGE_VERSION_HASH]
#  SUBRESOURCE VERBS [GROUP/VERSION/KIND]
# kind GROUP VERSION KIND STRUCT
# type NAME UNDERLYING_TYPE
# struct NAME [atomic]
#  FIELD TYPE PROTOBUF_NUMBER [repeated] [always|zero] [required] [atomic|granular|set|map=KEYS] [default=JSON] [patch=STRATEGY] [key=PATCH_MERGE_KEY]
#
# The core group is `-`, and so is the name of an inlined field. The fields of each release are in the order of the struct. A field
# is omitted if it is empty (zero: as Go's omitzero), or always encoded. A list whose type has a name is a message of its own in
# protobuf, unless the field is repeated. Lines end with the releases that have them, such as @34-36, unless all have them.
";

/// Lines with the releases that have them as bits. The lines of each release are in the order in which they were added.
#[derive(Default)]
struct Lines {
    lines: Vec<(String, u32)>,
    /// The release that was added last, and where its next line is.
    next: (u32, usize),
}

impl Lines {
    fn add(&mut self, line: String, release: u32) {
        let (last, next) = self.next;
        let known = self.lines.iter().position(|(known, _)| *known == line);
        let at = known.unwrap_or(if last == release { next } else { 0 });
        if known.is_none() {
            self.lines.insert(at, (line, 0));
        }
        self.lines[at].1 |= 1 << release;
        self.next = (release, at + 1);
    }
}

/// A line with indented ones below it.
#[derive(Default)]
struct Block {
    releases: u32,
    lines: Lines,
}

#[derive(Default)]
pub(super) struct Catalogue {
    releases: Vec<String>,
    resources: BTreeMap<String, Block>,
    kinds: BTreeMap<String, Block>,
    types: BTreeMap<String, Block>,
}

impl Catalogue {
    /// Adds a release; releases are added from the oldest to the newest.
    pub(super) fn add(
        &mut self,
        release: &str,
        facts: &Facts,
        schemas: &BTreeMap<String, Schema>,
        resources: &[Resources],
    ) -> Result<(), Error> {
        let number = u32::try_from(self.releases.len()).unwrap_or(u32::MAX);
        self.releases.push(release.to_owned());
        for group in resources {
            self.add_resources(group, number);
        }
        for kind in &facts.kinds {
            let type_ = short(&kind.type_);
            // Each group has the options of requests.
            if type_.starts_with("meta/") && !kind.group.is_empty() {
                continue;
            }
            let line = format!("kind {} {} {} {type_}", dash(&kind.group), kind.version, kind.kind);
            block(&mut self.kinds, line, number);
        }
        for (name, named) in &facts.types {
            let is_list = |name: &str| facts.types.get(name).is_some_and(|type_| type_.underlying.starts_with("[]"));
            self.add_type(name, named, schemas, is_list, number).map_err(|reason| Error::Unexpected {
                kind: name.clone(),
                release: release.to_owned(),
                reason,
            })?;
        }
        Ok(())
    }

    fn add_resources(&mut self, found: &Resources, release: u32) {
        let (group, version) = found.group_version.split_once('/').unwrap_or(("", &found.group_version));
        let mut head = String::new();
        for resource in &found.resources {
            let Resource { name, singular_name, namespaced, kind, verbs, .. } = resource;
            let Some((_, subresource)) = name.split_once('/') else {
                let scope = if *namespaced { "Namespaced" } else { "Cluster" };
                let verbs = list(verbs);
                head = format!("resource {} {version} {name} {kind} {singular_name} {scope} {verbs}", dash(group));
                attribute(&mut head, "short", &resource.short_names.join(","));
                attribute(&mut head, "categories", &resource.categories.join(","));
                attribute(&mut head, "hash", &resource.storage_version_hash);
                block(&mut self.resources, head.clone(), release);
                continue;
            };
            let mut line = format!("{subresource} {}", list(verbs));
            let version_of_kind = if resource.version.is_empty() { version } else { &resource.version };
            let group_of_kind = if resource.version.is_empty() { group } else { &resource.group };
            let _ = write!(line, " {}/{version_of_kind}/{kind}", dash(group_of_kind));
            block(&mut self.resources, head.clone(), release).lines.add(line, release);
        }
    }

    fn add_type(
        &mut self,
        name: &str,
        named: &Named,
        schemas: &BTreeMap<String, Schema>,
        is_list: impl Fn(&str) -> bool,
        release: u32,
    ) -> Result<(), String> {
        if named.underlying != "struct" {
            block(&mut self.types, format!("type {} {}", short(name), short(&named.underlying)), release);
            return Ok(());
        }
        let schema = schemas.get(&openapi::name(name));
        let atomic = if schema.is_some_and(|schema| schema.map_type.is_some()) { " atomic" } else { "" };
        let block = block(&mut self.types, format!("struct {}{atomic}", short(name)), release);
        for field in named.fields.iter().filter(|field| field.json != "-") {
            block.lines.add(line(field, schema, is_list(&field.type_))?, release);
        }
        Ok(())
    }

    /// Returns the text of the file.
    pub(super) fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        let _ = writeln!(text, "releases {}", self.releases.join(" "));
        let all = (1 << self.releases.len()) - 1;
        for (head, block) in self.resources.iter().chain(&self.kinds).chain(&self.types) {
            let _ = writeln!(text, "{head}{}", self.suffix(block.releases, all));
            for (line, releases) in &block.lines.lines {
                let _ = writeln!(text, " {line}{}", self.suffix(*releases, block.releases));
            }
        }
        text
    }

    /// Returns the minor releases that have a line, such as ` @35-37`, unless all do that can.
    fn suffix(&self, releases: u32, possible: u32) -> String {
        if releases == possible {
            return String::new();
        }
        let minors = self.releases.iter().enumerate().filter(|(index, _)| releases & (1 << index) != 0);
        let minors: Vec<&str> = minors.filter_map(|(_, release)| release.split('.').nth(1)).collect();
        match minors.as_slice() {
            [first, .., last] if releases.count_ones() == 1 + (releases.ilog2() - releases.trailing_zeros()) => {
                format!(" @{first}-{last}")
            }
            minors => format!(" @{}", minors.join(",")),
        }
    }
}

fn block(blocks: &mut BTreeMap<String, Block>, head: String, release: u32) -> &mut Block {
    let block = blocks.entry(head).or_default();
    block.releases |= 1 << release;
    block
}

/// Returns the line of a field. The type of a named list is a message in protobuf, unless its field is repeated.
fn line(field: &Field, schema: Option<&Schema>, is_named_list: bool) -> Result<String, String> {
    let mut tag = field.protobuf.split(',').skip(1);
    let (number, label) = (tag.next().unwrap_or("0"), tag.next());
    let inline = field.inline || field.json.is_empty();
    let mut line = format!("{} {} {number}", if inline { "-" } else { &field.json }, short(&field.type_));
    if inline {
        return Ok(line);
    }
    if is_named_list && label == Some("rep") {
        line.push_str(" repeated");
    }
    match field.omit.as_str() {
        "" => line.push_str(" always"),
        "empty" => {}
        "zero" | "emptyzero" | "zeroempty" => line.push_str(" zero"),
        other => return Err(format!("the field {} has the unknown option {other}", field.json)),
    }
    let property = schema.and_then(|schema| schema.properties.get(&field.json));
    if schema.is_some_and(|schema| schema.required.contains(&field.json)) {
        line.push_str(" required");
    }
    if let Some(property) = property {
        match (property.list_type.as_deref().or(property.map_type.as_deref()), property.list_map_keys.join(",")) {
            (Some("map"), keys) => attribute(&mut line, "map", &keys),
            (Some(type_ @ ("atomic" | "set")), _) => {
                let _ = write!(line, " {type_}");
            }
            // Only structs can be atomic by default.
            (Some("granular"), _) => line.push_str(" granular"),
            (None, _) => {}
            (Some(other), _) => return Err(format!("the field {} has the unknown list type {other}", field.json)),
        }
        let trivial = |default: &Value| matches!(default.to_string().as_str(), "{}" | "\"\"" | "0" | "false");
        if let Some(default) = property.default.as_ref().filter(|default| !trivial(default)) {
            attribute(&mut line, "default", &default.to_string());
        }
    }
    attribute(&mut line, "patch", &field.patch_strategy);
    attribute(&mut line, "key", &field.patch_merge_key);
    Ok(line)
}

fn attribute(line: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        let _ = write!(line, " {name}={value}");
    }
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn list(items: &[String]) -> String {
    dash(&items.join(",")).to_owned()
}

/// Shortens the names of packages in a Go type.
fn short(type_: &str) -> String {
    let mut type_ = type_.to_owned();
    for (package, name) in [
        ("k8s.io/api/", ""),
        ("k8s.io/apimachinery/pkg/apis/", ""),
        ("k8s.io/apimachinery/pkg/api/", ""),
        ("k8s.io/apimachinery/pkg/util/", ""),
        ("k8s.io/apimachinery/pkg/", ""),
        ("k8s.io/apiextensions-apiserver/pkg/apis/", ""),
        ("k8s.io/kube-aggregator/pkg/apis/", ""),
    ] {
        type_ = type_.replace(package, name);
    }
    type_
}
