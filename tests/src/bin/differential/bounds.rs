//! Verifies that the in-memory server answers each request in bounded time and memory.

use std::time::{Duration, Instant};

use crate::endpoint::Endpoint;
use crate::generate::Generator;
use crate::script::{Script, Step};

/// Time limit of a response, in addition to the requested duration of a watch.
const MAX_TIME: Duration = Duration::from_secs(2);

/// Memory limit of a request: `BASE` plus `PER_BYTE` for each byte of its body.
const PER_BYTE: usize = 128;
const BASE: usize = 64 * 1024 * 1024;

/// Measurements of all requests.
#[derive(Default)]
struct Measured {
    requests: usize,
    slowest: Duration,
    /// Largest growth of memory in bytes.
    max_growth: usize,
    violations: usize,
}

/// Sends `ops` requests; returns the number of violated limits.
pub(crate) async fn run(
    client: &kube::Client,
    generator: &mut Generator<'_>,
    ops: usize,
    steps: usize,
) -> Result<usize, kube::Error> {
    let mut measured = Measured::default();
    if !reset_peak() {
        println!("memory is not measured: cannot write /proc/self/clear_refs");
    }
    for number in 0.. {
        if measured.requests >= ops {
            break;
        }
        let script = generator.script(steps.min(ops - measured.requests));
        run_script(client, &script, number, &mut measured).await?;
    }
    let Measured { requests, slowest, max_growth, violations } = measured;
    println!(
        "{requests} requests, slowest {slowest:?}, memory grew by at most {} MB, {violations} limits exceeded",
        max_growth >> 20
    );
    Ok(violations)
}

async fn run_script(
    client: &kube::Client,
    script: &Script,
    number: usize,
    measured: &mut Measured,
) -> Result<(), kube::Error> {
    let mut endpoint = Endpoint::new(client.clone(), &format!("b{number}"), Duration::ZERO);
    endpoint.begin(&[]).await?;
    for step in &script.steps {
        // The in-memory server applies consequences of a step at once; waiting for them would distort the measurement.
        let step = &Step { settles: None, finalizes: None, ..step.clone() };
        let can_measure = reset_peak();
        let (before, start) = (memory("VmRSS:"), Instant::now());
        endpoint.send(step).await?;
        let elapsed = start.elapsed().saturating_sub(watch_duration(step));
        let growth = if can_measure { memory("VmHWM:").saturating_sub(before) } else { 0 };
        let max_memory = BASE + PER_BYTE * step.body.as_ref().map_or(0, |body| endpoint.fill(body).len());
        measured.requests += 1;
        measured.slowest = measured.slowest.max(elapsed);
        measured.max_growth = measured.max_growth.max(growth);
        if elapsed > MAX_TIME || growth > max_memory {
            measured.violations += 1;
            println!("{elapsed:?} (limit {MAX_TIME:?}) and {growth} bytes (limit {max_memory}): {step}");
        }
    }
    endpoint.end(&crate::compare::collections(script), script).await
}

/// Returns the duration of a watch that a step requests.
fn watch_duration(step: &Step) -> Duration {
    let seconds =
        step.query.iter().filter(|(name, _)| name == "timeoutSeconds").filter_map(|(_, value)| value.parse().ok());
    if step.has("watch") || step.path.contains("/watch/") {
        Duration::from_secs(seconds.max().unwrap_or_default())
    } else {
        Duration::ZERO
    }
}

/// Resets the peak of memory; returns whether the system supports that.
fn reset_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Returns a field of the status of this process in bytes; 0 if it is not available.
pub(crate) fn memory(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).unwrap_or_default() * 1024
}
