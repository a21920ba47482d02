//! A structural schema: `JSONSchemaProps` of `apiextensions.k8s.io/v1` as far as CRDs may use it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Number, Value};

use crate::pattern::Pattern;
use crate::yaml::Position;

/// What a value must look like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// Where it stands.
    pub at: Position,
    /// What the value means, for people.
    pub description: Option<String>,
    /// The type; `None` where `int_or_string` or `preserve_unknown_fields` says it all.
    pub type_: Option<Type>,
    /// The format, such as `int32` or `date-time`.
    pub format: Option<String>,
    /// Whether null is a value as well.
    pub nullable: bool,
    /// What the API server fills in where the value is absent.
    pub default: Option<Value>,
    /// The values that are allowed; empty: all.
    pub enumeration: Vec<Value>,
    /// The properties of an object.
    pub properties: BTreeMap<String, Schema>,
    /// The properties that must be there.
    pub required: BTreeSet<String>,
    /// What other properties an object may have.
    pub additional_properties: Option<Additional>,
    /// The schema of a list's items.
    pub items: Option<Box<Schema>>,
    /// Lengths, ranges and patterns.
    pub limits: Limits,
    /// All of these must hold; value validations only.
    pub all_of: Vec<Schema>,
    /// One or more of these must hold; value validations only.
    pub any_of: Vec<Schema>,
    /// Exactly one of these must hold; value validations only.
    pub one_of: Vec<Schema>,
    /// This must not hold; value validations only.
    pub not: Option<Box<Schema>>,
    /// `x-kubernetes-int-or-string`.
    pub int_or_string: bool,
    /// `x-kubernetes-preserve-unknown-fields`.
    pub preserve_unknown_fields: bool,
    /// `x-kubernetes-embedded-resource`.
    pub embedded_resource: bool,
    /// `x-kubernetes-list-type`; atomic where a list does not say.
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
    /// The type as the schema writes it.
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
    /// `true`: any name, any value.
    Any,
    /// `false`: none.
    None,
    /// Any name, values of this schema.
    Schema(Box<Schema>),
}

/// Lengths, ranges and patterns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// The least number.
    pub minimum: Option<Number>,
    /// Whether `minimum` itself is too small.
    pub exclusive_minimum: bool,
    /// The greatest number.
    pub maximum: Option<Number>,
    /// Whether `maximum` itself is too great.
    pub exclusive_maximum: bool,
    /// What a number must be divisible by.
    pub multiple_of: Option<Number>,
    /// The least length of a string in characters.
    pub min_length: Option<i64>,
    /// The greatest length of a string in characters.
    pub max_length: Option<i64>,
    /// A regular expression (RE2) that must match somewhere in a string.
    pub pattern: Option<Pattern>,
    /// The least number of items.
    pub min_items: Option<i64>,
    /// The greatest number of items.
    pub max_items: Option<i64>,
    /// Whether no two items may be equal.
    pub unique_items: bool,
    /// The least number of properties.
    pub min_properties: Option<i64>,
    /// The greatest number of properties.
    pub max_properties: Option<i64>,
}

/// How server-side apply merges a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListType {
    /// Replaced as a whole.
    Atomic,
    /// Scalars, each at most once.
    Set,
    /// Objects, told apart by `list_map_keys`.
    Map,
}

/// A CEL rule.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// The expression, over `self` and `oldSelf`.
    pub rule: String,
    /// What the API server says when it does not hold.
    pub message: Option<String>,
    /// An expression that yields the message.
    pub message_expression: Option<String>,
    /// The reason in the API server's answer.
    pub reason: Option<String>,
    /// The field that the API server blames.
    pub field_path: Option<String>,
    /// Whether the rule also runs where there is no old value.
    pub optional_old_self: bool,
    #[cfg(feature = "cel")]
    pub(crate) compiled: crate::cel::Compiled,
}

/// What the rule says, with or without what it is compiled to: fingerprints of schemas are made of this.
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
    /// Whether the rule forbids any change of the value, in the form that everyone writes it.
    pub fn is_immutability(&self) -> bool {
        let compact: String = self.rule.chars().filter(|c| !c.is_whitespace()).collect();
        compact == "self==oldSelf" || compact == "oldSelf==self"
    }
}

impl Schema {
    /// The schemas directly below this one, with the step that leads to each: `.name`, `[]` or `{}`.
    pub fn children(&self) -> impl Iterator<Item = (String, &Schema)> {
        let properties = self.properties.iter().map(|(name, schema)| (format!(".{name}"), schema));
        let items = self.items.iter().map(|schema| ("[]".to_owned(), schema.as_ref()));
        let values = self.additional_properties.iter().filter_map(|additional| match additional {
            Additional::Schema(schema) => Some(("{}".to_owned(), schema.as_ref())),
            Additional::Any | Additional::None => None,
        });
        properties.chain(items).chain(values)
    }

    /// The schema of items as pruning sees it: those of a list that keeps unknown fields keep theirs, too.
    ///
    /// Source: `apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go`, `skipPrune`.
    pub fn kept_items(&self) -> Option<Cow<'_, Schema>> {
        let items = self.items.as_deref()?;
        if !self.preserve_unknown_fields || items.preserve_unknown_fields {
            return Some(Cow::Borrowed(items));
        }
        Some(Cow::Owned(Schema { preserve_unknown_fields: true, ..items.clone() }))
    }

    /// Whether an object may hold what its schema does not name: its value survives as it is.
    pub fn keeps_unknown(&self) -> bool {
        self.preserve_unknown_fields || matches!(self.additional_properties, Some(Additional::Any))
    }
}
