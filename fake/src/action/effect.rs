//! What reactions do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::Response;
use serde_json::Value;

use super::Action;
use crate::body::{Body, Transfer};
use crate::status::Failure;

type Answers = dyn Fn(&Action) -> Option<Result<Value, Failure>> + Send + Sync;
type Responses = dyn Fn(&Action) -> Response<Body> + Send + Sync;

/// What a reaction does.
#[derive(Clone)]
pub(crate) enum Effect {
    Pass,
    Delay(Duration),
    DelayAnswer(Duration),
    Fail(Failure),
    Answer(Arc<Answers>),
    Respond(Arc<Responses>),
    Hang,
    Refuse,
    LoseAnswer,
    Transfer(Transfer),
}

impl fmt::Debug for Effect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Pass => out.write_str("Pass"),
            Effect::Delay(by) => out.debug_tuple("Delay").field(by).finish(),
            Effect::DelayAnswer(by) => out.debug_tuple("DelayAnswer").field(by).finish(),
            Effect::Fail(failure) => out.debug_tuple("Fail").field(failure).finish(),
            Effect::Answer(_) => out.write_str("Answer"),
            Effect::Respond(_) => out.write_str("Respond"),
            Effect::Hang => out.write_str("Hang"),
            Effect::Refuse => out.write_str("Refuse"),
            Effect::LoseAnswer => out.write_str("LoseAnswer"),
            Effect::Transfer(transfer) => transfer.fmt(out),
        }
    }
}
