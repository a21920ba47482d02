//! Reactions: injected errors, delays and answers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::action::{Action, Calls};
use crate::status::Failure;

/// The kinds of reactions.
#[derive(Clone)]
pub struct Reaction {
    kind: Kind,
    skip: usize,
    times: Option<usize>,
}

type Answers = dyn Fn(&Action) -> Option<Result<Value, Failure>> + Send + Sync;

#[derive(Clone)]
enum Kind {
    Fail(Failure),
    Answer(Arc<Answers>),
    Delay(Duration),
    Hang,
    Refuse,
    LoseAnswer,
    CutAnswer(usize),
}

impl Reaction {
    fn new(kind: Kind) -> Self {
        Reaction { kind, skip: 0, times: None }
    }

    /// The request fails; nothing is done.
    pub fn fail(failure: Failure) -> Self {
        Reaction::new(Kind::Fail(failure))
    }

    /// The request is answered by a function: with an object, with a failure, or, if it has `None`, by the server.
    pub fn answer(answer: impl Fn(&Action) -> Option<Result<Value, Failure>> + Send + Sync + 'static) -> Self {
        Reaction::new(Kind::Answer(Arc::new(answer)))
    }

    /// The request waits before anything is done. Of several delays all are waited for.
    pub fn delay(by: Duration) -> Self {
        Reaction::new(Kind::Delay(by))
    }

    /// Neither executes nor answers the request: its client waits until its own timeout.
    pub fn hang() -> Self {
        Reaction::new(Kind::Hang)
    }

    /// The connection breaks before the request is read.
    pub fn refuse() -> Self {
        Reaction::new(Kind::Refuse)
    }

    /// The request is done, but the connection breaks before the answer: its client cannot know.
    pub fn lose_answer() -> Self {
        Reaction::new(Kind::LoseAnswer)
    }

    /// Executes the request, and breaks the connection after this many bytes of the body; watches included.
    pub fn cut_answer_after(bytes: usize) -> Self {
        Reaction::new(Kind::CutAnswer(bytes))
    }

    /// Only to the first `times` of the requests.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Reaction { times: Some(times), ..self }
    }

    /// Only to the first of the requests.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Not to the first `requests`.
    #[must_use]
    pub fn after(self, requests: usize) -> Self {
        Reaction { skip: requests, ..self }
    }
}

impl fmt::Debug for Reaction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind: &dyn fmt::Debug = match &self.kind {
            Kind::Fail(failure) => failure,
            Kind::Answer(_) => &"answered by a function",
            Kind::Delay(by) => by,
            Kind::Hang => &"never answered",
            Kind::Refuse => &"refused",
            Kind::LoseAnswer => &"the answer is lost",
            Kind::CutAnswer(_) => &"the answer is cut",
        };
        let mut out = out.debug_struct("Reaction");
        out.field("kind", kind).field("skip", &self.skip).field("times", &self.times).finish()
    }
}

/// The plan for one request.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) instead: Option<Instead>,
}

/// The replacement of the server's answer.
pub(crate) enum Instead {
    Value(Value),
    Fail(Failure),
    Hang,
    Refuse,
    LoseAnswer,
    CutAnswer(usize),
}

struct Rule {
    id: u64,
    calls: Calls,
    reaction: Reaction,
    seen: usize,
}

impl Rule {
    /// Counts a request; whether the rule has its turn with it.
    fn takes(&mut self) -> bool {
        self.seen += 1;
        let turn = self.seen.checked_sub(self.reaction.skip + 1);
        turn.is_some_and(|turn| self.reaction.times.is_none_or(|times| turn < times))
    }
}

/// All rules of a server, in the order in which they were made.
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

    /// Returns the plan for a request: the first matching rule decides.
    pub(crate) fn plan(&self, action: &Action) -> Plan {
        let mut plan = Plan::default();
        // Closures of tests may call the server, so no lock is held while they run.
        let rules: Vec<(u64, Calls)> = self.state().1.iter().map(|rule| (rule.id, rule.calls.clone())).collect();
        for (id, calls) in rules {
            let Some(kind) = Some(id).filter(|_| calls.include(action)).and_then(|id| self.turn(id)) else { continue };
            plan.instead = match kind {
                Kind::Delay(by) => {
                    plan.delay += by;
                    None
                }
                Kind::Answer(answer) => answer(action).map(|answer| answer.map_or_else(Instead::Fail, Instead::Value)),
                Kind::Fail(failure) => Some(Instead::Fail(failure)),
                Kind::Hang => Some(Instead::Hang),
                Kind::Refuse => Some(Instead::Refuse),
                Kind::LoseAnswer => Some(Instead::LoseAnswer),
                Kind::CutAnswer(bytes) => Some(Instead::CutAnswer(bytes)),
            };
            if plan.instead.is_some() {
                break;
            }
        }
        plan
    }

    /// The effect of a rule on a matching request in its turn.
    fn turn(&self, id: u64) -> Option<Kind> {
        let mut state = self.state();
        let rule = state.1.iter_mut().find(|rule| rule.id == id)?;
        rule.takes().then(|| rule.reaction.kind.clone())
    }
}

/// A reaction that is in force, until it is removed. Dropping this changes nothing.
#[derive(Clone)]
pub struct Reactor {
    id: u64,
    rules: Arc<Rules>,
}

impl Reactor {
    pub(crate) fn new(rules: &Arc<Rules>, calls: Calls, reaction: Reaction) -> Self {
        Reactor { id: rules.add(calls, reaction), rules: Arc::clone(rules) }
    }

    /// How many requests there were that it is for, whether or not it had its turn with them.
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
