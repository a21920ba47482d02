//! Waiting until the AI Gateway controller accepts an object.
//!
//! The controller reports success with the condition `Accepted`, and failure with a condition of another type, `NotAccepted`,
//! which replaces `Accepted`: a wait for `Accepted` to become `False` never ends. Its conditions have no `observedGeneration`,
//! so that those of the previous generation look like current ones after an update.
//!
//! Accepted does not mean programmed: that is what the status of the generated HTTPRoute and of the Gateway reports.

use aigateway_client::runtime::client::wait::{Combine as _, ConditionIs, FailIf, condition};
use aigateway_client::runtime::kube::Resource;
use aigateway_client::runtime::types::HasConditions;

/// The object is accepted. The wait fails with the message of the controller once the object is not accepted.
///
/// For an object that was created. After an update, use [`accepted_since`].
pub fn accepted() -> FailIf<ConditionIs, ConditionIs> {
    condition("Accepted", "True").fail_if(condition("NotAccepted", "True"))
}

/// The object is accepted, and was checked again since a write. `before` is the object as it was read, `written` as the write
/// returned it.
pub fn accepted_since<K: Resource + HasConditions>(before: &K, written: &K) -> FailIf<ConditionIs, ConditionIs> {
    let failure = condition("NotAccepted", "True").since(before, written);
    condition("Accepted", "True").since(before, written).fail_if(failure)
}
