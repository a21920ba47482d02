//! The reactions of a server, and their decisions on requests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::{HeaderMap, Response};
use serde_json::Value;

use super::effect::Effect;
use super::{Action, Calls, Reaction};
use crate::body::{Body, Transfer};
use crate::status::Failure;

/// The decision on one request.
#[derive(Default)]
pub(crate) struct Decision {
    /// The time before the request is executed or answered.
    pub(crate) delay: Duration,
    /// The time between the execution and the response.
    pub(crate) answer_delay: Duration,
    /// Headers that the response gets instead of its own.
    pub(crate) headers: HeaderMap,
    /// Warnings that are added to those of the response.
    pub(crate) warnings: Vec<String>,
    pub(crate) outcome: Outcome,
}

/// The handling of a request.
pub(crate) enum Outcome {
    /// The request is executed and its response delivered.
    Execute(Transfer),
    Value(Value),
    Fail(Failure),
    Response(Response<Body>),
    Hang,
    Refuse,
    /// The request is executed, and the connection breaks before the response.
    LoseAnswer,
}

impl Default for Outcome {
    fn default() -> Self {
        Outcome::Execute(Transfer::default())
    }
}

impl Decision {
    /// Applies a reaction. Returns whether it decides how the request is handled, so that later reactions do not apply.
    fn apply(&mut self, reaction: Reaction, action: &Action) -> bool {
        let outcome = match reaction.effect {
            Effect::Pass => None,
            Effect::Delay(by) => {
                self.delay += by;
                None
            }
            Effect::DelayAnswer(by) => {
                self.answer_delay += by;
                None
            }
            Effect::Answer(answer) => match answer(action) {
                Some(answer) => Some(answer.map_or_else(Outcome::Fail, Outcome::Value)),
                None => return false,
            },
            Effect::Respond(response) => Some(Outcome::Response(response(action))),
            Effect::Fail(failure) => Some(Outcome::Fail(failure)),
            Effect::Hang => Some(Outcome::Hang),
            Effect::Refuse => Some(Outcome::Refuse),
            Effect::LoseAnswer => Some(Outcome::LoseAnswer),
            Effect::Transfer(transfer) => Some(Outcome::Execute(transfer)),
        };
        self.headers.extend(reaction.headers);
        self.warnings.extend(reaction.warnings);
        let is_decided = outcome.is_some();
        self.outcome = outcome.unwrap_or_default();
        is_decided
    }
}

struct Rule {
    id: u64,
    calls: Calls,
    reaction: Reaction,
    seen: usize,
}

impl Rule {
    /// Counts a request and returns whether the reaction applies to it.
    fn applies(&mut self) -> bool {
        self.seen += 1;
        let turn = self.seen.checked_sub(self.reaction.skip + 1);
        turn.is_some_and(|turn| self.reaction.times.is_none_or(|times| turn < times))
    }
}

/// All reactions of a server, in the order in which they were added.
#[derive(Default)]
pub(crate) struct Rules {
    state: Mutex<(u64, Vec<Rule>)>,
}

impl Rules {
    fn state(&self) -> MutexGuard<'_, (u64, Vec<Rule>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.state().1.is_empty()
    }

    fn add(&self, calls: Calls, reaction: Reaction) -> u64 {
        let (ids, rules) = &mut *self.state();
        *ids += 1;
        rules.push(Rule { id: *ids, calls, reaction, seen: 0 });
        *ids
    }

    /// Returns the decision on a request: that of the first reaction that makes one. Delays, headers and warnings of
    /// the reactions before it add up.
    pub(crate) fn decide(&self, action: &Action) -> Decision {
        let mut decision = Decision::default();
        // Functions of tests may send requests, so they run without the lock.
        let rules: Vec<(u64, Calls)> = self.state().1.iter().map(|rule| (rule.id, rule.calls.clone())).collect();
        for (id, calls) in rules {
            let reaction = Some(id).filter(|_| calls.matches(action)).and_then(|id| self.reaction(id));
            if reaction.is_some_and(|reaction| decision.apply(reaction, action)) {
                break;
            }
        }
        decision
    }

    /// Returns the reaction of a rule to a matching request, if it applies.
    fn reaction(&self, id: u64) -> Option<Reaction> {
        let mut state = self.state();
        let rule = state.1.iter_mut().find(|rule| rule.id == id)?;
        rule.applies().then(|| rule.reaction.clone())
    }
}

/// A handle of an active reaction. Dropping it does not remove the reaction.
#[derive(Clone)]
pub struct Reactor {
    id: u64,
    rules: Arc<Rules>,
}

impl Reactor {
    pub(crate) fn new(rules: &Arc<Rules>, calls: Calls, reaction: Reaction) -> Self {
        Reactor { id: rules.add(calls, reaction), rules: Arc::clone(rules) }
    }

    /// Returns the number of matching requests, including those that the reaction skipped.
    pub fn seen(&self) -> usize {
        self.rules.state().1.iter().find(|rule| rule.id == self.id).map_or(0, |rule| rule.seen)
    }

    /// Removes the reaction.
    pub fn remove(self) {
        self.rules.state().1.retain(|rule| rule.id != self.id);
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reactor").field("seen", &self.seen()).finish_non_exhaustive()
    }
}
