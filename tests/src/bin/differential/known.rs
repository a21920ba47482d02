//! Divergences that are listed in docs/architecture.md, each with its reason, so that a search goes on behind them.

use serde_json::Value;

use crate::script::Step;
use crate::side::Answer;

/// A divergence that is known.
struct Known {
    reason: &'static str,
    is: fn(&Step, &Answer, &Answer) -> bool,
}

const KNOWN: [Known; 9] = [
    Known {
        reason: "managers of a namespace that is being deleted",
        is: |step, _, real| {
            step.path.starts_with("/api/v1/namespaces/") && real.body.to_string().contains(r#"subresource \"finalize"#)
        },
    },
    Known { reason: "fields of events that may not change", is: is_fixed_field },
    Known { reason: "definitions that are applied and do not fit", is: is_untyped_definition },
    Known { reason: "rules are not type-checked when a definition is created", is: is_about_rules },
    Known { reason: "protobuf among the media types of an error", is: |_, fake, real| is_without_protobuf(fake, real) },
    Known { reason: "numbers beyond a float", is: |_, fake, _| says(fake, &["number out of range"]) },
    Known { reason: "wrong values in Kubernetes' own kinds", is: is_wrong_value },
    Known { reason: "fields that a JSON patch brings twice", is: is_repeated },
    Known {
        reason: "why a text is no JSON",
        is: |_, fake, real| says(fake, &["json parse error", "invalid JSON patch"]) && fake.code == real.code,
    },
];

/// Why two answers differ, if the reason is known.
pub(crate) fn reason(step: &Step, fake: &Answer, real: &Answer) -> Option<&'static str> {
    KNOWN.iter().find(|known| (known.is)(step, fake, real)).map(|known| known.reason)
}

/// Whether both servers have the same state after a step on whose answer they differ.
pub(crate) fn goes_on(step: &Step, fake: &Answer, real: &Answer) -> bool {
    step.method == "GET"
        || step.query.iter().any(|(name, value)| name == "dryRun" && value == "All")
        || (fake.code >= 400 && real.code >= 400)
}

fn message(answer: &Answer) -> &str {
    answer.body.get("message").and_then(Value::as_str).unwrap_or_default()
}

fn says(answer: &Answer, words: &[&str]) -> bool {
    words.iter().any(|word| message(answer).contains(word))
}

/// Whether the messages differ in protobuf alone, which is not accepted here.
fn is_without_protobuf(fake: &Answer, real: &Answer) -> bool {
    const PROTOBUF: &str = ", application/vnd.kubernetes.protobuf";
    message(real).contains(PROTOBUF) && message(real).replace(PROTOBUF, "") == message(fake)
}

/// Whether the API server alone refuses a definition, and all that it says is about rules.
fn is_about_rules(step: &Step, _: &Answer, real: &Answer) -> bool {
    let causes = real.body.pointer("/details/causes").and_then(Value::as_array);
    step.path.contains("customresourcedefinitions")
        && causes.is_some_and(|causes| {
            causes
                .iter()
                .any(|cause| cause["field"].as_str().is_some_and(|field| field.contains("x-kubernetes-validations")))
        })
}

/// Whether the API server finds that a definition that is applied does not fit its schema, before it validates it.
fn is_untyped_definition(step: &Step, _: &Answer, real: &Answer) -> bool {
    step.path.contains("customresourcedefinitions") && says(real, &["failed to create typed patch object"])
}

/// Whether a change of an event is refused, with Go's own form of a value in the answer.
fn is_fixed_field(step: &Step, fake: &Answer, real: &Answer) -> bool {
    let is_of_events = step.path.starts_with("/apis/events.k8s.io/");
    is_of_events && fake.code == real.code && real.body.to_string().contains("field is immutable")
}

/// Whether a JSON patch has a value with a field twice.
fn is_repeated(step: &Step, _: &Answer, real: &Answer) -> bool {
    let told = format!("{} {:?}", real.body, real.warnings);
    step.content_type.as_deref() == Some("application/json-patch+json") && told.contains("duplicate field")
}

/// Whether a value of one of Kubernetes' own kinds cannot be decoded, which the API server says before it looks any further.
fn is_wrong_value(step: &Step, fake: &Answer, real: &Answer) -> bool {
    let is_own = step.path.starts_with("/api/v1/") || step.path.contains(".k8s.io/v1/");
    let is_of_patch = real.body.pointer("/details/causes/0/field").is_some_and(|field| field == "patch");
    let is_undecoded =
        is_of_patch || says(real, &["json: cannot unmarshal", "cannot be handled as a", "cannot convert"]);
    is_own && is_undecoded && fake.code >= 400
}
