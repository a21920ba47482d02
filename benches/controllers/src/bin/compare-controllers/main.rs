//! Runs our controller, kube's and controller-runtime's in turns, and prints the medians of their measurements.
//!
//! `compare-controllers --peers FOLDER [--rounds 3] [--seconds 3] [--objects N] [--workers W] [--only
//! changes|throughput|memory-server]`; the folder has `server` and `controller-runtime`. With `taskset`, the clients run on the
//! second core and the server on the first.

mod memory_server;
mod peer;
mod table;

use informer_benches::canned::Server;
use informer_benches::{BoxError, argument};
use peer::{Run, Target};
use table::Table;

/// The changes per second.
const RATE: f64 = 1000.0;

fn main() -> Result<(), BoxError> {
    let only = argument("only");
    let is_selected = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if is_selected("changes") {
        changes()?;
    }
    if is_selected("throughput") {
        throughput()?;
    }
    if is_selected("memory-server") {
        memory_server::measure()?;
    }
    Ok(())
}

/// Returns the values of a dimension that an argument selects.
fn selected(name: &str, all: &[usize]) -> Vec<usize> {
    let wanted: Option<usize> = argument(name).and_then(|text| text.parse().ok());
    all.iter().copied().filter(|value| wanted.is_none_or(|wanted| wanted == *value)).collect()
}

fn start(objects: usize, rate: f64) -> Result<Server, BoxError> {
    // The initial objects are reconciled before the first change.
    let delay = if objects > 10_000 { "8s" } else { "3s" };
    let objects = format!("--objects={objects}");
    Server::start(&[objects, format!("--rate={rate}"), format!("--delay={delay}"), "--managed-fields=false".to_owned()])
}

fn changes() -> Result<(), BoxError> {
    let table = Table::start("Initial reconciliations, and 1,000 changes a second", &["objects", "workers"]);
    for objects in selected("objects", &[10_000, 100_000]) {
        let server = start(objects, RATE)?;
        for workers in selected("workers", &[1, 4, 16]) {
            let run = Run { target: Target::Canned(&server), mode: "changes", objects, workers, work: 0 };
            let rounds = run.rounds()?;
            for measure in ["sync_cpu_ms", "change_cpu_us", "steady_mb", "peak_mb", "p50_us", "p99_us"] {
                table.row(&[&objects, &workers], measure, &rounds)?;
            }
        }
    }
    Ok(())
}

fn throughput() -> Result<(), BoxError> {
    let table = Table::start("All objects are queued at once", &["objects", "workers", "work"]);
    for objects in selected("objects", &[10_000, 100_000]) {
        let server = start(objects, 0.0)?;
        for work in [0, 1] {
            for workers in selected("workers", &[1, 4, 16]) {
                let run = Run { target: Target::Canned(&server), mode: "throughput", objects, workers, work };
                let rounds = run.rounds()?;
                let waits = (work > 0).then_some("wait_us");
                for measure in ["per_second", "cpu_us"].into_iter().chain(waits) {
                    table.row(&[&objects, &workers, &format!("{work} ms")], measure, &rounds)?;
                }
            }
        }
    }
    Ok(())
}
