//! Structural schemas: the part of `JSONSchemaProps` of `apiextensions.k8s.io/v1` that CRDs may use.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Number, Value};

use crate::pattern::Pattern;
use crate::yaml::Position;

/// The schema of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The position in the source.
    pub at: Position,
    /// The description.
    pub description: Option<String>,
    /// The type; `None` is allowed with `int_or_string` or `preserve_unknown_fields`.
    pub type_: Option<Type>,
    /// The format, such as `int32` or `date-time`.
    pub format: Option<String>,
    /// Whether null is allowed.
    pub nullable: bool,
    /// The value that the API server sets if it is absent.
    pub default: Option<Value>,
    /// The allowed values; empty: all.
    pub enumeration: Vec<Value>,
    /// The properties of an object.
    pub properties: BTreeMap<String, Schema>,
    /// The required properties.
    pub required: BTreeSet<String>,
    /// The schema of other properties.
    pub additional_properties: Option<Additional>,
    /// The schema of a list's items.
    pub items: Option<Box<Schema>>,
    /// Limits of length, range and pattern.
    pub limits: Limits,
    /// All of these must match; value validations only.
    pub all_of: Vec<Schema>,
    /// At least one of these must match; value validations only.
    pub any_of: Vec<Schema>,
    /// Exactly one of these must match; value validations only.
    pub one_of: Vec<Schema>,
    /// This must not match; value validations only.
    pub not: Option<Box<Schema>>,
    /// `x-kubernetes-int-or-string`.
    pub int_or_string: bool,
    /// `x-kubernetes-preserve-unknown-fields`.
    pub preserve_unknown_fields: bool,
    /// `x-kubernetes-embedded-resource`.
    pub embedded_resource: bool,
    /// `x-kubernetes-list-type`; lists without it are atomic.
    pub list_type: Option<ListType>,
    /// `x-kubernetes-list-map-keys`.
    pub list_map_keys: Vec<String>,
    /// `x-kubernetes-map-type: atomic`.
    pub atomic_map: bool,
    /// `x-kubernetes-validations`: CEL rules.
    pub rules: Vec<Rule>,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `array`
    Array,
    /// `boolean`
    Boolean,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `object`
    Object,
    /// `string`
    String,
}

impl Type {
    /// Returns the type of a value; `None` for null. A number without fraction in JSON is an integer.
    pub fn of(value: &Value) -> Option<Type> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(_) => Type::Boolean,
            Value::Number(number) if number.is_f64() => Type::Number,
            Value::Number(_) => Type::Integer,
            Value::String(_) => Type::String,
            Value::Array(_) => Type::Array,
            Value::Object(_) => Type::Object,
        })
    }

    /// Returns the type as in the schema.
    pub fn as_str(self) -> &'static str {
        match self {
            Type::Array => "array",
            Type::Boolean => "boolean",
            Type::Integer => "integer",
            Type::Number => "number",
            Type::Object => "object",
            Type::String => "string",
        }
    }
}

/// `additionalProperties`.
#[derive(Clone, Debug, PartialEq)]
pub enum Additional {
    /// `true`: any property with any value.
    Any,
    /// `false`: no other properties.
    None,
    /// Any property with a value of this schema.
    Schema(Box<Schema>),
}

/// Limits of length, range and pattern.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// The minimum.
    pub minimum: Option<Number>,
    /// Whether `minimum` itself is excluded.
    pub exclusive_minimum: bool,
    /// The maximum.
    pub maximum: Option<Number>,
    /// Whether `maximum` itself is excluded.
    pub exclusive_maximum: bool,
    /// Numbers must be a multiple of this.
    pub multiple_of: Option<Number>,
    /// The minimum length of a string in characters.
    pub min_length: Option<i64>,
    /// The maximum length of a string in characters.
    pub max_length: Option<i64>,
    /// A regular expression (RE2) that must match a part of the string.
    pub pattern: Option<Pattern>,
    /// The minimum number of items.
    pub min_items: Option<i64>,
    /// The maximum number of items.
    pub max_items: Option<i64>,
    /// Whether items must be unique.
    pub unique_items: bool,
    /// The minimum number of properties.
    pub min_properties: Option<i64>,
    /// The maximum number of properties.
    pub max_properties: Option<i64>,
}

