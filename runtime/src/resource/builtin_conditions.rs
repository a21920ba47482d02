//! Built-in kinds with conditions.

use k8s_openapi::api::{admissionregistration, apps, autoscaling, batch, certificates, core, networking, policy};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
use k8s_openapi::apimachinery::pkg::apis::meta;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration;

use crate::types::{Condition, ConditionEntry, ConditionText};
use crate::{condition_entry, has_conditions};

impl ConditionEntry for meta::v1::Condition {
    fn from_condition(condition: Condition) -> Self {
        Self {
            last_transition_time: ConditionText::of(condition.last_transition_time.as_str()),
            message: condition.message,
            observed_generation: condition.observed_generation,
            reason: condition.reason,
            status: condition.status,
            type_: condition.type_,
        }
    }

    fn to_condition(&self) -> Condition {
        self.clone().into()
    }

    fn assign(&mut self, condition: Condition) {
        *self = Self::from_condition(condition);
    }
}

macro_rules! entries {
    ($($group:ident::$version:ident::$name:ident),* $(,)?) => { $(
        condition_entry! {
            $group::$version::$name {
                last_transition_time: last_transition_time optional,
                message: message optional,
                reason: reason optional,
                status: status required,
                type_: type_ required,
            }
        }
    )* };
}

entries! {
    apiextensions::v1::CustomResourceDefinitionCondition,
    apiregistration::v1::APIServiceCondition,
    apps::v1::DaemonSetCondition,
    apps::v1::DeploymentCondition,
    apps::v1::ReplicaSetCondition,
    apps::v1::StatefulSetCondition,
    autoscaling::v2::HorizontalPodAutoscalerCondition,
    batch::v1::JobCondition,
    certificates::v1::CertificateSigningRequestCondition,
    core::v1::NamespaceCondition,
    core::v1::NodeCondition,
    core::v1::PersistentVolumeClaimCondition,
    core::v1::PodCondition,
    core::v1::ReplicationControllerCondition,
}

macro_rules! kinds {
    ($($group:ident::$version:ident::$kind:ident),* $(,)?) => {
        $( has_conditions! { $group::$version::$kind { conditions: conditions } } )*
    };
}

kinds! {
    apiextensions::v1::CustomResourceDefinition,
    apiregistration::v1::APIService,
    batch::v1::Job,
    certificates::v1::CertificateSigningRequest,
    core::v1::Namespace,
    core::v1::Node,
    core::v1::PersistentVolumeClaim,
    core::v1::Pod,
    core::v1::Service,
    networking::v1::ServiceCIDR,
}

macro_rules! kinds_with_observed_generation {
    ($($group:ident::$version:ident::$kind:ident),* $(,)?) => { $(
        has_conditions! {
            $group::$version::$kind { conditions: conditions, observed_generation: observed_generation optional }
        }
    )* };
}

kinds_with_observed_generation! {
    admissionregistration::v1::ValidatingAdmissionPolicy,
    apps::v1::DaemonSet,
    apps::v1::Deployment,
    apps::v1::ReplicaSet,
    apps::v1::StatefulSet,
    autoscaling::v2::HorizontalPodAutoscaler,
    core::v1::ReplicationController,
    policy::v1::PodDisruptionBudget,
}
