//! The types of objects as kopium writes them, for projects that come from it: its program is run, and what it says stands
//! in place of our own types.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::thread;

use kube_structural_schema::{Crd, Note, Schema, Version};

use crate::api::Kind;
use crate::config::{Config, TypesFrom};
use crate::error::{Error, Errors};
use crate::lower;
use crate::manifest::Dependency;

/// The output of kopium by group, version and kind.
#[derive(Default)]
pub(crate) struct Foreign {
    kinds: BTreeMap<(String, String, String), Written>,
}

/// The types of one kind in one version.
pub(crate) struct Written {
    /// The type of the object itself.
    pub(crate) root: String,
    pub(crate) items: Vec<syn::Item>,
    /// The crates that they use.
    dependencies: Vec<Dependency>,
}

/// The crates that `#[derive(CustomResource)]` uses.
const ALWAYS: [Dependency; 3] = [
    Dependency { name: "k8s-openapi", version: "0.29", default_features: true, features: &[], optional: false },
    Dependency { name: "kube", version: "5", default_features: false, features: &["derive"], optional: false },
    Dependency { name: "serde_json", version: "1", default_features: true, features: &[], optional: false },
];

/// The crates of kopium's flags.
const BY_FLAG: [Dependency; 2] = [
    Dependency { name: "schemars", version: "1", default_features: true, features: &[], optional: false },
    Dependency { name: "typed-builder", version: "0.23", default_features: true, features: &[], optional: false },
];

impl Foreign {
    /// Runs kopium for each version of these CRDs in the client. Types that it cannot write are noted, and generated instead.
    pub(crate) fn of(crds: &[Crd], flags: &[String], notes: &mut Vec<Note>) -> Result<Self, Errors> {
        let mut foreign = Foreign::default();
        for crd in crds {
            for version in lower::versions(crd) {
                match written(crd, version, flags)? {
                    Ok(written) => {
                        let key = (crd.group.clone(), version.name.clone(), crd.names.kind.clone());
                        foreign.kinds.insert(key, written);
                    }
                    Err(why) => notes.push(Note {
                        place: version.place.clone(),
                        text: format!("the types are not kopium's: {why}"),
                    }),
                }
            }
        }
        Ok(foreign)
    }

    /// The CRDs without the shapes that are kopium's to write.
    pub(crate) fn what_is_left(&self, crds: &[Crd]) -> Vec<Crd> {
        let mut crds = crds.to_vec();
        for crd in &mut crds {
            for version in &mut crd.versions {
                let key = (crd.group.clone(), version.name.clone(), crd.names.kind.clone());
                if self.kinds.contains_key(&key) {
                    let description = version.schema.description.take();
                    version.schema = Schema { description, ..Schema::default() };
                }
            }
        }
        crds
    }

    pub(crate) fn get(&self, kind: &Kind) -> Option<&Written> {
        self.kinds.get(&(kind.group.clone(), kind.version.clone(), kind.kind.clone()))
    }

    /// The crates that all these types need, by name.
    pub(crate) fn dependencies(&self) -> Vec<Dependency> {
        let mut all: Vec<Dependency> = self.kinds.values().flat_map(|written| &written.dependencies).copied().collect();
        all.extend(ALWAYS);
        all.sort();
        all.dedup();
        if all.iter().any(|dependency| dependency.name == "schemars") {
            // It is part of kopium's types.
            let kubernetes = all.iter_mut().filter(|dependency| dependency.name == "k8s-openapi");
            kubernetes.for_each(|dependency| dependency.features = &["schemars"]);
        }
        all
    }
}

/// Settings without effect on the selected types.
pub(crate) fn idle_settings(config: &Config) -> Vec<Error> {
    let (section, why) = match config.types_from {
        TypesFrom::Own if !config.kopium_flags.is_empty() => {
            ("kopium-flags", "says something only with types-from = \"kopium\"; remove it")
        }
        TypesFrom::Kopium if config.json_schema => (
            "json-schema",
            "says nothing with types-from = \"kopium\"; remove it and add `--schema=derived` to kopium-flags",
        ),
        _ => return Vec::new(),
    };
    vec![Error::Setting { file: config.setting(section, "").to_string(), why: why.to_owned() }]
}

/// How a program ends that does not know its arguments.
const USAGE: i32 = 2;

/// The types of a kind, or why kopium has none.
fn written(crd: &Crd, version: &Version, flags: &[String]) -> Result<Result<Written, String>, Error> {
    let output = run(&crd.document.to_string(), &version.name, flags)
        .map_err(|error| Error::Kopium(format!("it does not start: {error}; `cargo install kopium` installs it")))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(USAGE) {
        return Err(Error::Kopium(format!("it does not take the flags {flags:?}: {}", said.trim())));
    }
    if !output.status.success() {
        let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Ok(Err(format!("it ends with {}: {}", output.status, first.trim())));
    }
    Ok(parse(&String::from_utf8_lossy(&output.stdout), &crd.names.kind))
}

