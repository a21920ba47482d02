//! Reading of a [`Schema`] from `JSONSchemaProps`.

use super::context::Context;
use crate::pattern::Pattern;
use crate::problem::ProblemKind;
use crate::schema::{Additional, Limits, ListType, Rule, Schema, Type};
use crate::yaml::{Content, Node};

/// Keywords of JSON Schema that are not allowed in a CRD.
/// Source: `apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`.
pub(super) const FORBIDDEN: [&str; 6] =
    ["$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties"];

/// The types, for messages.
pub(super) const EXPECTED_TYPES: &str = "array, boolean, integer, number, object or string";

/// The keywords of most schemas. Schemas with these only skip the lookup of some twenty others, which matters for
/// hundreds of thousands of schemas.
const COMMON: [&str; 7] = ["additionalProperties", "description", "format", "items", "properties", "required", "type"];

/// Reads a schema. Restores the path in the context afterwards.
pub(super) fn read(node: &Node, context: &mut Context) -> Schema {
    if !matches!(node.content, Content::Map(_)) {
        context.wrong_type("a schema", node, "a mapping");
    }
    let common = Schema {
        at: node.at,
        description: context.string(node, "description"),
        type_: type_of(node, context),
        format: context.string(node, "format").filter(|format| !format.is_empty()),
        properties: properties(node, context),
        required: context.strings(node, "required").into_iter().collect(),
        additional_properties: additional_properties(node, context),
        items: items(node, context),
        ..Schema::default()
    };
    let is_common = node.entries().iter().all(|(key, _)| COMMON.contains(&key.name.as_str()));
    if is_common { common } else { with_uncommon_keywords(node, common, context) }
}

/// Reads the schema of a JSON document, ignoring problems.
#[cfg(feature = "cel")]
pub(crate) fn read_schema(schema: &serde_json::Value) -> Schema {
    read(&Node::from(schema.clone()), &mut Context::default())
}

/// Adds the less common keywords to a schema.
fn with_uncommon_keywords(node: &Node, common: Schema, context: &mut Context) -> Schema {
    for (key, value) in node.entries() {
        if FORBIDDEN.contains(&key.name.as_str()) && value.content != Content::Null {
            context.problem(
                key.at,
                ProblemKind::NotStructural(format!("{} is not allowed in a CRD; inline the schema", key.name)),
            );
        }
    }
    Schema {
        nullable: context.boolean(node, "nullable"),
        default: node.get("default").map(Node::to_json),
        enumeration: context.list(node, "enum").iter().map(Node::to_json).collect(),
        limits: limits(node, context),
        all_of: schemas(node, "allOf", context),
        any_of: schemas(node, "anyOf", context),
        one_of: schemas(node, "oneOf", context),
        not: child(node, "not", ".not", context).map(Box::new),
        int_or_string: context.boolean(node, "x-kubernetes-int-or-string"),
        preserve_unknown_fields: preserve_unknown_fields(node, context),
        embedded_resource: context.boolean(node, "x-kubernetes-embedded-resource"),
        list_type: list_type(node, context),
        list_map_keys: context.strings(node, "x-kubernetes-list-map-keys"),
        atomic_map: context.text(node, "x-kubernetes-map-type").is_some_and(|map_type| map_type == "atomic"),
        rules: rules(node, context),
        ..common
    }
}

/// Reads a child schema.
fn below(node: &Node, step: [&str; 2], context: &mut Context) -> Schema {
    let path = context.place.path.get_or_insert_default();
    let length = path.len();
    path.extend(step);
    let schema = read(node, context);
    if let Some(path) = &mut context.place.path {
        path.truncate(length);
    }
    schema
}

fn child(node: &Node, key: &str, step: &str, context: &mut Context) -> Option<Schema> {
    let value = node.get(key).filter(|value| value.content != Content::Null)?;
    Some(below(value, [step, ""], context))
}

fn schemas(node: &Node, key: &str, context: &mut Context) -> Vec<Schema> {
    let items = context.list(node, key);
    items.iter().enumerate().map(|(index, item)| below(item, [".", &format!("{key}[{index}]")], context)).collect()
}

