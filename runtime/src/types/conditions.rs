//! Conditions in the status of objects.
//!
//! Source: `k8s.io/apimachinery/pkg/api/meta/conditions.go`

use super::{Condition, Timestamp};

/// A condition with the fields of `metav1.Condition`, or some of them: [`Condition`], generated types and those of built-in
/// kinds.
pub trait ConditionEntry: Sized {
    /// Creates a condition; fields that the type does not have are lost.
    fn from_condition(condition: Condition) -> Self;

    /// Returns a copy; fields that the type does not have are empty.
    fn to_condition(&self) -> Condition;

    /// Sets the fields that the type has.
    fn assign(&mut self, condition: Condition);

    /// Returns whether the condition has this type.
    fn is_type(&self, type_: &str) -> bool {
        self.to_condition().type_ == type_
    }
}

impl ConditionEntry for Condition {
    fn from_condition(condition: Condition) -> Self {
        condition
    }

    fn to_condition(&self) -> Condition {
        self.clone()
    }

    fn assign(&mut self, condition: Condition) {
        *self = condition;
    }

    fn is_type(&self, type_: &str) -> bool {
        self.type_ == type_
    }
}

/// A kind with conditions in its status. Implemented by generated types with `status.conditions`, by built-in kinds, and by
/// kube's `DynamicObject`.
///
/// ```
/// use kube_client_runtime::types::{Condition, HasConditions};
///
/// fn report<K: HasConditions>(object: &mut K, ready: bool) -> bool {
///     let (status, reason) = if ready { ("True", "Deployed") } else { ("False", "Pending") };
///     object.set_condition(Condition::new("Ready", status, reason))
/// }
///
/// let mut deployment = kube_client_runtime::k8s_openapi::api::apps::v1::Deployment::default();
/// assert!(report(&mut deployment, true));
/// assert!(deployment.is_condition_true("Ready"));
/// assert!(!report(&mut deployment, true), "nothing changed");
/// ```
pub trait HasConditions {
    /// Returns the conditions.
    fn conditions(&self) -> Vec<Condition>;

    /// Sets a condition as [`set_condition`] does, and returns whether it changed the object.
    fn set_condition(&mut self, condition: Condition) -> bool;

    /// Removes the condition of this type, and returns whether it existed.
    fn remove_condition(&mut self, type_: &str) -> bool;

    /// Returns `status.observedGeneration`, if the status has it.
    fn observed_generation(&self) -> Option<i64> {
        None
    }

    /// Returns the condition of this type.
    fn find_condition(&self, type_: &str) -> Option<Condition> {
        self.conditions().into_iter().find(|condition| condition.type_ == type_)
    }

    /// Returns whether the condition of this type exists with this status.
    fn is_condition_present_and_equal(&self, type_: &str, status: &str) -> bool {
        self.find_condition(type_).is_some_and(|condition| condition.status == status)
    }

    /// Returns whether the condition of this type is `True`.
    fn is_condition_true(&self, type_: &str) -> bool {
        self.is_condition_present_and_equal(type_, "True")
    }

    /// Returns whether the condition of this type is `False`.
    fn is_condition_false(&self, type_: &str) -> bool {
        self.is_condition_present_and_equal(type_, "False")
    }
}

/// Returns the condition of this type.
pub fn find_condition<'c, C: ConditionEntry>(conditions: &'c [C], type_: &str) -> Option<&'c C> {
    conditions.iter().find(|condition| condition.is_type(type_))
}

/// Adds or changes the condition of the type of `condition`, and returns whether a field other than the transition time
/// changed. The transition time changes only if the status changes: to that of `condition`, or to the current time if that
/// is empty. All other fields are copied.
///
/// Source: `k8s.io/apimachinery/pkg/api/meta/conditions.go`, `SetStatusCondition`.
pub fn set_condition<C: ConditionEntry>(conditions: &mut Vec<C>, mut condition: Condition) -> bool {
    if condition.last_transition_time.as_str().is_empty() {
        condition.last_transition_time = Timestamp::now();
    }
    let Some(existing) = conditions.iter_mut().find(|existing| existing.is_type(&condition.type_)) else {
        conditions.push(C::from_condition(condition));
        return true;
    };
    let before = existing.to_condition();
    if before.status == condition.status {
        condition.last_transition_time = before.last_transition_time.clone();
    }
    existing.assign(condition);
    let fields =
        |condition: Condition| (condition.status, condition.reason, condition.message, condition.observed_generation);
    fields(before) != fields(existing.to_condition())
}

