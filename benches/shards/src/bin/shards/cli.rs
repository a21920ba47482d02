//! The flags.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// How the replicas divide the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Division {
    /// They do not. With several replicas, the check must find violations.
    One,
    /// They agree through Leases.
    Shards,
    /// The sharder of kubernetes-controller-sharding decides: needs --sharder.
    Ring,
}

impl Division {
    /// Returns the value of the flag.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Division::One => "one",
            Division::Shards => "shards",
            Division::Ring => "ring",
        }
    }
}

/// Faults and measurements of replicas that divide the objects, as processes.
#[derive(Clone, Debug, Parser)]
#[command(about)]
pub(crate) struct Cli {
    /// The kubeconfig of the API server, which must not contain another ring; by default $E2E_KUBECONFIG, or an
    /// in-memory server
    #[arg(long)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Enable the feature gate ShardedListAndWatch of the in-memory server
    #[arg(long)]
    pub(crate) gate: bool,
    #[arg(long, value_enum, default_value = "shards")]
    pub(crate) division: Division,
    /// The sharder of kubernetes-controller-sharding: a program
    #[arg(long, value_name = "PROGRAM", requires = "crd")]
    pub(crate) sharder: Option<PathBuf>,
    /// The CRD of ControllerRing
    #[arg(long, value_name = "FILE")]
    pub(crate) crd: Option<PathBuf>,
    /// The number of objects; by default 2000, or 100000 with --scale
    #[arg(long)]
    pub(crate) objects: Option<usize>,
    /// Changes per second; by default 50, or 1000 with --scale
    #[arg(long)]
    pub(crate) rate: Option<u32>,
    /// How long faults are injected, or the steady load of --scale is measured, in seconds; by default 600 or 30
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    /// The seed of the random numbers
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The number of replicas at the start
    #[arg(long, default_value_t = 3)]
    pub(crate) replicas: usize,
    /// The maximum number of replicas
    #[arg(long, default_value_t = 6)]
    pub(crate) max_replicas: usize,
    /// The mean time of a reconciliation in milliseconds
    #[arg(long, default_value_t = 20)]
    pub(crate) work: u64,
    /// Inject no faults, but join and leave once
    #[arg(long)]
    pub(crate) calm: bool,
    /// Measure these numbers of replicas without faults, such as 1,2,5,10
    #[arg(long, value_delimiter = ',')]
    pub(crate) scale: Vec<usize>,
    /// The file for the report
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The folder for logs, which stay; by default a new one in the folder of temporary files, which is kept after violations
    #[arg(long, value_name = "FOLDER")]
    pub(crate) logs: Option<PathBuf>,
}
