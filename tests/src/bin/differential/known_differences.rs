//! Differences that docs/architecture.md lists, with their reasons; a search continues after them.

use serde_json::Value;

use crate::endpoint::Response;
use crate::script::Step;

/// A known difference.
struct KnownDifference {
    reason: &'static str,
    matches: fn(&Step, &Response, &Response) -> bool,
}

const KNOWN: [KnownDifference; 14] = [
    KnownDifference {
        reason: "managers of a namespace that is being deleted",
        matches: |step, _, real| {
            step.path.starts_with("/api/v1/namespaces/") && real.body.to_string().contains(r#"subresource \"finalize"#)
        },
    },
    KnownDifference { reason: "immutable fields of events", matches: is_fixed_field },
    KnownDifference { reason: "applied definitions that do not match their schema", matches: is_untyped_definition },
    KnownDifference { reason: "messages of syntax errors in rules", matches: is_syntax_of_rule },
    KnownDifference {
        reason: "protobuf among the media types of discovery and custom resources",
        matches: |_, fake, real| is_without_protobuf(fake, real),
    },
    KnownDifference { reason: "objects of another kind in the body", matches: is_of_another_kind },
    KnownDifference {
        reason: "numbers beyond the range of floats",
        matches: |_, fake, _| message_contains(fake, &["number out of range"]),
    },
    KnownDifference { reason: "duplicate fields in a JSON patch", matches: has_duplicate_field },
    KnownDifference { reason: "the order of fields in the text of a merge patch", matches: is_text_of_patch },
    KnownDifference { reason: "Go structs in messages", matches: has_go_struct },
    KnownDifference { reason: "the first of several values that cannot be decoded", matches: is_undecodable },
    KnownDifference { reason: "kinds without validation", matches: is_without_validation },
    KnownDifference { reason: "API priority and fairness", matches: |step, _, _| step.path.contains("/flowcontrol.") },
    KnownDifference {
        reason: "messages for invalid JSON",
        matches: |_, fake, real| {
            message_contains(fake, &["json parse error", "invalid JSON patch"]) && fake.code == real.code
        },
    },
];

/// Returns why two responses differ, if the reason is known.
pub(crate) fn reason(step: &Step, fake: &Response, real: &Response) -> Option<&'static str> {
    KNOWN.iter().find(|known| (known.matches)(step, fake, real)).map(|known| known.reason)
}

/// Whether both servers have the same state after a step with different responses.
pub(crate) fn states_match(step: &Step, fake: &Response, real: &Response) -> bool {
    step.method == "GET"
        || step.query.iter().any(|(name, value)| name == "dryRun" && value == "All")
        || (fake.code >= 400 && real.code >= 400)
}

fn message(response: &Response) -> &str {
    response.body.get("message").and_then(Value::as_str).unwrap_or_default()
}

fn message_contains(response: &Response, parts: &[&str]) -> bool {
    parts.iter().any(|part| message(response).contains(part))
}

/// Whether the messages differ only in protobuf, which discovery and custom resources do not have here.
fn is_without_protobuf(fake: &Response, real: &Response) -> bool {
    const PROTOBUF: &str = ", application/vnd.kubernetes.protobuf";
    message(real).contains(PROTOBUF) && message(real).replace(PROTOBUF, "") == message(fake)
}

/// Whether both servers refuse an object of another kind of Kubernetes.
fn is_of_another_kind(_: &Step, fake: &Response, real: &Response) -> bool {
    fake.code == 422 && message_contains(real, &["unknown conversion"])
}

/// Whether both servers refuse a definition because of the syntax of a rule.
fn is_syntax_of_rule(step: &Step, fake: &Response, real: &Response) -> bool {
    step.path.contains("customresourcedefinitions")
        && fake.code == real.code
        && message_contains(real, &["Syntax error: "])
}

/// Whether the API server reports that an applied definition does not match its schema, before validation.
fn is_untyped_definition(step: &Step, _: &Response, real: &Response) -> bool {
    step.path.contains("customresourcedefinitions") && message_contains(real, &["failed to create typed patch object"])
}

/// Whether an immutable field of an event is reported, with a value in Go's format.
fn is_fixed_field(step: &Step, fake: &Response, real: &Response) -> bool {
    let is_of_events = step.path.starts_with("/apis/events.k8s.io/");
    is_of_events && fake.code == real.code && real.body.to_string().contains("field is immutable")
}

/// Whether both servers refuse the result of a merge patch, and show it with fields in another order.
fn is_text_of_patch(step: &Step, fake: &Response, real: &Response) -> bool {
    let is_merge = step.content_type.as_deref() == Some("application/merge-patch+json");
    is_merge && fake.code == real.code && message_contains(fake, &["Invalid value: \"{"])
}

/// Whether a message of the API server shows a Go struct, or the difference of two.
fn has_go_struct(_: &Step, fake: &Response, real: &Response) -> bool {
    let is_struct = |text: &str| {
        ["\"Spec\":", "\"Type\":", "{\"Required\":", "{\"Rules\":", "\n@@ -"].iter().any(|part| text.contains(part))
    };
    fake.code == real.code && is_struct(message(real))
}

/// Whether both servers refuse a body that has more than one value of a wrong type.
fn is_undecodable(_: &Step, fake: &Response, real: &Response) -> bool {
    let refused = [fake, real].iter().all(|response| message_contains(response, &["cannot be handled as a"]));
    refused && fake.code == real.code
}

/// Whether only the API server validates the kind completely.
fn is_without_validation(step: &Step, fake: &Response, real: &Response) -> bool {
    let is_of = ["/resource.k8s.io/", "validatingadmissionpolicies"].iter().any(|part| step.path.contains(part));
    is_of && fake.code < 300 && real.code == 422
}

/// Whether a JSON patch has a value with a duplicate field.
fn has_duplicate_field(step: &Step, _: &Response, real: &Response) -> bool {
    let text = format!("{} {:?}", real.body, real.warnings);
    step.content_type.as_deref() == Some("application/json-patch+json") && text.contains("duplicate field")
}
