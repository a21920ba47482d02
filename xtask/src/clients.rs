//! `clients`: programs in other languages that use the in-memory server over TCP.

use std::process::{Command, ExitCode, Stdio};

use crate::control_plane::repository;
use crate::in_memory::Server;
use crate::outside::{BoxError, copy};

/// A language: the tool that it needs, and the commands that run `examples/clients/<language>`.
struct Language {
    name: &'static str,
    tool: &'static str,
    commands: &'static [&'static [&'static str]],
}

const LANGUAGES: [Language; 4] = [
    Language { name: "go", tool: "go", commands: &[&["go", "run", "."]] },
    Language { name: "java", tool: "mvn", commands: &[&["mvn", "--quiet", "--batch-mode", "compile", "exec:java"]] },
    Language {
        name: "javascript",
        tool: "npm",
        commands: &[&["npm", "install", "--silent", "--no-audit", "--no-fund"], &["node", "main.mjs"]],
    },
    Language {
        name: "python",
        tool: "python3",
        commands: &[
            &["python3", "-m", "venv", "venv"],
            &["venv/bin/pip", "install", "--quiet", "--requirement", "requirements.txt"],
            &["venv/bin/python", "main.py"],
        ],
    },
];

/// Runs the programs of the given languages, or of all.
pub(crate) fn run(names: &[String]) -> ExitCode {
    if let Some(unknown) = names.iter().find(|name| LANGUAGES.iter().all(|language| language.name != **name)) {
        eprintln!("unknown language {unknown:?}: expected go, java, javascript or python");
        return ExitCode::from(2);
    }
    let selected = |language: &&Language| names.is_empty() || names.iter().any(|name| name == language.name);
    let mut failed = false;
    for language in LANGUAGES.iter().filter(selected) {
        let (name, tool) = (language.name, language.tool);
        if !language.is_installed() {
            println!("skipped: {name}, because {tool} is not installed");
            // A language that was asked for must run.
            failed |= !names.is_empty();
            continue;
        }
        match language.run() {
            Ok(()) => println!("passed: {name}"),
            Err(error) => {
                println!("failed: {name}: {error}");
                failed = true;
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

impl Language {
    fn is_installed(&self) -> bool {
        let mut command = Command::new(self.tool);
        command.arg(if self.tool == "go" { "version" } else { "--version" });
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Runs the program with a server of its own.
    fn run(&self) -> Result<(), BoxError> {
        let folder = repository();
        let work = folder.join("target/clients").join(self.name);
        copy(&folder.join("examples/clients").join(self.name), &work)?;
        let kubeconfig = work.join("kubeconfig");
        let _server = Server::start(&kubeconfig, &["--crds", "crds"])?;
        for command in self.commands {
            let (program, arguments) = command.split_first().unwrap_or((&"", &[]));
            // A program in the folder, and one in $PATH otherwise.
            let own = work.join(program);
            let mut process = Command::new(if own.exists() { own.as_str() } else { program });
            process.args(arguments).current_dir(&work).env("KUBECONFIG", &kubeconfig);
            let status = process.status().map_err(|error| format!("cannot run {program}: {error}"))?;
            if !status.success() {
                return Err(format!("{} ended with {status}", command.join(" ")).into());
            }
        }
        Ok(())
    }
}
