//! Custom resource definitions: kinds that are created, updated and deleted at run time.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresourcedefinition`, `pkg/controller/{status,establish,finalizer}`.

use std::sync::Arc;

use kube_structural_schema::{Names, Scope, Version, definition, read_accepted};
use serde_json::{Map, Value, json};

use crate::json::base64;
use crate::metadata;

/// Keeps a definition until the objects of its kind are deleted.
pub(crate) const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// The kind that a definition declares.
pub(crate) struct Definition {
    pub(crate) group: String,
    /// The accepted names.
    pub(crate) names: Names,
    pub(crate) scope: Scope,
    /// The versions, newest first.
    pub(crate) versions: Arc<[Version]>,
    /// The index of the storage version.
    pub(crate) storage: usize,
    /// Whether a webhook converts between versions.
    pub(crate) converts_by_webhook: bool,
}

/// Returns the kind that a stored definition declares; `None` if validation would reject it.
pub(crate) fn parse(object: &Value) -> Option<Definition> {
    let crd = read_accepted(object)?;
    let mut versions = crd.versions;
    versions.iter_mut().for_each(|version| super::defaults::prune_defaults(&mut version.schema));
    let storage = versions.iter().position(|version| version.storage)?;
    let accepted = object.pointer("/status/acceptedNames").filter(|names| has_plural(names));
    let names = accepted.map_or(crd.names, names_of);
    let converts_by_webhook = crd.conversion_webhook;
    Some(Definition {
        group: crd.group,
        names,
        scope: crd.scope,
        versions: versions.into(),
        storage,
        converts_by_webhook,
    })
}

fn has_plural(names: &Value) -> bool {
    names.get("plural").and_then(Value::as_str).is_some_and(|plural| !plural.is_empty())
}

fn names_of(names: &Value) -> Names {
    let text = |name: &str| names.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let texts = |name: &str| list(names, name).into_iter().map(str::to_owned).collect();
    Names {
        kind: text("kind"),
        list_kind: text("listKind"),
        plural: text("plural"),
        singular: text("singular"),
        short_names: texts("shortNames"),
        categories: texts("categories"),
    }
}

fn list<'v>(value: &'v Value, name: &str) -> Vec<&'v str> {
    value.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Sets the defaults of a new definition, without accepted names.
///
/// Source: `strategy.go`, `PrepareForCreate`.
pub(crate) fn prepare_for_create(object: &mut Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    definition::set_defaults(object);
    object.as_object_mut().into_iter().for_each(definition::normalize);
}

/// Adds the storage version to `status.storedVersions`.
///
/// Source: `strategy.go`, `PrepareForUpdate`.
pub(crate) fn prepare_for_update(object: &mut Value) {
    let versions = object.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten();
    let storage =
        versions.into_iter().find(|version| version["storage"] == true).map(|version| version["name"].clone());
    let stored = object.pointer_mut("/status/storedVersions").and_then(Value::as_array_mut);
    if let (Some(storage), Some(stored)) = (storage, stored)
        && !stored.contains(&storage)
    {
        stored.push(storage);
    }
}

/// Sets the condition `Terminating` of a definition whose objects must be deleted first.
pub(crate) fn mark_terminating(object: &mut Value) {
    let since = metadata::text(object, "deletionTimestamp").to_owned();
    let message = "CustomResource deletion is in progress";
    if condition(object, "Terminating").is_none() {
        set_condition(object, "Terminating", true, "InstanceDeletionInProgress", message, &since);
    }
}

/// Returns a condition of a definition.
pub(crate) fn condition<'o>(object: &'o Value, type_: &str) -> Option<&'o Value> {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array)?;
    conditions.iter().find(|condition| condition["type"] == type_)
}

/// Whether a condition is true.
pub(crate) fn is_condition_true(object: &Value, type_: &str) -> bool {
    condition(object, type_).is_some_and(|condition| condition["status"] == "True")
}

fn set_condition(object: &mut Value, type_: &str, status: bool, reason: &str, message: &str, now: &str) {
    let status = if status { "True" } else { "False" };
    let before = condition(object, type_).filter(|before| before["status"] == status);
    let since = before.map_or(now.into(), |before| before["lastTransitionTime"].clone());
    let new =
        json!({"type": type_, "status": status, "lastTransitionTime": since, "reason": reason, "message": message});
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    let Some(conditions) = object["status"]["conditions"].as_array_mut() else { return };
    match conditions.iter_mut().find(|condition| condition["type"] == type_) {
        Some(condition) => *condition = new,
        None => conditions.push(new),
    }
}

/// The accepted names of the other definitions in a group.
#[derive(Default)]
pub(crate) struct UsedNames {
    resources: Vec<String>,
    kinds: Vec<String>,
}

impl UsedNames {
    /// Adds the accepted names of a definition.
    pub(crate) fn add(&mut self, names: &Value) {
        let text = |name: &str| names.get(name).and_then(Value::as_str).map(str::to_owned);
        self.resources.extend(["plural", "singular"].into_iter().filter_map(text));
        self.resources.extend(list(names, "shortNames").into_iter().map(str::to_owned));
        self.kinds.extend(["kind", "listKind"].into_iter().filter_map(text));
    }

    fn conflict(&self, is_kind: bool, requested: &str, accepted: &str) -> Option<String> {
        let used = if is_kind { &self.kinds } else { &self.resources };
        let is_free = requested == accepted || !used.iter().any(|name| name == requested);
        (!is_free).then(|| format!("{requested:?} is already in use"))
    }
}

