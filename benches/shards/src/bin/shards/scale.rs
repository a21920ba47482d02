//! Measurements of several numbers of replicas without faults.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shard_benches::BoxError;
use tokio::time::Instant;

use crate::cli::{Cli, Division};
use crate::objects::Objects;
use crate::replicas::{Replicas, Settings};
use crate::report;
use crate::server::ApiServer;

/// How long replicas may take until each holds its quota and caches its objects.
const BALANCED: Duration = Duration::from_secs(300);

/// What was measured for a number of replicas: means of one replica, and totals.
#[derive(Clone, Debug, Default)]
struct Row {
    replicas: usize,
    /// Memory in MB: the mean and the maximum.
    memory: f64,
    max_memory: f64,
    cached: usize,
    max_cached: usize,
    /// CPU seconds until the caches were synced and each object was reconciled once.
    sync_cpu: f64,
    sync_seconds: f64,
    sync_bytes: u64,
    /// Changes per second, and CPU seconds per 1000 changes.
    rate: f64,
    cpu: f64,
    server_cpu: f64,
    bytes: f64,
    requests: f64,
}

/// Measures, and prints a table.
pub(crate) async fn run(cli: &Cli, folder: &Path) -> Result<bool, BoxError> {
    let server = ApiServer::start(cli, folder).await?;
    let count = cli.objects.unwrap_or(100_000);
    let namespace = format!("scale-{}", std::process::id());
    let start = Instant::now();
    let objects = Objects::create(&server.client, &namespace, count).await?;
    println!("{}: {count} objects created in {:.0} s", server.name, start.elapsed().as_secs_f64());
    let none = Objects::create(&server.client, &format!("{namespace}-none"), 0).await?;
    let empty = measure(cli, &server, &none, 1, folder).await?;
    println!("a replica without objects: {:.1} MB, {:.2} s of CPU until it was synced", empty.memory, empty.sync_cpu);
    let mut rows = Vec::new();
    for replicas in &cli.scale {
        rows.push(measure(cli, &server, &objects, *replicas, folder).await?);
        print(&rows, &empty, count);
    }
    objects.delete_all().await?;
    none.delete_all().await?;
    let rows: Vec<Value> = rows.iter().map(Row::json).collect();
    let report = json!({"server": server.name, "objects": count, "empty": empty.json(), "rows": rows});
    report::write(cli.json.as_deref(), &report)?;
    Ok(true)
}

async fn measure(
    cli: &Cli,
    server: &ApiServer,
    objects: &Arc<Objects>,
    count: usize,
    folder: &Path,
) -> Result<Row, BoxError> {
    let existing = objects.written().existing;
    let division = if count == 1 && cli.division == Division::One { Division::One } else { Division::Shards };
    let settings = Settings {
        folder: folder.to_path_buf(),
        access: server.access.clone(),
        namespace: objects.namespace.clone(),
        group: format!("scale-{count}-of-{existing}"),
        division,
        work: None,
    };
    let mut replicas = Replicas::new(settings);
    let start = Instant::now();
    for _ in 0..count {
        replicas.join().await?;
    }
    balanced(&replicas, existing).await?;
    let mut row = Row { replicas: count, sync_seconds: start.elapsed().as_secs_f64(), ..Row::default() };
    row.synced(&replicas);
    if existing > 0 {
        row.steady(cli, server, objects, &replicas).await?;
    }
    for failure in replicas.stop().await? {
        println!("FAILED: {failure}");
    }
    Ok(row)
}

/// Waits until each replica holds its quota, caches the objects in it, and has reconciled them.
async fn balanced(replicas: &Replicas, existing: usize) -> Result<(), BoxError> {
    let (start, quota) = (Instant::now(), 128 / replicas.all.len());
    let mut quiet = 0;
    let mut before = 0;
    while quiet < 5 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let all: Vec<_> = replicas.all.iter().map(crate::replicas::Replica::stats).collect();
        let cached: usize = all.iter().map(|stats| stats.cached).sum();
        let reconciled: u64 = all.iter().map(|stats| stats.reconciled).sum();
        let is_balanced = all.iter().all(|stats| stats.synced && (quota..=quota + 1).contains(&stats.slots));
        let is_done = is_balanced && cached == existing && reconciled >= existing as u64 && reconciled == before;
        quiet = if is_done { quiet + 1 } else { 0 };
        before = reconciled;
        if start.elapsed() > BALANCED {
            return Err(format!("{existing} objects were not divided within {BALANCED:?}: {all:?}").into());
        }
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss)]
impl Row {
    fn synced(&mut self, replicas: &Replicas) {
        let count = self.replicas as f64;
        let memory: Vec<f64> = replicas.all.iter().map(crate::replicas::Replica::memory).collect();
        let cached: Vec<usize> = replicas.all.iter().map(|replica| replica.stats().cached).collect();
        self.memory = memory.iter().sum::<f64>() / count;
        self.max_memory = memory.iter().copied().fold(0.0, f64::max);
        self.cached = cached.iter().sum::<usize>() / self.replicas;
        self.max_cached = cached.into_iter().max().unwrap_or_default();
        let usage = replicas.usage();
        self.sync_cpu = usage.cpu / count;
        self.sync_bytes = usage.bytes;
    }

