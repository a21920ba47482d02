//! What a run costs: CPU time, requests and traffic.

use std::time::Duration;

use serde::Serialize;

use crate::objects::Objects;
use crate::replicas::{Replicas, Usage};
use crate::ring::Ring;
use crate::server::ApiServer;

/// What a run cost.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Costs {
    pub(crate) seconds: f64,
    pub(crate) writes: usize,
    pub(crate) failed_writes: u64,
    pub(crate) replicas_cpu: f64,
    pub(crate) replicas_bytes: u64,
    pub(crate) replicas_requests: u64,
    pub(crate) server_cpu: f64,
    pub(crate) server_requests: Option<f64>,
    pub(crate) sharder_cpu: Option<f64>,
    pub(crate) sharder_bytes: Option<u64>,
}

/// What had been used at the start of a run.
pub(crate) struct Before {
    writes: usize,
    usage: Usage,
    server_cpu: f64,
    server_requests: Option<f64>,
    sharder: Option<(f64, u64)>,
}

impl Before {
    pub(crate) async fn read(server: &ApiServer, objects: &Objects, replicas: &Replicas, ring: Option<&Ring>) -> Self {
        let writes = objects.written().changes.len();
        Before {
            writes,
            usage: replicas.usage(),
            server_cpu: server.cpu(),
            server_requests: server.requests().await,
            sharder: ring.map(|ring| (ring.cpu(), ring.bytes())),
        }
    }

    pub(crate) async fn costs(
        &self,
        time: Duration,
        server: &ApiServer,
        objects: &Objects,
        replicas: &Replicas,
        ring: Option<&Ring>,
    ) -> Costs {
        let after = Before::read(server, objects, replicas, ring).await;
        let sharder = after.sharder.zip(self.sharder);
        Costs {
            seconds: time.as_secs_f64(),
            writes: after.writes - self.writes,
            failed_writes: objects.failures(),
            replicas_cpu: after.usage.cpu - self.usage.cpu,
            replicas_bytes: after.usage.bytes - self.usage.bytes,
            replicas_requests: after.usage.requests.saturating_sub(self.usage.requests),
            server_cpu: after.server_cpu - self.server_cpu,
            server_requests: after.server_requests.zip(self.server_requests).map(|(after, before)| after - before),
            sharder_cpu: sharder.map(|(after, before)| after.0 - before.0),
            sharder_bytes: sharder.map(|(after, before)| after.1 - before.1),
        }
    }
}
