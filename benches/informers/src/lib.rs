//! Shared by the measured programs: the client of the canned server and measurements of the process.

pub mod canned;
pub mod objects;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::config::{Cluster, Context, KubeConfigOptions, Kubeconfig, NamedCluster, NamedContext};

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Returns the value of `--name`.
pub fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != &format!("--{name}"));
    arguments.next()?;
    arguments.next()
}

/// Whether `--name` is set.
pub fn flag(name: &str) -> bool {
    std::env::args().any(|argument| argument == format!("--{name}"))
}

/// Returns the number of `--name`, or a default.
pub fn number(name: &str, default: f64) -> f64 {
    argument(name).and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Creates a client of `--server` with the certificate `--ca`, or of the file `--kubeconfig-file`.
///
/// # Errors
/// If the address or the certificate is invalid.
pub async fn client() -> Result<kube::Client, BoxError> {
    if let Some(file) = argument("kubeconfig-file") {
        let config =
            kube::Config::from_custom_kubeconfig(Kubeconfig::read_from(file)?, &KubeConfigOptions::default()).await?;
        return Ok(kube::Client::try_from(config)?);
    }
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

/// Returns the CPU time of this process.
///
/// # Errors
/// If the system does not provide it.
pub fn cpu() -> Result<Duration, BoxError> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let time = |value: nix::sys::time::TimeVal| {
        Duration::from_secs(value.tv_sec().unsigned_abs()) + Duration::from_micros(value.tv_usec().unsigned_abs())
    };
    Ok(time(usage.user_time()) + time(usage.system_time()))
}

/// Returns the CPU time of this thread.
///
/// # Errors
/// If the system does not provide it.
pub fn thread_cpu() -> Result<Duration, BoxError> {
    use nix::time::{ClockId, clock_gettime};
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

/// Returns the memory of this process in MB: `VmRSS` (current) or `VmHWM` (peak).
///
/// # Errors
/// If the system does not provide it.
pub fn memory(field: &str) -> Result<f64, BoxError> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(field)).ok_or("no such field")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no value")?.parse()?;
    Ok(kilobytes / 1024.0)
}

/// Measurements by name.
pub type Measurements = BTreeMap<&'static str, f64>;

/// Measures the nanoseconds of an operation for a quarter of `--seconds`.
#[allow(clippy::cast_precision_loss)]
pub fn measure(measurements: &mut Measurements, name: &'static str, mut operation: impl FnMut(usize) -> i64) {
    let limit = Duration::from_secs_f64(number("seconds", 3.0) / 4.0);
    std::hint::black_box(operation(0));
    let (start, mut count) = (Instant::now(), 0_usize);
    while start.elapsed() < limit {
        for _ in 0..16 {
            std::hint::black_box(operation(count));
            count += 1;
        }
    }
    measurements.insert(name, start.elapsed().as_nanos() as f64 / count as f64);
}

/// Prints the measurements as JSON.
///
/// # Errors
/// If they cannot be serialized.
pub fn print(measurements: &Measurements) -> Result<(), BoxError> {
    println!("{}", serde_json::to_string(measurements)?);
    Ok(())
}

/// Adds the CPU time per event since `before`.
///
/// # Errors
/// If the system does not provide it.
#[allow(clippy::cast_precision_loss)]
pub fn cost(measurements: &mut Measurements, events: u64, before: Duration) -> Result<(), BoxError> {
    measurements.insert("events", events as f64);
    let spent = cpu()?.saturating_sub(before).as_secs_f64() * 1e6;
    measurements.insert("event_cpu_us", spent / (events as f64).max(1.0));
    measurements.insert("rss_mb", memory("VmRSS")?);
    Ok(())
}

/// Returns the microseconds since the server sent an event.
#[allow(clippy::cast_precision_loss)]
pub fn latency(sent: Option<&String>) -> Option<f64> {
    let sent: u128 = sent?.parse().ok()?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_nanos();
    Some(now.saturating_sub(sent) as f64 / 1e3)
}

/// Adds the median and the 99th percentile of latencies.
pub fn percentiles(measurements: &mut Measurements, mut latencies: Vec<f64>) {
    latencies.sort_by(f64::total_cmp);
    if let (Some(median), Some(high)) = (latencies.get(latencies.len() / 2), latencies.get(latencies.len() * 99 / 100))
    {
        measurements.insert("p50_us", *median);
        measurements.insert("p99_us", *high);
    }
}
