//! Fault injection: reactions to matching requests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::action::{Action, Calls};
use crate::status::Failure;

/// A reaction to matching requests, such as an error or a delay.
#[derive(Clone)]
pub struct Reaction {
    effect: Effect,
    skip: usize,
    times: Option<usize>,
}

type Answers = dyn Fn(&Action) -> Option<Result<Value, Failure>> + Send + Sync;

#[derive(Clone)]
enum Effect {
    Fail(Failure),
    Answer(Arc<Answers>),
    Delay(Duration),
    Hang,
    Refuse,
    LoseAnswer,
    TruncateAnswer(usize),
}

impl Reaction {
    fn new(effect: Effect) -> Self {
        Reaction { effect, skip: 0, times: None }
    }

    /// Fails the request without executing it.
    pub fn fail(failure: Failure) -> Self {
        Reaction::new(Effect::Fail(failure))
    }

    /// Answers the request by a function, which returns an object, an error, or `None` to let the server answer.
    pub fn answer(answer: impl Fn(&Action) -> Option<Result<Value, Failure>> + Send + Sync + 'static) -> Self {
        Reaction::new(Effect::Answer(Arc::new(answer)))
    }

    /// Delays the request before it is executed. Delays of several reactions add up.
    pub fn delay(by: Duration) -> Self {
        Reaction::new(Effect::Delay(by))
    }

    /// Never answers the request and does not execute it: the client waits until it times out.
    pub fn hang() -> Self {
        Reaction::new(Effect::Hang)
    }

    /// Breaks the connection before the request is read.
    pub fn refuse() -> Self {
        Reaction::new(Effect::Refuse)
    }

    /// Executes the request and breaks the connection before the response, so that the client does not know the
    /// outcome.
    pub fn lose_answer() -> Self {
        Reaction::new(Effect::LoseAnswer)
    }

    /// Executes the request and breaks the connection after `bytes` bytes of the response body, watches included.
    pub fn truncate_answer_after(bytes: usize) -> Self {
        Reaction::new(Effect::TruncateAnswer(bytes))
    }

    /// Applies the reaction to the first `times` requests only.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Reaction { times: Some(times), ..self }
    }

    /// Applies the reaction to the first request only.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Skips the first `requests` requests.
    #[must_use]
    pub fn after(self, requests: usize) -> Self {
        Reaction { skip: requests, ..self }
    }
}

impl fmt::Debug for Reaction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect: &dyn fmt::Debug = match &self.effect {
            Effect::Fail(failure) => failure,
            Effect::Answer(_) => &"answered by a function",
            Effect::Delay(by) => by,
            Effect::Hang => &"never answered",
            Effect::Refuse => &"refused",
            Effect::LoseAnswer => &"the answer is lost",
            Effect::TruncateAnswer(_) => &"the answer is cut",
        };
        let mut out = out.debug_struct("Reaction");
        out.field("effect", effect).field("skip", &self.skip).field("times", &self.times).finish()
    }
}

/// The decision on one request.
#[derive(Default)]
pub(crate) struct Decision {
    pub(crate) delay: Duration,
    pub(crate) override_: Option<Override>,
}

/// A replacement for the server's response.
pub(crate) enum Override {
    Value(Value),
    Fail(Failure),
    Hang,
    Refuse,
    LoseAnswer,
    TruncateAnswer(usize),
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

    /// Returns the decision on a request: that of the first reaction that makes one. Delays add up.
    pub(crate) fn decide(&self, action: &Action) -> Decision {
        let mut decision = Decision::default();
        // Functions of tests may send requests, so they run without the lock.
        let rules: Vec<(u64, Calls)> = self.state().1.iter().map(|rule| (rule.id, rule.calls.clone())).collect();
        for (id, calls) in rules {
            let Some(effect) = Some(id).filter(|_| calls.matches(action)).and_then(|id| self.effect(id)) else {
                continue;
            };
            decision.override_ = match effect {
                Effect::Delay(by) => {
                    decision.delay += by;
                    None
                }
                Effect::Answer(answer) => {
                    answer(action).map(|answer| answer.map_or_else(Override::Fail, Override::Value))
                }
                Effect::Fail(failure) => Some(Override::Fail(failure)),
                Effect::Hang => Some(Override::Hang),
                Effect::Refuse => Some(Override::Refuse),
                Effect::LoseAnswer => Some(Override::LoseAnswer),
                Effect::TruncateAnswer(bytes) => Some(Override::TruncateAnswer(bytes)),
            };
            if decision.override_.is_some() {
                break;
            }
        }
        decision
    }

    /// Returns the effect of a rule on a matching request, if it applies.
    fn effect(&self, id: u64) -> Option<Effect> {
        let mut state = self.state();
        let rule = state.1.iter_mut().find(|rule| rule.id == id)?;
        rule.applies().then(|| rule.reaction.effect.clone())
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
