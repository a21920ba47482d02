//! Events: objects that the core group and `events.k8s.io` serve with different field names.
//!
//! Source: the tags of `k8s.io/api/core/v1/types.go` and `events/v1/types.go`;
//! `kubernetes/pkg/apis/events/v1/conversion.go` and `pkg/apis/core/validation/events.go`.

use std::sync::LazyLock;

use kube_structural_schema::definition::is_zero;
use kube_structural_schema::object::{FieldError, names};
use kube_structural_schema::{Schema, Type};
use serde_json::{Map, Value, json};

use super::schemas::{object, of, reference, root, text as text_schema, time};

/// The group that an event is encoded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventForm {
    Core,
    /// `events.k8s.io`, which validates more strict_errors.
    New,
}

/// Field names in both groups. Errors use the name in the core group.
const NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

const OTHER_NAMESPACE: &str = "does not match event.namespace";

static SCHEMAS: LazyLock<[Schema; 2]> = LazyLock::new(|| [EventForm::Core, EventForm::New].map(schema));

impl EventForm {
    /// Returns the form of an `apiVersion`, if it serves events.
    pub(crate) fn of(api_version: &str) -> Option<Self> {
        match api_version {
            "v1" => Some(EventForm::Core),
            "events.k8s.io/v1" => Some(EventForm::New),
            _ => None,
        }
    }

    pub(crate) fn schema(self) -> &'static Schema {
        &SCHEMAS[usize::from(self == EventForm::New)]
    }

    fn api_version(self) -> &'static str {
        match self {
            EventForm::Core => "v1",
            EventForm::New => "events.k8s.io/v1",
        }
    }

    /// Returns the name of a field of the core group in this form.
    pub(super) fn name(self, core: &'static str) -> &'static str {
        match NAMES.iter().find(|(name, _)| *name == core) {
            Some((_, new)) if self == EventForm::New => new,
            _ => core,
        }
    }
}

fn schema(form: EventForm) -> Schema {
    let series = object([("count", of(Type::Integer)), ("lastObservedTime", time())]);
    root([
        ("action", text_schema()),
        ("reason", text_schema()),
        ("type", text_schema()),
        ("related", reference()),
        ("eventTime", time()),
        ("series", series),
        ("reportingInstance", text_schema()),
        (form.name("reportingComponent"), text_schema()),
        (form.name("message"), text_schema()),
        (form.name("involvedObject"), reference()),
        (form.name("source"), object([("component", text_schema()), ("host", text_schema())])),
        (form.name("firstTimestamp"), time()),
        (form.name("lastTimestamp"), time()),
        (form.name("count"), of(Type::Integer)),
    ])
}

