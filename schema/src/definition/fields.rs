//! The fields of a definition as Go's structs declare them: the only table for decoding, writing and messages.
//!
//! Source: `apiextensions/v1/types.go` and `types_jsonschema.go` for JSON names; `apis/apiextensions/types*.go` for the
//! order of fields in messages.

/// A struct.
pub(crate) struct Struct {
    /// Its name in Go, such as `JSONSchemaProps`.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
}

/// A field of a struct.
pub(crate) struct Field {
    /// The name in Go, such as `XListType`.
    pub(crate) go: &'static str,
    /// The name in JSON, such as `x-kubernetes-list-type`.
    pub(crate) json: &'static str,
    pub(crate) presence: Presence,
    pub(crate) shape: Shape,
}

/// When a field is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Always, also with its zero value.
    Always,
    /// Unless it has the zero value (`omitempty`).
    NotEmpty,
    /// If it is set (a pointer with `omitempty`).
    Set,
}

/// The type of a field.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// A string, with its type name in Go.
    Text(&'static str),
    Flag,
    /// An integer, `int32` or `int64`.
    Integer(&'static str),
    Float,
    /// Any JSON value.
    Any,
    /// A list of any JSON values.
    AnyList,
    Texts,
    Bytes,
    Time,
    Struct(&'static Struct),
    List(&'static Struct, &'static str),
    Map(&'static Struct, &'static str),
    /// A schema or a list of schemas.
    OneOrMany(&'static Struct),
    /// A schema or a boolean.
    OrBool(&'static Struct),
    /// A map to schemas or lists of names.
    Dependencies(&'static Struct),
}

use Presence::{Always, NotEmpty, Set};
use Shape::{Any, AnyList, Bytes, Dependencies, Flag, Float, Integer, List, Map, OneOrMany, OrBool, Text, Texts, Time};

const fn field(go: &'static str, json: &'static str, presence: Presence, shape: Shape) -> Field {
    Field { go, json, presence, shape }
}

const TEXT: Shape = Text("string");

pub(super) static DEFINITION: Struct = Struct {
    name: "CustomResourceDefinition",
    fields: &[
        field("Spec", "spec", Always, Shape::Struct(&SPEC)),
        field("Status", "status", Always, Shape::Struct(&STATUS)),
    ],
};

static SPEC: Struct = Struct {
    name: "CustomResourceDefinitionSpec",
    fields: &[
        field("Group", "group", Always, TEXT),
        field("Names", "names", Always, Shape::Struct(&NAMES)),
        field("Scope", "scope", Always, Text("v1.ResourceScope")),
        field("Versions", "versions", Always, List(&VERSION, "[]v1.CustomResourceDefinitionVersion")),
        field("Conversion", "conversion", Set, Shape::Struct(&CONVERSION)),
        field("PreserveUnknownFields", "preserveUnknownFields", NotEmpty, Flag),
    ],
};

static NAMES: Struct = Struct {
    name: "CustomResourceDefinitionNames",
    fields: &[
        field("Plural", "plural", Always, TEXT),
        field("Singular", "singular", NotEmpty, TEXT),
        field("ShortNames", "shortNames", NotEmpty, Texts),
        field("Kind", "kind", Always, TEXT),
        field("ListKind", "listKind", NotEmpty, TEXT),
        field("Categories", "categories", NotEmpty, Texts),
    ],
};

static CONVERSION: Struct = Struct {
    name: "CustomResourceConversion",
    fields: &[
        field("Strategy", "strategy", Always, Text("v1.ConversionStrategyType")),
        field("Webhook", "webhook", Set, Shape::Struct(&WEBHOOK)),
    ],
};

static WEBHOOK: Struct = Struct {
    name: "WebhookConversion",
    fields: &[
        field("ClientConfig", "clientConfig", Set, Shape::Struct(&CLIENT_CONFIG)),
        field("ConversionReviewVersions", "conversionReviewVersions", Always, Texts),
    ],
};

static CLIENT_CONFIG: Struct = Struct {
    name: "WebhookClientConfig",
    fields: &[
        field("URL", "url", Set, TEXT),
        field("Service", "service", Set, Shape::Struct(&SERVICE)),
        field("CABundle", "caBundle", NotEmpty, Bytes),
    ],
};

static SERVICE: Struct = Struct {
    name: "ServiceReference",
    fields: &[
        field("Namespace", "namespace", Always, TEXT),
        field("Name", "name", Always, TEXT),
        field("Path", "path", Set, TEXT),
        field("Port", "port", Set, Integer("int32")),
    ],
};

pub(super) static VERSION: Struct = Struct {
    name: "CustomResourceDefinitionVersion",
    fields: &[
        field("Name", "name", Always, TEXT),
        field("Served", "served", Always, Flag),
        field("Storage", "storage", Always, Flag),
        field("Deprecated", "deprecated", NotEmpty, Flag),
        field("DeprecationWarning", "deprecationWarning", Set, TEXT),
        field("Schema", "schema", Set, Shape::Struct(&VALIDATION)),
        field("Subresources", "subresources", Set, Shape::Struct(&SUBRESOURCES)),
        field(
            "AdditionalPrinterColumns",
            "additionalPrinterColumns",
            NotEmpty,
            List(&COLUMN, "[]v1.CustomResourceColumnDefinition"),
        ),
        field("SelectableFields", "selectableFields", NotEmpty, List(&SELECTABLE_FIELD, "[]v1.SelectableField")),
    ],
};

static VALIDATION: Struct = Struct {
    name: "CustomResourceValidation",
    fields: &[field("OpenAPIV3Schema", "openAPIV3Schema", Set, Shape::Struct(&SCHEMA))],
};

static SUBRESOURCES: Struct = Struct {
    name: "CustomResourceSubresources",
    fields: &[
        field("Status", "status", Set, Shape::Struct(&SUBRESOURCE_STATUS)),
        field("Scale", "scale", Set, Shape::Struct(&SCALE)),
    ],
};

static SUBRESOURCE_STATUS: Struct = Struct { name: "CustomResourceSubresourceStatus", fields: &[] };

static SCALE: Struct = Struct {
    name: "CustomResourceSubresourceScale",
    fields: &[
        field("SpecReplicasPath", "specReplicasPath", Always, TEXT),
        field("StatusReplicasPath", "statusReplicasPath", Always, TEXT),
        field("LabelSelectorPath", "labelSelectorPath", Set, TEXT),
    ],
};

static COLUMN: Struct = Struct {
    name: "CustomResourceColumnDefinition",
    fields: &[
        field("Name", "name", Always, TEXT),
        field("Type", "type", Always, TEXT),
        field("Format", "format", NotEmpty, TEXT),
        field("Description", "description", NotEmpty, TEXT),
        field("Priority", "priority", NotEmpty, Integer("int32")),
        field("JSONPath", "jsonPath", Always, TEXT),
    ],
};

static SELECTABLE_FIELD: Struct =
    Struct { name: "SelectableField", fields: &[field("JSONPath", "jsonPath", Always, TEXT)] };

static STATUS: Struct = Struct {
    name: "CustomResourceDefinitionStatus",
    fields: &[
        field("Conditions", "conditions", Always, List(&CONDITION, "[]v1.CustomResourceDefinitionCondition")),
        field("AcceptedNames", "acceptedNames", Always, Shape::Struct(&NAMES)),
        field("StoredVersions", "storedVersions", Always, Texts),
        field("ObservedGeneration", "observedGeneration", NotEmpty, Integer("int64")),
    ],
};

static CONDITION: Struct = Struct {
    name: "CustomResourceDefinitionCondition",
    fields: &[
        field("Type", "type", Always, Text("v1.CustomResourceDefinitionConditionType")),
        field("Status", "status", Always, Text("v1.ConditionStatus")),
        field("LastTransitionTime", "lastTransitionTime", Always, Time),
        field("Reason", "reason", NotEmpty, TEXT),
        field("Message", "message", NotEmpty, TEXT),
        field("ObservedGeneration", "observedGeneration", NotEmpty, Integer("int64")),
    ],
};

pub(super) static RULE: Struct = Struct {
    name: "ValidationRule",
    fields: &[
        field("Rule", "rule", Always, TEXT),
        field("Message", "message", NotEmpty, TEXT),
        field("MessageExpression", "messageExpression", NotEmpty, TEXT),
        field("Reason", "reason", Set, Text("v1.FieldValueErrorReason")),
        field("FieldPath", "fieldPath", NotEmpty, TEXT),
        field("OptionalOldSelf", "optionalOldSelf", Set, Flag),
    ],
};

static EXTERNAL_DOCS: Struct = Struct {
    name: "ExternalDocumentation",
    fields: &[field("Description", "description", NotEmpty, TEXT), field("URL", "url", NotEmpty, TEXT)],
};

const SCHEMA_LIST: &str = "[]v1.JSONSchemaProps";
const COUNT: Shape = Integer("int64");

pub(crate) static SCHEMA: Struct = Struct {
    name: "JSONSchemaProps",
    fields: &[
        field("ID", "id", NotEmpty, TEXT),
        field("Schema", "$schema", NotEmpty, Text("v1.JSONSchemaURL")),
        field("Ref", "$ref", Set, TEXT),
        field("Description", "description", NotEmpty, TEXT),
        field("Type", "type", NotEmpty, TEXT),
        field("Nullable", "nullable", NotEmpty, Flag),
        field("Format", "format", NotEmpty, TEXT),
        field("Title", "title", NotEmpty, TEXT),
        field("Default", "default", Set, Any),
        field("Maximum", "maximum", Set, Float),
        field("ExclusiveMaximum", "exclusiveMaximum", NotEmpty, Flag),
        field("Minimum", "minimum", Set, Float),
        field("ExclusiveMinimum", "exclusiveMinimum", NotEmpty, Flag),
        field("MaxLength", "maxLength", Set, COUNT),
        field("MinLength", "minLength", Set, COUNT),
        field("Pattern", "pattern", NotEmpty, TEXT),
        field("MaxItems", "maxItems", Set, COUNT),
        field("MinItems", "minItems", Set, COUNT),
        field("UniqueItems", "uniqueItems", NotEmpty, Flag),
        field("MultipleOf", "multipleOf", Set, Float),
        field("Enum", "enum", NotEmpty, AnyList),
        field("MaxProperties", "maxProperties", Set, COUNT),
        field("MinProperties", "minProperties", Set, COUNT),
        field("Required", "required", NotEmpty, Texts),
        field("Items", "items", Set, OneOrMany(&SCHEMA)),
        field("AllOf", "allOf", NotEmpty, List(&SCHEMA, SCHEMA_LIST)),
        field("OneOf", "oneOf", NotEmpty, List(&SCHEMA, SCHEMA_LIST)),
        field("AnyOf", "anyOf", NotEmpty, List(&SCHEMA, SCHEMA_LIST)),
        field("Not", "not", Set, Shape::Struct(&SCHEMA)),
        field("Properties", "properties", NotEmpty, Map(&SCHEMA, "map[string]v1.JSONSchemaProps")),
        field("AdditionalProperties", "additionalProperties", Set, OrBool(&SCHEMA)),
        field("PatternProperties", "patternProperties", NotEmpty, Map(&SCHEMA, "map[string]v1.JSONSchemaProps")),
        field("Dependencies", "dependencies", NotEmpty, Dependencies(&SCHEMA)),
        field("AdditionalItems", "additionalItems", Set, OrBool(&SCHEMA)),
        field("Definitions", "definitions", NotEmpty, Map(&SCHEMA, "v1.JSONSchemaDefinitions")),
        field("ExternalDocs", "externalDocs", Set, Shape::Struct(&EXTERNAL_DOCS)),
        field("Example", "example", Set, Any),
        field("XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", Set, Flag),
        field("XEmbeddedResource", "x-kubernetes-embedded-resource", NotEmpty, Flag),
        field("XIntOrString", "x-kubernetes-int-or-string", NotEmpty, Flag),
        field("XListMapKeys", "x-kubernetes-list-map-keys", NotEmpty, Texts),
        field("XListType", "x-kubernetes-list-type", Set, TEXT),
        field("XMapType", "x-kubernetes-map-type", Set, TEXT),
        field("XValidations", "x-kubernetes-validations", NotEmpty, List(&RULE, "v1.ValidationRules")),
    ],
};
