//! The tests of kr8s, a client in Python. They use pytest-kind, which `hack/judges/kr8s` replaces.

use std::fs;
use std::process::Command;

use super::Site;
use super::list::Outcome;
use super::process::{kubectl, logged, output};
use crate::control_plane::repository;
use crate::outside::BoxError;

const VERSION: &str = "0.20.15";

/// Clients with which the tests compare, and pytest.
const PACKAGES: [&str; 9] = [
    "pytest==9.2.0",
    "pytest-asyncio==1.5.0",
    "pytest-timeout==2.4.0",
    "trio==0.35.0",
    "lightkube==1.0.1",
    "kubernetes==37.0.2",
    "kubernetes-asyncio==36.1.0",
    "kubernetes-validate==1.37.0",
    "pykube-ng==23.6.0",
];

/// Tests that wait for a kubelet or a controller until their time limit, by a part of their names.
const WAITING: &str = "not (wait or port_forward or pod_exec or service_exec or pod_watch or watch_pods or two_pods \
                       or create_and_delete or deployment_scale or adoption or pod_logs)";

/// Downloads the source distribution and runs its tests.
pub(super) fn run(site: &Site) -> Result<Vec<Outcome>, BoxError> {
    let folder = &site.folder;
    let run =
        |program: &str, arguments: &[&str]| output(Command::new(program).args(arguments).current_dir(folder)).map(drop);
    let pip = folder.join("venv/bin/pip");
    if !folder.join("venv").exists() {
        run("python3", &["-m", "venv", "venv"])?;
    }
    run(pip.as_str(), &["download", "--quiet", "--no-deps", "--no-binary", ":all:", &format!("kr8s=={VERSION}")])?;
    run("tar", &["xzf", &format!("kr8s-{VERSION}.tar.gz")])?;
    run(pip.as_str(), &[&["install", "--quiet", &format!("./kr8s-{VERSION}")][..], &PACKAGES].concat())?;
    // The tests call kubectl by its name.
    let programs = folder.join("bin");
    fs::create_dir_all(&programs)?;
    run("ln", &["--symbolic", "--force", &kubectl(), programs.join("kubectl").as_str()])?;
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(folder.join("venv/bin/python"));
    command.args(["-m", "pytest", "-p", "pytest_kind", "-p", "no:cacheprovider", "-o", "addopts=", "--quiet"]);
    command.args(["--timeout", "15", "--tb", "short", "-rA", "-k", WAITING, "kr8s"]);
    command.current_dir(folder.join(format!("kr8s-{VERSION}"))).env("HOME", folder);
    command.env("PATH", format!("{programs}:{folder}/venv/bin:{path}"));
    command.env("PYTHONPATH", repository().join("hack/judges/kr8s"));
    command.env("JUDGE_KUBECONFIG", &site.kubeconfig).env("JUDGE_KUBECTL", programs.join("kubectl"));
    Ok(outcomes(&logged(&mut command, &folder.join("log"))?))
}

/// Reads the summary of pytest.
fn outcomes(log: &str) -> Vec<Outcome> {
    let outcome = |line: &str| {
        let (result, rest) = line.split_once(' ')?;
        let test = rest.split(" - ").next().filter(|test| test.starts_with("kr8s/"))?;
        let passed = matches!(result, "PASSED");
        matches!(result, "PASSED" | "FAILED" | "ERROR").then(|| Outcome { test: test.to_owned(), passed })
    };
    log.lines().filter_map(outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_those_of_the_summary() {
        let log = "PASSED kr8s/tests/a.py::b[all]\nFAILED kr8s/tests/a.py::c - assert 0 > 0\nERROR    asyncio: x\n";
        let outcome = |test: &str, passed| Outcome { test: test.to_owned(), passed };
        assert_eq!(outcomes(log), [outcome("kr8s/tests/a.py::b[all]", true), outcome("kr8s/tests/a.py::c", false)]);
    }
}
