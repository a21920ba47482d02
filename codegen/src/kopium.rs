//! Types of kopium in place of generated types, for projects that migrate from it. The program `kopium` is run once for each
//! version.

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

/// The types of kopium, by group, version and kind.
#[derive(Default)]
pub(crate) struct Foreign {
    kinds: BTreeMap<(String, String, String), KopiumTypes>,
}

/// The types of one kind in one version.
pub(crate) struct KopiumTypes {
    /// The type of the object itself.
    pub(crate) root: String,
    pub(crate) items: Vec<syn::Item>,
    /// The crates that they use.
    dependencies: Vec<Dependency>,
}

/// The dependencies of `#[derive(CustomResource)]`.
const ALWAYS: [Dependency; 3] = [
    Dependency { name: "k8s-openapi", version: "0.29", default_features: true, features: &[], optional: false },
    Dependency { name: "kube", version: "5", default_features: false, features: &["derive"], optional: false },
    Dependency { name: "serde_json", version: "1", default_features: true, features: &[], optional: false },
];

/// Dependencies that flags of kopium require.
const BY_FLAG: [Dependency; 2] = [
    Dependency { name: "schemars", version: "1", default_features: true, features: &[], optional: false },
    Dependency { name: "typed-builder", version: "0.23", default_features: true, features: &[], optional: false },
];

impl Foreign {
    /// Runs kopium for each version of the CRDs. A version that kopium cannot generate gets a note and our own types.
    pub(crate) fn of(crds: &[Crd], flags: &[String], notes: &mut Vec<Note>) -> Result<Self, Errors> {
        let mut foreign = Foreign::default();
        for crd in crds {
            for version in lower::versions(crd) {
                match types_of(crd, version, flags)? {
                    Ok(types) => {
                        let key = (crd.group.clone(), version.name.clone(), crd.names.kind.clone());
                        foreign.kinds.insert(key, types);
                    }
                    Err(reason) => notes.push(Note {
                        place: version.place.clone(),
                        text: format!("kopium cannot generate the types: {reason}"),
                    }),
                }
            }
        }
        Ok(foreign)
    }

    /// Returns the CRDs, without the schemas of versions with types of kopium.
    pub(crate) fn without_foreign_schemas(&self, crds: &[Crd]) -> Vec<Crd> {
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

    pub(crate) fn get(&self, kind: &Kind) -> Option<&KopiumTypes> {
        self.kinds.get(&(kind.group.clone(), kind.version.clone(), kind.kind.clone()))
    }

    /// Returns the crates that the types use, by name.
    pub(crate) fn dependencies(&self) -> Vec<Dependency> {
        let mut all: Vec<Dependency> = self.kinds.values().flat_map(|types| &types.dependencies).copied().collect();
        all.extend(ALWAYS);
        all.sort();
        all.dedup();
        if all.iter().any(|dependency| dependency.name == "schemars") {
            // The types of kopium contain types of k8s-openapi.
            let kubernetes = all.iter_mut().filter(|dependency| dependency.name == "k8s-openapi");
            kubernetes.for_each(|dependency| dependency.features = &["schemars"]);
        }
        all
    }
}

/// Reports settings that have no effect with `types-from`.
pub(crate) fn unused_settings(config: &Config) -> Vec<Error> {
    let (section, reason) = match config.types_from {
        TypesFrom::Own if !config.kopium_flags.is_empty() => {
            ("kopium-flags", "has no effect without types-from = \"kopium\"; remove it")
        }
        TypesFrom::Kopium if config.json_schema => (
            "json-schema",
            "has no effect with types-from = \"kopium\"; remove it and add `--schema=derived` to kopium-flags",
        ),
        _ => return Vec::new(),
    };
    vec![Error::InvalidFile { file: config.setting(section, "").to_string(), reason: reason.to_owned() }]
}

/// The exit code for invalid arguments.
const USAGE: i32 = 2;

/// Returns the types of a version, or the reason why kopium cannot generate them.
fn types_of(crd: &Crd, version: &Version, flags: &[String]) -> Result<Result<KopiumTypes, String>, Error> {
    let output = run(&crd.document.to_string(), &version.name, flags).map_err(|error| {
        Error::Kopium(format!("cannot be started: {error}; install it with `cargo install kopium`"))
    })?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(USAGE) {
        return Err(Error::Kopium(format!("does not accept the flags {flags:?}: {}", stderr.trim())));
    }
    if !output.status.success() {
        let first = stderr.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Ok(Err(format!("it failed with {}: {}", output.status, first.trim())));
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
            // A program that exits before it has read everything reports the error itself.
            stdin.map(|mut stdin| stdin.write_all(definition.as_bytes()))
        });
        child.wait_with_output()
    })
}

