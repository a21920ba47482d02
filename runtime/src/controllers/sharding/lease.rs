//! The Leases of a group: one for each replica, and one that contains the holder of each slot.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::LeaseSpec;
use kube::core::DynamicObject;

use super::slots::Slots;

/// The label of all Leases of a group; its value is the name of the group.
pub(super) const GROUP: &str = "kube-client-runtime/shards-of";
/// The annotation of a replica's Lease with its weight.
pub(super) const WEIGHT: &str = "kube-client-runtime/weight";
/// The annotation with the field whose hash decides, and the number of slots.
pub(super) const DIVIDES: &str = "kube-client-runtime/divides";
/// The annotation with the holders of all slots, such as `68a1=0-63 7b2c=64-127`.
const HOLDERS: &str = "kube-client-runtime/slots";
/// The annotation with the replicas that leave while reconciliations in some of their slots still run.
const LEAVING: &str = "kube-client-runtime/leaving";

/// All Leases of a group at one version.
pub(super) struct Snapshot {
    /// The Lease with the holders of the slots.
    pub(super) assignment: Option<Assignment>,
    /// The Leases of the replicas by the last part of their names, which identifies a replica.
    pub(super) members: BTreeMap<String, MemberLease>,
}

/// Which replica holds which slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holders(pub(super) BTreeMap<String, Slots>);

/// The Lease that contains the holders of the slots.
pub(super) struct Assignment {
    pub(super) object: DynamicObject,
    pub(super) divides: String,
    /// `None` if the annotation is not valid.
    pub(super) holders: Option<Holders>,
    /// The replicas that leave: they hold slots until their reconciliations have ended, and receive none.
    pub(super) leaving: BTreeSet<String>,
}

/// The Lease of a replica.
pub(super) struct MemberLease {
    pub(super) object: DynamicObject,
    pub(super) version: String,
    /// Empty if the replica has left, or another one has declared it dead.
    pub(super) holder: String,
    pub(super) duration: Option<Duration>,
    pub(super) weight: u32,
    pub(super) divides: String,
}

impl Holders {
    /// Returns the slots of a replica.
    pub(super) fn of(&self, replica: &str) -> Slots {
        self.0.get(replica).copied().unwrap_or_default()
    }

    /// Gives a slot to a replica, or to none.
    pub(super) fn set(&mut self, slot: usize, replica: Option<&str>) {
        self.0.values_mut().for_each(|slots| slots.remove(slot));
        if let Some(replica) = replica {
            self.0.entry(replica.to_owned()).or_default().insert(slot);
        }
        self.0.retain(|_, slots| !slots.is_empty());
    }

    /// Returns the slots that no replica holds.
    pub(super) fn free(&self) -> Slots {
        self.0.values().fold(Slots::ALL, |free, slots| free.without(*slots))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut holders = BTreeMap::new();
        let mut all = Slots::default();
        for entry in text.split_whitespace() {
            let (replica, slots) = entry.split_once('=')?;
            let slots: Slots = slots.parse().ok()?;
            if !slots.common(all).is_empty() || holders.insert(replica.to_owned(), slots).is_some() {
                return None;
            }
            all = all.union(slots);
        }
        Some(Holders(holders))
    }

    fn text(&self) -> String {
        let entries: Vec<String> = self.0.iter().map(|(replica, slots)| format!("{replica}={slots}")).collect();
        entries.join(" ")
    }
}

fn annotation<'o>(object: &'o DynamicObject, name: &str) -> &'o str {
    let annotations = object.metadata.annotations.as_ref();
    annotations.and_then(|annotations| annotations.get(name)).map(String::as_str).unwrap_or_default()
}

impl Assignment {
    pub(super) fn of(object: DynamicObject) -> Self {
        let divides = annotation(&object, DIVIDES).to_owned();
        let annotations = object.metadata.annotations.as_ref();
        let holders =
            annotations.and_then(|annotations| annotations.get(HOLDERS)).and_then(|text| Holders::parse(text));
        let leaving = annotation(&object, LEAVING).split_whitespace().map(str::to_owned).collect();
        Assignment { object, divides, holders, leaving }
    }
}

/// Writes the holders, and those of them that leave, into the Lease.
pub(super) fn write(object: &mut DynamicObject, divides: &str, holders: &Holders, leaving: &BTreeSet<String>) {
    let annotations = object.metadata.annotations.get_or_insert_default();
    annotations.insert(DIVIDES.to_owned(), divides.to_owned());
    annotations.insert(HOLDERS.to_owned(), holders.text());
    let leaving: Vec<&str> =
        leaving.iter().map(String::as_str).filter(|replica| !holders.of(replica).is_empty()).collect();
    if leaving.is_empty() {
        annotations.remove(LEAVING);
    } else {
        annotations.insert(LEAVING.to_owned(), leaving.join(" "));
    }
}

impl MemberLease {
    pub(super) fn of(object: DynamicObject) -> Self {
        let spec = object.data.get("spec").cloned().unwrap_or_default();
        let spec: LeaseSpec = serde_json::from_value(spec).unwrap_or_default();
        let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        MemberLease {
            version: object.metadata.resource_version.clone().unwrap_or_default(),
            holder: spec.holder_identity.unwrap_or_default(),
            duration: seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs),
            weight: annotation(&object, WEIGHT).parse().unwrap_or(1).clamp(1, MAX_WEIGHT),
            divides: annotation(&object, DIVIDES).to_owned(),
            object,
        }
    }
}

/// The maximum weight of a replica.
pub(super) const MAX_WEIGHT: u32 = 1000;

#[cfg(test)]
mod tests {
    use kube::core::ApiResource;

    use super::*;

    #[test]
    fn replicas_leave_until_they_hold_no_slot() {
        let resource = ApiResource::erase::<k8s_openapi::api::coordination::v1::Lease>(&());
        let mut object = DynamicObject::new("group", &resource);
        let leaving = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        for (holders, expected) in
            [("a=0 b=1 c=2-127", vec!["a", "b"]), ("b=1 c=0,2-127", vec!["b"]), ("c=0-127", vec![])]
        {
            write(&mut object, "uid", &Holders::parse(holders).unwrap(), &leaving);
            assert_eq!(Assignment::of(object.clone()).leaving.into_iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn holders_are_unchanged_by_a_round_trip_through_text() {
        for text in ["", "a=0-127", "a=0,7-9 b=1-6"] {
            assert_eq!(Holders::parse(text).map(|holders| holders.text()), Some(text.to_owned()));
        }
        for text in ["a", "a=128", "a=0-3 b=3", "a=1 a=2"] {
            assert_eq!(Holders::parse(text), None, "{text}");
        }
    }

    #[test]
    fn slot_has_one_holder() {
        let mut holders = Holders::parse("a=0-3 b=4").unwrap();
        holders.set(3, Some("c"));
        holders.set(4, None);
        assert_eq!(holders.text(), "a=0-2 c=3");
        assert_eq!(holders.free().to_string(), "4-127");
    }
}
