//! Apply configurations, without an API server.

mod configurations;
mod extraction;
mod upgrade;

use kube_client_runtime::apply_fields;
use kube_client_runtime::apply_object;
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::types::{BTreeMap, Json, Sensitive};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
/// A part of a service.
pub struct Port {
    port: i64,
    protocol: Option<String>,
    name: Option<String>,
}

#[derive(Default, Serialize)]
/// Fields of all modes.
pub struct Parts {
    size: i64,
    broken: BTreeMap<Vec<u8>, i64>,
}

apply_fields! {
    PortApplyConfiguration: Port {
        with_port port unset_port: value(i64) = "port",
        with_protocol protocol unset_protocol: text() = "protocol",
        with_name name unset_name: text() = "name",
    }
}

apply_fields! {
    PartsApplyConfiguration: Parts {
        with_size size unset_size: value(i64) = "size",
        with_gone gone unset_gone: value(Option<i64>) = "gone",
        with_token token unset_token: value(Sensitive<String>) = "token" + secret,
        with_keys keys unset_keys: values(Sensitive<String>) = "keys" as set + secret,
        with_hosts hosts unset_hosts: values(String) = "hosts" as set,
        with_args args unset_args: values(String) = "args" as atomic,
        with_any any unset_any: value(Json) = "any",
        with_ports ports unset_ports ports_mut: list(PortApplyConfiguration) = "ports" as map["port", "protocol" = "\"TCP\""],
        with_plain plain unset_plain plain_mut: list(PortApplyConfiguration) = "plain" as atomic,
        with_named named unset_named named_mut: map(PortApplyConfiguration) = "named",
        with_labels labels unset_labels: entries(String) = "labels",
        with_one one unset_one one_mut: nested(PortApplyConfiguration) = "one",
        with_whole whole unset_whole whole_mut: nested(PortApplyConfiguration) = "whole" as atomic,
    }
}

apply_object! {
    MapApplyConfiguration: ConfigMap, Namespaced status {
        with_data data unset_data: entries(String) = "data",
        with_parts parts unset_parts parts_mut: nested(PartsApplyConfiguration) = "parts",
    }
}
