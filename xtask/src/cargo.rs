//! Programs that build with cargo, started by this task.

use std::process::Command;

/// Returns a command of cargo.
pub(crate) fn cargo() -> Command {
    builder(env!("CARGO"))
}

/// Returns a command of a program that may start cargo.
///
/// Cargo sets variables about the package that it runs, and build scripts such as that of `ring` run again when these change:
/// without their removal, all that depends on `ring` would be compiled again after each command that is not started by a task.
pub(crate) fn builder(program: &str) -> Command {
    let mut command = Command::new(program);
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| is_of_package(name)) {
        command.env_remove(name);
    }
    command
}

fn is_of_package(variable: &str) -> bool {
    const PREFIXES: [&str; 4] = ["CARGO_BIN_", "CARGO_CRATE_", "CARGO_MANIFEST_", "CARGO_PKG_"];
    PREFIXES.iter().any(|prefix| variable.starts_with(prefix)) || variable == "CARGO_PRIMARY_PACKAGE"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_packages_are_removed() {
        assert!(is_of_package("CARGO_PKG_NAME") && is_of_package("CARGO_MANIFEST_DIR"));
        assert!(!is_of_package("CARGO_INCREMENTAL") && !is_of_package("CARGO_TARGET_DIR"));
    }
}
