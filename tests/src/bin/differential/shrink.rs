//! Shortens scripts that reproduce a difference.

use crate::compare::{Divergence, Pair};
use crate::script::Script;

/// Maximum number of runs.
const RUNS: usize = 60;

/// Returns the shortest script found that has a difference at the same path.
pub(crate) async fn shrink(
    pair: &Pair,
    script: Script,
    divergence: Divergence,
    prefixes: &mut impl Iterator<Item = String>,
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
            // Keep the step with the difference.
            let end = (from + size).min(script.steps.len() - usize::from(divergence.step.is_some()));
            shorter.steps.drain(from..end.max(from));
            if shorter.steps.len() == script.steps.len() {
                break;
            }
            runs += 1;
            let prefix = prefixes.next().unwrap_or_default();
            match pair.run(&shorter, &prefix).await? {
                Some(found) if found.path == divergence.path => {
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
