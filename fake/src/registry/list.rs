//! Lists, page by page, as of now or as of then.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use kube_structural_schema::object::FieldError;
use serde_json::{Value, json as value};

use super::{Registry, Selection, Target};
use crate::json;
use crate::number;
use crate::status::Failure;
use crate::store::Key;

/// What a list is to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOptions {
    pub(crate) selection: Selection,
    pub(crate) limit: Option<usize>,
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
        let (at, from) = Self::place_of(options, current)?;
        // From "0", a page is no page.
        let limit = options.limit.filter(|_| options.resource_version != "0" || !options.continue_token.is_empty());
        let namespace = Some(target.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let space = target.kind.space();
        let mut entries = self
            .store
            .range(&space, namespace, from.as_deref(), at)
            .map_err(|_| Self::expired(options, from.as_deref()))?;
        let mut page = Page {
            items: Vec::new(),
            resource_version: at.unwrap_or(current),
            continue_token: String::new(),
            remaining: None,
        };
        // What can be only one object is read as one.
        let is_one = (namespace.is_some() || !target.kind.namespaced) && options.continue_token.is_empty();
        if let Some(name) = options.selection.name().filter(|_| is_one) {
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
                page.continue_token = token(revision, &after(key, namespace.is_some()));
                page.remaining = options.selection.is_everything().then_some(left);
                break;
            }
        }
        Ok(page)
    }

    /// The revision that a list is of, and after which key it begins.
    fn place_of(options: &ListOptions, current: u64) -> Result<(Option<u64>, Option<String>), Failure> {
        if !options.continue_token.is_empty() {
            let (revision, from) = read_token(&options.continue_token)?;
            if !matches!(options.resource_version.as_str(), "" | "0") {
                let message = "specifying resource version is not allowed when using continue";
                return Err(Failure::bad_request(message));
            }
            return Ok((revision, Some(from)));
        }
        let wrong = |failure: Failure| Failure::bad_request(format!("invalid resource version: {}", failure.message));
        let version = parse_version(&options.resource_version).map_err(wrong)?;
        if version == 0 {
            return Ok((None, None));
        }
        if version > current {
            return Err(Failure::too_large_version(version, current));
        }
        let exact =
            options.version_match == Some(Match::Exact) || (options.version_match.is_none() && options.limit.is_some());
        Ok((exact.then_some(version), None))
    }

    /// The list is of a revision that is not known any more.
    fn expired(options: &ListOptions, from: Option<&str>) -> Failure {
        let Some(from) = from else {
            return Failure::expired(format!(
                "The resourceVersion for the provided list is too old. ({})",
                options.resource_version
            ));
        };
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
        Failure { continue_token: Some(token(-1, from)), ..Failure::expired(message) }
    }
}

/// A version as a number; 0 for none.
pub(crate) fn parse_version(text: &str) -> Result<u64, Failure> {
    if text.is_empty() {
        return Ok(0);
    }
    number::unsigned(text).map_err(|why| {
        let error = FieldError::invalid("resourceVersion", text, why);
        Failure::untyped(error.to_string())
    })
}

/// The first key that can come after another: relative to the namespace, or to all of them.
fn after(last: &Key, in_namespace: bool) -> String {
    if last.namespace.is_empty() || in_namespace {
        format!("{}\0", last.name)
    } else {
        format!("{}/{}\0", last.namespace, last.name)
    }
}

/// Where a list goes on, and at which revision: at the present one, if that is -1.
///
/// Source: `apiserver/pkg/storage/continue.go`.
fn token(revision: i64, from: &str) -> String {
    URL_SAFE_NO_PAD.encode(value!({"v": "meta.k8s.io/v1", "rv": revision, "start": from}).to_string())
}

fn read_token(token: &str) -> Result<(Option<u64>, String), Failure> {
    let invalid = |why: &dyn std::fmt::Display| {
        Failure::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
    };
    let bytes = URL_SAFE_NO_PAD.decode(token);
    let bytes =
        bytes.map_err(|error| invalid(&format!("illegal base64 data at input byte {}", wrong_at(&error, token))))?;
    let token: Value = serde_json::from_slice(&bytes)
        .map_err(|error| invalid(&json::syntax_error(&bytes).unwrap_or_else(|| error.to_string())))?;
    let text = |name: &str| token.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("v") != "meta.k8s.io/v1" {
        return Err(invalid(&format!("server does not recognize this encoded version {}", text("v"))));
    }
    let Some(revision) = token.get("rv").and_then(Value::as_i64).filter(|revision| *revision != 0) else {
        return Err(invalid(&"incorrect encoded start resourceVersion (version meta.k8s.io/v1)"));
    };
    let from = text("start");
    if from.is_empty() {
        return Err(invalid(&"encoded start key empty (version meta.k8s.io/v1)"));
    }
    // A key that would leave the place of its kind.
    if from.trim_start_matches('/').split('/').any(|part| matches!(part, "" | "." | "..")) || from.starts_with("//") {
        return Err(invalid(&from));
    }
    Ok((u64::try_from(revision).ok(), from.trim_start_matches('/').to_owned()))
}

/// The byte that Go names: the first that is wrong, or where the last group begins, if that is cut off.
fn wrong_at(error: &base64::DecodeError, text: &str) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        _ => text.len() / 4 * 4,
    }
}
