//! Runs the in-memory server with our client and the fakes of client-go and controller-runtime in turns, and prints the medians
//! of their measurements in microseconds.
//!
//! `compare-fakes --peers FOLDER [--rounds 3] [--seconds 1]`; the folder has `fakes`.

use std::collections::BTreeMap;

use bench_record::Recorder;
use informer_benches::canned::{here, measurements, peers, pinned};
use informer_benches::{BoxError, number};

const CANDIDATES: [&str; 3] = ["ours", "client-go", "controller-runtime"];

fn main() -> Result<(), BoxError> {
    let mut rounds: BTreeMap<(String, &str), Vec<f64>> = BTreeMap::new();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    for _ in 0..number("rounds", 3.0) as usize {
        for candidate in CANDIDATES {
            for (measure, value) in run(candidate)? {
                rounds.entry((measure, candidate)).or_default().push(value);
            }
        }
    }
    let recorder = Recorder::new("fakes");
    for ((measure, candidate), values) in &rounds {
        recorder.record("1000 ConfigMaps", measure, candidate, values)?;
    }
    println!("| measure | ours | client-go | controller-runtime | ours/client-go | ours/controller-runtime |");
    println!("|---|---|---|---|---|---|");
    let measures: std::collections::BTreeSet<&String> = rounds.keys().map(|(measure, _)| measure).collect();
    for measure in measures {
        let [ours, go, runtime] = CANDIDATES.map(|candidate| median(rounds.get(&(measure.clone(), candidate))));
        println!("| {measure} | {ours:.1} | {go:.1} | {runtime:.1} | {:.2} | {:.2} |", ours / go, ours / runtime);
    }
    Ok(())
}

fn run(candidate: &str) -> Result<BTreeMap<String, f64>, BoxError> {
    let seconds = number("seconds", 1.0).to_string();
    let mut command = match candidate {
        "ours" => pinned(here()?.join("our-fake"), "1"),
        _ => pinned(peers().join("fakes"), "1"),
    };
    command.args(["--seconds", &seconds]);
    if candidate != "ours" {
        command.args(["--client", candidate]);
    }
    measurements(command)
}

fn median(values: Option<&Vec<f64>>) -> f64 {
    let mut values = values.cloned().unwrap_or_default();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
