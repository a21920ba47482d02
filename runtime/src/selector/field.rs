//! Field selectors.

use std::fmt;

use crate::resource::SelectableField;

/// A field selector for objects of kind `K`. Without terms, it selects every object.
///
/// Only fields that the API server can select are possible: [`SelectableField::NAME`], [`SelectableField::NAMESPACE`], and
/// the constants of generated kinds. Fields of built-in kinds are created with [`SelectableField::new`]. Values are escaped.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/>,
/// `k8s.io/apimachinery/pkg/fields`.
///
/// ```
/// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// use kube_client_runtime::resource::SelectableField;
/// use kube_client_runtime::selector::FieldSelector;
///
/// let selector = FieldSelector::<ConfigMap>::everything()
///     .equal(SelectableField::NAMESPACE, "default")
///     .not_equal(SelectableField::NAME, "kube-root-ca.crt");
/// assert_eq!(selector.to_string(), "metadata.namespace=default,metadata.name!=kube-root-ca.crt");
/// ```
///
/// The field of another kind does not compile:
///
/// ```compile_fail,E0308
/// use kube_client_runtime::k8s_openapi::api::core::v1::{ConfigMap, Pod};
/// use kube_client_runtime::resource::SelectableField;
/// use kube_client_runtime::selector::FieldSelector;
///
/// const PHASE: SelectableField<Pod> = SelectableField::new("status.phase");
/// let selector = FieldSelector::<ConfigMap>::everything().equal(PHASE, "Running");
/// ```
pub struct FieldSelector<K> {
    terms: Vec<Term<K>>,
}

struct Term<K> {
    field: SelectableField<K>,
    operator: &'static str,
    value: String,
}

impl<K> FieldSelector<K> {
    /// Returns a selector of every object.
    pub fn everything() -> Self {
        FieldSelector { terms: Vec::new() }
    }

    /// Returns a selector of the objects with this name.
    pub fn name(name: impl Into<String>) -> Self {
        FieldSelector::everything().equal(SelectableField::NAME, name)
    }

    /// Adds the term that a field has a value.
    pub fn equal(self, field: SelectableField<K>, value: impl Into<String>) -> Self {
        self.and(field, "=", value.into())
    }

    /// Adds the term that a field has another value.
    pub fn not_equal(self, field: SelectableField<K>, value: impl Into<String>) -> Self {
        self.and(field, "!=", value.into())
    }

    fn and(mut self, field: SelectableField<K>, operator: &'static str, value: String) -> Self {
        self.terms.push(Term { field, operator, value });
        self
    }
}

/// Escapes a value.
///
/// Source: `k8s.io/apimachinery/pkg/fields/selector.go`, `EscapeValue`.
fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace(',', r"\,").replace('=', r"\=")
}

impl<K> fmt::Display for FieldSelector<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Term { field, operator, value }) in self.terms.iter().enumerate() {
            write!(out, "{}{field}{operator}{}", if index == 0 { "" } else { "," }, escape(value))?;
        }
        Ok(())
    }
}

impl<K> fmt::Debug for FieldSelector<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FieldSelector({:?})", self.to_string())
    }
}

impl<K> Clone for FieldSelector<K> {
    fn clone(&self) -> Self {
        let copy = |term: &Term<K>| Term { field: term.field, operator: term.operator, value: term.value.clone() };
        FieldSelector { terms: self.terms.iter().map(copy).collect() }
    }
}

impl<K> Default for FieldSelector<K> {
    fn default() -> Self {
        FieldSelector::everything()
    }
}

impl<K> From<FieldSelector<K>> for String {
    fn from(selector: FieldSelector<K>) -> Self {
        selector.to_string()
    }
}

impl<K> From<&FieldSelector<K>> for String {
    fn from(selector: &FieldSelector<K>) -> Self {
        selector.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_as_apimachinery_escapes_them() {
        let field: SelectableField<()> = SelectableField::new("spec.class");
        for (value, expected) in [
            ("gold", "spec.class=gold"),
            ("", "spec.class="),
            ("a,b=c", r"spec.class=a\,b\=c"),
            (r"a\,b", r"spec.class=a\\\,b"),
            ("!=", r"spec.class=!\="),
        ] {
            assert_eq!(FieldSelector::everything().equal(field, value).to_string(), expected);
        }
        assert_eq!(String::from(FieldSelector::<()>::everything()), "");
    }
}
