//! An isolated environment: separate folders, a separate `$CARGO_HOME`, and no variables of cargo.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::{BoxError, packages};

/// Variables that are kept: those of the machine, not of this repository or cargo.
const KEPT: [&str; 8] =
    ["HOME", "LANG", "PATH", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR"];

/// Variables of cargo that change only the size of the build output: `.ci/run` sets them.
const KEPT_OF_CARGO: [&str; 2] = ["CARGO_INCREMENTAL", "CARGO_PROFILE_DEV_DEBUG"];

/// Variables that configure access to the registry.
const KEPT_PREFIXES: [&str; 4] = ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_SOURCE_"];

/// Tables of the user's cargo configuration that configure access to the registry.
const KEPT_TABLES: [&str; 5] = ["http", "net", "registries", "registry", "source"];

/// Projects without a `.cargo/config.toml` that sets the Kubernetes version.
const VERSION_BY_FEATURE: [&str; 3] = ["build-script", "quick-start", "usage"];

pub(super) struct Outside {
    /// Folder of the projects, outside of the repository.
    projects: Utf8PathBuf,
    /// Our unpacked crates; outside of the repository, which cargo would otherwise use as their workspace.
    crates: Utf8PathBuf,
    /// Cache below `target`.
    kept: Utf8PathBuf,
}

impl Outside {
    /// Packages our crates and prepares empty folders.
    pub(super) fn new(repository: &Utf8Path) -> Result<Self, BoxError> {
        let mut hasher = DefaultHasher::new();
        repository.hash(&mut hasher);
        let temporary = Utf8PathBuf::try_from(std::env::temp_dir())?;
        // The folder is the same in each run because cargo rebuilds packages whose path changed.
        let root = temporary.join(format!("kube-client-gen-outside-{:016x}", hasher.finish()));
        let projects = root.join("projects");
        if projects.exists() {
            fs::remove_dir_all(&projects)?;
        }
        fs::create_dir_all(&projects)?;
        check_parents(&projects)?;
        let kept = repository.join("target/outside");
        let crates = root.join("crates");
        let patches = packages::patches(repository, &kept.join("packages"), &crates)?;
        let outside = Outside { projects, crates, kept };
        outside.cargo_home(&patches)?;
        Ok(outside)
    }

    /// Creates and returns the folder of a project.
    pub(super) fn folder(&self, name: &str) -> Result<Utf8PathBuf, BoxError> {
        let folder = self.projects.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Returns the command that replaces `cargo install kube-client-gen` until that is published.
    pub(super) fn install(&self) -> String {
        let package = self.crates.join("kube-client-gen");
        format!("cargo install --quiet --debug --force --locked --path {package}")
    }

    /// Runs a shell script in a project's folder.
    pub(super) fn script(&self, folder: &str, script: &str) -> Result<(), BoxError> {
        let status = self.shell(folder, script)?.status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{folder}: {status}; the last line printed with + failed").into())
        }
    }

    /// Runs a shell script in a project's folder and returns its output.
    pub(super) fn output(&self, folder: &str, script: &str) -> Result<String, BoxError> {
        let output = self.shell(folder, script)?.stderr(Stdio::inherit()).output()?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?)
        } else {
            Err(format!("failed: {script}").into())
        }
    }

    fn shell(&self, folder: &str, script: &str) -> Result<Command, BoxError> {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", &format!("set -x\n{script}")]).current_dir(self.folder(folder)?);
        command.env_clear();
        command.envs(std::env::vars().filter(|(name, _)| is_kept(name)));
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.kept.join("home/bin")));
        command.env("CARGO_HOME", self.kept.join("home")).env("CARGO_TARGET_DIR", self.target_folder(folder));
        // Our crates are path dependencies here, so that a warning in them is an error too.
        command.env("RUSTFLAGS", "--deny warnings");
        Ok(command)
    }

    /// Returns the target folder of a project. Projects that set the variable with the version of k8s-openapi have a separate
    /// one, because k8s-openapi is recompiled whenever the variable changes.
    fn target_folder(&self, folder: &str) -> Utf8PathBuf {
        let built = self.kept.join("built");
        if VERSION_BY_FEATURE.contains(&folder) { built.join("version-by-feature") } else { built }
    }

    /// Writes a `$CARGO_HOME` with the registry of this machine and the patches.
    fn cargo_home(&self, patches: &str) -> Result<(), BoxError> {
        let home = self.kept.join("home");
        fs::create_dir_all(&home)?;
        let users = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")));
        let users = Utf8PathBuf::from(users?);
        if !home.join("registry").exists() {
            fs::create_dir_all(users.join("registry"))?;
            std::os::unix::fs::symlink(users.join("registry"), home.join("registry"))?;
        }
        let config = fs::read_to_string(users.join("config.toml")).unwrap_or_default();
        let mut config: toml::Table = config.parse()?;
        config.retain(|table, _| KEPT_TABLES.contains(&table));
        Ok(fs::write(home.join("config.toml"), format!("{config}\n{patches}"))?)
    }
}

fn is_kept(name: &str) -> bool {
    let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
    let is_listed = KEPT.contains(&name) || KEPT_OF_CARGO.contains(&name);
    is_proxy || is_listed || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Returns an error if a parent contains files that cargo would read.
fn check_parents(folder: &Utf8Path) -> Result<(), BoxError> {
    for parent in folder.ancestors() {
        for file in [".cargo/config.toml", ".cargo/config", "Cargo.toml"] {
            if parent.join(file).exists() {
                return Err(format!(
                    "{} exists: set TMPDIR to a folder whose parents contain no cargo files",
                    parent.join(file)
                )
                .into());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_cargo_and_of_this_repository_are_cleared() {
        for name in ["K8S_OPENAPI_ENABLED_VERSION", "RUSTFLAGS", "CARGO", "CARGO_MANIFEST_DIR", "KUBECONFIG"] {
            assert!(!is_kept(name), "{name}");
        }
        for name in ["PATH", "HOME", "https_proxy", "CARGO_HTTP_CAINFO", "CARGO_PROFILE_DEV_DEBUG"] {
            assert!(is_kept(name), "{name}");
        }
    }
}
