//! One script on both servers.

use serde_json::Value;

use crate::script::Script;
use crate::side::{Answer, Side};

/// The two servers.
pub(crate) struct Pair {
    pub(crate) fake: kube::Client,
    pub(crate) real: kube::Client,
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
    /// Runs a script on both to the first difference.
    pub(crate) async fn run(&self, script: &Script, word: &str) -> Result<Option<Divergence>, kube::Error> {
        let (mut fake, mut real) = (Side::new(self.fake.clone(), word), Side::new(self.real.clone(), word));
        fake.begin(&script.watched).await?;
        real.begin(&script.watched).await?;
        let found = Self::compared(script, &mut fake, &mut real).await;
        let mut collections: Vec<&str> = script
            .steps
            .iter()
            .filter(|step| step.path.starts_with("/apis/") && !step.path.contains("/namespaces/"))
            .filter_map(|step| {
                step.path.match_indices('/').nth(4).map_or(Some(step.path.as_str()), |(end, _)| step.path.get(..end))
            })
            .collect();
        collections.sort_unstable();
        collections.dedup();
        fake.end(&collections).await?;
        real.end(&collections).await?;
        found
    }

    async fn compared(script: &Script, fake: &mut Side, real: &mut Side) -> Result<Option<Divergence>, kube::Error> {
        for (index, step) in script.steps.iter().enumerate() {
            let (of_fake, of_real) = tokio::join!(fake.send(step), real.send(step));
            let (of_fake, of_real) = (of_fake?, of_real?);
            if let Some(divergence) = difference(&of_fake, &of_real) {
                return Ok(Some(Divergence { step: Some(index), ..divergence }));
            }
        }
        for path in &script.watched {
            let (of_fake, of_real) = tokio::join!(fake.events(path), real.events(path));
            let (of_fake, of_real) = (Value::Array(of_fake?), Value::Array(of_real?));
            if let Some((place, of_fake, of_real)) = first_difference(&of_fake, &of_real, path.clone()) {
                return Ok(Some(Divergence { step: None, fake: of_fake, real: of_real, place }));
            }
        }
        Ok(None)
    }
}

fn difference(fake: &Answer, real: &Answer) -> Option<Divergence> {
    let different = |place: &str, fake: String, real: String| {
        (fake != real).then(|| Divergence { step: None, fake, real, place: place.to_owned() })
    };
    let whole = |answer: &Answer| format!("{} {}", answer.code, answer.body);
    if fake.code != real.code {
        return different("code", whole(fake), whole(real));
    }
    if let Some((place, fake, real)) = first_difference(&fake.body, &real.body, String::new()) {
        return different(&place, fake, real);
    }
    different("warnings", format!("{:?}", fake.warnings), format!("{:?}", real.warnings))
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
