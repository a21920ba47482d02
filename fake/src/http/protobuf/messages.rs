//! The fields of the kinds that are accepted as protobuf.

/// A field of a message.
pub(super) struct Field {
    pub(super) number: u64,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// The type of a field.
pub(super) enum Kind {
    Text,
    Texts,
    Bool,
    Number,
    /// A number that is omitted when it is 0.
    Count,
    TextMap,
    BytesMap,
    /// A time with its format in JSON.
    Time(&'static str),
    /// A `FieldsV1` as JSON.
    FieldsV1,
    Message(&'static [Field]),
    Messages(&'static [Field]),
}

use Kind::{Bool, BytesMap, Count, FieldsV1, Message, Messages, Number, Text, TextMap, Texts, Time};

const SECONDS: &str = "%Y-%m-%dT%H:%M:%SZ";
const MICROSECONDS: &str = "%Y-%m-%dT%H:%M:%S.%6fZ";

const fn field(number: u64, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind }
}

/// Returns the fields of a kind.
pub(super) fn of(api_version: &str, kind: &str) -> Option<&'static [Field]> {
    Some(match (api_version, kind) {
        ("v1", "Namespace") => NAMESPACE,
        ("v1", "ConfigMap") => CONFIG_MAP,
        ("v1", "Secret") => SECRET,
        ("v1", "ServiceAccount") => SERVICE_ACCOUNT,
        ("v1", "Event") => EVENT,
        ("coordination.k8s.io/v1", "Lease") => LEASE,
        ("rbac.authorization.k8s.io/v1", "Role" | "ClusterRole") => ROLE,
        ("rbac.authorization.k8s.io/v1", "RoleBinding" | "ClusterRoleBinding") => ROLE_BINDING,
        (_, "DeleteOptions") => DELETE_OPTIONS,
        _ => return None,
    })
}

const OBJECT_META: &[Field] = &[
    field(1, "name", Text),
    field(2, "generateName", Text),
    field(3, "namespace", Text),
    field(4, "selfLink", Text),
    field(5, "uid", Text),
    field(6, "resourceVersion", Text),
    field(7, "generation", Count),
    field(8, "creationTimestamp", Time(SECONDS)),
    field(9, "deletionTimestamp", Time(SECONDS)),
    field(10, "deletionGracePeriodSeconds", Number),
    field(11, "labels", TextMap),
    field(12, "annotations", TextMap),
    field(13, "ownerReferences", Messages(OWNER_REFERENCE)),
    field(14, "finalizers", Texts),
    field(17, "managedFields", Messages(MANAGED_FIELDS)),
];

const OWNER_REFERENCE: &[Field] = &[
    field(1, "kind", Text),
    field(3, "name", Text),
    field(4, "uid", Text),
    field(5, "apiVersion", Text),
    field(6, "controller", Bool),
    field(7, "blockOwnerDeletion", Bool),
];

const MANAGED_FIELDS: &[Field] = &[
    field(1, "manager", Text),
    field(2, "operation", Text),
    field(3, "apiVersion", Text),
    field(4, "time", Time(SECONDS)),
    field(6, "fieldsType", Text),
    field(7, "fieldsV1", FieldsV1),
    field(8, "subresource", Text),
];

const DELETE_OPTIONS: &[Field] = &[
    field(1, "gracePeriodSeconds", Number),
    field(2, "preconditions", Message(&[field(1, "uid", Text), field(2, "resourceVersion", Text)])),
    field(3, "orphanDependents", Bool),
    field(4, "propagationPolicy", Text),
    field(5, "dryRun", Texts),
];

const NAMESPACE: &[Field] = &[
    field(1, "metadata", Message(OBJECT_META)),
    field(2, "spec", Message(&[field(1, "finalizers", Texts)])),
    field(3, "status", Message(&[field(1, "phase", Text), field(2, "conditions", Messages(NAMESPACE_CONDITION))])),
];

const NAMESPACE_CONDITION: &[Field] = &[
    field(1, "type", Text),
    field(2, "status", Text),
    field(4, "lastTransitionTime", Time(SECONDS)),
    field(5, "reason", Text),
    field(6, "message", Text),
];

const CONFIG_MAP: &[Field] = &[
    field(1, "metadata", Message(OBJECT_META)),
    field(2, "data", TextMap),
    field(3, "binaryData", BytesMap),
    field(4, "immutable", Bool),
];

const SECRET: &[Field] = &[
    field(1, "metadata", Message(OBJECT_META)),
    field(2, "data", BytesMap),
    field(3, "type", Text),
    field(4, "stringData", TextMap),
    field(5, "immutable", Bool),
];

const SERVICE_ACCOUNT: &[Field] = &[
    field(1, "metadata", Message(OBJECT_META)),
    field(2, "secrets", Messages(OBJECT_REFERENCE)),
    field(3, "imagePullSecrets", Messages(&[field(1, "name", Text)])),
    field(4, "automountServiceAccountToken", Bool),
];

const OBJECT_REFERENCE: &[Field] = &[
    field(1, "kind", Text),
    field(2, "namespace", Text),
    field(3, "name", Text),
    field(4, "uid", Text),
    field(5, "apiVersion", Text),
    field(6, "resourceVersion", Text),
    field(7, "fieldPath", Text),
];

const EVENT: &[Field] = &[
    field(1, "metadata", Message(OBJECT_META)),
    field(2, "involvedObject", Message(OBJECT_REFERENCE)),
    field(3, "reason", Text),
    field(4, "message", Text),
    field(5, "source", Message(&[field(1, "component", Text), field(2, "host", Text)])),
    field(6, "firstTimestamp", Time(SECONDS)),
    field(7, "lastTimestamp", Time(SECONDS)),
    field(8, "count", Count),
    field(9, "type", Text),
    field(10, "eventTime", Time(MICROSECONDS)),
    field(11, "series", Message(&[field(1, "count", Count), field(2, "lastObservedTime", Time(MICROSECONDS))])),
    field(12, "action", Text),
    field(13, "related", Message(OBJECT_REFERENCE)),
    field(14, "reportingComponent", Text),
    field(15, "reportingInstance", Text),
];

const LEASE: &[Field] = &[
    field(1, "metadata", Message(OBJECT_META)),
    field(
        2,
        "spec",
        Message(&[
            field(1, "holderIdentity", Text),
            field(2, "leaseDurationSeconds", Number),
            field(3, "acquireTime", Time(MICROSECONDS)),
            field(4, "renewTime", Time(MICROSECONDS)),
            field(5, "leaseTransitions", Number),
            field(6, "strategy", Text),
            field(7, "preferredHolder", Text),
        ]),
    ),
];

const ROLE: &[Field] = &[
    field(1, "metadata", Message(OBJECT_META)),
    field(
        2,
        "rules",
        Messages(&[
            field(1, "verbs", Texts),
            field(2, "apiGroups", Texts),
            field(3, "resources", Texts),
            field(4, "resourceNames", Texts),
            field(5, "nonResourceURLs", Texts),
        ]),
    ),
    field(3, "aggregationRule", Message(&[field(1, "clusterRoleSelectors", Messages(LABEL_SELECTOR))])),
];

const LABEL_SELECTOR: &[Field] = &[
    field(1, "matchLabels", TextMap),
    field(
        2,
        "matchExpressions",
        Messages(&[field(1, "key", Text), field(2, "operator", Text), field(3, "values", Texts)]),
    ),
];

const ROLE_BINDING: &[Field] = &[
    field(1, "metadata", Message(OBJECT_META)),
    field(
        2,
        "subjects",
        Messages(&[
            field(1, "kind", Text),
            field(2, "apiGroup", Text),
            field(3, "name", Text),
            field(4, "namespace", Text),
        ]),
    ),
    field(3, "roleRef", Message(&[field(1, "apiGroup", Text), field(2, "kind", Text), field(3, "name", Text)])),
];
