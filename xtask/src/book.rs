//! Renders the pages of `docs/` with mdBook, and checks the links of the rendered book.
//!
//! mdBook renders only what is below one folder, and the pages also link to sources and READMEs. They are copied to
//! `target/book/src` with the same relative paths.

mod check;
mod stage;

use std::fs;
use std::process::{Command, ExitCode};

use crate::control_plane::repository;

type BoxError = Box<dyn std::error::Error>;

pub(crate) fn run() -> ExitCode {
    match render() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn render() -> Result<(), BoxError> {
    let repository = repository();
    let folder = repository.join("target/book");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    stage::stage(&repository, &folder.join("src"))?;
    fs::copy(repository.join("book.toml"), folder.join("book.toml"))?;
    let status = Command::new("mdbook").arg("build").current_dir(&folder).status();
    let status =
        status.map_err(|error| format!("mdbook cannot be started: {error}; install it: cargo install mdbook"))?;
    if !status.success() {
        return Err(format!("mdbook: {status}").into());
    }
    let html = folder.join("html");
    let broken = check::broken_links(&html)?;
    if !broken.is_empty() {
        return Err(format!("broken links:\n{}", broken.join("\n")).into());
    }
    println!("{}", html.join("index.html"));
    Ok(())
}
