//! Leader election: of several processes, one is the leader.
//!
//! The candidates compete for a Lease as those of client-go do (`k8s.io/client-go/tools/leaderelection`), and can be mixed with
//! them. The leader renews the lease; the others acquire it when it has not changed for its duration, by their own clock. The
//! clocks may differ, but not run at rates that differ by more than the ratio of the lease duration to the renew deadline.
//!
//! ```
//! use kube_client_runtime::client::Client;
//! use kube_client_runtime::controllers::election::{ConfigError, Ended, LeaderElector};
//!
//! async fn lead(client: Client) -> Result<(), ConfigError> {
//!     let elector = LeaderElector::builder(&client, "default", "my-controller").build()?;
//!     loop {
//!         let work = |leadership| async move {
//!             // … until the program should stop
//! #           let _ = leadership;
//!         };
//!         match elector.run(work).await {
//!             Ended::Finished(()) => return Ok(()),
//!             Ended::Lost(loss) => eprintln!("no longer the leader: {loss}"),
//!         }
//!     }
//! }
//! ```
//!
//! In these cases it is stricter than client-go, whose leader can still be running when another one is elected:
//!
//! | case | client-go | here |
//! |---|---|---|
//! | the renew deadline counts from | the first attempt after the last successful one | the start of the last successful request |
//! | a hanging request | ends with the client's timeout, which the caller sets | ends with the renew deadline, or half of it |
//! | the lease of a leader is taken by another | it retries until the deadline | it stops at once |
//! | the process was paused beyond the deadline | work continues until the renewal fails | work is not polled again |
//! | the lease is released | even if another one holds it meanwhile | only if it is still held |
//! | the lease duration is not a whole number of seconds | it is rounded down in the Lease | it is rounded up |
//! | a Lease of another holder has no duration | it is acquired at once | it is acquired after the own lease duration |

mod attempt;
mod builder;
mod candidate;
mod elector;
mod host;
mod lock;
mod metrics;
#[cfg(test)]
pub(super) mod model;
mod record;
mod renewal;
mod settings;
mod term;

pub use builder::LeaderElectorBuilder;
pub use candidate::{Candidate, CandidateError};
pub use elector::{Ended, LeaderElector, NotRenewed};
pub(super) use host::Host;
pub use metrics::metrics_text;
pub use settings::ConfigError;
pub(super) use settings::default_identity;
pub use term::{Leadership, Loss, ReleaseError};
