//! kubectl's own command tests (`test/cmd` of `k8s.io/kubernetes`), which are shell scripts.

use std::fs;
use std::process::Command;

use camino::Utf8PathBuf;

use super::Site;
use super::list::Outcome;
use super::process::{kubectl, logged, output};
use crate::control_plane::repository;
use crate::outside::{BoxError, copy};

/// Folders of the module that the scripts read.
const FOLDERS: [&str; 6] = [
    "hack/lib",
    "hack/testdata",
    "test/cmd",
    "test/e2e/testing-manifests",
    "test/fixtures",
    "third_party/forked/shell2junit",
];

/// Downloads the module of the control plane's version and runs its scripts.
pub(super) fn run(site: &Site) -> Result<Vec<Outcome>, BoxError> {
    let module = repository().join("hack/control-plane/kubernetes");
    let find = ["list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes"];
    output(Command::new("go").args(["mod", "download", "k8s.io/kubernetes"]).current_dir(&module))?;
    let sources = Utf8PathBuf::from(output(Command::new("go").args(find).current_dir(&module))?.trim());
    let suite = site.folder.join("suite");
    for folder in FOLDERS {
        copy(&sources.join(folder), &suite.join(folder))?;
    }
    // Go's module cache is read-only, and the scripts write beside their data.
    output(Command::new("chmod").args(["-R", "u+w", suite.as_str()]))?;
    let logs = site.folder.join("logs");
    fs::create_dir_all(&logs)?;
    let mut command = Command::new(repository().join("hack/judges/test-cmd.sh"));
    command.args([suite.as_str(), site.kubeconfig.as_str(), &kubectl(), logs.as_str()]);
    let log = logged(&mut command, &site.folder.join("log"))?;
    let outcome = |line: &str| {
        let (result, test) = line.split_once(' ')?;
        matches!(result, "ok" | "failed").then(|| Outcome { test: test.to_owned(), passed: result == "ok" })
    };
    Ok(log.lines().filter_map(outcome).collect())
}
