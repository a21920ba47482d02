//! What a server does with chosen requests instead of, or before, what it would do.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::action::{Action, Calls};
use crate::status::Failure;

/// What is to happen to a request.
#[derive(Clone)]
pub struct Reaction {
    what: What,
    skip: usize,
    times: Option<usize>,
}

type Answers = dyn Fn(&Action) -> Option<Result<Value, Failure>> + Send + Sync;

#[derive(Clone)]
enum What {
    Fail(Failure),
    Answer(Arc<Answers>),
    Delay(Duration),
    Hang,
    Refuse,
    LoseAnswer,
    CutAnswer(usize),
}

impl Reaction {
    fn new(what: What) -> Self {
        Reaction { what, skip: 0, times: None }
    }

    /// The request fails; nothing is done.
    pub fn fail(failure: Failure) -> Self {
        Reaction::new(What::Fail(failure))
    }

    /// The request is answered by a function: with an object, with a failure, or, if it has `None`, by the server.
    pub fn answer(answer: impl Fn(&Action) -> Option<Result<Value, Failure>> + Send + Sync + 'static) -> Self {
        Reaction::new(What::Answer(Arc::new(answer)))
    }

    /// The request waits before anything is done. Of several delays all are waited for.
    pub fn delay(by: Duration) -> Self {
        Reaction::new(What::Delay(by))
    }

    /// The request is never answered, and nothing is done: its client waits until it gives up.
    pub fn hang() -> Self {
        Reaction::new(What::Hang)
    }

    /// The connection breaks before the request is read.
    pub fn refuse() -> Self {
        Reaction::new(What::Refuse)
    }

    /// The request is done, but the connection breaks before the answer: its client cannot know.
    pub fn lose_answer() -> Self {
        Reaction::new(What::LoseAnswer)
    }

    /// The request is done, but the connection breaks after so many bytes of the answer's body; of a watch, too.
    pub fn cut_answer_after(bytes: usize) -> Self {
        Reaction::new(What::CutAnswer(bytes))
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
        let what: &dyn fmt::Debug = match &self.what {
            What::Fail(failure) => failure,
            What::Answer(_) => &"answered by a function",
            What::Delay(by) => by,
            What::Hang => &"never answered",
            What::Refuse => &"refused",
            What::LoseAnswer => &"the answer is lost",
            What::CutAnswer(_) => &"the answer is cut",
        };
        let mut out = out.debug_struct("Reaction");
        out.field("what", what).field("skip", &self.skip).field("times", &self.times).finish()
    }
}

/// What is to be done with one request.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) instead: Option<Instead>,
}

/// What takes the place of the server's answer.
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

    /// What is to be done with a request: the first rule that decides, decides.
    pub(crate) fn plan(&self, action: &Action) -> Plan {
        let mut plan = Plan::default();
        // Functions of tests may ask the server, so they run when nothing is locked.
        let rules: Vec<(u64, Calls)> = self.state().1.iter().map(|rule| (rule.id, rule.calls.clone())).collect();
        for (id, calls) in rules {
            let Some(what) = Some(id).filter(|_| calls.include(action)).and_then(|id| self.turn(id)) else { continue };
            plan.instead = match what {
                What::Delay(by) => {
                    plan.delay += by;
                    None
                }
                What::Answer(answer) => answer(action).map(|answer| answer.map_or_else(Instead::Fail, Instead::Value)),
                What::Fail(failure) => Some(Instead::Fail(failure)),
                What::Hang => Some(Instead::Hang),
                What::Refuse => Some(Instead::Refuse),
                What::LoseAnswer => Some(Instead::LoseAnswer),
                What::CutAnswer(bytes) => Some(Instead::CutAnswer(bytes)),
            };
            if plan.instead.is_some() {
                break;
            }
        }
        plan
    }

    /// What a rule does with a request that it is for, if it is its turn.
    fn turn(&self, id: u64) -> Option<What> {
        let mut state = self.state();
        let rule = state.1.iter_mut().find(|rule| rule.id == id)?;
        rule.takes().then(|| rule.reaction.what.clone())
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

    /// From now on there is no such reaction.
    pub fn remove(self) {
        self.rules.state().1.retain(|rule| rule.id != self.id);
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reactor").field("seen", &self.seen()).finish_non_exhaustive()
    }
}
