//! What a wait waits for.

use std::fmt;

use kube::Resource;

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The condition is met.
    Met,
    /// The condition is not met yet.
    Pending,
    /// The condition cannot be met any more, for this reason: the wait ends at once.
    Failed(String),
}

impl Verdict {
    pub(super) fn met_if(met: bool) -> Self {
        if met { Verdict::Met } else { Verdict::Pending }
    }
}

/// A condition of an object to wait for. Its `Display` completes the sentence "wait until …".
pub trait WaitCondition<K>: fmt::Display {
    /// Checks an object; `None` if it does not exist.
    fn check(&self, object: Option<&K>) -> Verdict;

    /// Returns why [`check`](Self::check) returned its verdict, if more is known than the condition itself.
    fn explain(&self, _object: Option<&K>) -> Option<String> {
        None
    }
}

/// Combinations of conditions.
pub trait Combine: Sized {
    /// Both conditions are met at the same time. It fails if one of them fails.
    fn and<B>(self, other: B) -> And<Self, B> {
        And(self, other)
    }

    /// At least one of the conditions is met. It fails if both fail.
    fn or<B>(self, other: B) -> Or<Self, B> {
        Or(self, other)
    }

    /// The condition is not met.
    fn not(self) -> Not<Self> {
        Not(self)
    }

    /// Fails as soon as `failure` is met, even if the condition itself is met.
    fn fail_if<B>(self, failure: B) -> FailIf<Self, B> {
        FailIf { condition: self, failure }
    }
}

/// The object exists.
pub fn exists() -> Exists {
    Exists
}

/// The object does not exist. An object of the same name that was created later is not distinguished; see [`deleted_uid`].
pub fn deleted() -> Deleted {
    Deleted { uid: None }
}

/// The object with this uid does not exist. A later object of the same name has another uid.
pub fn deleted_uid(uid: impl Into<String>) -> Deleted {
    Deleted { uid: Some(uid.into()) }
}

/// The function returns true for the object; false if it does not exist. `description` completes the sentence "wait until …".
pub fn matches<K, F: Fn(&K) -> bool>(description: impl Into<String>, matches: F) -> Matches<F> {
    Matches { description: description.into(), matches }
}

/// See [`exists`].
#[derive(Clone, Copy, Debug)]
pub struct Exists;

impl fmt::Display for Exists {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the object exists")
    }
}

impl<K> WaitCondition<K> for Exists {
    fn check(&self, object: Option<&K>) -> Verdict {
        Verdict::met_if(object.is_some())
    }
}

/// See [`deleted`] and [`deleted_uid`].
#[derive(Clone, Debug)]
pub struct Deleted {
    uid: Option<String>,
}

impl fmt::Display for Deleted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.uid {
            None => out.write_str("the object is deleted"),
            Some(uid) => write!(out, "the object with uid {uid} is deleted"),
        }
    }
}

impl<K: Resource> WaitCondition<K> for Deleted {
    fn check(&self, object: Option<&K>) -> Verdict {
        let is_other = |object: &K| self.uid.is_some() && object.meta().uid != self.uid;
        Verdict::met_if(object.is_none_or(is_other))
    }

    fn explain(&self, object: Option<&K>) -> Option<String> {
        let finalizers = object?.meta().finalizers.as_ref().filter(|finalizers| !finalizers.is_empty())?;
        object?.meta().deletion_timestamp.as_ref()?;
        Some(format!("finalizers remain: {}", finalizers.join(", ")))
    }
}

/// See [`matches()`].
#[derive(Clone)]
pub struct Matches<F> {
    description: String,
    matches: F,
}

impl<F> fmt::Display for Matches<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.description)
    }
}

impl<K, F: Fn(&K) -> bool> WaitCondition<K> for Matches<F> {
    fn check(&self, object: Option<&K>) -> Verdict {
        Verdict::met_if(object.is_some_and(&self.matches))
    }
}

/// See [`Combine::and`].
#[derive(Clone, Copy, Debug)]
pub struct And<A, B>(A, B);

impl<A: fmt::Display, B: fmt::Display> fmt::Display for And<A, B> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "({} and {})", self.0, self.1)
    }
}

impl<K, A: WaitCondition<K>, B: WaitCondition<K>> WaitCondition<K> for And<A, B> {
    fn check(&self, object: Option<&K>) -> Verdict {
        match (self.0.check(object), self.1.check(object)) {
            (Verdict::Failed(reason), _) | (_, Verdict::Failed(reason)) => Verdict::Failed(reason),
            (Verdict::Met, Verdict::Met) => Verdict::Met,
            _ => Verdict::Pending,
        }
    }

