//! Query parameters of lists and watches.

use kube_structural_schema::object::FieldError;

use super::options::Query;
use crate::registry::{ListOptions, Selection, Target, VersionMatch, WatchOptions, check_fields};
use crate::status::Failure;

const MATCH: &str = "resourceVersionMatch";
const INITIAL: &str = "sendInitialEvents";
const WITH_CONTINUE: &str = "resourceVersionMatch is forbidden when continue is provided";

/// The parameters about versions, with the API server's defaults.
struct Versions<'q> {
    version: &'q str,
    version_match: &'q str,
    has_continue: bool,
    initial: bool,
}

impl<'q> Versions<'q> {
    /// Source: `apimachinery/pkg/apis/meta/internalversion/defaults.go`.
    fn of(query: &'q Query) -> Self {
        let mut versions = Versions {
            version: query.text("resourceVersion"),
            version_match: query.text(MATCH),
            has_continue: !query.text("continue").is_empty(),
            initial: query.has(INITIAL),
        };
        let is_unset = !versions.initial && versions.version_match.is_empty();
        if is_unset && query.is_watch() && matches!(versions.version, "" | "0") {
            versions.initial = true;
            versions.version_match = "NotOlderThan";
        }
        versions
    }

    fn list_errors(&self) -> Vec<FieldError> {
        let forbidden =
            |applies: bool, field: &str, detail: &str| applies.then(|| FieldError::forbidden(field, detail));
        let is_set = !self.version_match.is_empty();
        let is_known = matches!(self.version_match, "" | "Exact" | "NotOlderThan");
        let unset = "resourceVersionMatch is forbidden unless resourceVersion is provided";
        let exact = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
        let errors = [
            forbidden(is_set && self.version.is_empty(), MATCH, unset),
            forbidden(is_set && self.has_continue, MATCH, WITH_CONTINUE),
            (!is_known).then(|| FieldError::not_supported(MATCH, self.version_match, ["Exact", "NotOlderThan", ""])),
            forbidden(self.version_match == "Exact" && self.version == "0", MATCH, exact),
            forbidden(self.initial, INITIAL, "sendInitialEvents is forbidden for list"),
        ];
        errors.into_iter().flatten().collect()
    }

    fn watch_errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.initial && self.version_match != "NotOlderThan" {
            let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            errors.push(FieldError::forbidden(MATCH, detail));
        }
        if self.version_match.is_empty() {
            return errors;
        }
        if !self.initial {
            let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            errors.push(FieldError::forbidden(MATCH, detail));
        }
        if self.version_match != "NotOlderThan" {
            errors.push(FieldError::not_supported(MATCH, self.version_match, ["NotOlderThan"]));
        }
        if self.has_continue {
            errors.push(FieldError::forbidden(MATCH, WITH_CONTINUE));
        }
        errors
    }
}

impl Query {
    fn selection(&self, target: &Target, shards: bool) -> Result<Selection, Failure> {
        let version = &target.version().name;
        let (labels, fields) = (self.text("labelSelector"), self.text("fieldSelector"));
        let selection = Selection::parse(&target.kind, version, labels, fields)?;
        let selection = if target.name.is_empty() { selection } else { Selection::of_name(&target.name) };
        let shard = self.text("shardSelector");
        if shards && !shard.is_empty() { selection.in_shard(shard) } else { Ok(selection) }
    }

    /// Validates the parameters that lists and watches share. A watch requested by its path (`/watch/`) is validated as
    /// a list.
    ///
    /// Source: `apimachinery/pkg/apis/meta/internalversion/validation/validation.go`.
    fn validate(&self, target: &Target, shards: bool) -> Result<Selection, Failure> {
        self.integer("timeoutSeconds")?;
        self.integer("limit")?;
        Selection::parse(&target.kind, &target.version().name, self.text("labelSelector"), "")?;
        check_fields(self.text("fieldSelector"))?;
        let versions = Versions::of(self);
        let errors = if self.is_watch() { versions.watch_errors() } else { versions.list_errors() };
        if !errors.is_empty() {
            return Err(Failure::invalid("ListOptions", "meta.k8s.io", "", &errors));
        }
        self.selection(target, shards)
    }

    /// Returns the options of a list. The objects of a collection delete are read page by page unless a limit is given.
    pub(super) fn list(&self, target: &Target, is_deletion: bool, shards: bool) -> Result<ListOptions, Failure> {
        let selection = self.validate(target, shards)?;
        let limit = self.integer("limit")?.unwrap_or_default();
        let version_match = match self.text(MATCH) {
            "Exact" => Some(VersionMatch::Exact),
            "NotOlderThan" => Some(VersionMatch::NotOlderThan),
            _ => None,
        };
        Ok(ListOptions {
            selection,
            limit: usize::try_from(limit).ok().filter(|limit| *limit > 0),
            is_paged: limit > 0 || (limit == 0 && is_deletion),
            continue_token: self.text("continue").to_owned(),
            resource_version: self.text("resourceVersion").to_owned(),
            version_match,
        })
    }

    pub(super) fn watch(&self, target: &Target, shards: bool) -> Result<WatchOptions, Failure> {
        Ok(WatchOptions {
            selection: self.validate(target, shards)?,
            resource_version: self.text("resourceVersion").to_owned(),
            bookmarks: self.flag("allowWatchBookmarks").unwrap_or_default(),
            // A watch without `sendInitialEvents` gets initial events unless it names a version.
            initial_events: self.flag(INITIAL).or(Versions::of(self).initial.then_some(true)),
            has_expired: self.has_expired()?,
        })
    }
}
