//! Suites of crates, which crates.io serves with their tests.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::Site;
use super::list::Outcome;
use super::process::{logged, output};
use crate::cargo::cargo;
use crate::outside::{BoxError, copy};

/// Dependencies on `kube` that the published crates lack: cargo omits those on a crate that is not published yet.
const KUBE: &str =
    "\n[dev-dependencies.kube]\nversion = \"=5.0.0\"\nfeatures = [\"client\", \"derive\", \"runtime\", \"ws\"]\n";

/// Tests of kube-rs that wait for a kubelet without a time limit.
const KUBELET: [&str; 3] =
    ["pod_can_await_conditions", "can_get_pod_logs_and_evict", "pod_can_exec_and_write_to_stdin"];

const FEATURES: &str = "kube/derive,kube/runtime,kube/rustls-tls,kube/ring,kube/ws,kube/jsonpatch,kube/gzip,\
                        kube/unstable-client,kube/unstable-runtime,kube/kubelet-debug";

/// Runs the tests of kube, kube-client and kube-runtime that need a cluster.
pub(super) fn kube(site: &Site) -> Result<Vec<Outcome>, BoxError> {
    const CRATES: [(&str, &str); 3] = [("kube", "5.0.0"), ("kube-client", "5.0.0"), ("kube-runtime", "5.0.0")];
    let suite = site.folder.join("suite");
    for (name, folder) in sources(&site.folder, &CRATES)? {
        let to = suite.join(&name);
        copy(&folder, &to)?;
        if name != "kube" {
            let manifest = to.join("Cargo.toml");
            fs::write(&manifest, fs::read_to_string(&manifest)? + KUBE)?;
        }
    }
    let members = CRATES.map(|(name, _)| format!("{name:?}")).join(", ");
    let patches = CRATES.map(|(name, _)| format!("{name} = {{ path = {name:?} }}\n")).concat();
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n[patch.crates-io]\n{patches}");
    fs::write(suite.join("Cargo.toml"), manifest)?;
    let mut command =
        suite_cargo(site, &suite, &["test", "--workspace", "--lib", "--no-fail-fast", "--features", FEATURES]);
    command.args(["--", "--ignored", "--test-threads", "1"]);
    command.args(KUBELET.iter().flat_map(|test| ["--skip", test]));
    Ok(outcomes(&logged(&mut command, &site.folder.join("log"))?))
}

/// Returns a command of cargo in a folder, with the suite's own output folder.
fn suite_cargo(site: &Site, folder: &Utf8Path, arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments).current_dir(folder);
    // This workspace enables another version of k8s-openapi than the suites do.
    command.env("K8S_OPENAPI_ENABLED_VERSION", "").env("CARGO_TARGET_DIR", site.folder.join("target"));
    command.env("CARGO_PROFILE_DEV_DEBUG", "false").env("CARGO_INCREMENTAL", "0");
    command.env("KUBECONFIG", &site.kubeconfig);
    command
}

/// Downloads crates, and returns the folders of their sources by name.
fn sources(folder: &Utf8Path, crates: &[(&str, &str)]) -> Result<Vec<(String, Utf8PathBuf)>, BoxError> {
    let scratch = folder.join("sources");
    fs::create_dir_all(&scratch)?;
    let dependencies: Vec<String> = crates.iter().map(|(name, version)| format!("{name} = \"={version}\"\n")).collect();
    let dependencies = dependencies.concat();
    let package = "[package]\nname = \"sources\"\nedition = \"2021\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n";
    fs::write(scratch.join("Cargo.toml"), format!("{package}[dependencies]\n{dependencies}"))?;
    fs::write(scratch.join("lib.rs"), "")?;
    let mut command = cargo();
    let metadata: Value =
        serde_json::from_str(&output(command.args(["metadata", "--format-version", "1"]).current_dir(&scratch))?)?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = crates.iter().map(|(name, version)| {
        let package = packages.iter().find(|package| package["name"] == *name && package["version"] == *version);
        let manifest = package.and_then(|package| package["manifest_path"].as_str()).map(Utf8Path::new);
        let folder =
            manifest.and_then(Utf8Path::parent).ok_or_else(|| format!("cargo did not find {name} {version}"))?;
        Ok(((*name).to_owned(), folder.to_owned()))
    });
    found.collect()
}

/// Reads what the test programs printed. Tests are named with their crate.
fn outcomes(log: &str) -> Vec<Outcome> {
    let mut program = String::new();
    let mut outcomes = Vec::new();
    for line in log.lines() {
        if let Some((_, path)) = line.trim().strip_prefix("Running ").and_then(|run| run.rsplit_once('/')) {
            program = path.rsplit_once('-').map_or(path, |(name, _)| name).to_owned();
        }
        let Some((test, result)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... ")) else {
            continue;
        };
        let test = test.split(" - ").next().unwrap_or(test);
        outcomes.push(Outcome { test: format!("{program}::{test}"), passed: result.ends_with("ok") });
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_those_that_the_programs_print() {
        let log = "     Running unittests src/lib.rs (/x/target/debug/deps/kube_client-0123456789abcdef)\n\
                   test test::a ... ok\ntest test::b ... FAILED\ntest result: FAILED. 1 passed\n";
        let outcome = |test: &str, passed| Outcome { test: test.to_owned(), passed };
        assert_eq!(outcomes(log), [outcome("kube_client::test::a", true), outcome("kube_client::test::b", false)]);
    }
}
