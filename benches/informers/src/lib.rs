//! What the measured programs have in common: the way to the canned server, and how a process measures itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::config::{Cluster, Context, KubeConfigOptions, Kubeconfig, NamedCluster, NamedContext};

/// Errors of a program that only measures.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// `--name value` of the command line.
pub fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != &format!("--{name}"));
    arguments.next()?;
    arguments.next()
}

/// Whether `--name` is there.
pub fn flag(name: &str) -> bool {
    std::env::args().any(|argument| argument == format!("--{name}"))
}

/// A number of the command line, or another one.
pub fn number(name: &str, otherwise: f64) -> f64 {
    argument(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A client for `--server` with the certificate `--ca`.
///
/// # Errors
/// If there is no such server or certificate.
pub async fn client() -> Result<kube::Client, Failure> {
    let cluster = Cluster { server: argument("server"), certificate_authority: argument("ca"), ..Cluster::default() };
    let context = Context { cluster: "canned".to_owned(), ..Context::default() };
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster { name: "canned".to_owned(), cluster: Some(cluster), other: BTreeMap::new() }],
        contexts: vec![NamedContext { name: "canned".to_owned(), context: Some(context), other: BTreeMap::new() }],
        current_context: Some("canned".to_owned()),
        ..Kubeconfig::default()
    };
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(kube::Client::try_from(config)?)
}

/// CPU time of this process.
///
/// # Errors
/// If the system does not tell.
pub fn cpu() -> Result<Duration, Failure> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let time = |value: nix::sys::time::TimeVal| {
        Duration::from_secs(value.tv_sec().unsigned_abs()) + Duration::from_micros(value.tv_usec().unsigned_abs())
    };
    Ok(time(usage.user_time()) + time(usage.system_time()))
}

/// Memory of this process in MB: `VmRSS` now, `VmHWM` at its peak.
///
/// # Errors
/// If the system does not tell.
pub fn memory(field: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(field)).ok_or("no such field")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no value")?.parse()?;
    Ok(kilobytes / 1024.0)
}

/// What was measured, by name.
pub type Measured = BTreeMap<&'static str, f64>;

/// Nanoseconds of an operation, over a quarter of `--seconds`.
#[allow(clippy::cast_precision_loss)]
pub fn measure(measured: &mut Measured, name: &'static str, mut operation: impl FnMut(usize) -> i64) {
    let limit = Duration::from_secs_f64(number("seconds", 3.0) / 4.0);
    std::hint::black_box(operation(0));
    let (began, mut count) = (Instant::now(), 0_usize);
    while began.elapsed() < limit {
        for _ in 0..16 {
            std::hint::black_box(operation(count));
            count += 1;
        }
    }
    measured.insert(name, began.elapsed().as_nanos() as f64 / count as f64);
}

/// Prints what was measured as JSON.
///
/// # Errors
/// Never.
pub fn print(measured: &Measured) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(measured)?);
    Ok(())
}

/// What events have cost since `before`.
///
/// # Errors
/// If the system does not tell.
#[allow(clippy::cast_precision_loss)]
pub fn cost(measured: &mut Measured, events: u64, before: Duration) -> Result<(), Failure> {
    measured.insert("events", events as f64);
    let spent = cpu()?.saturating_sub(before).as_secs_f64() * 1e6;
    measured.insert("event_cpu_us", spent / (events as f64).max(1.0));
    measured.insert("rss_mb", memory("VmRSS")?);
    Ok(())
}

/// Microseconds since the server sent an event.
#[allow(clippy::cast_precision_loss)]
pub fn latency(sent: Option<&String>) -> Option<f64> {
    let sent: u128 = sent?.parse().ok()?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_nanos();
    Some(now.saturating_sub(sent) as f64 / 1e3)
}

/// The middle and the 99th percentile of latencies.
pub fn percentiles(measured: &mut Measured, mut latencies: Vec<f64>) {
    latencies.sort_by(f64::total_cmp);
    if let (Some(middle), Some(high)) = (latencies.get(latencies.len() / 2), latencies.get(latencies.len() * 99 / 100))
    {
        measured.insert("p50_us", *middle);
        measured.insert("p99_us", *high);
    }
}
