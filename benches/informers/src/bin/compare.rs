//! Runs our informer in all forms, kube's reflector and client-go's informer in turns, and prints their measurements.
//!
//! `compare --peers FOLDER [--rounds 3] [--only sync|lister|latency|lookups]`; the folder has `server` and `client-go`. With
//! `taskset`, the clients run on the second core and the server on the first.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use informer_benches::{BoxError, argument, number};
use serde_json::Value;

/// Client that is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    Ours,
    Compact,
    Compressed,
    Kube,
    ClientGo,
}

const ALL: [Peer; 5] = [Peer::Ours, Peer::Compact, Peer::Compressed, Peer::Kube, Peer::ClientGo];

/// The columns of all tables after their labels.
const COLUMNS: &str = "measure | ours | compact | compressed | kube | client-go | ours/kube | ours/client-go | \
                       compact/client-go | compressed/client-go |";

fn main() -> Result<(), BoxError> {
    let only = argument("only");
    let is_selected = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if is_selected("sync") {
        sync()?;
    }
    if is_selected("lister") {
        lister()?;
    }
    if is_selected("latency") {
        latency()?;
    }
    if is_selected("lookups") {
        lookups()?;
    }
    Ok(())
}

/// Runs the comparison in one process.
fn lookups() -> Result<(), BoxError> {
    println!("\n## Lookups in one process, nanoseconds\n");
    let mut here = std::env::current_exe()?;
    here.pop();
    let status = Command::new(here.join("lookups")).args(std::env::args().skip(1)).status()?;
    if status.success() { Ok(()) } else { Err("lookups failed".into()) }
}

fn sync() -> Result<(), BoxError> {
    println!("\n## Initial sync\n");
    println!("| objects | managedFields | by | {COLUMNS}");
    println!("|{}", "---|".repeat(13));
    for objects in [1_000, 2_000, 10_000, 100_000] {
        for fields in [true, false] {
            for list in [false, true] {
                let server = Server::start(objects, fields, 0.0)?;
                let best = rounds(&server, "sync", list, 1)?;
                let by = if list { "list" } else { "stream" };
                for measure in ["cpu_ms", "sync_ms", "peak_mb", "steady_mb"] {
                    row(&format!("{objects} | {} | {by}", if fields { "kept" } else { "none" }), measure, &best);
                }
            }
        }
    }
    Ok(())
}

fn lister() -> Result<(), BoxError> {
    println!("\n## Listers, nanoseconds\n");
    println!("| objects | changes/s | {COLUMNS}");
    println!("|{}", "---|".repeat(12));
    for objects in [10_000, 100_000] {
        for rate in [0.0, 10_000.0] {
            let server = Server::start(objects, false, rate)?;
            let best = rounds(&server, "lister", false, 1)?;
            for measure in ["get_ns", "get_same_ns", "namespace_ns", "namespace_arcs_ns", "index_ns", "selector_ns"] {
                row(&format!("{objects} | {rate}"), measure, &best);
            }
        }
    }
    Ok(())
}

fn latency() -> Result<(), BoxError> {
    println!("\n## Events, microseconds from the server's write to the handler\n");
    println!("| changes/s | handlers | {COLUMNS}");
    println!("|{}", "---|".repeat(12));
    for (rate, handlers) in [(10.0, 1), (100.0, 1), (1000.0, 1), (1000.0, 100)] {
        let server = Server::start(1000, false, rate)?;
        let best = rounds(&server, "latency", false, handlers)?;
        for measure in ["p50_us", "p99_us", "event_cpu_us"] {
            row(&format!("{rate} | {handlers}"), measure, &best);
        }
    }
    Ok(())
}

/// Returns the minimum of each measurement over several rounds.
fn rounds(server: &Server, mode: &str, list: bool, handlers: usize) -> Result<BTreeMap<(Peer, String), f64>, BoxError> {
    let mut best: BTreeMap<(Peer, String), f64> = BTreeMap::new();
    for _ in 0..argument("rounds").and_then(|text| text.parse().ok()).unwrap_or(3) {
        for peer in ALL {
            for (measure, value) in run(peer, server, mode, list, handlers)? {
                let minimum = best.entry((peer, measure)).or_insert(value);
                *minimum = minimum.min(value);
            }
        }
    }
    Ok(best)
}

fn run(
    peer: Peer,
    server: &Server,
    mode: &str,
    list: bool,
    handlers: usize,
) -> Result<BTreeMap<String, f64>, BoxError> {
    let mut here = std::env::current_exe()?;
    here.pop();
    let program = match peer {
        Peer::Ours | Peer::Compact | Peer::Compressed => here.join("ours"),
        Peer::Kube => here.join("kube-reflector"),
        Peer::ClientGo => peers().join("client-go"),
    };
    let mut command = pinned(program, "1");
    command.args(["--server", &server.address, "--ca", &server.certificate, "--mode", mode]);
    command.args(["--handlers", &handlers.to_string(), "--seconds", &number("seconds", 3.0).to_string()]);
    let form = match peer {
        Peer::Compact => Some("--compact"),
        Peer::Compressed => Some("--compressed"),
        _ => None,
    };
    command.args(form);
    match (peer, list) {
        (Peer::ClientGo, _) => {
            command.env("KUBE_FEATURE_WatchListClient", (!list).to_string());
        }
        (_, true) => {
            command.arg("--list");
        }
        (_, false) => {}
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let measurements: Value = serde_json::from_str(text.trim()).map_err(|error| format!("{text}: {error}"))?;
    let values = measurements.as_object().into_iter().flatten();
    Ok(values.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect())
}

fn row(label: &str, measure: &str, best: &BTreeMap<(Peer, String), f64>) {
    let value = |peer: Peer| best.get(&(peer, measure.to_owned())).copied();
    let [ours, compact, compressed, kube, go] = ALL.map(value);
    let format_value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    let ratio = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => format!("{:.2}", one / other),
        _ => "–".to_owned(),
    };
    println!(
        "| {label} | {measure} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        format_value(ours),
        format_value(compact),
        format_value(compressed),
        format_value(kube),
        format_value(go),
        ratio(ours, kube),
        ratio(ours, go),
        ratio(compact, go),
        ratio(compressed, go)
    );
}

fn peers() -> PathBuf {
    argument("peers").unwrap_or_else(|| ".".to_owned()).into()
}

/// Returns a command that runs on a single core, if supported.
fn pinned(program: PathBuf, core: &str) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let has_taskset = Command::new("taskset").arg("--version").output().is_ok();
    if cores < 2 || !has_taskset {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", core]).arg(program);
    command
}

/// The canned server, which is stopped when this value is dropped.
struct Server {
    child: Child,
    address: String,
    certificate: String,
}

impl Server {
    fn start(objects: usize, managed_fields: bool, rate: f64) -> Result<Self, BoxError> {
        let certificate = std::env::temp_dir().join(format!("informer-benches-{}.pem", std::process::id()));
        let certificate = certificate.to_string_lossy().into_owned();
        let mut command = pinned(peers().join("server"), "0");
        command.args(["--objects", &objects.to_string(), "--ca", &certificate, "--rate", &rate.to_string()]);
        command.arg(format!("--managed-fields={managed_fields}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut address)?;
        Ok(Server { child, address: address.trim().to_owned(), certificate })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Errors are ignored: the server may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.certificate);
    }
}
