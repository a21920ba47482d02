//! What the rules of a schema depend on: the types that it declares, and how many values it can have.
//!
//! Source: `apiextensions-apiserver/pkg/apis/apiextensions/validation/cel_validation.go`.

use std::cell::OnceCell;
use std::sync::Arc;

use super::props::{Props, Values};
use crate::cel::check::Declared;

/// A schema that may have rules, with the schemas that contain it.
pub(super) struct RuleScope<'s> {
    schema: Props<'s>,
    parent: Option<&'s RuleScope<'s>>,
    step: Step<'s>,
    /// Whether this schema or one that contains it has rules.
    has_rules: bool,
    /// The maximum number of values of the schema in an object; `None` if a list or map is unlimited.
    pub(super) max_cardinality: Option<u64>,
    declared: OnceCell<Option<Arc<Declared>>>,
}

/// The relation of a schema to its parent.
#[derive(Clone, Copy)]
enum Step<'s> {
    Root,
    Property(&'s str),
    /// The schema of items or additional properties.
    Element,
}

impl<'s> RuleScope<'s> {
    pub(super) fn root(schema: Props<'s>) -> Self {
        RuleScope {
            schema,
            parent: None,
            step: Step::Root,
            has_rules: has_rules(schema),
            max_cardinality: Some(1),
            declared: OnceCell::new(),
        }
    }

    pub(super) fn property(&'s self, name: &'s str, schema: Props<'s>) -> Self {
        self.child(Step::Property(name), schema)
    }

    pub(super) fn element(&'s self, schema: Props<'s>) -> Self {
        self.child(Step::Element, schema)
    }

    fn child(&'s self, step: Step<'s>, schema: Props<'s>) -> Self {
        let max_cardinality = match (self.max_cardinality, max_elements(self.schema)) {
            (Some(cardinality), Some(max)) => Some(cardinality.saturating_mul(max)),
            _ => None,
        };
        let has_rules = self.has_rules || has_rules(schema);
        RuleScope { schema, parent: Some(self), step, has_rules, max_cardinality, declared: OnceCell::new() }
    }

    /// Returns the type that the schema declares; `None` if expressions cannot use its values.
    pub(super) fn declared(&self) -> Option<&Arc<Declared>> {
        self.declared.get_or_init(|| self.declared_by_parent().or_else(|| self.converted())).as_ref()
    }

    fn converted(&self) -> Option<Arc<Declared>> {
        let is_resource = self.parent.is_none() || self.schema.flag("x-kubernetes-embedded-resource");
        Declared::of(self.schema.0, is_resource)
    }

    /// Returns the type that a schema with rules above this one declares for it.
    fn declared_by_parent(&self) -> Option<Arc<Declared>> {
        let parent = self.parent.filter(|parent| parent.has_rules)?.declared()?;
        match self.step {
            Step::Root => None,
            Step::Property(name) => parent.field_named(name).cloned(),
            Step::Element => parent.element().cloned(),
        }
    }
}

fn has_rules(schema: Props<'_>) -> bool {
    !schema.list("x-kubernetes-validations").is_empty()
}

/// Returns the maximum number of values in a value of the schema; `None` if it is unlimited.
fn max_elements(schema: Props<'_>) -> Option<u64> {
    let limit = |name: &str| Some(u64::try_from(schema.get(name)?.as_i64()?).unwrap_or_default());
    match schema.type_() {
        "object" if matches!(schema.values(), Some(Values::Schema(_) | Values::Allowed(_))) => limit("maxProperties"),
        "array" => limit("maxItems"),
        _ => Some(1),
    }
}
