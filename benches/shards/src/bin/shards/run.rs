//! A run with faults: objects change while replicas join, leave, crash and stop; then the logs are checked.

use std::path::Path;
use std::time::Duration;

use shard_benches::check::{Findings, Run, check, waiting};
use shard_benches::{BoxError, clock, log};
use tokio::time::Instant;

use crate::cli::{Cli, Division};
use crate::costs::{Before, Costs};
use crate::faults::Faults;
use crate::objects::Objects;
use crate::replicas::{Replicas, Settings};
use crate::report;
use crate::ring::Ring;
use crate::server::ApiServer;

/// How long the replicas may take to reconcile everything after the last fault: until the last Lease has expired, new replicas
/// have settled, and all slots have moved.
const QUIET: Duration = Duration::from_secs(240);
/// One of this number of changes deletes an object and creates it again.
const DELETES: u32 = 50;

/// The result of a run.
pub(crate) struct Outcome {
    pub(crate) findings: Findings,
    pub(crate) failures: Vec<String>,
    pub(crate) run: Run,
    pub(crate) costs: Costs,
}

/// Runs replicas with faults, prints the report, and returns whether nothing was violated.
pub(crate) async fn run(cli: &Cli, folder: &Path) -> Result<bool, BoxError> {
    let mut server = ApiServer::start(cli, folder).await?;
    let count = cli.objects.unwrap_or(2000);
    let namespace = format!("shards-{}", std::process::id());
    let ring = match cli.division {
        Division::Ring => Some(Ring::start(cli, &server, &namespace, folder).await?),
        _ => None,
    };
    let objects = Objects::create(&server.client, &namespace, count).await?;
    println!("{}: {count} objects in {namespace}, logs in {}", server.name, folder.display());
    let settings = Settings {
        folder: folder.to_path_buf(),
        access: server.access.clone(),
        namespace: namespace.clone(),
        group: "maps".to_owned(),
        division: cli.division,
        work: Some(cli.work),
    };
    let mut replicas = Replicas::new(settings);
    let result = with_faults(cli, &server, &objects, &mut replicas, ring.as_ref()).await;
    server.check()?;
    objects.delete_all().await?;
    if let Some(ring) = ring {
        ring.stop(&server).await?;
    }
    report::faults(cli, &server.name, &result?)
}

async fn with_faults(
    cli: &Cli,
    server: &ApiServer,
    objects: &std::sync::Arc<Objects>,
    replicas: &mut Replicas,
    ring: Option<&Ring>,
) -> Result<Outcome, BoxError> {
    for _ in 0..cli.replicas {
        replicas.join().await?;
    }
    let mut faults = Faults::new(cli.seed, cli.max_replicas);
    let mut failures = quiet(&mut faults, objects, replicas).await?;
    let since = clock::now();
    let (start, before) = (Instant::now(), Before::read(server, objects, replicas, ring).await);
    let count = cli.objects.unwrap_or(2000);
    let mut changes = objects.change(count, cli.rate.unwrap_or(50), DELETES, cli.seed);
    let time = Duration::from_secs(cli.seconds.unwrap_or(600));
    if cli.calm {
        faults.calm(replicas, time).await?;
    } else {
        faults.inject(replicas, time).await?;
    }
    objects.stop();
    while changes.join_next().await.is_some() {}
    faults.heal(replicas)?;
    failures.extend(quiet(&mut faults, objects, replicas).await?);
    let costs = before.costs(start.elapsed(), server, objects, replicas, ring).await;
    failures.extend(replicas.stop().await?);
    failures.append(&mut faults.failures);
    let run = Run { since, ..observed(objects, replicas)? };
    Ok(Outcome { findings: check(&run), failures, run, costs })
}

/// Waits until everything is reconciled and each object is cached by one replica. Returns what did not happen in time.
async fn quiet(faults: &mut Faults, objects: &Objects, replicas: &mut Replicas) -> Result<Vec<String>, BoxError> {
    let start = Instant::now();
    println!("{:>10.1} s  waiting until all changes are reconciled", clock::seconds(clock::now()));
    if replicas.all.iter().all(|replica| replica.leaves.is_some()) {
        replicas.join().await?;
    }
    loop {
        tokio::time::sleep(Duration::from_secs(3)).await;
        faults.tick(replicas)?;
        let waiting = waiting(&observed(objects, replicas)?);
        let (mut cached, mut slots, mut synced) = (0, 0, true);
        for stats in replicas.all.iter().filter(|replica| replica.leaves.is_none()).map(crate::replicas::Replica::stats)
        {
            cached += stats.cached;
            slots += stats.slots;
            synced &= stats.synced;
        }
        let existing = objects.written().existing;
        let divided = match replicas.settings.division {
            Division::One => true,
            Division::Shards => cached == existing && slots == 128,
            Division::Ring => cached == existing,
        };
        let leaving = replicas.all.iter().any(|replica| replica.leaves.is_some());
        if waiting == 0 && divided && synced && !leaving {
            println!("quiet after {:.0} s", start.elapsed().as_secs_f64());
            return Ok(Vec::new());
        }
        if start.elapsed() > QUIET {
            let text = "objects wait for their reconciliation";
            return Ok(vec![format!(
                "{waiting} {text}, {cached} of {existing} are cached, {slots} of 128 slots are held after {QUIET:?}"
            )]);
        }
    }
}

/// Returns what happened until now.
fn observed(objects: &Objects, replicas: &Replicas) -> Result<Run, BoxError> {
    let (changes, deleted) = {
        let written = objects.written();
        (written.changes.clone(), written.deleted.clone())
    };
    let mut run = Run { changes, deleted, events: replicas.events.clone(), ..Run::default() };
    for name in &replicas.names {
        run.logs.insert(name.clone(), log::read(&replicas.log_of(name))?);
    }
    Ok(run)
}
