//! Makes a script that shows a difference short.

use crate::compare::{Divergence, Pair};
use crate::script::Script;

/// So many runs at most.
const RUNS: usize = 60;

/// The shortest script that was found to show a difference at the same kind of place.
pub(crate) async fn shrunk(
    pair: &Pair,
    script: Script,
    divergence: Divergence,
    words: &mut impl Iterator<Item = String>,
) -> Result<(Script, Divergence), kube::Error> {
    let (mut script, mut divergence) = (script, divergence);
    if let Some(step) = divergence.step {
        script.steps.truncate(step + 1);
        script.watched.clear();
    }
    let mut runs = 0;
    let mut size = script.steps.len() / 2;
    while size > 0 && runs < RUNS {
        let mut from = 0;
        while from < script.steps.len() && runs < RUNS {
            let mut shorter = script.clone();
            // The step that shows it stays.
            let end = (from + size).min(script.steps.len() - usize::from(divergence.step.is_some()));
            shorter.steps.drain(from..end.max(from));
            if shorter.steps.len() == script.steps.len() {
                break;
            }
            runs += 1;
            let word = words.next().unwrap_or_default();
            match pair.run(&shorter, &word).await? {
                Some(found) if found.place == divergence.place => {
                    (script, divergence) = (shorter, found);
                    if let Some(step) = divergence.step {
                        script.steps.truncate(step + 1);
                    }
                }
                _ => from += size,
            }
        }
        size /= 2;
    }
    Ok((script, divergence))
}