/// Removes the condition of this type, and returns whether it existed.
pub fn remove_condition<C: ConditionEntry>(conditions: &mut Vec<C>, type_: &str) -> bool {
    let before = conditions.len();
    conditions.retain(|condition| !condition.is_type(type_));
    conditions.len() != before
}

/// What [`has_conditions!`] calls: lists of conditions that may be absent.
///
/// [`has_conditions!`]: crate::has_conditions
#[doc(hidden)]
pub mod condition_list {
    use super::{Condition, ConditionEntry, remove_condition, set_condition};

    pub trait ConditionList {
        type Entry: ConditionEntry;

        fn entries(&self) -> &[Self::Entry];

        fn entries_mut(&mut self) -> &mut Vec<Self::Entry>;
    }

    impl<C: ConditionEntry> ConditionList for Vec<C> {
        type Entry = C;

        fn entries(&self) -> &[C] {
            self
        }

        fn entries_mut(&mut self) -> &mut Vec<C> {
            self
        }
    }

    impl<C: ConditionEntry> ConditionList for Option<Vec<C>> {
        type Entry = C;

        fn entries(&self) -> &[C] {
            self.as_deref().unwrap_or_default()
        }

        fn entries_mut(&mut self) -> &mut Vec<C> {
            self.get_or_insert_default()
        }
    }

    pub fn read<L: ConditionList>(list: Option<&L>) -> Vec<Condition> {
        list.map(|list| list.entries().iter().map(ConditionEntry::to_condition).collect()).unwrap_or_default()
    }

    pub fn set<L: ConditionList>(list: &mut L, condition: Condition) -> bool {
        set_condition(list.entries_mut(), condition)
    }

    pub fn remove<L: ConditionList>(list: Option<&mut L>, type_: &str) -> bool {
        list.is_some_and(|list| !list.entries().is_empty() && remove_condition(list.entries_mut(), type_))
    }
}

