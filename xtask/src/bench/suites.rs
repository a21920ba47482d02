//! The end-to-end suite on the in-memory server and on a kube-apiserver with etcd, which envtest starts in the same way.

use std::process::Stdio;
use std::time::Instant;

use bench_record::Recorder;
use camino::Utf8Path;

use crate::cargo::cargo;
use crate::control_plane::{Attached, kubectl, repository};
use crate::outside::BoxError;

/// The name of the other candidate.
const REAL: &str = "kube-apiserver";

pub(super) fn measure(file: &Utf8Path, run: &str) -> Result<(), BoxError> {
    let recorder = Recorder::to("suites", file.as_str(), run);
    tests(None, &["--no-run"])?;
    let in_memory = suite(None)?;
    let start = Instant::now();
    let control_plane = Attached::start("")?;
    let start = start.elapsed().as_secs_f64();
    let real = suite(Some(&control_plane.kubeconfig))?;
    for (candidate, start, time) in [("ours", 0.0, in_memory), (REAL, start, real)] {
        println!("{candidate}: {:.1} s, of which {start:.1} s until the API server is ready", start + time);
        recorder.record("end-to-end suite, with the start of the server", "time_s", candidate, &[start + time])?;
    }
    Ok(())
}

/// Returns the seconds of the suite.
fn suite(kubeconfig: Option<&Utf8Path>) -> Result<f64, BoxError> {
    let start = Instant::now();
    tests(kubeconfig, &[])?;
    Ok(start.elapsed().as_secs_f64())
}

fn tests(kubeconfig: Option<&Utf8Path>, arguments: &[&str]) -> Result<(), BoxError> {
    let mut command = cargo();
    // Features are those of `cargo test --workspace`, so that nothing is compiled again.
    command.args(["test", "--quiet", "--workspace", "--test", "e2e"]).args(arguments).current_dir(repository());
    if let Some(kubeconfig) = kubeconfig {
        command.env("E2E_KUBECONFIG", kubeconfig).envs(kubectl().map(|kubectl| ("E2E_KUBECTL", kubectl)));
    }
    let output = command.stdout(Stdio::piped()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("the suite failed:\n{}", String::from_utf8_lossy(&output.stdout)).into())
}