    /// Measures a time with changes.
    async fn steady(
        &mut self,
        cli: &Cli,
        server: &ApiServer,
        objects: &Arc<Objects>,
        replicas: &Replicas,
    ) -> Result<(), BoxError> {
        let time = Duration::from_secs(cli.seconds.unwrap_or(30));
        let (count, rate) = (objects.written().existing, cli.rate.unwrap_or(1000));
        let (usage, server_cpu, changes) = (replicas.usage(), server.cpu(), objects.written().changes.len());
        let start = Instant::now();
        let mut tasks = objects.change(count, rate, 0, cli.seed);
        tokio::time::sleep(time).await;
        objects.stop();
        while tasks.join_next().await.is_some() {}
        tokio::time::sleep(Duration::from_secs(1)).await;
        let seconds = start.elapsed().as_secs_f64();
        let changes = (objects.written().changes.len() - changes) as f64;
        let after = replicas.usage();
        self.rate = changes / time.as_secs_f64();
        self.cpu = (after.cpu - usage.cpu) * 1000.0 / changes / self.replicas as f64;
        self.server_cpu = (server.cpu() - server_cpu) * 1000.0 / changes;
        self.bytes = (after.bytes - usage.bytes) as f64 / changes;
        self.requests = (after.requests - usage.requests) as f64 / seconds;
        Ok(())
    }

    fn json(&self) -> Value {
        json!({
            "replicas": self.replicas,
            "memoryMB": self.memory,
            "maxMemoryMB": self.max_memory,
            "cached": self.cached,
            "maxCached": self.max_cached,
            "syncCpuSeconds": self.sync_cpu,
            "syncSeconds": self.sync_seconds,
            "syncBytes": self.sync_bytes,
            "changesPerSecond": self.rate,
            "cpuSecondsPer1000Changes": self.cpu,
            "serverCpuSecondsPer1000Changes": self.server_cpu,
            "bytesPerChange": self.bytes,
            "requestsPerSecond": self.requests,
        })
    }
}

#[allow(clippy::cast_precision_loss)]
fn print(rows: &[Row], empty: &Row, objects: usize) {
    let Some(first) = rows.first() else { return };
    println!("\nmeans of one replica; in parentheses: the part of what one replica alone has, where 1/n is ideal");
    println!(
        "{:>8} {:>16} {:>17} {:>16} {:>17} {:>18} {:>9}",
        "replicas", "cached", "MB of memory", "above the empty", "CPU s to sync", "CPU s/1000 changes", "1/n"
    );
    for row in rows {
        let part = |value: f64, of: f64| format!("({:.3})", value / of.max(1e-9));
        println!(
            "{:>8} {:>8} {:>7} {:>9.1} {:>7} {:>8.1} {:>7} {:>9.2} {:>7} {:>10.3} {:>7} {:>9.3}",
            row.replicas,
            row.cached,
            part(row.cached as f64, objects as f64),
            row.memory,
            part(row.memory, first.memory),
            row.memory - empty.memory,
            part(row.memory - empty.memory, first.memory - empty.memory),
            row.sync_cpu,
            part(row.sync_cpu, first.sync_cpu),
            row.cpu,
            part(row.cpu, first.cpu),
            first.replicas as f64 / row.replicas as f64,
        );
    }
    print_totals(rows);
}

#[allow(clippy::cast_precision_loss)]
fn print_totals(rows: &[Row]) {
    println!("\ntotals of all replicas and of the API server");
    println!(
        "{:>8} {:>11} {:>13} {:>17} {:>24} {:>15} {:>13}",
        "replicas", "s to sync", "MB to sync", "changes/s", "server CPU s/1000 changes", "bytes/change", "requests/s"
    );
    for row in rows {
        println!(
            "{:>8} {:>11.0} {:>13.1} {:>17.0} {:>24.3} {:>15.0} {:>13.1}",
            row.replicas,
            row.sync_seconds,
            row.sync_bytes as f64 / 1e6,
            row.rate,
            row.server_cpu,
            row.bytes,
            row.requests
        );
    }
}
