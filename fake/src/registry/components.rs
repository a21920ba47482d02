//! The statuses of components. Neither a controller manager nor a scheduler runs beside this server.
//!
//! Source: `kubernetes/pkg/registry/core/componentstatus/rest.go` and `core/rest/storage_core.go`.

use serde_json::{Value, json};

use super::{ListOptions, Page, Registry, Target};
use crate::status::{Failure, GroupResource};

/// The components and the ports on which the API server checks their health.
const COMPONENTS: [(&str, Option<u16>); 3] =
    [("controller-manager", Some(10257)), ("etcd-0", None), ("scheduler", Some(10259))];

fn status((name, port): (&str, Option<u16>)) -> Value {
    let condition = match port {
        None => json!({"type": "Healthy", "status": "True", "message": "ok"}),
        Some(port) => {
            let address = format!("127.0.0.1:{port}");
            let message = format!("Get \"https://{address}/healthz\": dial tcp {address}: connect: connection refused");
            json!({"type": "Healthy", "status": "False", "message": message})
        }
    };
    json!({"apiVersion": "v1", "kind": "ComponentStatus", "metadata": {"name": name}, "conditions": [condition]})
}

impl Registry {
    pub(super) fn component_status(target: &Target) -> Result<Value, Failure> {
        let found = COMPONENTS.into_iter().find(|(name, _)| *name == target.name);
        let resource = GroupResource { group: String::new(), resource: "componentstatus".to_owned() };
        found.map(status).ok_or_else(|| Failure::not_found(&resource, &target.name))
    }

    /// Returns the statuses that are selected. Limits and versions have no effect.
    pub(super) fn component_statuses(target: &Target, options: &ListOptions) -> Page {
        let all = COMPONENTS.into_iter().map(status);
        let items = all
            .filter(|status| options.selection.selects(status))
            .map(|status| target.kind.write(target.version(), &status).into());
        Page {
            items: items.collect(),
            resource_version: None,
            continue_token: String::new(),
            remaining: None,
            shard: None,
        }
    }
}
