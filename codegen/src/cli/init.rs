//! `kube-client-gen init`

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Failed;
use crate::generate::header_line;
use crate::manifest::{CARGO_CONFIG, DEPENDENCIES, cargo_config};
use crate::{Config, features, new_manifest};

#[derive(Args)]
pub(super) struct Arguments {
    /// The folder of the project
    #[arg(default_value = ".")]
    folder: Utf8PathBuf,
    /// The name of the client's package
    #[arg(long, default_value = "my-client")]
    package: String,
    /// Also write an xtask: `cargo xtask codegen` and `cargo xtask verify-codegen`
    #[arg(long)]
    xtask: bool,
}

const CONFIG: &str = r#"# What kube-client-gen generates from the CRDs. The lock beside this file keeps published names: commit both.
package = "PACKAGE"
# Files or folders of CRDs, relative to this file: YAML or JSON, also lists, and the plain YAML of charts.
crds = ["crds"]
# The folder of the emitted crate.
out = "client"
# The command that regenerates the crate, for the header of each file.
command = "COMMAND"
# A file whose text starts every emitted file, such as a licence.
# header = "boilerplate.txt"
# Compile all versions, instead of giving each a feature.
# all-versions = true
# JsonSchema (schemars) for every type, behind a feature.
# json-schema = true
# Types of objects as kopium writes them, while a project moves from it.
# types-from = "kopium"
# kopium-flags = ["--docs"]
# Values that Debug never shows.
# sensitive = ["Widget.spec.token"]

# An entry below that applies to nothing is an error. `kube-client-gen explain` prints where a name comes from.

# Names of types, by a schema path that uses them.
# [names]
# "Widget.spec.template" = "WidgetTemplate"

# Types that exist already, by schema path.
# [types]
# "Widget.spec.selector" = "::my_types::Selector"

# Accessors of the clientset, by kind, and modules, by group.
# [accessors]
# "Widget" = "widgets"
# [groups]
# "widgets.example.com" = "widgets"
"#;

const XTASK: &str = r#"//! `cargo xtask codegen` writes the client; `cargo xtask verify-codegen` checks that it is up to date.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let build = kube_client_gen::Build::new("codegen.toml");
    match std::env::args().nth(1).as_deref() {
        Some("codegen") => println!("{} files written or removed", build.write()?.len()),
        Some("verify-codegen") => {
            let report = build.check()?;
            println!("{report}");
            if !report.is_up_to_date() {
                std::process::exit(1);
            }
        }
        _ => return Err("usage: cargo xtask codegen | verify-codegen".into()),
    }
    Ok(())
}
"#;

const GITATTRIBUTES: &str = "# Generated files have LF in every checkout.\n\
    /client/** text eol=lf linguist-generated\n\
    /codegen.lock text eol=lf linguist-generated\n";

const ALIAS: &str = "\n[alias]\nxtask = \"run --quiet --package xtask --\"\n";

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failed> {
    let command = if arguments.xtask { "cargo xtask codegen" } else { "kube-client-gen generate" };
    for (path, text) in files(arguments, command)? {
        put(&arguments.folder.join(path), &text)?;
    }
    std::fs::create_dir_all(arguments.folder.join("crds"))?;
    println!("\nNext steps:");
    if arguments.folder != "." {
        println!("  cd {}", arguments.folder);
    }
    println!("  cp PATH/TO/YOUR/CRDS/*.yaml crds/\n  {command}\n  cargo test --workspace");
    Ok(ExitCode::SUCCESS)
}

/// The files of a new project: a workspace with the client, in which cargo works before the first generation.
fn files(arguments: &Arguments, command: &str) -> Result<Vec<(&'static str, String)>, Failed> {
    let text = CONFIG.replace("PACKAGE", &arguments.package).replace("COMMAND", command);
    let config = Config::parse(&text)?;
    let manifest = new_manifest(&arguments.package, &DEPENDENCIES, &features::of(&Config::default(), []));
    let root = format!("{}\n//! Empty until `{command}` has run.\n", header_line(&config, "//"));
    let members = if arguments.xtask { r#"["client", "xtask"]"# } else { r#"["client"]"# };
    let alias = if arguments.xtask { ALIAS } else { "" };
    let mut files = vec![
        ("codegen.toml", text),
        ("Cargo.toml", format!("[workspace]\nresolver = \"3\"\nmembers = {members}\n")),
        (CARGO_CONFIG, cargo_config() + alias),
        ("client/Cargo.toml", manifest),
        ("client/src/lib.rs", root),
        (".gitattributes", GITATTRIBUTES.to_owned()),
        (".gitignore", "/target\n".to_owned()),
    ];
    if arguments.xtask {
        let version = env!("CARGO_PKG_VERSION");
        let manifest = format!(
            "[package]\nname = \"xtask\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\nkube-client-gen = \"{version}\"\n"
        );
        files.extend([("xtask/Cargo.toml", manifest), ("xtask/src/main.rs", XTASK.to_owned())]);
    }
    Ok(files)
}

/// Writes a new file. If it exists, it is not changed, and the lines that it may need are printed.
fn put(path: &Utf8Path, text: &str) -> Result<(), Failed> {
    match std::fs::read_to_string(path) {
        Ok(found) if found == text => {
            println!("{path} exists");
            return Ok(());
        }
        Ok(_) => {
            println!("{path} exists and is not changed");
            if path.ends_with("Cargo.toml") || path.ends_with(CARGO_CONFIG) {
                println!("  a new one would be:");
                text.lines().for_each(|line| println!("  | {line}"));
            }
            return Ok(());
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(format!("{path}: {error}").into()),
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).map_err(|error| format!("{path}: {error}"))?;
    println!("wrote {path}");
    Ok(())
}
