//! The example crates outside of the workspace, built and tested against our crates as they would be published.

use std::fs;
use std::process::{Command, ExitCode};

use camino::{Utf8Path, Utf8PathBuf};

/// The crates that strangers take from a registry.
const CRATES: [&str; 3] = ["kube-structural-schema", "kube-client-gen", "kube-client-runtime"];

type Failed = Box<dyn std::error::Error>;

pub(crate) fn run() -> ExitCode {
    match all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn all() -> Result<(), Failed> {
    let here = Utf8PathBuf::from_path_buf(std::env::current_dir()?).map_err(|path| path.display().to_string())?;
    let work = here.join("target/outside");
    if work.exists() {
        // What was built stays, all else is made anew.
        for name in ["crates", "build-script", "xtask"] {
            let _ = fs::remove_dir_all(work.join(name));
        }
    }
    let patches = packaged(&here, &work.join("crates"))?;
    for name in ["build-script", "xtask"] {
        copy(&here.join("examples/outside").join(name), &work.join(name))?;
        // The versions of others' crates that this repository is tested with.
        fs::copy(here.join("Cargo.lock"), work.join(name).join("Cargo.lock"))?;
    }
    let cargo = |folder: &str, arguments: &[&str]| cargo(&work.join(folder), &work.join("built"), &patches, arguments);
    cargo("build-script", &["test", "--quiet"])?;
    cargo("xtask", &["run", "--quiet", "--package", "xtask", "--", "verify-codegen"])?;
    cargo("xtask", &["test", "--quiet", "--workspace"])
}

/// Our crates as their packages hold them, unpacked; what cargo must be told to find them there.
fn packaged(here: &Utf8Path, crates: &Utf8Path) -> Result<Vec<String>, Failed> {
    fs::create_dir_all(crates)?;
    let mut package = Command::new("cargo");
    package.args(["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir"]).arg(crates.join("packages"));
    package.args(CRATES.iter().flat_map(|name| ["--package", name]));
    if !package.current_dir(here).status()?.success() {
        return Err("cargo package failed".into());
    }
    let version = env!("CARGO_PKG_VERSION");
    let mut patches = Vec::new();
    for name in CRATES {
        let archive = crates.join(format!("packages/package/{name}-{version}.crate"));
        // Packages carry no times of their own: without new ones, cargo would take an older build for this one's.
        let unpacked = Command::new("tar").args(["-xmzf", archive.as_str(), "-C", crates.as_str()]).status()?;
        if !unpacked.success() {
            return Err(format!("{archive} cannot be unpacked").into());
        }
        patches.push(format!("patch.crates-io.{name}.path={:?}", crates.join(format!("{name}-{version}")).as_str()));
    }
    Ok(patches)
}

fn cargo(folder: &Utf8Path, target: &Utf8Path, patches: &[String], arguments: &[&str]) -> Result<(), Failed> {
    let patches = patches.iter().flat_map(|patch| ["--config", patch]);
    let mut command = Command::new("cargo");
    // cargo run hands the rest of its arguments on.
    command.args(patches).args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", target);
    if command.status()?.success() { Ok(()) } else { Err(format!("in {folder}: cargo {}", arguments.join(" ")).into()) }
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<(), Failed> {
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
