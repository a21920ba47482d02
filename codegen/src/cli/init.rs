//! `kube-client-gen init`

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Failed;
use crate::manifest::DEPENDENCIES;
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

const CONFIG: &str = r#"# What kube-client-gen makes of the CRDs. The lock that it writes beside this file keeps what is published: commit both.
package = "PACKAGE"
# Files or folders of CRDs, relative to this file: YAML or JSON, also lists, and charts as far as they are plain YAML.
crds = ["crds"]
# The folder of the emitted crate.
out = "client"
# The command that the header of each file names.
command = "COMMAND"
# A file whose text starts every emitted file, such as a licence.
# header = "boilerplate.txt"
# Compile all versions always, instead of giving each a feature.
# all-versions = true
# JsonSchema (schemars) for every type, behind a feature.
# json-schema = true
# Types of objects as kopium writes them, while a project moves from it.
# types-from = "kopium"
# kopium-flags = ["--docs"]
# Values that Debug never shows.
# sensitive = ["Widget.spec.token"]

# Every entry below must apply to something, else generation fails. `kube-client-gen explain` tells where a name comes from.

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

const XTASK: &str = r#"//! `cargo xtask codegen` writes the client; `cargo xtask verify-codegen` tells whether it is what would be written.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let build = kube_client_gen::Build::new("codegen.toml");
    let differences = match std::env::args().nth(1).as_deref() {
        Some("codegen") => return Ok(drop(build.write()?)),
        Some("verify-codegen") => build.check()?,
        _ => return Err("say codegen or verify-codegen".into()),
    };
    differences.iter().for_each(|difference| print!("{difference}"));
    if differences.is_empty() { Ok(()) } else { Err("run cargo xtask codegen and commit the result".into()) }
}
"#;

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failed> {
    let command = if arguments.xtask { "cargo xtask codegen" } else { "kube-client-gen generate" };
    let config = CONFIG.replace("PACKAGE", &arguments.package).replace("COMMAND", command);
    Config::parse(&config)?;
    let manifest = new_manifest(&arguments.package, &DEPENDENCIES, &features::of(&Config::default(), []));
    let mut files = vec![("codegen.toml", config), ("client/Cargo.toml", manifest)];
    if arguments.xtask {
        let version = env!("CARGO_PKG_VERSION");
        let manifest = format!(
            "[package]\nname = \"xtask\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\nkube-client-gen = \"{version}\"\n"
        );
        let alias = "[alias]\nxtask = \"run --quiet --package xtask --\"\n".to_owned();
        files.extend([
            ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"client\", \"xtask\"]\n".to_owned()),
            ("xtask/Cargo.toml", manifest),
            ("xtask/src/main.rs", XTASK.to_owned()),
            (".cargo/config.toml", alias),
        ]);
    }
    for (path, text) in &files {
        put(&arguments.folder.join(path), text)?;
    }
    std::fs::create_dir_all(arguments.folder.join("crds"))?;
    println!("put your CRDs into {}, then run: {command}", arguments.folder.join("crds"));
    Ok(ExitCode::SUCCESS)
}

/// Writes a new file; one that is there stays.
fn put(path: &Utf8Path, text: &str) -> Result<(), Failed> {
    if path.exists() {
        println!("{path} is there already; left as it is");
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).map_err(|error| format!("{path}: {error}"))?;
    println!("wrote {path}");
    Ok(())
}