/// Accepts the requested names unless another definition has them. Returns whether the status changed.
///
/// Source: `apiextensions-apiserver/pkg/controller/status/naming_controller.go`.
pub(crate) fn accept_names(object: &mut Value, used: &UsedNames, now: &str) -> bool {
    let requested = object.pointer("/spec/names").cloned().unwrap_or_default();
    let accepted = object.pointer("/status/acceptedNames").cloned().unwrap_or_default();
    if requested == accepted {
        return false;
    }
    let before = object["status"].clone();
    let mut names: Map<String, Value> = accepted.as_object().cloned().unwrap_or_default();
    let text = |names: &Value, name: &str| names.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut conflict = None;
    let mut accept = |name: &str, reason: &'static str, is_kind: bool| match used.conflict(
        is_kind,
        &text(&requested, name),
        &text(&accepted, name),
    ) {
        Some(message) => conflict = Some((reason, message)),
        None => drop(names.insert(name.to_owned(), text(&requested, name).into())),
    };
    accept("plural", "PluralConflict", false);
    accept("singular", "SingularConflict", false);
    accept("kind", "KindConflict", true);
    accept("listKind", "ListKindConflict", true);
    let conflict_of_kind = conflict.take_if(|(reason, _)| reason.contains("Kind"));
    let mut conflict_of_short_names = None;
    if requested.get("shortNames") != accepted.get("shortNames") {
        match short_names(&requested, &accepted, used) {
            Some(message) => conflict_of_short_names = Some(("ShortNamesConflict", message)),
            None => set_list(&mut names, "shortNames", &requested),
        }
    }
    set_list(&mut names, "categories", &requested);
    object["status"]["acceptedNames"] = names.into();
    // Conflicts of kinds are reported before those of short names, and these before those of resources.
    if let Some((reason, message)) = conflict_of_kind.or(conflict_of_short_names).or(conflict) {
        set_condition(object, "NamesAccepted", false, reason, &message, now);
        if condition(object, "Established").is_none() {
            set_condition(object, "Established", false, "NotAccepted", "not all names are accepted", now);
        }
    } else {
        set_condition(object, "NamesAccepted", true, "NoConflicts", "no conflicts found", now);
        if !is_condition_true(object, "Established") {
            let message = "the initial names have been accepted";
            set_condition(object, "Established", false, "Installing", message, now);
        }
    }
    without_times(&before) != without_times(&object["status"])
}

fn short_names(requested: &Value, accepted: &Value, used: &UsedNames) -> Option<String> {
    let current = list(accepted, "shortNames");
    let added = list(requested, "shortNames").into_iter().filter(|name| !current.contains(name));
    let conflicts: Vec<String> = added.filter_map(|name| used.conflict(false, name, "")).collect();
    match &conflicts[..] {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("[{}]", many.join(", "))),
    }
}

fn set_list(names: &mut Map<String, Value>, name: &str, from: &Value) {
    match from.get(name) {
        Some(list) => drop(names.insert(name.to_owned(), list.clone())),
        None => drop(names.remove(name)),
    }
}

fn without_times(status: &Value) -> Value {
    let mut status = status.clone();
    let conditions = status.get_mut("conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten().filter_map(Value::as_object_mut) {
        condition.remove("lastTransitionTime");
    }
    status
}

/// Establishes a definition with accepted names. Returns whether the status changed.
///
/// Source: `apiextensions-apiserver/pkg/controller/establish/establishing_controller.go`.
pub(crate) fn establish(object: &mut Value, now: &str) -> bool {
    if !is_condition_true(object, "NamesAccepted") || is_condition_true(object, "Established") {
        return false;
    }
    let before = without_times(&object["status"]);
    let bundle = object.pointer("/spec/conversion/webhook/clientConfig/caBundle").and_then(Value::as_str);
    if bundle.is_some_and(|bundle| !bundle.is_empty() && !contains_certificate(bundle)) {
        let message = "The conversion webhook CABundle is invalid";
        set_condition(object, "Established", false, "InvalidCABundle", message, now);
    } else {
        let message = "the initial names have been accepted";
        set_condition(object, "Established", true, "InitialNamesAccepted", message, now);
    }
    before != without_times(&object["status"])
}

/// Whether a bundle in base64 contains a certificate. The certificate itself is not parsed, because no webhook is called.
fn contains_certificate(bundle: &str) -> bool {
    let pem = String::from_utf8(base64::decode(bundle).unwrap_or_default()).unwrap_or_default();
    let body = pem
        .split_once("-----BEGIN CERTIFICATE-----")
        .and_then(|(_, rest)| rest.split_once("-----END CERTIFICATE-----"));
    body.is_some_and(|(body, _)| {
        let body: String = body.split_whitespace().collect();
        base64::decode(&body).is_ok_and(|der| !der.is_empty())
    })
}

/// Sets the approval condition of a protected group. Returns whether the status changed.
///
/// Source: `apiextensions-apiserver/pkg/controller/apiapproval/apiapproval_controller.go`.
pub(crate) fn set_approval_condition(object: &mut Value, now: &str) -> bool {
    const TYPE: &str = "KubernetesAPIApprovalPolicyConformant";
    let Some((is_approved, reason, message)) = definition::approval(object) else { return false };
    let status = if is_approved { "True" } else { "False" };
    let is_current = |condition: &Value| {
        condition["status"] == status && condition["reason"] == reason && condition["message"] == *message
    };
    if condition(object, TYPE).is_some_and(is_current) {
        return false;
    }
    set_condition(object, TYPE, is_approved, reason, &message, now);
    true
}
