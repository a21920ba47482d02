//! Reports: tables for people, JSON for programs.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use shard_benches::BoxError;
use shard_benches::check::Gap;
use shard_benches::clock::seconds;

use crate::cli::Cli;
use crate::costs::Costs;
use crate::run::Outcome;

/// How many violations and gaps are printed.
const SHOWN: usize = 10;
/// How many violations the JSON contains.
const KEPT: usize = 1000;

/// Prints the report of a run with faults. Returns whether nothing was violated.
pub(crate) fn faults(cli: &Cli, server: &str, outcome: &Outcome) -> Result<bool, BoxError> {
    println!("\n{server}, division {}, seed {}", cli.division.flag(), cli.seed);
    print(outcome);
    write(cli.json.as_deref(), &to_json(cli, server, outcome))?;
    Ok(outcome.findings.violations.is_empty() && outcome.failures.is_empty())
}

fn print(outcome: &Outcome) {
    let Outcome { findings, failures, run, costs } = outcome;
    println!(
        "{} changes, {} reconciliations, {} dropped or interrupted, {} moves of objects, {} processes",
        run.changes.len(),
        findings.reconciliations,
        findings.interrupted,
        findings.moves,
        run.logs.len()
    );
    println!("\n{:<14} {:>7} {:>9} {:>13}", "event", "times", "delayed", "longest gap");
    for (cause, Cause { times, delayed, longest }) in &causes(outcome) {
        println!("{cause:<14} {times:>7} {delayed:>9} {longest:>11.1} s");
    }
    println!("\nfrom a change to its reconciliation: {}", text(&percentiles(&findings.gaps)));
    longest(&findings.gaps).into_iter().for_each(|gap| println!("  {}", describe(gap)));
    costs_table(costs);
    failures.iter().for_each(|failure| println!("FAILED: {failure}"));
    findings.violations.iter().take(SHOWN).for_each(|violation| println!("VIOLATION: {violation}"));
    println!("\n{} violations, {} failures of processes", findings.violations.len(), failures.len());
}

fn to_json(cli: &Cli, server: &str, outcome: &Outcome) -> Value {
    let Outcome { findings, failures, run, costs } = outcome;
    let event = |(cause, of): (String, Cause)| {
        let value = json!({"times": of.times, "delayedChanges": of.delayed, "longestSeconds": of.longest});
        (cause, value)
    };
    let violations = findings.violations.iter().take(KEPT).map(ToString::to_string);
    json!({
        "server": server,
        "division": cli.division.flag(),
        "seed": cli.seed,
        "changes": run.changes.len(),
        "reconciliations": findings.reconciliations,
        "interrupted": findings.interrupted,
        "moves": findings.moves,
        "processes": run.logs.len(),
        "events": causes(outcome).into_iter().map(event).collect::<serde_json::Map<_, _>>(),
        "gapSeconds": percentiles(&findings.gaps),
        "longestGaps": longest(&findings.gaps).into_iter().map(describe).collect::<Vec<_>>(),
        "costs": costs,
        "failures": failures,
        "violations": violations.collect::<Vec<_>>(),
        "violationCount": findings.violations.len(),
    })
}

/// Writes a report as JSON.
pub(crate) fn write(path: Option<&Path>, report: &Value) -> Result<(), BoxError> {
    if let Some(path) = path {
        let text = serde_json::to_string_pretty(report)? + "\n";
        std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

/// What followed from a kind of event.
#[derive(Default)]
struct Cause {
    times: usize,
    delayed: usize,
    longest: f64,
}

fn causes(outcome: &Outcome) -> BTreeMap<String, Cause> {
    let mut causes: BTreeMap<String, Cause> = BTreeMap::new();
    for event in &outcome.run.events {
        causes.entry(event.what.clone()).or_default().times += 1;
    }
    for gap in &outcome.findings.gaps {
        let cause = causes.entry(gap.cause.clone()).or_default();
        cause.delayed += usize::from(gap.event.is_some());
        cause.longest = cause.longest.max(gap.seconds());
    }
    causes
}

/// Returns the longest gaps, one of each second and pair of replicas.
fn longest(gaps: &[Gap]) -> Vec<&Gap> {
    let mut shown: Vec<&Gap> = Vec::new();
    for gap in gaps {
        let same =
            |other: &&Gap| other.to == gap.to && other.from == gap.from && other.event.is_some() == gap.event.is_some();
        if !shown.iter().any(same) {
            shown.push(gap);
        }
        if shown.len() == SHOWN {
            break;
        }
    }
    shown
}

fn describe(gap: &Gap) -> String {
    let from = gap.from.as_deref().unwrap_or("no replica");
    let event = gap.event.as_ref().map_or_else(String::new, |(replica, before)| {
        format!(", {:.1} s after \"{}\" of {replica}", seconds(*before), gap.cause)
    });
    format!("{:.1} s at {:.1} s: {from} -> {}{event} ({})", gap.seconds(), seconds(gap.at), gap.to, gap.uid)
}

fn percentiles(gaps: &[Gap]) -> BTreeMap<&'static str, f64> {
    // Longest first.
    let of = |per_mille: usize| gaps.get(gaps.len() * (1000 - per_mille) / 1000).map_or(0.0, Gap::seconds);
    [
        ("p50", of(500)),
        ("p90", of(900)),
        ("p99", of(990)),
        ("p99.9", of(999)),
        ("max", gaps.first().map_or(0.0, Gap::seconds)),
    ]
    .into()
}

fn text(percentiles: &BTreeMap<&'static str, f64>) -> String {
    let texts: Vec<String> = percentiles.iter().map(|(name, value)| format!("{name} {value:.3} s")).collect();
    texts.join(", ")
}

#[allow(clippy::cast_precision_loss)]
fn costs_table(costs: &Costs) {
    println!("\nin {:.0} s, {} writes ({} failed):", costs.seconds, costs.writes, costs.failed_writes);
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "  replicas: {:.1} s of CPU, {} requests, {:.1} MB",
        costs.replicas_cpu,
        costs.replicas_requests,
        megabytes(costs.replicas_bytes)
    );
    if let (Some(cpu), Some(bytes)) = (costs.sharder_cpu, costs.sharder_bytes) {
        println!("  sharder: {cpu:.1} s of CPU, {:.1} MB", megabytes(bytes));
    }
    let requests = costs.server_requests.map_or_else(String::new, |requests| format!(", {requests} requests"));
    println!("  API server: {:.1} s of CPU{requests}", costs.server_cpu);
}
