//! `clients`: programs in other languages that use the in-memory server over TCP.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};

use camino::Utf8Path;

use crate::control_plane::repository;
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
        let _server = Server::start(&folder, &kubeconfig)?;
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

/// A server with our CRDs, which is stopped when this is dropped.
struct Server {
    process: Child,
    /// Kept open, because the server ends when it cannot write its output.
    _output: Option<BufReader<ChildStdout>>,
}

impl Server {
    fn start(folder: &Utf8Path, kubeconfig: &Utf8Path) -> Result<Self, BoxError> {
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--quiet", "--package", "kube-fake-apiserver", "--features", "cli", "--"]);
        command.args(["--crds", "crds", "--kubeconfig", kubeconfig.as_str()]).current_dir(folder);
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut output = process.stdout.take().map(BufReader::new);
        // It prints its address when it listens.
        let mut lines = output.iter_mut().flat_map(BufRead::lines).map_while(Result::ok);
        let listens = lines.any(|line| line.starts_with("listening"));
        let server = Server { process, _output: output };
        if listens { Ok(server) } else { Err("the in-memory server did not start: see its output above".into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
