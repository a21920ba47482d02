//! Options in the query and in bodies.

use std::time::Duration;

use ::http::request::Parts;
use kube_structural_schema::object::{FieldError, go};

use crate::number;
use crate::registry::{
    DeleteOptions, FieldValidation, ListOptions, Match, PatchKind, Selection, Target, WatchOptions, WriteOptions,
    check_fields,
};
use crate::status::Failure;

/// The query of a request.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        Query { pairs: form_urlencoded::parse(text.as_bytes()).into_owned().collect() }
    }

    pub(super) fn into_pairs(self) -> Vec<(String, String)> {
        self.pairs
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Everything is true but `false` and `0`, and the first value counts.
    ///
    /// Source: `Convert_Slice_string_To_bool` of `apimachinery/pkg/runtime/conversion.go`.
    fn flag(&self, name: &str) -> bool {
        self.has(name) && self.text(name) != "0" && !self.text(name).eq_ignore_ascii_case("false")
    }

    fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key == name)
    }

    fn integer(&self, name: &str) -> Result<Option<i64>, Failure> {
        if !self.has(name) {
            return Ok(None);
        }
        number::signed(self.text(name)).map(Some).map_err(Failure::bad_request)
    }

    pub(super) fn is_watch(&self) -> bool {
        self.flag("watch")
    }

    pub(super) fn timeout(&self) -> Option<Duration> {
        let seconds = self.text("timeoutSeconds").parse::<u64>().ok().filter(|seconds| *seconds > 0);
        seconds.map(Duration::from_secs)
    }

    /// The version that a read of one object asks for, which has to be a number.
    ///
    /// Source: `Get` of `apiserver/pkg/storage/cacher/delegator.go`, and of `etcd3/store.go` for kinds without a cache.
    pub(super) fn check_get(&self, is_cached: bool) -> Result<(), Failure> {
        let version = self.text("resourceVersion");
        let Some(why) = number::unsigned(version).err().filter(|_| !version.is_empty()) else { return Ok(()) };
        let why = FieldError::invalid("resourceVersion", version, why).to_string();
        Err(if is_cached {
            Failure::untyped(why)
        } else {
            Failure::bad_request(format!("invalid resource version: {why}"))
        })
    }

    /// The timeout of requests, which every path has, must be a duration.
    ///
    /// Source: `apiserver/pkg/endpoints/filters/request_deadline.go`.
    pub(super) fn check_timeout(&self) -> Result<(), Failure> {
        let timeout = self.text("timeout");
        let why = if timeout.is_empty() { None } else { number::duration_error(timeout) };
        let wrong = |why| Failure::bad_request(format!("invalid timeout specified in the request URL - {why}"));
        why.map_or(Ok(()), |why| Err(wrong(why)))
    }

    fn selection(&self, target: &Target) -> Result<Selection, Failure> {
        let version = &target.version().name;
        let (labels, fields) = (self.text("labelSelector"), self.text("fieldSelector"));
        let selection = Selection::parse(&target.kind, version, labels, fields)?;
        if target.name.is_empty() { Ok(selection) } else { Ok(Selection::of_name(&target.name)) }
    }

    /// Source: `apimachinery/pkg/apis/meta/internalversion/validation/validation.go`.
    fn check_list(&self, is_watch: bool) -> Result<(), Failure> {
        const FIELD: &str = "resourceVersionMatch";
        let (wanted, initial) = (self.text(FIELD), self.has("sendInitialEvents"));
        let mut errors = Vec::new();
        let mut forbid = |applies: bool, field: &str, detail: &str| {
            errors.extend(applies.then(|| FieldError::forbidden(field, detail)));
        };
        let is_set = !wanted.is_empty();
        let with_continue = (
            is_set && !self.text("continue").is_empty(),
            "resourceVersionMatch is forbidden when continue is provided",
        );
        if is_watch {
            let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            forbid(initial && wanted != "NotOlderThan", FIELD, detail);
            let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            forbid(is_set && !initial, FIELD, detail);
        } else {
            let detail = "resourceVersionMatch is forbidden unless resourceVersion is provided";
            forbid(is_set && self.text("resourceVersion").is_empty(), FIELD, detail);
            forbid(with_continue.0, FIELD, with_continue.1);
            let detail = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            forbid(wanted == "Exact" && self.text("resourceVersion") == "0", FIELD, detail);
            forbid(initial, "sendInitialEvents", "sendInitialEvents is forbidden for list");
        }
        let allowed: &[&str] = if is_watch { &["NotOlderThan"] } else { &["Exact", "NotOlderThan", ""] };
        if is_set && !allowed.contains(&wanted) {
            errors.push(FieldError::not_supported(FIELD, wanted, allowed.iter().copied()));
        }
        if is_watch && !self.text("continue").is_empty() {
            errors.push(FieldError::forbidden(FIELD, with_continue.1));
        }
        if errors.is_empty() { Ok(()) } else { Err(Failure::invalid("ListOptions", "meta.k8s.io", "", &errors)) }
    }

    fn version_match(&self) -> Option<Match> {
        match self.text("resourceVersionMatch") {
            "Exact" => Some(Match::Exact),
            "NotOlderThan" => Some(Match::NotOlderThan),
            _ => None,
        }
    }

    pub(super) fn list(&self, target: &Target) -> Result<ListOptions, Failure> {
        self.integer("timeoutSeconds")?;
        let limit = self.integer("limit")?.filter(|limit| *limit > 0);
        Selection::parse(&target.kind, &target.version().name, self.text("labelSelector"), "")?;
        check_fields(self.text("fieldSelector"))?;
        self.check_list(false)?;
        let selection = self.selection(target)?;
        Ok(ListOptions {
            selection,
            limit: limit.and_then(|limit| usize::try_from(limit).ok()),
            continue_token: self.text("continue").to_owned(),
            resource_version: self.text("resourceVersion").to_owned(),
            version_match: self.version_match(),
        })
    }

    pub(super) fn watch(&self, target: &Target) -> Result<WatchOptions, Failure> {
        self.integer("timeoutSeconds")?;
        self.integer("limit")?;
        Selection::parse(&target.kind, &target.version().name, self.text("labelSelector"), "")?;
        check_fields(self.text("fieldSelector"))?;
        self.check_list(true)?;
        let selection = self.selection(target)?;
        Ok(WatchOptions {
            selection,
            resource_version: self.text("resourceVersion").to_owned(),
            bookmarks: self.flag("allowWatchBookmarks"),
            initial_events: self.has("sendInitialEvents").then(|| self.flag("sendInitialEvents")),
        })
    }

    /// How something is written; `kind` is what the options are called.
    pub(super) fn write(&self, head: &Parts, kind: &str) -> Result<WriteOptions, Failure> {
        let mut errors = Vec::new();
        let options = self.write_options(head, &mut errors);
        if errors.is_empty() { Ok(options) } else { Err(Failure::invalid(kind, "meta.k8s.io", "", &errors)) }
    }

    pub(super) fn patch(&self, head: &Parts, kind: PatchKind) -> Result<WriteOptions, Failure> {
        let mut errors = Vec::new();
        if kind == PatchKind::Apply {
            if self.text("fieldManager").is_empty() {
                errors.push(FieldError::required("fieldManager", "is required for apply patch"));
            }
        } else if self.has("force") {
            errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
        }
        let options = WriteOptions { is_apply: kind == PatchKind::Apply, ..self.write_options(head, &mut errors) };
        if errors.is_empty() { Ok(options) } else { Err(Failure::invalid("PatchOptions", "meta.k8s.io", "", &errors)) }
    }

    fn write_options(&self, head: &Parts, errors: &mut Vec<FieldError>) -> WriteOptions {
        let manager = self.text("fieldManager");
        if manager.len() > 128 {
            errors.push(FieldError::too_long("fieldManager", 128));
        }
        let unprintable = manager.char_indices().find(|(_, c)| !go::is_print(*c));
        if let Some((index, c)) = unprintable {
            let what = format!("invalid character U+{:04X} (at position {index})", u32::from(c));
            errors.push(FieldError::invalid("fieldManager", manager, what));
        }
        let dry_run = self.all("dryRun");
        if dry_run.iter().any(|value| *value != "All") {
            let shown = serde_json::json!(dry_run);
            errors.push(FieldError::not_supported("dryRun", shown, ["All"]));
        }
        let validation = match self.text("fieldValidation") {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                let allowed = ["", "Ignore", "Strict", "Warn"];
                errors.push(FieldError::not_supported("fieldValidation", other, allowed));
                FieldValidation::Warn
            }
        };
        let manager = if manager.is_empty() { from_user_agent(head) } else { manager.to_owned() };
        WriteOptions { dry_run: !dry_run.is_empty(), manager, validation, force: self.flag("force"), is_apply: false }
    }

    /// How something is deleted: what the body says, or else the query.
    pub(super) fn delete(&self, body: &[u8]) -> Result<DeleteOptions, Failure> {
        let options = if body.is_empty() {
            DeleteOptions {
                grace_period_seconds: self.integer("gracePeriodSeconds")?,
                preconditions: None,
                orphan_dependents: self.has("orphanDependents").then(|| self.flag("orphanDependents")),
                propagation_policy: Some(self.text("propagationPolicy").to_owned()).filter(|policy| !policy.is_empty()),
                dry_run: self.has("dryRun").then(|| self.all("dryRun").into_iter().map(str::to_owned).collect()),
            }
        } else {
            serde_json::from_slice(body).map_err(|error| Failure::bad_request(error.to_string()))?
        };
        options.check()?;
        Ok(options)
    }
}

/// Who writes, where nothing else is said: the beginning of the user agent.
fn from_user_agent(head: &Parts) -> String {
    let agent = head.headers.get(::http::header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.split('/').next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(128).collect()
}