    fn explain(&self, object: Option<&K>) -> Option<String> {
        let unmet = self.0.check(object) != Verdict::Met;
        if unmet { self.0.explain(object) } else { self.1.explain(object) }
    }
}

/// See [`Combine::or`].
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B>(A, B);

impl<A: fmt::Display, B: fmt::Display> fmt::Display for Or<A, B> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "({} or {})", self.0, self.1)
    }
}

impl<K, A: WaitCondition<K>, B: WaitCondition<K>> WaitCondition<K> for Or<A, B> {
    fn check(&self, object: Option<&K>) -> Verdict {
        match (self.0.check(object), self.1.check(object)) {
            (Verdict::Met, _) | (_, Verdict::Met) => Verdict::Met,
            (Verdict::Failed(reason), Verdict::Failed(other)) => Verdict::Failed(format!("{reason}; {other}")),
            _ => Verdict::Pending,
        }
    }

    fn explain(&self, object: Option<&K>) -> Option<String> {
        self.0.explain(object).or_else(|| self.1.explain(object))
    }
}

/// See [`Combine::not`].
#[derive(Clone, Copy, Debug)]
pub struct Not<A>(A);

impl<A: fmt::Display> fmt::Display for Not<A> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "not ({})", self.0)
    }
}

impl<K, A: WaitCondition<K>> WaitCondition<K> for Not<A> {
    fn check(&self, object: Option<&K>) -> Verdict {
        match self.0.check(object) {
            Verdict::Met => Verdict::Pending,
            Verdict::Pending => Verdict::Met,
            failed @ Verdict::Failed(_) => failed,
        }
    }

    fn explain(&self, object: Option<&K>) -> Option<String> {
        self.0.explain(object)
    }
}

/// See [`Combine::fail_if`].
#[derive(Clone, Copy, Debug)]
pub struct FailIf<A, B> {
    condition: A,
    failure: B,
}

impl<A: fmt::Display, B> fmt::Display for FailIf<A, B> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(out)
    }
}

impl<K, A: WaitCondition<K>, B: WaitCondition<K>> WaitCondition<K> for FailIf<A, B> {
    fn check(&self, object: Option<&K>) -> Verdict {
        match self.failure.check(object) {
            Verdict::Met => Verdict::Failed(self.failure.explain(object).unwrap_or_else(|| self.failure.to_string())),
            _ => self.condition.check(object),
        }
    }

    fn explain(&self, object: Option<&K>) -> Option<String> {
        self.condition.explain(object)
    }
}

impl Combine for Exists {}
impl Combine for Deleted {}
impl<F> Combine for Matches<F> {}
impl<A, B> Combine for And<A, B> {}
impl<A, B> Combine for Or<A, B> {}
impl<A> Combine for Not<A> {}
impl<A, B> Combine for FailIf<A, B> {}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    #[test]
    fn combinators_follow_their_operands() {
        let is = |met: bool| matches("is", move |_: &ConfigMap| met);
        let map = ConfigMap::default();
        for (one, other) in [(false, false), (false, true), (true, false), (true, true)] {
            let of = |met| if met { Verdict::Met } else { Verdict::Pending };
            assert_eq!(is(one).and(is(other)).check(Some(&map)), of(one && other));
            assert_eq!(is(one).or(is(other)).check(Some(&map)), of(one || other));
            assert_eq!(is(one).not().check(Some(&map)), of(!one));
        }
        let fails = || is(true).fail_if(is(true));
        assert!(matches!(fails().and(is(true)).check(Some(&map)), Verdict::Failed(_)));
        assert!(matches!(fails().or(fails()).check(Some(&map)), Verdict::Failed(_)));
        assert!(matches!(fails().not().check(Some(&map)), Verdict::Failed(_)));
        assert_eq!(fails().or(is(true)).check(Some(&map)), Verdict::Met);
        assert_eq!(is(true).and(is(false)).to_string(), "(is and is)");
    }

    #[test]
    fn deletion_is_told_apart_from_a_new_object_by_its_uid() {
        let mut map = ConfigMap::default();
        map.metadata.uid = Some("new".to_owned());
        assert_eq!(deleted_uid("old").check(Some(&map)), Verdict::Met);
        assert_eq!(deleted_uid("new").check(Some(&map)), Verdict::Pending);
        assert_eq!(deleted().check(Some(&map)), Verdict::Pending);
        assert_eq!(deleted().check(None::<&ConfigMap>), Verdict::Met);
        assert_eq!(exists().check(None::<&ConfigMap>), Verdict::Pending);
    }
}