fn properties(node: &Node, context: &mut Context) -> std::collections::BTreeMap<String, Schema> {
    let entries = context.map(node, "properties").map(Node::entries).unwrap_or_default();
    entries.iter().map(|(key, value)| (key.name.clone(), below(value, [".", &key.name], context))).collect()
}

fn additional_properties(node: &Node, context: &mut Context) -> Option<Additional> {
    let value = node.get("additionalProperties")?;
    match value.content {
        Content::Null => None,
        Content::Bool(true) => Some(Additional::Any),
        Content::Bool(false) => Some(Additional::None),
        _ => Some(Additional::Schema(Box::new(below(value, ["{}", ""], context)))),
    }
}

fn items(node: &Node, context: &mut Context) -> Option<Box<Schema>> {
    let value = node.get("items").filter(|value| value.content != Content::Null)?;
    if let Content::List(_) = value.content {
        context
            .problem(value.at, ProblemKind::NotStructural("items must be a schema, not a list of schemas".to_owned()));
        return None;
    }
    Some(Box::new(below(value, ["[]", ""], context)))
}

fn type_of(node: &Node, context: &mut Context) -> Option<Type> {
    let name = context.text(node, "type").filter(|name| !name.is_empty())?;
    let types = [Type::Array, Type::Boolean, Type::Integer, Type::Number, Type::Object, Type::String];
    let found = types.into_iter().find(|type_| type_.as_str() == name);
    if found.is_none() {
        let at = node.get("type").map_or(node.at, |value| value.at);
        context.wrong_value(at, "type", EXPECTED_TYPES, name);
    }
    found
}

fn preserve_unknown_fields(node: &Node, context: &mut Context) -> bool {
    const KEY: &str = "x-kubernetes-preserve-unknown-fields";
    let value = context.boolean(node, KEY);
    if let Some(Node { at, content: Content::Bool(false) }) = node.get(KEY) {
        context.problem(*at, ProblemKind::NotStructural(format!("{KEY} must not be false; remove it")));
    }
    value
}

fn list_type(node: &Node, context: &mut Context) -> Option<ListType> {
    const KEY: &str = "x-kubernetes-list-type";
    let name = context.text(node, KEY)?;
    match name {
        "atomic" => Some(ListType::Atomic),
        "set" => Some(ListType::Set),
        "map" => Some(ListType::Map),
        _ => {
            let at = node.get(KEY).map_or(node.at, |value| value.at);
            context.wrong_value(at, KEY, "atomic, set or map", name);
            None
        }
    }
}

fn limits(node: &Node, context: &mut Context) -> Limits {
    Limits {
        minimum: context.number(node, "minimum"),
        exclusive_minimum: context.boolean(node, "exclusiveMinimum"),
        maximum: context.number(node, "maximum"),
        exclusive_maximum: context.boolean(node, "exclusiveMaximum"),
        multiple_of: context.number(node, "multipleOf"),
        min_length: context.size(node, "minLength"),
        max_length: context.size(node, "maxLength"),
        pattern: context.string(node, "pattern").map(Pattern::from).filter(|pattern| !pattern.is_empty()),
        min_items: context.size(node, "minItems"),
        max_items: context.size(node, "maxItems"),
        unique_items: context.boolean(node, "uniqueItems"),
        min_properties: context.size(node, "minProperties"),
        max_properties: context.size(node, "maxProperties"),
    }
}

fn rules(node: &Node, context: &mut Context) -> Vec<Rule> {
    let nodes = context.list(node, "x-kubernetes-validations").iter();
    nodes
        .filter_map(|node| {
            Some(Rule {
                rule: context.required_string(node, "rule", "x-kubernetes-validations[].rule")?,
                message: context.string(node, "message"),
                message_expression: context.string(node, "messageExpression"),
                reason: context.string(node, "reason"),
                field_path: context.string(node, "fieldPath"),
                optional_old_self: context.boolean(node, "optionalOldSelf"),
                #[cfg(feature = "cel")]
                compiled: crate::cache::Cache::default(),
            })
        })
        .collect()
}
