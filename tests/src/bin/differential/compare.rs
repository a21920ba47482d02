//! One script on both servers.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::known;
use crate::script::{Script, Step};
use crate::side::{Answer, DEFINITIONS, Side};

/// How often a script begins anew, when a connection was cut.
const ATTEMPTS: usize = 4;

/// How often what may be old is asked for again.
const REPEATS: usize = 40;

/// The two servers.
pub(crate) struct Pair {
    pub(crate) fake: kube::Client,
    pub(crate) real: kube::Client,
    /// For how long the other one is given time to act upon a definition's change.
    pub(crate) settling: Duration,
    /// How often each known divergence was seen.
    pub(crate) known: Mutex<BTreeMap<&'static str, usize>>,
}

/// What a step has shown.
enum Seen {
    Same,
    /// A known difference, after which the rest of the script means something or not.
    Known(&'static str, bool),
    Different(Divergence),
}

/// Where they differ.
#[derive(Clone, Debug)]
pub(crate) struct Divergence {
    /// The step, or none if it is an event of a watch.
    pub(crate) step: Option<usize>,
    pub(crate) fake: String,
    pub(crate) real: String,
    /// Where in the answer.
    pub(crate) place: String,
}

impl Pair {
    /// Runs a script on both to the first difference. Whoever has a connection cut does not know whether he was heard, and so
    /// the script begins anew under another word.
    pub(crate) async fn run(&self, script: &Script, word: &str) -> Result<Option<Divergence>, kube::Error> {
        let mut outcome = self.attempt(script, word).await;
        for attempt in 1..ATTEMPTS {
            match &outcome {
                Err(error) => eprintln!("begun anew: {}", whole(error)),
                Ok(_) => break,
            }
            outcome = self.attempt(script, &format!("{word}t{attempt}")).await;
        }
        outcome
    }

    async fn attempt(&self, script: &Script, word: &str) -> Result<Option<Divergence>, kube::Error> {
        let mut fake = Side::new(self.fake.clone(), word, Duration::ZERO);
        let mut real = Side::new(self.real.clone(), word, self.settling);
        let found = self.between(script, &mut fake, &mut real).await;
        let collections = collections(script);
        let removed = tokio::try_join!(fake.end(&collections, script), real.end(&collections, script));
        let found = found?;
        removed?;
        Ok(found)
    }

    /// The first difference, with what the script needs before it.
    async fn between(
        &self,
        script: &Script,
        fake: &mut Side,
        real: &mut Side,
    ) -> Result<Option<Divergence>, kube::Error> {
        fake.begin(&script.watched).await?;
        real.begin(&script.watched).await?;
        self.compared(script, fake, real).await
    }

    async fn answered(step: &Step, fake: &mut Side, real: &mut Side) -> Result<Seen, kube::Error> {
        let (of_fake, of_real) = tokio::join!(fake.send(step), real.send(step));
        let told = |error| {
            eprintln!("no answer to {}", step.to_string().chars().take(2000).collect::<String>());
            error
        };
        let (of_fake, of_real) = (of_fake.map_err(told)?, of_real.map_err(told)?);
        Ok(match difference(step, &of_fake, &of_real) {
            None => Seen::Same,
            Some(divergence) => match known::reason(step, &of_fake, &of_real) {
                Some(reason) => Seen::Known(reason, known::goes_on(step, &of_fake, &of_real)),
                None => Seen::Different(divergence),
            },
        })
    }

    async fn compared(
        &self,
        script: &Script,
        fake: &mut Side,
        real: &mut Side,
    ) -> Result<Option<Divergence>, kube::Error> {
        for (index, step) in script.steps.iter().enumerate() {
            let mut seen = Self::answered(step, fake, real).await?;
            for _ in 0..if step.may_be_old() { REPEATS } else { 0 } {
                if !matches!(seen, Seen::Different(_)) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
                seen = Self::answered(step, fake, real).await?;
            }
            match seen {
                Seen::Same => {}
                Seen::Known(reason, goes_on) => {
                    *self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() += 1;
                    if !goes_on {
                        return Ok(None);
                    }
                }
                Seen::Different(divergence) => return Ok(Some(Divergence { step: Some(index), ..divergence })),
            }
        }
        Self::compared_events(script, fake, real).await
    }

    async fn compared_events(
        script: &Script,
        fake: &mut Side,
        real: &mut Side,
    ) -> Result<Option<Divergence>, kube::Error> {
        let (of_fake, of_real) = tokio::join!(fake.events(), real.events());
        for (watch, (of_fake, of_real)) in script.watched.iter().zip(of_fake?.into_iter().zip(of_real?)) {
            let found = first_difference(&of_fake.0, &of_real.0, format!("{watch}, live: "))
                .or_else(|| first_difference(&of_fake.1, &of_real.1, format!("{watch}, again: ")));
            if let Some((place, fake, real)) = found {
                return Ok(Some(Divergence { step: None, fake, real, place }));
            }
        }
        Ok(None)
    }
}

/// An error with all that has caused it.
fn whole(error: &kube::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// The collections that a script is about, but for definitions and namespaces.
pub(crate) fn collections(script: &Script) -> BTreeSet<String> {
    let paths = script.steps.iter().map(|step| step.path.as_str()).filter(|path| !path.starts_with(DEFINITIONS));
    paths.filter_map(collection).filter(|path| path != "/api/v1/namespaces").collect()
}

/// The collection that a path is in.
fn collection(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let base = if *parts.get(1)? == "apis" { 4 } else { 3 };
    let is_namespaced = parts.get(base) == Some(&"namespaces") && parts.len() > base + 2;
    let end = if is_namespaced { base + 3 } else { base + 1 };
    Some(parts.get(..end)?.join("/"))
}

fn difference(step: &Step, fake: &Answer, real: &Answer) -> Option<Divergence> {
    let different = |place: &str, fake: String, real: String| {
        (fake != real).then(|| Divergence { step: None, fake, real, place: place.to_owned() })
    };
    let whole = |answer: &Answer| format!("{} {}", answer.code, answer.body);
    if fake.code != real.code {
        return different("code", whole(fake), whole(real));
    }
    if step.by_code && fake.code >= 400 {
        return None;
    }
    if let Some((place, fake, real)) = first_difference(&fake.body, &real.body, String::new()) {
        return different(&place, fake, real);
    }
    if fake.code == 404 && step.method == "PATCH" {
        // The API server patches what its cache still has, and warns of that, before it finds that the object is gone.
        return None;
    }
    different("warnings", format!("{:?}", fake.warnings), format!("{:?}", real.warnings))
        .or_else(|| different("headers", format!("{:?}", fake.headers), format!("{:?}", real.headers)))
}

/// The first place where two values differ.
fn first_difference(fake: &Value, real: &Value, place: String) -> Option<(String, String, String)> {
    if fake == real {
        return None;
    }
    match (fake, real) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            for name in names {
                let (one, other) = (one.get(name), other.get(name));
                let place = format!("{place}.{name}");
                match (one, other) {
                    (Some(one), Some(other)) => {
                        if let Some(found) = first_difference(one, other, place) {
                            return Some(found);
                        }
                    }
                    (one, other) => return Some((place, shown(one), shown(other))),
                }
            }
            None
        }
        (Value::Array(one), Value::Array(other)) => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                if let Some(found) = first_difference(one, other, format!("{place}[{index}]")) {
                    return Some(found);
                }
            }
            let index = one.len().min(other.len());
            Some((format!("{place}[{index}]"), shown(one.get(index)), shown(other.get(index))))
        }
        _ => Some((place, fake.to_string(), real.to_string())),
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}
