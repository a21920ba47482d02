//! Builtin kinds with schemas for random objects.

use kube_structural_schema::{Source, read};

use super::kinds::Kind;

/// Schemas of random objects of each kind.
const KINDS: [(&str, &str, &str, &str, &str); 5] = [
    (
        "",
        "v1",
        "ConfigMap",
        "configmaps",
        "{data: {type: object, minProperties: 1, maxProperties: 2, additionalProperties: {type: string}}, immutable: {type: boolean}}",
    ),
    (
        "",
        "v1",
        "Secret",
        "secrets",
        "{data: {type: object, minProperties: 1, maxProperties: 2, additionalProperties: {type: string, format: byte}},
          stringData: {type: object, minProperties: 1, maxProperties: 2, additionalProperties: {type: string}},
          immutable: {type: boolean}, type: {type: string, enum: [Opaque, example.com/own, kubernetes.io/basic-auth]}}",
    ),
    (
        "coordination.k8s.io",
        "v1",
        "Lease",
        "leases",
        "{spec: {type: object, properties: {holderIdentity: {type: string, maxLength: 20},
          leaseDurationSeconds: {type: integer, minimum: -1, maximum: 20},
          leaseTransitions: {type: integer, minimum: -1, maximum: 20},
          acquireTime: {type: string, enum: ['2024-01-02T03:04:05.000006Z', '2024-01-02T03:04:05.123456Z']}}}}",
    ),
    (
        "",
        "v1",
        "Event",
        "events",
        "{involvedObject: {type: object, required: [namespace], properties: {kind: {type: string, maxLength: 9},
          namespace: {type: string, enum: ['<<ns0>>', '<<ns1>>']}, name: {type: string, maxLength: 9}}},
          reason: {type: string, maxLength: 20}, message: {type: string, maxLength: 20},
          type: {type: string, enum: [Normal, Warning, Odd]}, count: {type: integer, minimum: 0, maximum: 20}}",
    ),
    (
        "events.k8s.io",
        "v1",
        "Event",
        "events",
        "{regarding: {type: object, required: [namespace], properties: {kind: {type: string, maxLength: 9},
          namespace: {type: string, enum: ['<<ns0>>', '<<ns1>>']}, name: {type: string, maxLength: 9}}},
          reason: {type: string, maxLength: 20}, note: {type: string, maxLength: 20}, action: {type: string, maxLength: 5},
          eventTime: {type: string, enum: ['2024-01-02T03:04:05.000006Z', '2024-01-02T03:04:05.123456Z']},
          reportingController: {type: string, enum: [example.com/one, '-']}, reportingInstance: {type: string, maxLength: 3},
          series: {type: object, required: [count, lastObservedTime], properties: {count: {type: integer, minimum: 1, maximum: 3},
            lastObservedTime: {type: string, enum: ['2024-01-02T03:04:05.000006Z']}}},
          type: {type: string, enum: [Normal, Warning, Odd]}, deprecatedCount: {type: integer, minimum: 0, maximum: 1}}",
    ),
];

/// Returns the builtin kinds.
pub(crate) fn kinds() -> Vec<Kind> {
    KINDS.iter().filter_map(|(group, version, kind, plural, properties)| {
        let crd = format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.example.com}}\n\
             spec: {{group: example.com, scope: Namespaced, names: {{plural: {plural}, kind: {kind}}},\n\
             versions: [{{name: {version}, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, properties: {properties}}}}}}}]}}\n"
        );
        let found = read(&[Source::new(*kind, crd)]).ok()?;
        let kind = Kind::of(found.crds.first()?);
        Some(Kind { group: (*group).to_owned(), is_builtin: true, ..kind })
    }).collect()
}
