//! Matchers for requests.

use std::fmt;
use std::sync::Arc;

use super::Action;

type Test = dyn Fn(&Action) -> bool + Send + Sync;

/// A matcher for requests. A request matches if it satisfies all conditions.
#[derive(Clone, Default)]
pub struct Calls {
    verb: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    user: Option<String>,
    test: Option<Arc<Test>>,
}

impl Calls {
    /// Matches all requests.
    pub fn all() -> Self {
        Calls::default()
    }

    /// Matches requests by verb and resource, as in RBAC rules. The verb `*` matches every verb. `pods` matches the
    /// resource without its subresources, `pods/status` a subresource, `*` everything.
    pub fn to(verb: impl Into<String>, resource: impl Into<String>) -> Self {
        let expected = |word: String| Some(word).filter(|word| word != "*");
        Calls { verb: expected(verb.into()), resource: expected(resource.into()), ..Calls::default() }
    }

    /// Restricts the matcher to a namespace.
    pub fn in_namespace(self, namespace: impl Into<String>) -> Self {
        Calls { namespace: Some(namespace.into()), ..self }
    }

    /// Restricts the matcher to an object name in the path.
    pub fn named(self, name: impl Into<String>) -> Self {
        Calls { name: Some(name.into()), ..self }
    }

    /// Restricts the matcher to the requests of a user.
    pub fn from_user(self, name: impl Into<String>) -> Self {
        Calls { user: Some(name.into()), ..self }
    }

    /// Restricts the matcher to requests for which `test` returns true.
    pub fn matching(self, test: impl Fn(&Action) -> bool + Send + Sync + 'static) -> Self {
        Calls { test: Some(Arc::new(test)), ..self }
    }

    /// Whether a request matches.
    pub fn matches(&self, action: &Action) -> bool {
        let matches =
            |expected: &Option<String>, found: &str| expected.as_ref().is_none_or(|expected| expected == found);
        matches(&self.verb, &action.verb)
            && self.resource.as_ref().is_none_or(|expected| *expected == action.resource_path())
            && matches(&self.namespace, &action.namespace)
            && matches(&self.name, &action.name)
            && matches(&self.user, &action.user)
            && self.test.as_ref().is_none_or(|test| test(action))
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Calls")
            .field("verb", &self.verb)
            .field("resource", &self.resource)
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
