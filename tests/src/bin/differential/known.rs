//! Divergences that are listed in docs/architecture.md, each with its reason, so that a search goes on behind them.

use serde_json::Value;

use crate::script::Step;
use crate::side::Answer;

/// A divergence that is known.
struct Known {
    reason: &'static str,
    is: fn(&Step, &Answer, &Answer) -> bool,
}

const KNOWN: [Known; 0] = [];

/// Why two answers differ, if the reason is known.
pub(crate) fn reason(step: &Step, fake: &Answer, real: &Answer) -> Option<&'static str> {
    KNOWN.iter().find(|known| (known.is)(step, fake, real)).map(|known| known.reason)
}

/// Whether both servers have the same state after a step on whose answer they differ.
pub(crate) fn goes_on(step: &Step, fake: &Answer, real: &Answer) -> bool {
    step.method == "GET" || (fake.code >= 400 && real.code >= 400)
}

fn message(answer: &Answer) -> &str {
    answer.body.get("message").and_then(Value::as_str).unwrap_or_default()
}
