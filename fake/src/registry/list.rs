//! Lists: selection, pages and revisions.

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
    pub(crate) version_match: Option<VersionMatch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VersionMatch {
    Exact,
    NotOlderThan,
}

/// A page of a list with encoded objects.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Bytes>,
    /// The version; `None` if the objects are not stored.
    pub(crate) resource_version: Option<u64>,
    pub(crate) continue_token: String,
    pub(crate) remaining: Option<usize>,
    /// The shard selector, if the list is limited to a shard.
    pub(crate) shard: Option<String>,
}

impl Registry {
    pub(crate) fn list(&self, target: &Target, options: &ListOptions) -> Result<Page, Failure> {
        if target.kind.is_computed() {
            return Ok(Self::component_statuses(target, options));
        }
        let current = self.store.revision();
        // A selector that matches a single name is executed as a get.
        let in_namespace = !target.namespace.is_empty() || !target.kind.namespaced;
        let single_name = options.selection.name().filter(|_| in_namespace && options.continue_token.is_empty());
        let (at, from) = Self::revision_and_start(options, single_name.is_some(), current)?;
        // Version "0" is served from the watch cache, which ignores limits.
        let limit = options.limit.filter(|_| options.resource_version != "0" || !options.continue_token.is_empty());
        let namespace = Some(target.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let space = target.kind.space();
        let mut entries =
            self.store.range(&space, namespace, from.as_deref(), at).map_err(|_| Self::expired(from.as_deref()))?;
        let mut page = Page {
            items: Vec::new(),
            resource_version: Some(at.unwrap_or(current)),
            continue_token: String::new(),
            remaining: None,
            shard: options.selection.shard(),
        };
        if let Some(name) = single_name {
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
            let remaining = total - index - 1;
            // The rest may contain no selected object.
            if remaining > 0 && limit.is_some_and(|limit| page.items.len() >= limit) {
                let revision = i64::try_from(at.unwrap_or(current)).unwrap_or(i64::MAX);
                page.continue_token = continuation::token(revision, &after(key, namespace.is_some()));
                page.remaining = options.selection.is_everything().then_some(remaining);
                break;
            }
        }
        Ok(page)
    }

    /// Returns the revision of a list and its first key.
    ///
    /// Source: `apiserver/pkg/storage/interfaces.go`, `ValidateListOptions`.
    fn revision_and_start(
        options: &ListOptions,
        is_single: bool,
        current: u64,
    ) -> Result<(Option<u64>, Option<String>), Failure> {
        if !options.continue_token.is_empty() {
            let (revision, from) = continuation::decode(&options.continue_token)
                .map_err(|reason| Failure::bad_request(format!("invalid continue token: {reason}")))?;
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
            Some(version_match) => version_match == VersionMatch::Exact,
            None => options.is_paged && !is_single,
        };
        Ok(((exact && version > 0).then_some(version), None))
    }

    /// Checks the resource version of a get.
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

    /// Creates a 410 for a list at a revision that was compacted.
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

/// Parses a resource version; an empty one is 0, which means any version.
pub(crate) fn parse_version(text: &str) -> Result<u64, Box<FieldError>> {
    if text.is_empty() {
        return Ok(0);
    }
    strconv::uint(text).map_err(|reason| Box::new(FieldError::invalid("resourceVersion", text, reason)))
}

/// Returns the first key after another, relative to the namespace or to all of them.
fn after(last: &Key, in_namespace: bool) -> String {
    if last.namespace.is_empty() || in_namespace {
        format!("{}\0", last.name)
    } else {
        format!("{}/{}\0", last.namespace, last.name)
    }
}
