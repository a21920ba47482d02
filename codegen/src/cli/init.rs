//! `kube-client-gen init`

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::outcome::CliError;
use super::schema::{self, SCHEMA_FILE};
use crate::config::Config;
use crate::features;
use crate::header::header_line;
use crate::manifest::{CARGO_CONFIG, DEPENDENCIES, cargo_config, new_manifest};

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder of the project
    #[arg(default_value = ".")]
    folder: Utf8PathBuf,
    /// Name of the client's package
    #[arg(long, default_value = "my-client")]
    package: String,
    /// Also write an xtask: `cargo xtask codegen` and `cargo xtask verify-codegen`
    #[arg(long)]
    xtask: bool,
}

const CONFIG: &str = r#"#:schema ./codegen.schema.json
# Configuration of kube-client-gen. codegen.lock keeps published names when CRDs change: commit both files.
package = "PACKAGE"
# Files or folders of CRDs, relative to this file: YAML or JSON, also lists, and plain CRDs of charts.
crds = ["crds"]
# The folder of the emitted crate.
out = "client"
# The command that regenerates the crate, for the header of each file.
command = "COMMAND"
# A file whose text starts every emitted file, such as a license.
# header = "boilerplate.txt"
# Always compile all versions, instead of each behind a feature.
# all-versions = true
# JsonSchema (schemars) for every type, behind a feature.
# json-schema = true
# Repair schemas that the API server rejects, for CRDs that are used without it.
# lenient = true
# Use types of kopium, for projects that migrate from it.
# types-from = "kopium"
# kopium-flags = ["--docs"]
# Values that Debug does not print.
# sensitive = ["Widget.spec.token"]

# An entry below that does not apply to any CRD is an error. `kube-client-gen explain` prints the origin of a name.

# Names of types, by a schema path that uses them.
# [names]
# "Widget.spec.template" = "WidgetTemplate"

# Existing types, by schema path.
# [types]
# "Widget.spec.selector" = "::my_types::Selector"

# Accessors of the clientset, by kind, and modules, by group.
# [accessors]
# "Widget" = "widgets"
# [groups]
# "widgets.example.com" = "widgets"

# Types and reasons of conditions that become constants, such as `Widget::CONDITION_READY`. Those of enums in the schema and of
# filters in printer columns need no entry.
# [conditions]
# "Widget" = ["Ready"]
# [reasons]
# "Widget" = ["Done"]
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

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let command = if arguments.xtask { "cargo xtask codegen" } else { "kube-client-gen generate" };
    for (path, text) in files(arguments, command)? {
        write_new(&arguments.folder.join(path), &text)?;
    }
    std::fs::create_dir_all(arguments.folder.join("crds"))?;
    println!("\nNext steps:");
    if arguments.folder != "." {
        println!("  cd {}", arguments.folder);
    }
    println!("  cp PATH/TO/YOUR/CRDS/*.yaml crds/\n  {command}\n  cargo test --workspace");
    Ok(ExitCode::SUCCESS)
}

/// Returns the files of a new project: a workspace with an empty client, which cargo accepts before the first generation.
fn files(arguments: &Arguments, command: &str) -> Result<Vec<(&'static str, String)>, CliError> {
    let text = CONFIG.replace("PACKAGE", &arguments.package).replace("COMMAND", command);
    let config = Config::parse(&text)?;
    let manifest = new_manifest(&arguments.package, &DEPENDENCIES, &features::of(&Config::default(), []));
    let root = format!("{}\n//! Empty until `{command}` is run.\n", header_line(&config, "//"));
    let members = if arguments.xtask { r#"["client", "xtask"]"# } else { r#"["client"]"# };
    let alias = if arguments.xtask { ALIAS } else { "" };
    let mut files = vec![
        ("codegen.toml", text),
        (SCHEMA_FILE, schema::text()),
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

/// Writes a new file. Does not change an existing one, but prints the text that it may have to contain.
fn write_new(path: &Utf8Path, text: &str) -> Result<(), CliError> {
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
