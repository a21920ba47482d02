//! Values of types that nest deep.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decode::stack;

/// A value behind a pointer that hides its type from the compiler's auto traits.
///
/// Whether a type is `Send` depends on all types in it, and the compiler gives up beyond 128 of them, one in the other. Where a
/// schema nests so deep, generated types hold a `Nested<T>` from time to time. It dereferences to `T` and is made from a `T`:
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
        *value.downcast().unwrap_or_else(|_| unreachable!("the value is made in `from`"))
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
        value.downcast_ref().unwrap_or_else(|| unreachable!("the value is made in `from`"))
    }
}

impl<T: 'static> DerefMut for Nested<T> {
    fn deref_mut(&mut self) -> &mut T {
        let value: &mut dyn Any = &mut *self.value;
        value.downcast_mut().unwrap_or_else(|| unreachable!("the value is made in `from`"))
    }
}

impl<T: Clone + Send + Sync + UnwindSafe + RefUnwindSafe + 'static> Clone for Nested<T> {
    fn clone(&self) -> Self {
        stack::ensured(|| Nested::from(T::clone(self)))
    }
}

impl<T: Default + Send + Sync + UnwindSafe + RefUnwindSafe + 'static> Default for Nested<T> {
    fn default() -> Self {
        Nested::from(T::default())
    }
}

impl<T: PartialEq + 'static> PartialEq for Nested<T> {
    fn eq(&self, other: &Self) -> bool {
        stack::ensured(|| **self == **other)
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Nested<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        stack::ensured(|| T::fmt(self, out))
    }
}

impl<T: Serialize + 'static> Serialize for Nested<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        stack::ensured(|| T::serialize(self, serializer))
    }
}

impl<'de, T> Deserialize<'de> for Nested<T>
where
    T: Deserialize<'de> + Send + Sync + UnwindSafe + RefUnwindSafe + 'static,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        stack::ensured(|| T::deserialize(deserializer).map(Nested::from))
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
    fn a_nested_value_is_used_like_the_value_itself() {
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
