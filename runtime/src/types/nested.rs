//! Type erasure for deeply nested types.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decode::stack;

/// A boxed value whose type is hidden from the compiler's auto traits.
///
/// Whether a type is `Send` depends on the types that it contains, and the compiler gives up at a nesting depth of 128. Where
/// a schema nests deeper, generated types contain a `Nested<T>` at regular distances. It dereferences to `T` and is created
/// from a `T`:
///
/// ```
/// use kube_client_runtime::types::Nested;
///
/// let mut names = Nested::from(vec!["a"]);
/// names.push("b");
/// assert_eq!(names.len(), 2);
/// assert_eq!(names.into_inner(), ["a", "b"]);
/// ```
pub struct Nested<T> {
    /// Always a `T`.
    value: Box<dyn Any + Send + Sync + UnwindSafe + RefUnwindSafe>,
    type_: PhantomData<fn() -> T>,
}

impl<T: 'static> Nested<T> {
    /// Returns the value.
    pub fn into_inner(self) -> T {
        let value: Box<dyn Any> = self.value;
        *value.downcast().unwrap_or_else(|_| unreachable!("only `from` sets the value"))
    }
}

impl<T: Send + Sync + UnwindSafe + RefUnwindSafe + 'static> From<T> for Nested<T> {
    fn from(value: T) -> Self {
        Nested { value: Box::new(value), type_: PhantomData }
    }
}

impl<T: 'static> Deref for Nested<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let value: &dyn Any = &*self.value;
        value.downcast_ref().unwrap_or_else(|| unreachable!("only `from` sets the value"))
    }
}

impl<T: 'static> DerefMut for Nested<T> {
    fn deref_mut(&mut self) -> &mut T {
        let value: &mut dyn Any = &mut *self.value;
        value.downcast_mut().unwrap_or_else(|| unreachable!("only `from` sets the value"))
    }
}

impl<T: Clone + Send + Sync + UnwindSafe + RefUnwindSafe + 'static> Clone for Nested<T> {
    fn clone(&self) -> Self {
        stack::with_headroom(|| Nested::from(T::clone(self)))
    }
}

impl<T: Default + Send + Sync + UnwindSafe + RefUnwindSafe + 'static> Default for Nested<T> {
    fn default() -> Self {
        Nested::from(T::default())
    }
}

impl<T: PartialEq + 'static> PartialEq for Nested<T> {
    fn eq(&self, other: &Self) -> bool {
        stack::with_headroom(|| **self == **other)
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Nested<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        stack::with_headroom(|| T::fmt(self, out))
    }
}

impl<T: Serialize + 'static> Serialize for Nested<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        stack::with_headroom(|| T::serialize(self, serializer))
    }
}

impl<'de, T> Deserialize<'de> for Nested<T>
where
    T: Deserialize<'de> + Send + Sync + UnwindSafe + RefUnwindSafe + 'static,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        stack::with_headroom(|| T::deserialize(deserializer).map(Nested::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Inner {
        name: String,
    }

    #[test]
    fn nested_value_is_used_like_the_value_itself() {
        let mut nested: Nested<Inner> = serde_json::from_str(r#"{"name":"a"}"#).unwrap();
        let copy = nested.clone();
        nested.name.push('b');
        assert_ne!(nested, copy);
        assert_eq!(format!("{nested:?}"), r#"Inner { name: "ab" }"#);
        assert_eq!(serde_json::to_string(&nested).unwrap(), r#"{"name":"ab"}"#);
        assert_eq!(nested.into_inner(), Inner { name: "ab".to_owned() });
        assert_eq!(*Nested::<Inner>::default(), Inner::default());
    }
}
