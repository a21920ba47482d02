//! The versions of everything that was measured.

use std::fs;
use std::process::Command;

use crate::control_plane::repository;

/// Returns the head of a report: machine, versions, and what was not measured.
pub(super) fn describe(quick: bool, notes: &[String]) -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut lines = vec![
        format!("- {cores} cores, {}", std::env::consts::ARCH),
        format!("- {}", output("rustc", &["--version"])),
        format!("- ours: {}", output("git", &["describe", "--always", "--dirty", "--abbrev=10"])),
    ];
    let locked = fs::read_to_string(repository().join("Cargo.lock")).unwrap_or_default();
    lines.push(format!(
        "- kube {}, k8s-openapi {}",
        locked_version(&locked, "kube"),
        locked_version(&locked, "k8s-openapi")
    ));
    lines.push(format!("- {}", output("kopium", &["--version"])));
    let modules = fs::read_to_string(repository().join("benches/peers/go.mod")).unwrap_or_default();
    let module = |name: &str| module_version(&modules, name);
    lines.push(format!(
        "- client-go {}, controller-runtime {}, {}",
        module("k8s.io/client-go"),
        module("sigs.k8s.io/controller-runtime"),
        output("go", &["version"]),
    ));
    lines.push(format!("- kube-apiserver {}", crate::control_plane::KUBERNETES));
    if quick {
        lines.push("- a quick run: fewer objects, projects and rounds".to_owned());
    }
    lines.extend(notes.iter().map(|note| format!("- {note}")));
    lines.join("\n") + "\n"
}

/// Returns the first line that a program prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(repository()).output();
    let text = output.ok().filter(|output| output.status.success()).map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().map_or_else(|| format!("{program} is not installed"), str::to_owned)
}

/// Returns the version of a crate in `Cargo.lock`.
fn locked_version<'t>(lock: &'t str, name: &str) -> &'t str {
    let start = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&start).and_then(|(_, rest)| rest.split('"').next()).unwrap_or("unknown")
}

/// Returns the version of a module in `go.mod`.
fn module_version<'t>(modules: &'t str, name: &str) -> &'t str {
    let line = modules.lines().map(str::trim).find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|line| line.split_whitespace().next()).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_named_package() {
        let lock = "[[package]]\nname = \"kube-core\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"kube\"\nversion = \"5.0.0\"\n";
        assert_eq!(locked_version(lock, "kube"), "5.0.0");
        let modules = "require (\n\tk8s.io/client-go-more v1.0.0\n\tk8s.io/client-go v0.37.2 // indirect\n)\n";
        assert_eq!(module_version(modules, "k8s.io/client-go"), "v0.37.2");
    }
}
