//! A candidate of a leader election, for `tests/tests/election.rs`: while it is the leader, it appends lines to a log.
//!
//! A line contains the fencing token (`leaseTransitions`) and the identity. The log has the lines of all candidates in their
//! order, so that it shows whether one acted after it was replaced. SIGTERM ends the program and releases the lease.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use kube_client_runtime::client::Client;
use kube_client_runtime::controllers::election::{Candidate, Ended, LeaderElector, Leadership};
use tokio::signal::unix::{Signal, SignalKind, signal};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The interval of actions: much longer than an action, so that a test can stop the program between two of them.
const INTERVAL: Duration = Duration::from_millis(100);

#[derive(Parser)]
#[command(about = "A candidate of a leader election")]
struct Cli {
    #[arg(long)]
    kubeconfig: PathBuf,
    #[arg(long)]
    namespace: String,
    /// The name of the Lease
    #[arg(long)]
    name: String,
    #[arg(long)]
    identity: String,
    /// The file to which the leader appends
    #[arg(long)]
    log: PathBuf,
    /// Lease duration in seconds; the renew deadline is two thirds, the retry period a tenth of it
    #[arg(long, default_value_t = 6)]
    lease: u64,
    /// The version of a candidate of a coordinated leader election
    #[arg(long)]
    coordinated: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let cli = Cli::parse();
    let client = Client::builder().kubeconfig(&cli.kubeconfig).connect().await?;
    let lease = Duration::from_secs(cli.lease);
    let mut builder = LeaderElector::builder(&client, &cli.namespace, &cli.name)
        .identity(&cli.identity)
        .lease_duration(lease)
        .renew_deadline(lease * 2 / 3)
        .retry_period(lease / 10)
        .release_on_cancel(true);
    if let Some(version) = cli.coordinated {
        builder = builder.coordinated(Candidate::new(version));
    }
    let elector = builder.build()?;
    let log = File::options().create(true).append(true).open(&cli.log)?;
    let mut terminated = signal(SignalKind::terminate())?;
    loop {
        match elector.run(|leadership| act(leadership, &log, &cli.identity, &mut terminated)).await {
            Ended::Finished(result) => return result,
            Ended::Lost(loss) => eprintln!("{}: {loss}", cli.identity),
        }
    }
}

/// Appends to the log until SIGTERM.
async fn act(leadership: Leadership, mut log: &File, identity: &str, terminated: &mut Signal) -> Result<(), BoxError> {
    let line = format!("{} {identity}\n", leadership.transitions());
    while leadership.is_valid() {
        log.write_all(line.as_bytes())?;
        if tokio::time::timeout(INTERVAL, terminated.recv()).await.is_ok() {
            return Ok(());
        }
    }
    std::future::pending().await
}