/// Implements [`HasConditions`](crate::types::HasConditions) for a kind whose field `status` contains conditions.
#[macro_export]
macro_rules! has_conditions {
    ($kind:ty { conditions: $conditions:ident $(, observed_generation: $observed:ident $presence:ident)? $(,)? }) => {
        impl $crate::types::HasConditions for $kind {
            #[inline]
            fn conditions(&self) -> ::std::vec::Vec<$crate::types::Condition> {
                let status = self.status.as_ref();
                $crate::types::condition_list::read(status.map(|status| &status.$conditions))
            }

            #[inline]
            fn set_condition(&mut self, condition: $crate::types::Condition) -> bool {
                let status = self.status.get_or_insert_default();
                $crate::types::condition_list::set(&mut status.$conditions, condition)
            }

            #[inline]
            fn remove_condition(&mut self, type_: &str) -> bool {
                let status = self.status.as_mut();
                $crate::types::condition_list::remove(status.map(|status| &mut status.$conditions), type_)
            }

            $(
                #[inline]
                fn observed_generation(&self) -> ::core::option::Option<i64> {
                    let status = self.status.as_ref()?;
                    $crate::condition_entry!(@get observed_generation $presence status.$observed)
                }
            )?
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition};
    use k8s_openapi::api::core::v1::Service;
    use kube::core::DynamicObject;
    use serde_json::json;

    fn old(status: &str) -> Condition {
        let time = Timestamp::from("2026-01-02T03:04:05Z");
        Condition { last_transition_time: time, ..Condition::new("Ready", status, "Old") }
    }

    #[test]
    fn transition_time_changes_only_with_the_status() {
        let mut conditions: Vec<Condition> = Vec::new();
        assert!(set_condition(&mut conditions, old("True")));
        assert!(!set_condition(&mut conditions, Condition::new("Ready", "True", "Old")));
        assert_eq!(conditions, [old("True")]);

        let changed = Condition::new("Ready", "True", "New").message("changed").observed_generation(2);
        assert!(set_condition(&mut conditions, changed.clone()));
        let expected = Condition { last_transition_time: old("True").last_transition_time, ..changed };
        assert_eq!(conditions, std::slice::from_ref(&expected));

        assert!(set_condition(&mut conditions, Condition { observed_generation: Some(3), ..expected.clone() }));
        let given = Condition {
            last_transition_time: "2026-02-02T03:04:05Z".into(),
            ..Condition::new("Ready", "False", "New")
        };
        assert!(set_condition(&mut conditions, given.clone()));
        assert_eq!(conditions, [given]);
        let now = Condition { last_transition_time: Timestamp::default(), ..old("Unknown") };
        assert!(set_condition(&mut conditions, now));
        assert!(conditions[0].last_transition_time.parse().is_ok(), "an empty time becomes the current one");
    }

    #[test]
    fn other_conditions_are_kept() {
        let mut conditions =
            vec![Condition::new("Synced", "True", "A"), old("True"), Condition::new("Late", "True", "A")];
        assert!(set_condition(&mut conditions, old("False")));
        assert_eq!(find_condition(&conditions, "Ready").map(|ready| ready.status.as_str()), Some("False"));
        assert!(remove_condition(&mut conditions, "Ready"));
        assert!(!remove_condition(&mut conditions, "Ready"));
        let types: Vec<_> = conditions.iter().map(|condition| condition.type_.as_str()).collect();
        assert_eq!(types, ["Synced", "Late"]);
    }

    /// The generic code of a controller.
    fn report(object: &mut impl HasConditions) {
        assert!(!object.remove_condition("Ready"));
        assert!(object.set_condition(old("True")));
        assert!(object.is_condition_true("Ready") && !object.is_condition_false("Ready"));
        assert!(!object.set_condition(Condition::new("Ready", "True", "Old")));
        assert!(object.set_condition(Condition::new("Ready", "False", "New").message("now")));
        assert!(object.is_condition_false("Ready") && !object.is_condition_present_and_equal("Other", "True"));
        assert!(object.remove_condition("Ready") && object.conditions().is_empty());
        assert!(object.set_condition(old("True")));
    }

    #[test]
    fn built_in_and_dynamic_kinds_have_conditions() {
        let (mut deployment, mut service) = (Deployment::default(), Service::default());
        report(&mut deployment);
        report(&mut service);
        let of_service = service.status.and_then(|status| status.conditions).unwrap_or_default();
        assert_eq!(of_service.into_iter().map(Condition::from).collect::<Vec<_>>(), [old("True")]);

        let json = json!({"metadata": {}, "status": {"phase": "x", "conditions": [{"type": "Late", "new": 1}, 5]}});
        let mut object: DynamicObject = serde_json::from_value(json).unwrap();
        assert_eq!(object.find_condition("Late").map(|late| late.status), Some(String::new()));
        assert!(object.set_condition(Condition { type_: "Late".to_owned(), ..old("True") }));
        assert_eq!(
            object.data["status"],
            json!({"phase": "x", "conditions": [{
                "type": "Late", "new": 1, "status": "True", "reason": "Old", "message": "",
                "lastTransitionTime": "2026-01-02T03:04:05Z",
            }, 5]})
        );
        report(&mut serde_json::from_value::<DynamicObject>(json!({"metadata": {}})).unwrap());
    }

    #[test]
    fn fields_that_only_the_kind_has_are_kept() {
        let updated = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(jiff::Timestamp::UNIX_EPOCH);
        let mut conditions = vec![DeploymentCondition {
            type_: "Ready".to_owned(),
            last_update_time: Some(updated.clone()),
            ..Default::default()
        }];
        assert!(set_condition(&mut conditions, old("True")));
        assert_eq!(conditions[0].last_update_time, Some(updated));
        assert_eq!(conditions[0].reason.as_deref(), Some("Old"));
        assert_eq!(conditions[0].message, None, "an empty text is absent where it may be");
    }
}
