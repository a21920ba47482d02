//! The election record: the specification of a Lease.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::LeaseSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use serde_json::{Map, Value};

/// The content of a Lease, as client-go's `LeaderElectionRecord`. An absent field is empty or `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LeaderElectionRecord {
    /// The identity of the leader; empty if there is none.
    pub(super) holder_identity: String,
    /// How long other candidates wait after they have seen the record change. `None` if the Lease does not say so.
    pub(super) lease_duration: Option<Duration>,
    /// When the leader became the leader, by its wall clock. For information: no decision depends on it.
    pub(super) acquire_time: Option<Timestamp>,
    /// When the leader renewed the Lease, by its wall clock. For information, like `acquire_time`.
    pub(super) renew_time: Option<Timestamp>,
    /// How many times another leader was elected.
    pub(super) leader_transitions: i32,
    /// The better candidate, for which the leader steps down (coordinated leader election).
    pub(super) preferred_holder: Option<String>,
    /// The strategy by which the control plane selects the leader (coordinated leader election).
    pub(super) strategy: Option<String>,
}

impl LeaderElectionRecord {
    /// Reads the `spec` of a Lease.
    pub(super) fn from_spec(spec: &Value) -> Result<Self, serde_json::Error> {
        let spec: Option<LeaseSpec> = serde_json::from_value(spec.clone())?;
        let spec = spec.unwrap_or_default();
        let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let named = |name: Option<String>| name.filter(|name| !name.is_empty());
        Ok(LeaderElectionRecord {
            holder_identity: spec.holder_identity.unwrap_or_default(),
            lease_duration: seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs),
            acquire_time: spec.acquire_time.map(|MicroTime(time)| time),
            renew_time: spec.renew_time.map(|MicroTime(time)| time),
            leader_transitions: spec.lease_transitions.unwrap_or_default(),
            preferred_holder: named(spec.preferred_holder),
            strategy: named(spec.strategy),
        })
    }

    /// Writes the record into the `spec` of a Lease. Fields that this type does not have are kept.
    pub(super) fn write_to(&self, spec: &mut Map<String, Value>) {
        let time = |time: Option<Timestamp>| serde_json::to_value(time.map(MicroTime)).unwrap_or_default();
        let seconds = self.lease_duration.map(seconds);
        for (name, value) in [
            ("holderIdentity", self.holder_identity.as_str().into()),
            ("leaseDurationSeconds", seconds.into()),
            ("acquireTime", time(self.acquire_time)),
            ("renewTime", time(self.renew_time)),
            ("leaseTransitions", self.leader_transitions.into()),
            ("preferredHolder", self.preferred_holder.as_deref().into()),
            ("strategy", self.strategy.as_deref().into()),
        ] {
            if value == Value::Null {
                spec.remove(name);
            } else {
                spec.insert(name.to_owned(), value);
            }
        }
    }
}

/// Returns a duration in the whole seconds of a Lease. It is rounded up: others must not wait less than this candidate expects.
fn seconds(duration: Duration) -> i32 {
    let whole = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(whole).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn record_is_unchanged_by_a_round_trip_through_a_spec() {
        let spec = json!({"holderIdentity": "a", "leaseDurationSeconds": 15, "acquireTime": "2026-01-02T03:04:05.000006Z",
            "renewTime": "2026-01-02T03:04:07.120000Z", "leaseTransitions": 3, "preferredHolder": "b",
            "strategy": "OldestEmulationVersion"});
        let record = LeaderElectionRecord::from_spec(&spec).unwrap();
        let mut written = Map::new();
        record.write_to(&mut written);
        assert_eq!(Value::Object(written), spec);
    }

    #[test]
    fn missing_fields_are_empty_and_missing_again_when_they_are_written() {
        for spec in [Value::Null, json!({}), json!({"preferredHolder": "", "leaseDurationSeconds": 0})] {
            assert_eq!(LeaderElectionRecord::from_spec(&spec).unwrap(), LeaderElectionRecord::default(), "{spec}");
        }
        let mut written = json!({"preferredHolder": "b", "strategy": "x", "renewTime": "2026-01-02T03:04:07.120000Z"});
        LeaderElectionRecord::default().write_to(written.as_object_mut().unwrap());
        assert_eq!(written, json!({"holderIdentity": "", "leaseTransitions": 0}));
    }

    #[test]
    fn fields_of_a_newer_version_are_kept() {
        let mut spec = Map::from_iter([("futureField".to_owned(), json!(1))]);
        LeaderElectionRecord::default().write_to(&mut spec);
        assert_eq!(spec["futureField"], 1);
    }

    #[test]
    fn lease_duration_is_rounded_up_to_whole_seconds() {
        assert_eq!(seconds(Duration::from_millis(1500)), 2);
        assert_eq!(seconds(Duration::from_secs(15)), 15);
        assert_eq!(seconds(Duration::from_nanos(1)), 1);
        assert_eq!(seconds(Duration::MAX), i32::MAX);
    }
}