/// How server-side apply merges a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListType {
    /// Replaced as a whole.
    Atomic,
    /// Unique scalars.
    Set,
    /// Objects, identified by `list_map_keys`.
    Map,
}

/// A CEL rule.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// The expression, over `self` and `oldSelf`.
    pub rule: String,
    /// The message of a violation.
    pub message: Option<String>,
    /// An expression that returns the message.
    pub message_expression: Option<String>,
    /// The reason of a violation.
    pub reason: Option<String>,
    /// The field of a violation.
    pub field_path: Option<String>,
    /// Whether the rule also runs without an old value.
    pub optional_old_self: bool,
    #[cfg(feature = "cel")]
    pub(crate) compiled: crate::cache::Cache,
}

/// Omits the compiled form, which depends on features.
#[allow(clippy::missing_fields_in_debug)]
impl fmt::Debug for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rule")
            .field("rule", &self.rule)
            .field("message", &self.message)
            .field("message_expression", &self.message_expression)
            .field("reason", &self.reason)
            .field("field_path", &self.field_path)
            .field("optional_old_self", &self.optional_old_self)
            .finish()
    }
}

impl Rule {
    /// Returns whether the rule forbids every change of the value, in its usual form.
    pub fn is_immutable(&self) -> bool {
        let compact: String = self.rule.chars().filter(|c| !c.is_whitespace()).collect();
        compact == "self==oldSelf" || compact == "oldSelf==self"
    }
}

impl Schema {
    /// Returns the child schemas with the path element of each: `.name`, `[]` or `{}`.
    pub fn children(&self) -> impl Iterator<Item = (String, &Schema)> {
        let properties = self.properties.iter().map(|(name, schema)| (format!(".{name}"), schema));
        let items = self.items.iter().map(|schema| ("[]".to_owned(), schema.as_ref()));
        let values = self.additional_properties.iter().filter_map(|additional| match additional {
            Additional::Schema(schema) => Some(("{}".to_owned(), schema.as_ref())),
            Additional::Any | Additional::None => None,
        });
        properties.chain(items).chain(values)
    }

    /// Returns the schema of items for pruning: items of a list that preserves unknown fields preserve theirs as well.
    ///
    /// Source: `apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go`, `skipPrune`.
    pub fn kept_items(&self) -> Option<Cow<'_, Schema>> {
        let items = self.items.as_deref()?;
        if !self.preserve_unknown_fields || items.preserve_unknown_fields {
            return Some(Cow::Borrowed(items));
        }
        Some(Cow::Owned(Schema { preserve_unknown_fields: true, ..items.clone() }))
    }

    /// Returns whether objects may have fields that the schema does not name, with unchanged values.
    pub fn keeps_unknown(&self) -> bool {
        self.preserve_unknown_fields || matches!(self.additional_properties, Some(Additional::Any))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fingerprints in `codegen.lock` are computed from this output.
    #[test]
    fn debug_output_of_fingerprinted_types_is_stable() {
        let limits = Limits {
            minimum: Some(1.into()),
            max_length: Some(5),
            pattern: Some(Pattern::from("^\"ä\"$".to_owned())),
            ..Limits::default()
        };
        assert_eq!(
            format!("{limits:?}"),
            "Limits { minimum: Some(Number(1)), exclusive_minimum: false, maximum: None, exclusive_maximum: false, \
             multiple_of: None, min_length: None, max_length: Some(5), pattern: Some(\"^\\\"ä\\\"$\"), min_items: None, \
             max_items: None, unique_items: false, min_properties: None, max_properties: None }"
        );
        let rule = Rule { rule: "true".to_owned(), message: Some("m".to_owned()), ..Rule::default() };
        assert_eq!(
            format!("{rule:?}"),
            "Rule { rule: \"true\", message: Some(\"m\"), message_expression: None, reason: None, field_path: None, \
             optional_old_self: false }"
        );
        assert_eq!(format!("{:?}", [ListType::Atomic, ListType::Set, ListType::Map]), "[Atomic, Set, Map]");
    }
}
