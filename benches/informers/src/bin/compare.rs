//! Runs our informer in all forms, kube's reflector and client-go's informer in turns, and prints their measurements.
//!
//! `compare --peers FOLDER [--rounds 3] [--most OBJECTS] [--only sync|lister|latency|lookups]`; the folder has `server` and `client-go`. With
//! `taskset`, the clients run on the second core and the server on the first.

use std::collections::BTreeMap;
use std::process::Command;

use bench_record::Recorder;
use informer_benches::canned::{self, Server, here, peers, pinned};
use informer_benches::{BoxError, argument, number};

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

impl Peer {
    /// The name in the measurements.
    fn name(self) -> &'static str {
        match self {
            Peer::Ours => "ours",
            Peer::Compact => "ours, compact",
            Peer::Compressed => "ours, compressed",
            Peer::Kube => "kube",
            Peer::ClientGo => "client-go",
        }
    }
}

/// The values of all rounds.
type Rounds = BTreeMap<(Peer, String), Vec<f64>>;

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

/// Starts the server.
fn start(objects: usize, managed_fields: bool, rate: f64) -> Result<Server, BoxError> {
    let fields = format!("--managed-fields={managed_fields}");
    Server::start(&[format!("--objects={objects}"), format!("--rate={rate}"), fields])
}

/// Runs the comparison in one process.
fn lookups() -> Result<(), BoxError> {
    println!("\n## Lookups in one process, nanoseconds\n");
    let status = Command::new(here()?.join("lookups")).args(std::env::args().skip(1)).status()?;
    if status.success() { Ok(()) } else { Err("lookups failed".into()) }
}

fn sync() -> Result<(), BoxError> {
    println!("\n## Initial sync\n");
    println!("| objects | managedFields | by | {COLUMNS}");
    println!("|{}", "---|".repeat(13));
    for objects in sizes(&[1_000, 2_000, 10_000, 100_000]) {
        for fields in [true, false] {
            for list in [false, true] {
                let server = start(objects, fields, 0.0)?;
                let rounds = rounds(&server, "sync", list, 1)?;
                let by = if list { "list" } else { "stream" };
                let (kept, with) =
                    if fields { ("kept", "with managed fields") } else { ("none", "without managed fields") };
                let (labels, case) =
                    (format!("{objects} | {kept} | {by}"), format!("sync of {objects} by {by}, {with}"));
                for measure in ["cpu_ms", "sync_ms", "peak_mb", "steady_mb"] {
                    row(&labels, &case, measure, &rounds)?;
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
    for objects in sizes(&[10_000, 100_000]) {
        for rate in [0.0, 10_000.0] {
            let server = start(objects, false, rate)?;
            let rounds = rounds(&server, "lister", false, 1)?;
            let case = format!("reads of {objects}, {rate} changes/s");
            for measure in ["get_ns", "get_same_ns", "namespace_ns", "namespace_arcs_ns", "index_ns", "selector_ns"] {
                row(&format!("{objects} | {rate}"), &case, measure, &rounds)?;
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
        let server = start(1000, false, rate)?;
        let rounds = rounds(&server, "latency", false, handlers)?;
        let case = format!("{rate} changes/s, {handlers} handlers");
        for measure in ["p50_us", "p99_us", "event_cpu_us"] {
            row(&format!("{rate} | {handlers}"), &case, measure, &rounds)?;
        }
    }
    Ok(())
}

/// Returns the numbers of objects up to `--most`.
#[allow(clippy::cast_precision_loss)]
fn sizes(all: &[usize]) -> Vec<usize> {
    let most = number("most", f64::INFINITY);
    all.iter().copied().filter(|&objects| objects as f64 <= most).collect()
}

/// Returns the measurements of several rounds.
fn rounds(server: &Server, mode: &str, list: bool, handlers: usize) -> Result<Rounds, BoxError> {
    let mut rounds = Rounds::new();
    for _ in 0..argument("rounds").and_then(|text| text.parse().ok()).unwrap_or(3) {
        for peer in ALL {
            for (measure, value) in run(peer, server, mode, list, handlers)? {
                rounds.entry((peer, measure)).or_default().push(value);
            }
        }
    }
    Ok(rounds)
}

fn run(
    peer: Peer,
    server: &Server,
    mode: &str,
    list: bool,
    handlers: usize,
) -> Result<BTreeMap<String, f64>, BoxError> {
    let here = here()?;
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
    canned::measurements(command)
}

/// Records the values of all rounds, and prints their minima. Labels are the first columns, `case` describes them.
fn row(labels: &str, case: &str, measure: &str, rounds: &Rounds) -> Result<(), BoxError> {
    let recorder = Recorder::new("informers");
    let mut minima = [None; 5];
    for (peer, minimum) in ALL.into_iter().zip(&mut minima) {
        if let Some(values) = rounds.get(&(peer, measure.to_owned())) {
            recorder.record(case, measure, peer.name(), values)?;
            *minimum = values.iter().copied().reduce(f64::min);
        }
    }
    let [ours, compact, compressed, kube, go] = minima;
    let format_value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    let ratio = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => format!("{:.2}", one / other),
        _ => "–".to_owned(),
    };
    let values = minima.map(format_value).join(" | ");
    let ratios = [ratio(ours, kube), ratio(ours, go), ratio(compact, go), ratio(compressed, go)].join(" | ");
    println!("| {labels} | {measure} | {values} | {ratios} |");
    Ok(())
}