/// Parses the output of kopium.
fn parse(text: &str, kind: &str) -> Result<KopiumTypes, String> {
    let file = syn::parse_file(text).map_err(|error| format!("its output is not valid Rust: {error}"))?;
    let root = file.items.iter().find_map(|item| match item {
        syn::Item::Struct(item) => root_of(&item.attrs),
        _ => None,
    });
    let root = root
        .filter(|root| syn::parse_str::<syn::Ident>(root).is_ok())
        .ok_or_else(|| format!("its output has no type for {kind}, which requires a spec with properties"))?;
    let is_used = |dependency: &&Dependency| text.contains(&dependency.name.replace('-', "_"));
    let dependencies = BY_FLAG.iter().filter(is_used).copied().collect();
    Ok(KopiumTypes { root, items: file.items, dependencies })
}

/// Returns the name of the object's type: `root` of the derive macro, or else `kind`.
fn root_of(attributes: &[syn::Attribute]) -> Option<String> {
    let (mut kind, mut root) = (None, None);
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("kube")) {
        // Other attributes, also in unknown syntax, are ignored.
        let _ = attribute.parse_nested_meta(|meta| {
            let target = if meta.path.is_ident("root") {
                Some(&mut root)
            } else if meta.path.is_ident("kind") {
                Some(&mut kind)
            } else {
                None
            };
            if let Ok(value) = meta.value() {
                let value: syn::Expr = value.parse()?;
                if let (Some(target), syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) = (target, value) {
                    *target = Some(text.value());
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

    const OUTPUT: &str = r#"
        // WARNING: generated by kopium
        #[derive(CustomResource, Clone, Debug)]
        #[kube(group = "example.com", version = "v1", kind = "HTTPWidget", root = "HttpWidget", plural = "httpwidgets")]
        #[kube(namespaced)]
        #[kube(printcolumn = r"{}")]
        pub struct HttpWidgetSpec { pub size: typed_builder::Size }
        pub struct Other;
    "#;

    #[test]
    fn object_type_is_the_root_of_the_derive_or_else_its_kind() {
        let types = parse(OUTPUT, "HTTPWidget").unwrap();
        assert_eq!((types.root.as_str(), types.items.len()), ("HttpWidget", 2));
        let types = parse(&OUTPUT.replace("root = \"HttpWidget\", ", ""), "HTTPWidget").unwrap();
        assert_eq!(types.root, "HTTPWidget");
    }

    #[test]
    fn output_without_an_object_type_is_rejected() {
        let of = |root: &str| OUTPUT.replace("root = \"HttpWidget\"", &format!("root = \"{root}\""));
        for text in ["pub struct Other;".to_owned(), of("no name"), of("type"), of("")] {
            let problem = parse(&text, "Widget").err().unwrap();
            assert!(problem.starts_with("its output has no type for Widget"), "{problem}");
        }
        assert!(parse("pub struct", "Widget").err().unwrap().starts_with("its output is not valid Rust"));
    }

    #[test]
    fn dependencies_are_those_of_the_derive_and_of_the_types() {
        let types = parse(OUTPUT, "HTTPWidget").unwrap();
        let key = || ("example.com".to_owned(), "v1".to_owned(), "HTTPWidget".to_owned());
        let foreign = Foreign { kinds: [(key(), types)].into() };
        let names: Vec<&str> = foreign.dependencies().iter().map(|dependency| dependency.name).collect();
        assert_eq!(names, ["k8s-openapi", "kube", "serde_json", "typed-builder"]);
        let types = parse(&OUTPUT.replace("typed_builder", "schemars"), "HTTPWidget").unwrap();
        let dependencies = Foreign { kinds: [(key(), types)].into() }.dependencies();
        assert_eq!((dependencies[0].name, dependencies[0].features), ("k8s-openapi", ["schemars"].as_slice()));
    }

    #[test]
    fn settings_without_effect_are_errors() {
        let with = |text: &str| unused_settings(&Config::parse(text).unwrap());
        assert_eq!(with("types-from = \"kopium\"\nkopium-flags = [\"--docs\"]"), []);
        assert_eq!(with("kopium-flags = [\"--docs\"]").len(), 1);
        assert_eq!(with("types-from = \"kopium\"\njson-schema = true").len(), 1);
    }
}
