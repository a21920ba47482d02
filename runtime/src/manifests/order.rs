//! The order in which kinds are applied.
//!
//! Source: the install order of Helm (`InstallOrder`) and the order of kustomize (`legacyorder`), which agree on what depends on
//! what. Kinds that do not depend on each other share a step here, so that they are applied concurrently.

use super::key::GroupKind;

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

/// The group and kind of namespaces.
pub(super) const NAMESPACE: (&str, &str) = ("", "Namespace");
/// The group and kind of CRDs.
pub(super) const CRD: (&str, &str) = ("apiextensions.k8s.io", "CustomResourceDefinition");

/// The steps, by group and kind.
const STEPS: [&[(&str, &str)]; 11] = [
    &[NAMESPACE],
    &[CRD],
    // What admission of later objects looks up.
    &[
        ("scheduling.k8s.io", "PriorityClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("", "ResourceQuota"),
        ("", "LimitRange"),
        ("policy", "PodDisruptionBudget"),
    ],
    &[("", "ServiceAccount")],
    &[("", "Secret"), ("", "ConfigMap")],
    &[("", "PersistentVolume"), ("", "PersistentVolumeClaim")],
    &[(RBAC, "ClusterRole"), (RBAC, "Role")],
    // The API server looks up the role of a binding.
    &[(RBAC, "ClusterRoleBinding"), (RBAC, "RoleBinding")],
    &[("", "Service")],
    &[
        ("", "Pod"),
        ("", "ReplicationController"),
        ("apps", "DaemonSet"),
        ("apps", "ReplicaSet"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
    ],
    &[
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("networking.k8s.io", "Ingress"),
        ("apiregistration.k8s.io", "APIService"),
    ],
];

/// The step of all other kinds, such as custom resources.
const OTHERS: usize = STEPS.len();
/// The step of kinds that may reject objects of all others.
const LAST: usize = OTHERS + 1;

/// The kinds of the last step.
const LAST_KINDS: [(&str, &str); 6] = [
    (ADMISSION, "ValidatingAdmissionPolicy"),
    (ADMISSION, "ValidatingAdmissionPolicyBinding"),
    (ADMISSION, "MutatingAdmissionPolicy"),
    (ADMISSION, "MutatingAdmissionPolicyBinding"),
    (ADMISSION, "MutatingWebhookConfiguration"),
    (ADMISSION, "ValidatingWebhookConfiguration"),
];

/// Returns the step in which objects of a kind are applied.
pub(super) fn step(kind: &GroupKind) -> usize {
    let is = |of: &(&str, &str)| *of == (&*kind.group, &*kind.kind);
    if LAST_KINDS.iter().any(is) {
        return LAST;
    }
    STEPS.iter().position(|kinds| kinds.iter().any(is)).unwrap_or(OTHERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_what_they_depend_on() {
        let order = [
            NAMESPACE,
            CRD,
            ("", "ResourceQuota"),
            ("", "ServiceAccount"),
            ("", "ConfigMap"),
            ("", "PersistentVolumeClaim"),
            (RBAC, "Role"),
            (RBAC, "RoleBinding"),
            ("", "Service"),
            ("apps", "Deployment"),
            ("autoscaling", "HorizontalPodAutoscaler"),
            ("example.com", "Widget"),
            (ADMISSION, "ValidatingWebhookConfiguration"),
        ];
        let steps: Vec<usize> = order.iter().map(|(group, kind)| step(&GroupKind::new(*group, *kind))).collect();
        assert_eq!(steps, (0..order.len()).collect::<Vec<_>>());
        // A custom resource may have the kind of another group.
        assert_eq!(step(&GroupKind::new("example.com", "Namespace")), OTHERS);
    }
}
