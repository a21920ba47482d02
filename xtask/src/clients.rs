//! `clients`: programs in other languages that use the in-memory server over TCP.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};

use camino::Utf8Path;

use crate::control_plane::{Error, repository};

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
        match language.run() {
            Ok(true) => println!("passed: {}", language.name),
            Ok(false) if names.is_empty() && !language.is_installed() => {
                println!("skipped: {}, because {} is not installed", language.name, language.tool);
            }
            Ok(false) => {
                println!("failed: {}", language.name);
                failed = true;
            }
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::from(2);
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

    /// Runs the program with a server of its own; returns false if it fails.
    fn run(&self) -> Result<bool, Error> {
        if !self.is_installed() {
            return Ok(false);
        }
        let folder = repository();
        let work = folder.join("target/clients").join(self.name);
        copy(&folder.join("examples/clients").join(self.name), &work)?;
        let kubeconfig = work.join("kubeconfig");
        let _server = Server::start(&folder, &kubeconfig)?;
        let succeeds = |command: &[&str]| -> Result<bool, Error> {
            let (program, arguments) = command.split_first().unwrap_or((&"", &[]));
            // A program in the folder, and one in $PATH otherwise.
            let own = work.join(program);
            let mut command = Command::new(if own.exists() { own.as_str() } else { program });
            command.args(arguments).current_dir(&work).env("KUBECONFIG", &kubeconfig);
            Ok(command.status().map_err(Error::file("run", Utf8Path::new(program)))?.success())
        };
        for command in self.commands {
            if !succeeds(command)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A server with our CRDs, which is stopped when this is dropped.
struct Server {
    process: Child,
    /// Kept open, because the server ends when it cannot write its output.
    _output: Option<BufReader<ChildStdout>>,
}

impl Server {
    fn start(folder: &Utf8Path, kubeconfig: &Utf8Path) -> Result<Self, Error> {
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--quiet", "--package", "kube-fake-apiserver", "--features", "cli", "--"]);
        command.args(["--crds", "crds", "--kubeconfig", kubeconfig.as_str()]).current_dir(folder);
        let mut process = command.stdout(Stdio::piped()).spawn().map_err(Error::file("run cargo in", folder))?;
        let mut output = process.stdout.take().map(BufReader::new);
        // It prints its address when it listens.
        if let Some(output) = &mut output {
            output.lines().map_while(Result::ok).find(|line| line.starts_with("listening"));
        }
        Ok(Server { process, _output: output })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Copies the files of a folder.
fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::file("create", to))?;
    for entry in from.read_dir_utf8().map_err(Error::file("read", from))? {
        let entry = entry.map_err(Error::file("read", from))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).map_err(Error::file("copy", entry.path()))?;
        }
    }
    Ok(())
}
