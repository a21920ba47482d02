//! Defaults of API priority and fairness.

use serde_json::Value;

use super::{default, default_number, within};

pub(super) fn apply(kind: &str, object: &mut Value) {
    within(object, "spec", |spec| match kind {
        "FlowSchema" => default_number(spec, "matchingPrecedence", 1000),
        "PriorityLevelConfiguration" => {
            within(spec, "limited", |limited| {
                default(limited, "nominalConcurrencyShares", 30);
                default(limited, "lendablePercent", 0);
                within(limited, "limitResponse", |response| within(response, "queuing", queuing));
            });
            within(spec, "exempt", |exempt| {
                default(exempt, "nominalConcurrencyShares", 0);
                default(exempt, "lendablePercent", 0);
            });
        }
        _ => {}
    });
}

fn queuing(queuing: &mut Value) {
    for (name, value) in [("handSize", 8), ("queues", 64), ("queueLengthLimit", 50)] {
        default_number(queuing, name, value);
    }
}
