//! Defaults of resource lists, limits, quotas and nodes.

use serde_json::Value;

use super::{add_entries, entries, has, set, text, within};
use crate::catalogue::quantity;

/// The billionths in a thousandth.
const MILLI: i128 = 1_000_000;

/// Sets the defaults of requests and limits.
pub(super) fn requirements(requirements: &mut Value) {
    round(requirements, "limits");
    round(requirements, "requests");
}

/// Rounds the quantities of a list up to thousandths.
pub(super) fn round(object: &mut Value, name: &str) {
    let Some(Value::Object(list)) = object.get_mut(name) else { return };
    for value in list.values_mut() {
        let Some(nanos) = value.as_str().and_then(|text| quantity::nanos(text).ok()) else { continue };
        if nanos % MILLI != 0 {
            let thousandths = nanos.div_euclid(MILLI) + 1;
            if let Ok(text) = quantity::canonical(&format!("{thousandths}m")) {
                *value = text.into();
            }
        }
    }
}

/// Sets the defaults of an item of a limit range.
pub(super) fn limit(limit: &mut Value) {
    if text(limit, "type") == "Container" {
        let (max, min) = (entries(limit, "max"), entries(limit, "min"));
        add_entries(limit, "default", max);
        let limits = entries(limit, "default");
        add_entries(limit, "defaultRequest", limits);
        add_entries(limit, "defaultRequest", min);
    }
    for name in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        round(limit, name);
    }
}

pub(super) fn quota(quota: &mut Value) {
    within(quota, "spec", |spec| round(spec, "hard"));
    within(quota, "status", |status| {
        round(status, "hard");
        round(status, "used");
    });
}

pub(super) fn node(node: &mut Value) {
    within(node, "spec", |spec| {
        let (single, first) = (text(spec, "podCIDR").to_owned(), spec["podCIDRs"][0].as_str().map(str::to_owned));
        match first {
            Some(first) if single.is_empty() => set(spec, "podCIDR", first),
            first if !single.is_empty() && first.as_deref() != Some(single.as_str()) => {
                set(spec, "podCIDRs", vec![single]);
            }
            _ => {}
        }
    });
    within(node, "status", |status| {
        if !has(status, "allocatable") && has(status, "capacity") {
            let capacity = status["capacity"].clone();
            set(status, "allocatable", capacity);
        }
        round(status, "capacity");
        round(status, "allocatable");
    });
}
