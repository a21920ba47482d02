//! The task that renews a lease.
//!
//! Source: `renew` of `k8s.io/client-go/tools/leaderelection/leaderelection.go`. It differs in what makes it safe: the renew
//! deadline counts from the time at which the last successful request was sent, and a lease of another holder ends the term at
//! once.

use std::sync::Arc;

use tokio::time::Instant;

use super::attempt::{Election, Purpose, Refused};
use super::host::Host;
use super::settings::Settings;
use super::term::{Loss, Term};

/// Renews the lease until the term is stopped or lost.
pub(super) async fn run(election: &mut Election, host: &Host, settings: &Settings, term: &Arc<Term>) {
    let renewing = std::pin::pin!(renew(election, host, settings, term));
    let stopped = std::pin::pin!(term.stopped());
    if let futures::future::Either::Left((loss, _)) = futures::future::select(renewing, stopped).await {
        tracing::warn!(%loss, "leadership is lost");
        term.end(loss);
    }
    term.set_not_renewed();
}

async fn renew(election: &mut Election, host: &Host, settings: &Settings, term: &Term) -> Loss {
    let mut next = host.now() + settings.retry_period;
    loop {
        host.sleep_until(next.min(term.deadline())).await;
        let tried_at = host.now();
        if tried_at >= term.deadline() {
            return Loss::Deadline;
        }
        next = match election.attempt(Purpose::Renew, term.deadline()).await {
            Ok(renewed) if term.renew(renewed.at) => host.now() + settings.retry_period,
            Ok(_) => return Loss::Deadline,
            Err(refused) => match loss(refused) {
                Some(loss) => return loss,
                None => after(tried_at, host, settings),
            },
        };
    }
}

/// Returns when the next attempt is due after a failed one: attempts start in intervals of the retry period.
fn after(tried_at: Instant, host: &Host, settings: &Settings) -> Instant {
    (tried_at + settings.retry_period).max(host.now())
}

/// Returns why the term ends after this attempt, if it does.
fn loss(refused: Refused) -> Option<Loss> {
    match refused {
        Refused::Held(holder) => Some(Loss::Taken(holder)),
        Refused::Preferred(candidate) => Some(Loss::Preferred(candidate)),
        Refused::Expired => Some(Loss::Deadline),
        Refused::NotSelected => Some(Loss::Taken(String::new())),
        Refused::TimedOut | Refused::Failed(_) => {
            tracing::warn!(error = %refused, "the lease was not renewed");
            None
        }
    }
}
