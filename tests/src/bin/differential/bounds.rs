//! The server in memory alone: each request is answered in bounded time and memory.

use std::time::{Duration, Instant};

use crate::generate::Generator;
use crate::script::{Script, Step};
use crate::side::Side;

/// How long an answer may take, besides the time for which a watch is asked to last.
const TIME: Duration = Duration::from_secs(2);

/// How many bytes the peak of memory may grow by for one request, for each byte of its body, and in any case.
const PER_BYTE: usize = 128;
const BASE: usize = 64 * 1024 * 1024;

/// What the requests have taken.
#[derive(Default)]
struct Seen {
    requests: usize,
    slowest: Duration,
    /// The greatest growth in bytes.
    most: usize,
    broken: usize,
}

/// Sends `ops` requests, and returns how many have broken a bound.
pub(crate) async fn run(
    client: &kube::Client,
    generator: &mut Generator<'_>,
    ops: usize,
    steps: usize,
) -> Result<usize, kube::Error> {
    let mut seen = Seen::default();
    if !reset_peak() {
        println!("memory cannot be measured here: /proc/self/clear_refs cannot be written");
    }
    for number in 0.. {
        if seen.requests >= ops {
            break;
        }
        let script = generator.script(steps.min(ops - seen.requests));
        script_within(client, &script, number, &mut seen).await?;
    }
    let Seen { requests, slowest, most, broken } = seen;
    println!(
        "{requests} requests, slowest {slowest:?}, at most {} MB more at once, {broken} beyond a bound",
        most >> 20
    );
    Ok(broken)
}

async fn script_within(
    client: &kube::Client,
    script: &Script,
    number: usize,
    seen: &mut Seen,
) -> Result<(), kube::Error> {
    let mut side = Side::new(client.clone(), &format!("b{number}"), Duration::ZERO);
    side.begin(&[]).await?;
    for step in &script.steps {
        // What follows from a step is done at once here, and waiting for it would be measured.
        let step = &Step { settles: None, finalizes: None, ..step.clone() };
        let measured = reset_peak();
        let (before, begun) = (memory("VmRSS:"), Instant::now());
        side.send(step).await?;
        let took = begun.elapsed().saturating_sub(lasting(step));
        let grown = if measured { memory("VmHWM:").saturating_sub(before) } else { 0 };
        let most = BASE + PER_BYTE * step.body.as_ref().map_or(0, |body| side.filled(body).len());
        seen.requests += 1;
        seen.slowest = seen.slowest.max(took);
        seen.most = seen.most.max(grown);
        if took > TIME || grown > most {
            seen.broken += 1;
            println!("took {took:?} (at most {TIME:?}) and {grown} bytes (at most {most}): {step}");
        }
    }
    side.end(&crate::compare::collections(script), script).await
}

/// For how long a step asks a watch to last.
fn lasting(step: &Step) -> Duration {
    let seconds =
        step.query.iter().filter(|(name, _)| name == "timeoutSeconds").filter_map(|(_, value)| value.parse().ok());
    if step.has("watch") || step.path.contains("/watch/") {
        Duration::from_secs(seconds.max().unwrap_or_default())
    } else {
        Duration::ZERO
    }
}

/// Lets the peak of memory begin at what is taken now. Whether the system can do that.
fn reset_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// A line of the process' status in bytes; 0 where the system does not tell.
pub(crate) fn memory(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).unwrap_or_default() * 1024
}
