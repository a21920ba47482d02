//! Single changes of definitions, which a server accepts, accepts with warnings, or refuses.

use serde_json::Value;

use super::Generator;

/// Values of fields of a definition.
const DEFINITION_VALUES: [(&str, &str); 56] = [
    ("/metadata/name", r#""other.<<g>>.example.com""#),
    ("/metadata/finalizers", r#"["example.com/one"]"#),
    ("/metadata/labels", r#"{"x":"!"}"#),
    ("/spec/group", r#""""#),
    ("/spec/group", r#""Upper.example.com""#),
    ("/spec/group", r#""nodots""#),
    ("/spec/names/plural", r#""Upper""#),
    ("/spec/names/plural", r#""""#),
    ("/spec/names/plural", r#""gizmos""#),
    ("/spec/names/singular", r#""Upper""#),
    ("/spec/names/singular", r#""thingy""#),
    ("/spec/names/kind", r#""""#),
    ("/spec/names/kind", r#""with space""#),
    ("/spec/names/kind", r#""widget""#),
    ("/spec/names/kind", r#""Gadget""#),
    ("/spec/names/listKind", r#""Widget""#),
    ("/spec/names/listKind", r#""Things""#),
    ("/spec/names/shortNames", r#"["Upper"]"#),
    ("/spec/names/shortNames", r#"["w","w"]"#),
    ("/spec/names/shortNames", r#"["gadgets"]"#),
    ("/spec/names/shortNames", r#"[""]"#),
    ("/spec/names/categories", r#"["Upper",""]"#),
    ("/spec/names/categories", r#"["all","all"]"#),
    ("/spec/scope", r#""""#),
    ("/spec/scope", r#""Global""#),
    ("/spec/versions", "[]"),
    ("/spec/versions", "null"),
    ("/spec/versions/0/name", r#""V1""#),
    ("/spec/versions/0/name", r#""v2alpha1""#),
    ("/spec/versions/0/name", r#""""#),
    ("/spec/versions/0/storage", "false"),
    ("/spec/versions/0/served", "false"),
    ("/spec/versions/1/storage", "true"),
    ("/spec/versions/1/name", r#""v1""#),
    ("/spec/versions/0/schema", "null"),
    ("/spec/versions/0/schema", "{}"),
    ("/spec/versions/0/deprecationWarning", r#""gone soon""#),
    ("/spec/versions/0/deprecated", "true"),
    ("/spec/versions/0/unknownField", "1"),
    ("/spec/conversion", r#"{"strategy":"None"}"#),
    ("/spec/conversion", r#"{"strategy":"Webhook"}"#),
    ("/spec/conversion", r#"{"strategy":"Other"}"#),
    ("/spec/conversion", r#"{"strategy":""}"#),
    ("/spec/conversion", r#"{"strategy":"None","webhook":{"conversionReviewVersions":["v1"]}}"#),
    (
        "/spec/conversion",
        r#"{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"http://x"}}}"#,
    ),
    (
        "/spec/conversion",
        r#"{"strategy":"Webhook","webhook":{"conversionReviewVersions":[],"clientConfig":{"url":"https://x"}}}"#,
    ),
    (
        "/spec/conversion",
        r#"{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v9"],"clientConfig":{"service":{"name":"x"}}}}"#,
    ),
    (
        "/spec/conversion",
        r#"{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"https://x?y#z","service":{"name":"x","namespace":"y","port":0}}}}"#,
    ),
    ("/spec/preserveUnknownFields", "true"),
    ("/spec/preserveUnknownFields", "false"),
    ("/spec/unknownField", "1"),
    ("/status/storedVersions", "[]"),
    ("/status/storedVersions", r#"["v1","v9"]"#),
    ("/status/conditions", "[]"),
    ("/status/acceptedNames", r#"{"kind":"Other","plural":"others"}"#),
    ("/status", "{}"),
];

/// Values of fields of a version.
const VERSION_VALUES: [(&str, &str); 36] = [
    ("/subresources", "null"),
    ("/subresources", "{}"),
    ("/subresources/status", "{}"),
    ("/subresources/scale", "{}"),
    ("/subresources/scale", r#"{"specReplicasPath":".spec.count","statusReplicasPath":".spec.count"}"#),
    ("/subresources/scale", r#"{"specReplicasPath":"spec.count","statusReplicasPath":".status.count"}"#),
    ("/subresources/scale", r#"{"specReplicasPath":".spec.set[0]","statusReplicasPath":".status.count"}"#),
    (
        "/subresources/scale",
        r#"{"specReplicasPath":".spec.count","statusReplicasPath":".status.count","labelSelectorPath":".metadata.x"}"#,
    ),
    (
        "/subresources/scale",
        r#"{"specReplicasPath":".spec.count","statusReplicasPath":".status.count","labelSelectorPath":".status.selector"}"#,
    ),
    ("/additionalPrinterColumns", "[]"),
    ("/additionalPrinterColumns", "[{}]"),
    ("/additionalPrinterColumns", r#"[{"name":"a","type":"string","jsonPath":"spec.count"}]"#),
    ("/additionalPrinterColumns", r#"[{"name":"a","type":"string","jsonPath":".spec["}]"#),
    ("/additionalPrinterColumns", r#"[{"name":"a","type":"string","jsonPath":".spec.map[*].k"}]"#),
    ("/additionalPrinterColumns", r#"[{"name":"a","type":"string","jsonPath":".spec.map[?(@.k==\"a\")].v"}]"#),
    ("/additionalPrinterColumns", r#"[{"name":"a","type":"other","jsonPath":".spec"}]"#),
    ("/additionalPrinterColumns", r#"[{"name":"a","type":"string","format":"other","jsonPath":".spec"}]"#),
    (
        "/additionalPrinterColumns",
        r#"[{"name":"a","type":"integer","format":"int32","jsonPath":".spec.name","priority":-1}]"#,
    ),
    ("/selectableFields", r#"[{"jsonPath":".spec.count"}]"#),
    ("/selectableFields", r#"[{"jsonPath":".spec.count"},{"jsonPath":".spec.count"}]"#),
    ("/selectableFields", r#"[{"jsonPath":".spec.nothing"}]"#),
    ("/selectableFields", r#"[{"jsonPath":".metadata.name"}]"#),
    ("/selectableFields", r#"[{"jsonPath":".spec.map"}]"#),
    ("/selectableFields", r#"[{"jsonPath":".spec.set[0]"}]"#),
    ("/selectableFields", r#"[{"jsonPath":""}]"#),
    ("/selectableFields", r#"[{"jsonPath":"spec.count"}]"#),
    ("/schema/openAPIV3Schema/type", r#""array""#),
    ("/schema/openAPIV3Schema/type", r#""""#),
    ("/schema/openAPIV3Schema/nullable", "true"),
    ("/schema/openAPIV3Schema/x-kubernetes-preserve-unknown-fields", "false"),
    ("/schema/openAPIV3Schema/properties/apiVersion", r#"{"type":"integer"}"#),
    (
        "/schema/openAPIV3Schema/properties/metadata",
        r#"{"type":"object","properties":{"name":{"type":"string","maxLength":3}}}"#,
    ),
    ("/schema/openAPIV3Schema/properties/metadata", r#"{"type":"object","properties":{"labels":{"type":"object"}}}"#),
    ("/schema/openAPIV3Schema/x-kubernetes-validations", r#"[{"rule":"self.metadata.name.startsWith('a')"}]"#),
    ("/schema/openAPIV3Schema/x-kubernetes-validations", r#"[{"rule":"self.metadata.labels.x == 'a'"}]"#),
    ("/schema/openAPIV3Schema/x-kubernetes-embedded-resource", "true"),
];

/// Schemas for a property of a spec.
const SCHEMAS: [&str; 66] = [
    "{}",
    "null",
    "[]",
    r#"{"type":""}"#,
    r#"{"type":"text"}"#,
    r#"{"type":["string"]}"#,
    r#"{"type":"string","nullable":true}"#,
    r#"{"type":"string","default":null}"#,
    r#"{"type":"string","nullable":true,"default":null}"#,
    r#"{"type":"string","default":1}"#,
    r#"{"type":"integer","default":1.5}"#,
    r#"{"type":"integer","default":"1"}"#,
    r#"{"type":"integer","minimum":3,"default":1}"#,
    r#"{"type":"object","properties":{"a":{"type":"string"}},"default":{"b":1}}"#,
    r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"}},"default":{}}"#,
    r#"{"type":"object","properties":{"a":{"type":"string","default":"x"}},"default":{}}"#,
    r#"{"type":"array"}"#,
    r#"{"type":"array","items":[]}"#,
    r#"{"type":"array","items":{}}"#,
    r#"{"type":"array","items":{"type":"string"},"uniqueItems":true}"#,
    r#"{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"other"}"#,
    r#"{"type":"array","items":{"type":"object"},"x-kubernetes-list-type":"set"}"#,
    r#"{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}},"x-kubernetes-list-type":"map"}"#,
    r#"{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}"#,
    r#"{"type":"array","items":{"type":"object","properties":{"k":{"type":"string","default":"a"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}"#,
    r#"{"type":"array","items":{"type":"object","required":["k"],"properties":{"k":{"type":"object"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k","k"]}"#,
    r#"{"type":"array","items":{"type":"string"},"x-kubernetes-list-map-keys":["k"]}"#,
    r#"{"type":"string","x-kubernetes-list-type":"atomic"}"#,
    r#"{"type":"object","x-kubernetes-map-type":"other"}"#,
    r#"{"type":"object","additionalProperties":false}"#,
    r#"{"type":"object","additionalProperties":true}"#,
    r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}"#,
    r#"{"$ref":"x"}"#,
    r#"{"$schema":"x","type":"string"}"#,
    r#"{"id":"x","type":"string"}"#,
    r#"{"definitions":{"a":{}},"type":"object"}"#,
    r#"{"type":"object","dependencies":{"a":["b"]}}"#,
    r#"{"type":"object","patternProperties":{"a":{"type":"string"}}}"#,
    r#"{"type":"string","pattern":"("}"#,
    r#"{"type":"string","pattern":"(?=a)"}"#,
    r#"{"type":"string","format":"other"}"#,
    r#"{"type":"string","format":"byte","default":"!"}"#,
    r#"{"type":"string","enum":[]}"#,
    r#"{"type":"string","enum":["a","a"]}"#,
    r#"{"type":"string","enum":[1,null]}"#,
    r#"{"type":"string","minLength":-1,"maxLength":0}"#,
    r#"{"type":"integer","multipleOf":0}"#,
    r#"{"type":"integer","minimum":2,"maximum":1}"#,
    r#"{"type":"string","minimum":1}"#,
    r#"{"type":"string","title":"t","example":1}"#,
    r#"{"type":"integer","x-kubernetes-int-or-string":true}"#,
    r#"{"x-kubernetes-int-or-string":true,"default":true}"#,
    r#"{"anyOf":[{"type":"integer"},{"type":"string"}]}"#,
    r#"{"type":"string","anyOf":[{"maxLength":1},{"pattern":"b"}]}"#,
    r#"{"type":"object","properties":{"a":{"type":"string"}},"allOf":[{"properties":{"b":{"minLength":1}}}]}"#,
    r#"{"type":"string","not":{"enum":["a"]}}"#,
    r#"{"type":"string","not":{"type":"string","default":"a","nullable":true}}"#,
    r#"{"type":"object","x-kubernetes-embedded-resource":true}"#,
    r#"{"type":"string","x-kubernetes-embedded-resource":true}"#,
    r#"{"type":"string","x-kubernetes-preserve-unknown-fields":true}"#,
    r#"{"x-kubernetes-preserve-unknown-fields":false}"#,
    r#"{"type":"string","x-kubernetes-validations":[{"rule":""}]}"#,
    r#"{"type":"string","x-kubernetes-validations":[{"rule":"self == 'a'","message":"line\nline"}]}"#,
    r#"{"type":"string","x-kubernetes-validations":[{"rule":"self == 'a'","reason":"Other","fieldPath":".x"}]}"#,
    r#"{"type":"string","maxLength":5,"x-kubernetes-validations":[{"rule":"self == oldSelf","optionalOldSelf":true}]}"#,
    r#"{"type":"string","unknownWord":1,"externalDocs":{"url":"x"}}"#,
];

impl Generator<'_> {
    /// Changes one field of a definition, of a version or of the schema of a property.
    pub(super) fn fault(&mut self, definition: &mut Value) {
        match self.rng.usize(..4) {
            0 => {
                let (pointer, value) = DEFINITION_VALUES[self.rng.usize(..DEFINITION_VALUES.len())];
                set(definition, pointer, value);
            }
            1 => {
                let (pointer, value) = VERSION_VALUES[self.rng.usize(..VERSION_VALUES.len())];
                set(definition, &format!("/spec/versions/0{pointer}"), value);
            }
            _ => {
                let name = *self.rng.choice(&["count", "extra", "any"]).unwrap_or(&"");
                let pointer = format!("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/{name}");
                set(definition, &pointer, SCHEMAS[self.rng.usize(..SCHEMAS.len())]);
            }
        }
    }
}

/// Sets a JSON value at a pointer; creates missing objects.
fn set(object: &mut Value, pointer: &str, value: &str) {
    let mut place = object;
    for part in pointer.split('/').skip(1) {
        place = match (part.parse::<usize>(), place) {
            (Ok(index), Value::Array(items)) => match items.get_mut(index) {
                Some(item) => item,
                None => return,
            },
            (_, place) => {
                if !place.is_object() {
                    *place = Value::Object(serde_json::Map::new());
                }
                &mut place[part]
            }
        };
    }
    *place = serde_json::from_str(value).unwrap_or_default();
}