/// Converts an event to a form.
pub(crate) fn convert_to(form: EventForm, event: &mut Value) {
    let Some(fields) = event.as_object_mut() else { return };
    if fields.get("apiVersion").and_then(Value::as_str) == Some(form.api_version()) {
        return;
    }
    fields.insert("apiVersion".to_owned(), form.api_version().into());
    for (core, new) in NAMES {
        let (from, to) = if form == EventForm::New { (core, new) } else { (new, core) };
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
    normalize(form, fields);
}

/// Omits and adds fields as Go's JSON encoder does.
pub(super) fn normalize(form: EventForm, fields: &mut Map<String, Value>) {
    let (about, source) = (form.name("involvedObject"), form.name("source"));
    for name in [about, source, "related"] {
        if let Some(Value::Object(inner)) = fields.get_mut(name) {
            inner.retain(|_, value| !is_zero(value));
        }
    }
    // Pointers are encoded even if their target is empty.
    let is_pointer = |name: &str| name == "related" || name == "series";
    fields.retain(|name, value| name == "metadata" || (is_pointer(name) && !value.is_null()) || !is_zero(value));
    if let Some(Value::Object(series)) = fields.get_mut("series") {
        series.entry("lastObservedTime").or_insert(Value::Null);
    }
    let always = [
        ("eventTime", Value::Null),
        (form.name("firstTimestamp"), Value::Null),
        (form.name("lastTimestamp"), Value::Null),
        (about, json!({})),
        (source, json!({})),
    ];
    let texts = ["reportingComponent", "reportingInstance"].map(|name| (name, "".into()));
    let texts = texts.into_iter().filter(|_| form == EventForm::Core);
    for (name, empty) in always.into_iter().chain(texts) {
        fields.entry(name).or_insert(empty);
    }
}

/// Validates a new or updated event.
pub(super) fn validate(form: EventForm, event: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let in_core = |event: &Value| {
        let mut event = event.clone();
        convert_to(EventForm::Core, &mut event);
        event
    };
    let event = in_core(event);
    let mut errors = common_errors(form, &event);
    match (form, old.map(in_core)) {
        (EventForm::Core, _) => {}
        (EventForm::New, None) => errors.extend(strict_errors(&event)),
        (EventForm::New, Some(old)) => errors.extend(update_errors(&event, &old)),
    }
    errors
}

fn text<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn common_errors(form: EventForm, event: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (namespace, about) = (text(&event["metadata"], "namespace"), text(&event["involvedObject"], "namespace"));
    let other = || FieldError::invalid("involvedObject.namespace", about, OTHER_NAMESPACE);
    if text(event, "eventTime").is_empty() {
        let matches = if about.is_empty() { matches!(namespace, "" | "default") } else { namespace == about };
        if !matches {
            errors.push(other());
        }
        return errors;
    }
    if about.is_empty() && !matches!(namespace, "default" | "kube-system") {
        errors.push(other());
    }
    let (component, name) = (text(event, "reportingComponent"), form.name("reportingComponent"));
    if component.is_empty() {
        errors.push(FieldError::required(name, ""));
    }
    errors.extend(
        names::qualified_name(component).into_iter().map(|detail| FieldError::invalid(name, component, detail)),
    );
    for (name, max, is_required) in
        [("reportingInstance", 128, true), ("action", 128, true), ("reason", 128, true), ("message", 1024, false)]
    {
        let text = text(event, name);
        if text.is_empty() && is_required {
            errors.push(FieldError::required(name, ""));
        }
        if text.len() > max {
            errors.push(FieldError::invalid(name, "", format!("can have at most {max} characters")));
        }
    }
    errors
}

/// Validates a new event by the additional rules of `events.k8s.io`.
fn strict_errors(event: &Value) -> Vec<FieldError> {
    let mut errors = crate::metadata::validate(event, true, Some((names::subdomain, names::subdomain_prefix)));
    errors.extend(series(event));
    if text(event, "eventTime").is_empty() {
        errors.push(FieldError::required("eventTime", ""));
    }
    let type_ = text(event, "type");
    if !matches!(type_, "Normal" | "Warning") {
        errors.push(FieldError::invalid("type", "", format!("has invalid value: {type_}")));
    }
    let unset = ["firstTimestamp", "lastTimestamp", "count", "source"];
    let set = unset.into_iter().filter(|name| event.get(name).is_some_and(|value| !is_zero(value)));
    errors.extend(set.map(|name| FieldError::invalid(name, "", "needs to be unset")));
    errors
}

fn series(event: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(series) = event.get("series").filter(|series| series.is_object()) {
        if series["count"].as_i64().unwrap_or_default() < 2 {
            errors.push(FieldError::invalid("series.count", "", "should be at least 2"));
        }
        if text(series, "lastObservedTime").is_empty() {
            errors.push(FieldError::required("series.lastObservedTime", ""));
        }
    }
    errors
}

/// Validates an update through `events.k8s.io`, where only `series` is mutable.
fn update_errors(event: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = crate::metadata::validate_update(event, old);
    if event.get("series") != old.get("series") {
        errors.extend(series(event));
    }
    let fixed = [
        ("involvedObject", "involvedObject"),
        ("reason", "reason"),
        ("message", "message"),
        ("source", "source"),
        ("firstTimestamp", "firstTimestamp"),
        ("lastTimestamp", "lastTimestamp"),
        ("count", "count"),
        ("reason", "reason"),
        ("type", "type"),
        ("eventTime", "eventTime"),
        ("action", "action"),
        ("related", "related"),
        ("reportingComponent", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ];
    for (name, reported_name) in fixed.into_iter().filter(|(name, _)| event.get(name) != old.get(name)) {
        let value = event.get(name).cloned().unwrap_or_else(|| if name == "count" { 0.into() } else { "".into() });
        errors.push(FieldError::invalid(reported_name, value, "field is immutable"));
    }
    errors
}
