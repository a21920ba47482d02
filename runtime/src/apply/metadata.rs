//! Apply configurations of types that many kinds contain.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::Configuration as _;
use super::shape::{Below, Field, Topology};
use crate::apply_fields;
use crate::types::{Condition, ObjectMeta, Timestamp};

/// The metadata of an object, as a field of it.
#[doc(hidden)]
pub const METADATA: Field = Field {
    name: "metadata",
    below: Below::Object(ObjectMetaApplyConfiguration::SHAPE),
    topology: Topology::Granular,
    secret: false,
};

// Source of the list types: `apimachinery/pkg/apis/meta/v1/types.go`.
apply_fields! {
    ObjectMetaApplyConfiguration: ObjectMeta {
        with_name name unset_name: text() = "name",
        with_namespace namespace unset_namespace: text() = "namespace",
        with_uid uid unset_uid: text() = "uid",
        with_resource_version resource_version unset_resource_version: text() = "resourceVersion",
        with_labels labels unset_labels: entries(String) = "labels",
        with_annotations annotations unset_annotations: entries(String) = "annotations",
        with_finalizers finalizers unset_finalizers: values(String) = "finalizers" as set,
        with_owner_references owner_references unset_owner_references: values(OwnerReference) = "ownerReferences" as map["uid"],
    }
}

apply_fields! {
    ConditionApplyConfiguration: Condition {
        with_type r#type unset_type: text() = "type",
        with_status status unset_status: text() = "status",
        with_observed_generation observed_generation unset_observed_generation: value(i64) = "observedGeneration",
        with_last_transition_time last_transition_time unset_last_transition_time: value(Timestamp) = "lastTransitionTime",
        with_reason reason unset_reason: text() = "reason",
        with_message message unset_message: text() = "message",
    }
}
