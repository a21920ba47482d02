//! Lists, page by page, as of now or as of then.

use bytes::Bytes;
use kube_structural_schema::object::FieldError;

use super::{Registry, Selection, Target, continuation};
use crate::kinds::Rules;
use crate::status::Failure;
use crate::store::Key;
use crate::strconv;

/// The options of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOptions {
    pub(crate) selection: Selection,
    pub(crate) limit: Option<usize>,
    /// Whether it is read page by page, which makes its version exact.
    pub(crate) is_paged: bool,
    pub(crate) continue_token: String,
    pub(crate) resource_version: String,
    pub(crate) version_match: Option<Match>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Exact,
    NotOlderThan,
}

/// Objects of a list, as JSON each.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Bytes>,
    pub(crate) resource_version: u64,
    pub(crate) continue_token: String,
    pub(crate) remaining: Option<usize>,
}

impl Registry {
    pub(crate) fn list(&self, target: &Target, options: &ListOptions) -> Result<Page, Failure> {
        let current = self.store.revision();
        // A list of at most one object is read as a single object.
        let in_namespace = !target.namespace.is_empty() || !target.kind.namespaced;
        let one = options.selection.name().filter(|_| in_namespace && options.continue_token.is_empty());
        let (at, from) = Self::place_of(options, one.is_some(), current)?;
        // From version "0", `limit` has no effect.
        let limit = options.limit.filter(|_| options.resource_version != "0" || !options.continue_token.is_empty());
        let namespace = Some(target.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let space = target.kind.space();
        let mut entries =
            self.store.range(&space, namespace, from.as_deref(), at).map_err(|_| Self::expired(from.as_deref()))?;
        let mut page = Page {
            items: Vec::new(),
            resource_version: at.unwrap_or(current),
            continue_token: String::new(),
            remaining: None,
        };
        if let Some(name) = one {
            entries.retain(|(key, _)| *key.name == *name);
        }
        let total = entries.len();
        for (index, (key, entry)) in entries.iter().enumerate() {
            if !options.selection.is_everything() {
                let object = Self::decode(&target.kind, target.version(), &entry.value);
                if !options.selection.selects(&object) {
                    continue;
                }
            }
            page.items.push(Self::read_json(&target.kind, target.version(), &entry.value));
            let left = total - index - 1;
            // Whether what is left is selected is not looked at.
            if left > 0 && limit.is_some_and(|limit| page.items.len() >= limit) {
                let revision = i64::try_from(page.resource_version).unwrap_or(i64::MAX);
                page.continue_token = continuation::token(revision, &after(key, namespace.is_some()));
                page.remaining = options.selection.is_everything().then_some(left);
                break;
            }
        }
        Ok(page)
    }

    /// The revision of a list, and its start key.
    ///
    /// Source: `apiserver/pkg/storage/interfaces.go`, `ValidateListOptions`.
    fn place_of(options: &ListOptions, is_one: bool, current: u64) -> Result<(Option<u64>, Option<String>), Failure> {
        if !options.continue_token.is_empty() {
            let (revision, from) = continuation::read(&options.continue_token)
                .map_err(|why| Failure::bad_request(format!("invalid continue token: {why}")))?;
            if !matches!(options.resource_version.as_str(), "" | "0") {
                let message = "specifying resource version is not allowed when using continue";
                return Err(Failure::bad_request(message));
            }
            return Ok((revision, Some(from)));
        }
        let version = parse_version(&options.resource_version)
            .map_err(|error| Failure::bad_request(format!("invalid resource version: {error}")))?;
        if version > current {
            return Err(Failure::too_large_version(version, current));
        }
        let exact = match options.version_match {
            Some(wanted) => wanted == Match::Exact,
            None => options.is_paged && !is_one,
        };
        Ok(((exact && version > 0).then_some(version), None))
    }

    /// Validates the resource version of a get.
    ///
    /// Source: `Get` of `apiserver/pkg/storage/cacher/delegator.go`, and of `etcd3/store.go` for events, which have no cache.
    pub(crate) fn check_version(&self, target: &Target, text: &str) -> Result<(), Failure> {
        let is_cached = !matches!(target.kind.rules, Rules::Event(_));
        let version = parse_version(text).map_err(|error| {
            if is_cached {
                Failure::untyped(error.to_string())
            } else {
                Failure::bad_request(format!("invalid resource version: {error}"))
            }
        })?;
        let current = self.store.revision();
        if version > current { Err(Failure::too_large_version(version, current)) } else { Ok(()) }
    }

    /// The list is of a revision that is not known any more.
    ///
    /// Source: `apiserver/pkg/storage/etcd3/errors.go`.
    fn expired(from: Option<&str>) -> Failure {
        let Some(from) = from else {
            return Failure::expired("The resourceVersion for the provided list is too old.");
        };
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
        Failure { continue_token: Some(continuation::token(-1, from)), ..Failure::expired(message) }
    }
}

/// A version as a number; no version is 0, which is any.
pub(crate) fn parse_version(text: &str) -> Result<u64, Box<FieldError>> {
    if text.is_empty() {
        return Ok(0);
    }
    strconv::uint(text).map_err(|why| Box::new(FieldError::invalid("resourceVersion", text, why)))
}

/// The first key after another, within a namespace or across namespaces.
fn after(last: &Key, in_namespace: bool) -> String {
    if last.namespace.is_empty() || in_namespace {
        format!("{}\0", last.name)
    } else {
        format!("{}/{}\0", last.namespace, last.name)
    }
}