/// Runs `kopium` with the definition on its standard input.
fn run(definition: &str, version: &str, flags: &[String]) -> std::io::Result<Output> {
    let mut child = Command::new("kopium")
        .args(["--filename", "-", "--api-version", version])
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdin = child.stdin.take();
    thread::scope(|scope| {
        scope.spawn(|| {
            // A program that ends before it has read its input explains itself on standard error.
            stdin.map(|mut stdin| stdin.write_all(definition.as_bytes()))
        });
        child.wait_with_output()
    })
}

/// The output of kopium, and the name of the object's type.
fn parse(text: &str, kind: &str) -> Result<Written, String> {
    let file = syn::parse_file(text).map_err(|error| format!("what it writes is no Rust: {error}"))?;
    let root = file.items.iter().find_map(|item| match item {
        syn::Item::Struct(item) => root_of(&item.attrs),
        _ => None,
    });
    let root = root
        .filter(|root| syn::parse_str::<syn::Ident>(root).is_ok())
        .ok_or_else(|| format!("it writes no type for {kind} itself, which it derives from a spec with properties"))?;
    let is_used = |dependency: &&Dependency| text.contains(&dependency.name.replace('-', "_"));
    let dependencies = BY_FLAG.iter().filter(is_used).copied().collect();
    Ok(Written { root, items: file.items, dependencies })
}

/// The name of the object's type: `root` of the derive, or else its `kind`.
fn root_of(attributes: &[syn::Attribute]) -> Option<String> {
    let (mut kind, mut root) = (None, None);
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("kube")) {
        // Other attributes are ignored.
        let _ = attribute.parse_nested_meta(|meta| {
            let slot = if meta.path.is_ident("root") {
                Some(&mut root)
            } else if meta.path.is_ident("kind") {
                Some(&mut kind)
            } else {
                None
            };
            if let Ok(value) = meta.value() {
                let value: syn::Expr = value.parse()?;
                if let (Some(slot), syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) = (slot, value) {
                    *slot = Some(text.value());
                }
            }
            Ok(())
        });
    }
    root.or(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"
        // WARNING: generated by kopium
        #[derive(CustomResource, Clone, Debug)]
        #[kube(group = "example.com", version = "v1", kind = "HTTPWidget", root = "HttpWidget", plural = "httpwidgets")]
        #[kube(namespaced)]
        #[kube(printcolumn = r"{}")]
        pub struct HttpWidgetSpec { pub size: typed_builder::Size }
        pub struct Other;
    "#;

    #[test]
    fn the_object_is_what_the_derive_calls_root_else_kind() {
        let written = parse(WRITTEN, "HTTPWidget").unwrap();
        assert_eq!((written.root.as_str(), written.items.len()), ("HttpWidget", 2));
        let written = parse(&WRITTEN.replace("root = \"HttpWidget\", ", ""), "HTTPWidget").unwrap();
        assert_eq!(written.root, "HTTPWidget");
    }

    #[test]
    fn types_without_an_object_are_refused() {
        let of = |root: &str| WRITTEN.replace("root = \"HttpWidget\"", &format!("root = \"{root}\""));
        for text in ["pub struct Other;".to_owned(), of("no name"), of("type"), of("")] {
            let problem = parse(&text, "Widget").err().unwrap();
            assert!(problem.starts_with("it writes no type for Widget itself"), "{problem}");
        }
        assert!(parse("pub struct", "Widget").err().unwrap().starts_with("what it writes is no Rust"));
    }

    #[test]
    fn the_crates_that_types_name_are_needed_besides_those_of_the_derive() {
        let written = parse(WRITTEN, "HTTPWidget").unwrap();
        let key = || ("example.com".to_owned(), "v1".to_owned(), "HTTPWidget".to_owned());
        let foreign = Foreign { kinds: [(key(), written)].into() };
        let names: Vec<&str> = foreign.dependencies().iter().map(|dependency| dependency.name).collect();
        assert_eq!(names, ["k8s-openapi", "kube", "serde_json", "typed-builder"]);
        let written = parse(&WRITTEN.replace("typed_builder", "schemars"), "HTTPWidget").unwrap();
        let dependencies = Foreign { kinds: [(key(), written)].into() }.dependencies();
        assert_eq!((dependencies[0].name, dependencies[0].features), ("k8s-openapi", ["schemars"].as_slice()));
    }

    #[test]
    fn settings_that_say_nothing_are_errors() {
        let with = |text: &str| idle_settings(&Config::parse(text).unwrap());
        assert_eq!(with("types-from = \"kopium\"\nkopium-flags = [\"--docs\"]"), []);
        assert_eq!(with("kopium-flags = [\"--docs\"]").len(), 1);
        assert_eq!(with("types-from = \"kopium\"\njson-schema = true").len(), 1);
    }
}
