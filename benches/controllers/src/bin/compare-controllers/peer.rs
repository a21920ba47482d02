//! Runs of the measured programs.

use std::collections::BTreeMap;
use std::process::Command;

use informer_benches::canned::{self, Server, here, peers, pinned};
use informer_benches::{BoxError, argument, number};

/// Controller that is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Ours,
    Kube,
    ControllerRuntime,
}

pub(crate) const ALL: [Peer; 3] = [Peer::Ours, Peer::Kube, Peer::ControllerRuntime];

impl Peer {
    /// The name in the measurements.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Peer::Ours => "ours",
            Peer::Kube => "kube",
            Peer::ControllerRuntime => "controller-runtime",
        }
    }
}

/// The measurements of all rounds.
pub(crate) type Rounds = BTreeMap<(Peer, String), Vec<f64>>;

/// The server.
#[derive(Clone, Copy)]
pub(crate) enum Target<'s> {
    Canned(&'s Server),
    /// The server of a kubeconfig.
    Kubeconfig(&'s str),
}

/// What is measured.
pub(crate) struct Run<'s> {
    pub(crate) target: Target<'s>,
    pub(crate) mode: &'static str,
    pub(crate) objects: usize,
    pub(crate) workers: usize,
    /// How long a reconciliation waits, in milliseconds.
    pub(crate) work: usize,
}

impl Run<'_> {
    /// Returns the measurements of several rounds.
    pub(crate) fn rounds(&self) -> Result<Rounds, BoxError> {
        let mut values = Rounds::new();
        for _ in 0..argument("rounds").and_then(|text| text.parse().ok()).unwrap_or(3) {
            for peer in ALL {
                for (measure, value) in canned::measurements(self.command(peer)?)? {
                    values.entry((peer, measure)).or_default().push(value);
                }
            }
        }
        Ok(values)
    }

    fn command(&self, peer: Peer) -> Result<Command, BoxError> {
        let program = match peer {
            Peer::Ours => here()?.join("our-controller"),
            Peer::Kube => here()?.join("kube-controller"),
            Peer::ControllerRuntime => peers().join("controller-runtime"),
        };
        let mut command = pinned(program, "1");
        match self.target {
            Target::Canned(server) => command.args(["--server", &server.address, "--ca", &server.certificate]),
            Target::Kubeconfig(file) => command.args(["--kubeconfig-file", file]),
        };
        command.args(["--mode", self.mode, "--objects", &self.objects.to_string()]);
        command.args(["--workers", &self.workers.to_string(), "--work-ms", &self.work.to_string()]);
        command.args(["--seconds", &number("seconds", 3.0).to_string()]);
        // All of them receive the initial objects from a watch.
        command.env("KUBE_FEATURE_WatchListClient", "true");
        Ok(command)
    }
}
