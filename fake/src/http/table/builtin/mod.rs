//! Table columns of built-in kinds.
//!
//! Source: `kubernetes/pkg/printers/internalversion`, `kube-aggregator/pkg/registry/apiservice/etcd`.

mod autoscaler;
mod cells;
mod cluster;
mod event;
mod network;
mod pod;
mod storage;
mod workloads;

pub(super) use self::pod::conditions as row_conditions;

use self::cells::{AGE, Definition, created_at};
use super::{Cell, Column};

const CREATED_AT: &[Definition] = &[("Created At", "date", 0, created_at)];

/// Returns the columns after the name, or all columns if the name is not the first.
pub(super) fn columns(group: &str, kind: &str) -> Vec<Column> {
    definitions(group, kind).iter().map(column).collect()
}

fn definitions(group: &str, kind: &str) -> &'static [Definition] {
    match (group, kind) {
        (_, "Event") => event::EVENT,
        ("apiextensions.k8s.io", _) => event::DEFINITION,
        (_, "Scale") => workloads::SCALE,
        ("", "Pod") => pod::POD,
        ("", "PodTemplate" | "ReplicationController") | ("apps" | "batch" | "policy", _) => workloads::columns(kind),
        ("autoscaling", _) => autoscaler::AUTOSCALER,
        ("", "Service" | "Endpoints") | ("networking.k8s.io" | "discovery.k8s.io", _) => network::columns(kind),
        ("", "PersistentVolume" | "PersistentVolumeClaim") | ("storage.k8s.io", _) => storage::columns(kind),
        ("", "ServiceAccount") | ("resource.k8s.io", "DeviceClass" | "ResourceClaimTemplate") => &[AGE],
        _ => cluster::columns(kind),
    }
}

/// Creates a column. The type can be followed by a format.
fn column((name, type_, priority, accessor): &Definition) -> Column {
    let (type_, format) = type_.split_once(' ').unwrap_or((type_, ""));
    Column { format: format.to_owned(), cell: Cell::Function(*accessor), ..Column::of(name, type_, *priority) }
}
