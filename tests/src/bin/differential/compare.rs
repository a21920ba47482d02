//! Runs one script on both servers.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::endpoint::{DEFINITIONS, Endpoint, Response};
use crate::known_differences;
use crate::script::{Script, Step};

/// Maximum number of attempts of a script after aborted connections.
const ATTEMPTS: usize = 4;

/// Maximum number of repeated reads that may return an old version.
const REPEATS: usize = 40;

/// The two servers.
pub(crate) struct Pair {
    pub(crate) fake: kube::Client,
    pub(crate) real: kube::Client,
    /// Delay after which the real server has processed the change of a definition.
    pub(crate) settling: Duration,
    /// Number of occurrences of each known difference.
    pub(crate) known: Mutex<BTreeMap<&'static str, usize>>,
}

/// Result of a step.
enum Outcome {
    Same,
    /// A known difference, and whether both servers still have the same state.
    Known(&'static str, bool),
    Different(Divergence),
}

/// A difference between both servers.
#[derive(Clone, Debug)]
pub(crate) struct Divergence {
    /// Index of the step; `None` for events of a watch.
    pub(crate) step: Option<usize>,
    pub(crate) fake: String,
    pub(crate) real: String,
    /// Path within the response.
    pub(crate) path: String,
}

impl Pair {
    /// Runs a script on both servers up to the first difference. After an aborted connection, the effect of the request is
    /// unknown, so that the script is repeated with another prefix.
    pub(crate) async fn run(&self, script: &Script, prefix: &str) -> Result<Option<Divergence>, kube::Error> {
        let mut outcome = self.attempt(script, prefix).await;
        for attempt in 1..ATTEMPTS {
            match &outcome {
                Err(error) => eprintln!("repeating the script: {}", with_causes(error)),
                Ok(_) => break,
            }
            outcome = self.attempt(script, &format!("{prefix}t{attempt}")).await;
        }
        outcome
    }

    async fn attempt(&self, script: &Script, prefix: &str) -> Result<Option<Divergence>, kube::Error> {
        let mut fake = Endpoint::new(self.fake.clone(), prefix, Duration::ZERO);
        let mut real = Endpoint::new(self.real.clone(), prefix, self.settling);
        let found = self.first_divergence(script, &mut fake, &mut real).await;
        let collections = collections(script);
        let removed = tokio::try_join!(fake.end(&collections, script), real.end(&collections, script));
        let found = found?;
        removed?;
        Ok(found)
    }

    /// Prepares both servers and returns the first difference.
    async fn first_divergence(
        &self,
        script: &Script,
        fake: &mut Endpoint,
        real: &mut Endpoint,
    ) -> Result<Option<Divergence>, kube::Error> {
        fake.begin(&script.watched).await?;
        real.begin(&script.watched).await?;
        self.compare_steps(script, fake, real).await
    }

    async fn send_to_both(step: &Step, fake: &mut Endpoint, real: &mut Endpoint) -> Result<Outcome, kube::Error> {
        let (fake_response, real_response) = tokio::join!(fake.send(step), real.send(step));
        let report = |error| {
            eprintln!("no response to {}", step.to_string().chars().take(2000).collect::<String>());
            error
        };
        let (fake_response, real_response) = (fake_response.map_err(report)?, real_response.map_err(report)?);
        Ok(match difference(step, &fake_response, &real_response) {
            None => Outcome::Same,
            Some(divergence) => match known_differences::reason(step, &fake_response, &real_response) {
                Some(reason) => {
                    Outcome::Known(reason, known_differences::states_match(step, &fake_response, &real_response))
                }
                None => Outcome::Different(divergence),
            },
        })
    }

