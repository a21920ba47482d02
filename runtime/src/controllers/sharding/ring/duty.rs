//! What the labels of an object ask of a shard.

use kube::core::ObjectMeta;

use super::{DRAIN_LABEL, SHARD_LABEL};

/// What a shard does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// It reconciles the object.
    Reconcile,
    /// It stops to reconcile the object and removes both labels.
    Release,
    /// Nothing: the object belongs to another shard, or to none.
    Nothing,
}

/// The labels of the objects of a ring, and the name of the shard.
#[derive(Debug)]
pub(super) struct Labels {
    pub(super) shard: String,
    pub(super) drain: String,
    pub(super) name: String,
}

impl Labels {
    pub(super) fn new(ring: &str, name: String) -> Self {
        Labels { shard: format!("{SHARD_LABEL}{ring}"), drain: format!("{DRAIN_LABEL}{ring}"), name }
    }

    /// Returns what the labels of an object ask of this shard.
    pub(super) fn duty(&self, object: &ObjectMeta) -> Duty {
        let Some(labels) = &object.labels else { return Duty::Nothing };
        match labels.get(&self.shard) {
            Some(shard) if *shard == self.name && labels.contains_key(&self.drain) => Duty::Release,
            Some(shard) if *shard == self.name => Duty::Reconcile,
            _ => Duty::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(labels: &[(&str, &str)]) -> Duty {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let object = ObjectMeta { labels: Some(labels.collect()), ..ObjectMeta::default() };
        Labels::new("widgets", "pod-1".to_owned()).duty(&object)
    }

    const SHARD: &str = "shard.alpha.sharding.timebertt.dev/widgets";
    const DRAIN: &str = "drain.alpha.sharding.timebertt.dev/widgets";

    #[test]
    fn object_is_reconciled_by_the_shard_of_its_label() {
        assert_eq!(duty(&[(SHARD, "pod-1")]), Duty::Reconcile);
        assert_eq!(duty(&[(SHARD, "pod-2")]), Duty::Nothing);
        assert_eq!(duty(&[]), Duty::Nothing);
        let unlabelled = ObjectMeta::default();
        assert_eq!(Labels::new("widgets", "pod-1".to_owned()).duty(&unlabelled), Duty::Nothing);
    }

    #[test]
    fn label_of_another_ring_is_ignored() {
        let other = "shard.alpha.sharding.timebertt.dev/gadgets";
        assert_eq!(duty(&[(other, "pod-1")]), Duty::Nothing);
        let drain = "drain.alpha.sharding.timebertt.dev/gadgets";
        assert_eq!(duty(&[(SHARD, "pod-1"), (drain, "true")]), Duty::Reconcile);
    }

    #[test]
    fn drained_object_is_released_whatever_the_value_of_the_label() {
        assert_eq!(duty(&[(SHARD, "pod-1"), (DRAIN, "true")]), Duty::Release);
        assert_eq!(duty(&[(SHARD, "pod-1"), (DRAIN, "")]), Duty::Release);
        assert_eq!(duty(&[(SHARD, "pod-2"), (DRAIN, "true")]), Duty::Nothing);
        assert_eq!(duty(&[(DRAIN, "true")]), Duty::Nothing);
    }
}
