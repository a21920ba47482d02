//! Built-in kinds with the subresources status and scale.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/*/rest`, where `storage[resource+"/status"]` and `storage[resource+"/scale"]`
//! are set.

use k8s_openapi::api::{
    admissionregistration, apps, autoscaling, batch, certificates, core, flowcontrol, networking, policy, storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration;

use super::{HasScaleSubresource, HasStatusSubresource};

macro_rules! has_status {
    ($($group:ident::$version:ident::$kind:ident),* $(,)?) => {
        $( impl HasStatusSubresource for $group::$version::$kind {} )*
    };
}

has_status! {
    admissionregistration::v1::ValidatingAdmissionPolicy,
    apiextensions::v1::CustomResourceDefinition,
    apiregistration::v1::APIService,
    apps::v1::DaemonSet,
    apps::v1::Deployment,
    apps::v1::ReplicaSet,
    apps::v1::StatefulSet,
    autoscaling::v1::HorizontalPodAutoscaler,
    autoscaling::v2::HorizontalPodAutoscaler,
    batch::v1::CronJob,
    batch::v1::Job,
    certificates::v1::CertificateSigningRequest,
    core::v1::Namespace,
    core::v1::Node,
    core::v1::PersistentVolume,
    core::v1::PersistentVolumeClaim,
    core::v1::Pod,
    core::v1::ReplicationController,
    core::v1::ResourceQuota,
    core::v1::Service,
    flowcontrol::v1::FlowSchema,
    flowcontrol::v1::PriorityLevelConfiguration,
    networking::v1::Ingress,
    networking::v1::ServiceCIDR,
    policy::v1::PodDisruptionBudget,
    storage::v1::VolumeAttachment,
}

k8s_openapi::k8s_if_ge_1_34! {
    impl HasStatusSubresource for k8s_openapi::api::resource::v1::ResourceClaim {}
}

impl HasScaleSubresource for apps::v1::Deployment {}
impl HasScaleSubresource for apps::v1::ReplicaSet {}
impl HasScaleSubresource for apps::v1::StatefulSet {}
impl HasScaleSubresource for core::v1::ReplicationController {}