    async fn compare_steps(
        &self,
        script: &Script,
        fake: &mut Endpoint,
        real: &mut Endpoint,
    ) -> Result<Option<Divergence>, kube::Error> {
        for (index, step) in script.steps.iter().enumerate() {
            let mut outcome = Self::send_to_both(step, fake, real).await?;
            for _ in 0..if step.may_be_stale() { REPEATS } else { 0 } {
                if !matches!(outcome, Outcome::Different(_)) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
                outcome = Self::send_to_both(step, fake, real).await?;
            }
            match outcome {
                Outcome::Same => {}
                Outcome::Known(reason, states_match) => {
                    *self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() += 1;
                    if !states_match {
                        return Ok(None);
                    }
                }
                Outcome::Different(divergence) => return Ok(Some(Divergence { step: Some(index), ..divergence })),
            }
        }
        Self::compare_events(script, fake, real).await
    }

    async fn compare_events(
        script: &Script,
        fake: &mut Endpoint,
        real: &mut Endpoint,
    ) -> Result<Option<Divergence>, kube::Error> {
        let (fake_response, real_response) = tokio::join!(fake.events(), real.events());
        for (watch, (fake_response, real_response)) in
            script.watched.iter().zip(fake_response?.into_iter().zip(real_response?))
        {
            let found = first_difference(&fake_response.0, &real_response.0, format!("{watch}, live: "))
                .or_else(|| first_difference(&fake_response.1, &real_response.1, format!("{watch}, replayed: ")));
            if let Some((path, fake, real)) = found {
                return Ok(Some(Divergence { step: None, fake, real, path }));
            }
        }
        Ok(None)
    }
}

/// Returns an error with its causes.
fn with_causes(error: &kube::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Returns the collections that a script uses, except definitions and namespaces.
pub(crate) fn collections(script: &Script) -> BTreeSet<String> {
    let paths = script.steps.iter().map(|step| step.path.as_str()).filter(|path| !path.starts_with(DEFINITIONS));
    paths.filter_map(collection).filter(|path| path != "/api/v1/namespaces").collect()
}

/// Returns the collection of a path.
fn collection(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let base = if *parts.get(1)? == "apis" { 4 } else { 3 };
    let is_namespaced = parts.get(base) == Some(&"namespaces") && parts.len() > base + 2;
    let end = if is_namespaced { base + 3 } else { base + 1 };
    Some(parts.get(..end)?.join("/"))
}

fn difference(step: &Step, fake: &Response, real: &Response) -> Option<Divergence> {
    let different = |path: &str, fake: String, real: String| {
        (fake != real).then(|| Divergence { step: None, fake, real, path: path.to_owned() })
    };
    let text = |response: &Response| format!("{} {}", response.code, response.body);
    if fake.code != real.code {
        return different("code", text(fake), text(real));
    }
    if step.by_code && fake.code >= 400 {
        return None;
    }
    if let Some((path, fake, real)) = first_difference(&fake.body, &real.body, String::new()) {
        return different(&path, fake, real);
    }
    if fake.code == 404 && step.method == "PATCH" {
        // The API server patches the cached object, with warnings, before it detects that the object was deleted.
        return None;
    }
    different("warnings", format!("{:?}", fake.warnings), format!("{:?}", real.warnings))
        .or_else(|| different("headers", format!("{:?}", fake.headers), format!("{:?}", real.headers)))
}

/// Returns the first path at which two values differ, with both values.
fn first_difference(fake: &Value, real: &Value, path: String) -> Option<(String, String, String)> {
    if fake == real {
        return None;
    }
    match (fake, real) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            for name in names {
                let (one, other) = (one.get(name), other.get(name));
                let path = format!("{path}.{name}");
                match (one, other) {
                    (Some(one), Some(other)) => {
                        if let Some(found) = first_difference(one, other, path) {
                            return Some(found);
                        }
                    }
                    (one, other) => return Some((path, or_absent(one), or_absent(other))),
                }
            }
            None
        }
        (Value::Array(one), Value::Array(other)) => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                if let Some(found) = first_difference(one, other, format!("{path}[{index}]")) {
                    return Some(found);
                }
            }
            let index = one.len().min(other.len());
            Some((format!("{path}[{index}]"), or_absent(one.get(index)), or_absent(other.get(index))))
        }
        _ => Some((path, fake.to_string(), real.to_string())),
    }
}

fn or_absent(value: Option<&Value>) -> String {
    value.map_or_else(|| "(absent)".to_owned(), ToString::to_string)
}
