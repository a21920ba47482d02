//! Fields for field selectors.

use std::fmt;
use std::marker::PhantomData;

/// A field of kind `K` that field selectors support. Generated kinds have a constant for each of the `selectableFields` of
/// the CRD.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/#supported-fields>
pub struct SelectableField<K> {
    path: &'static str,
    kind: PhantomData<fn() -> K>,
}

impl<K> SelectableField<K> {
    /// `metadata.name`, which all kinds support.
    pub const NAME: Self = SelectableField::new("metadata.name");

    /// `metadata.namespace`, which all namespaced kinds support.
    pub const NAMESPACE: Self = SelectableField::new("metadata.namespace");

    /// Creates a field from its path, such as `status.phase`. The API server rejects selectors with other fields than those
    /// that the kind supports.
    pub const fn new(path: &'static str) -> Self {
        SelectableField { path, kind: PhantomData }
    }

    /// Returns the path, such as `spec.class`.
    pub const fn path(self) -> &'static str {
        self.path
    }
}

impl<K> Clone for SelectableField<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for SelectableField<K> {}

impl<K> fmt::Display for SelectableField<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.path)
    }
}

impl<K> fmt::Debug for SelectableField<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SelectableField({:?})", self.path)
    }
}

/// Defines a constant for each selectable field of a kind.
#[macro_export]
macro_rules! selectable_fields {
    ($name:ident { $($field:ident = $path:literal),* $(,)? }) => {
        impl $name {
            $(
                #[doc = ::core::concat!("The selectable field `", $path, "`.")]
                pub const $field: $crate::resource::SelectableField<Self> = $crate::resource::SelectableField::new($path);
            )*
        }
    };
}
