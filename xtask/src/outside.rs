//! Runs the pages and examples as a new user would: outside of this repository, against our packaged crates.
//!
//! The cargo configuration and environment of this repository do not apply: projects are in a folder whose parents have no
//! `.cargo/config.toml`, variables are cleared, and `$CARGO_HOME` contains only the registry and patches for crates that are
//! not published yet. Build output is kept in `target/outside/built`.

mod environment;
mod packages;
mod page;

use std::fs;
use std::process::ExitCode;

use camino::Utf8Path;

use crate::control_plane::repository;
use environment::Outside;

pub(crate) type BoxError = Box<dyn std::error::Error>;

pub(crate) fn run() -> ExitCode {
    match all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn all() -> Result<(), BoxError> {
    let here = repository();
    let outside = Outside::new(&here)?;
    for (folder, page) in [("page", "docs/your-own-crds.md"), ("quick-start", "docs/quick-start.md")] {
        println!("== {page}");
        let text = fs::read_to_string(here.join(page))?;
        outside.script(folder, &page::script(&text, &outside.install()))?;
    }
    println!("== kube-client-gen init --xtask, and the steps that it prints");
    steps_of_init(&here, &outside)?;
    println!("== examples/outside");
    for name in ["build-script", "xtask"] {
        copy(&here.join("examples/outside").join(name), &outside.folder(name)?)?;
        // Use the dependency versions of this repository.
        fs::copy(here.join("Cargo.lock"), outside.folder(name)?.join("Cargo.lock"))?;
    }
    outside.script("build-script", "cargo test --quiet --features apply\ncargo check --quiet --all-features")?;
    outside.script(
        "xtask",
        "cargo xtask verify-codegen\ncargo test --quiet --workspace\ncargo check --quiet --package widget-client",
    )?;
    println!("== Rust blocks of README.md and docs, with the dependencies that they list");
    blocks_of_pages(&here, &outside)
}

/// Creates a project with an xtask and runs the steps that `init` prints.
fn steps_of_init(here: &Utf8Path, outside: &Outside) -> Result<(), BoxError> {
    let output = outside.output("init", "kube-client-gen init widgets --package widget-client --xtask")?;
    let crds = here.join("examples/outside/xtask/crds");
    let steps = page::next_steps(&output)?.replace("PATH/TO/YOUR/CRDS", crds.as_str());
    outside.script("init", &format!("{steps}\ncargo xtask verify-codegen\ncargo check --quiet --package widget-client"))
}

/// The pages whose Rust blocks are compiled and run.
const PAGES: [(&str, &str); 13] = [
    ("readme", "README.md"),
    ("usage", "docs/client-usage.md"),
    ("connection", "docs/connection.md"),
    ("kinds", "docs/kinds.md"),
    ("apply", "docs/apply.md"),
    ("informers", "docs/informers.md"),
    ("versions", "docs/versions.md"),
    ("testing", "docs/testing.md"),
    ("controllers", "docs/controllers.md"),
    ("election", "docs/leader-election.md"),
    ("scaling", "docs/scaling.md"),
    ("deployment", "docs/client-deployment-guide.md"),
    ("moving", "docs/moving-from-kube.md"),
];

/// Compiles and runs the Rust blocks of pages in a crate with the dependencies that the pages list.
fn blocks_of_pages(here: &Utf8Path, outside: &Outside) -> Result<(), BoxError> {
    let folder = outside.folder("usage")?;
    fs::create_dir_all(folder.join("src"))?;
    let mut manifest: toml::Table = "[package]\nname = \"usage\"\nversion = \"0.1.0\"\nedition = \"2024\"".parse()?;
    let mut root = String::new();
    for (name, page) in PAGES {
        let text = fs::read_to_string(here.join(page))?;
        for block in page::blocks(&text, "toml").into_iter().filter(|block| block.contains("dependencies]")) {
            merge(&mut manifest, block.parse()?);
        }
        fs::write(folder.join(format!("{name}.md")), text)?;
        root.push_str(&format!("#[doc = include_str!(\"../{name}.md\")]\nmod {name} {{}}\n\n"));
    }
    fs::write(folder.join("Cargo.toml"), toml::to_string(&manifest)?)?;
    fs::write(folder.join("src/lib.rs"), root)?;
    fs::copy(here.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    outside.script("usage", "cargo test --quiet --doc")
}

/// Adds the entries of a table to another one. Lists, such as those of features, are joined.
fn merge(table: &mut toml::Table, other: toml::Table) {
    for (key, value) in other {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(table)), toml::Value::Table(other)) => merge(table, other),
            (Some(toml::Value::Array(list)), toml::Value::Array(other)) => list.extend(other),
            (_, value) => drop(table.insert(key, value)),
        }
    }
}

/// Copies the files of a folder, except for those of `target`.
pub(crate) fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<(), BoxError> {
    fs::create_dir_all(to)?;
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_name() {
            "target" => {}
            _ if path.is_dir() => copy(path, &to)?,
            _ => drop(fs::copy(path, &to)?),
        }
    }
    Ok(())
}
