//! Candidates of a coordinated leader election: the control plane selects the leader among them.
//!
//! Source: `k8s.io/client-go/tools/leaderelection/leasecandidate.go`,
//! <https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4355-coordinated-leader-election>.

use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1beta1::{LeaseCandidate, LeaseCandidateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};

use crate::client::{Client, Error, ListOptions, Namespaced};
use crate::informer::{Event, HandlerOptions};

/// The interval in which a candidate is renewed without being asked. The control plane deletes candidates after half an hour.
const RENEW_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// The delays after failures: the first one, and the longest.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// The only strategy that the control plane knows.
const OLDEST_EMULATION_VERSION: &str = "OldestEmulationVersion";

/// What the control plane compares to select the leader: the strategy, and the versions of the program.
///
/// The identity of the elector is the name of the LeaseCandidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    binary_version: String,
    emulation_version: String,
    strategy: String,
}

/// A candidate that the API server would not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CandidateError {
    /// A version is not `<major>.<minor>.<patch>`.
    #[error("{0:?} is not a semantic version: use <major>.<minor>.<patch> without a leading \"v\"")]
    Version(String),
    /// The identity is not a valid name of an object.
    #[error(
        "the identity {0:?} is not a valid name of a LeaseCandidate: use at most 253 letters, digits, '-', '_' and '.'"
    )]
    Identity(String),
}

impl Candidate {
    /// Creates a candidate with this version of the program, which is also its emulation version. The strategy is
    /// `OldestEmulationVersion`: of the candidates with the oldest emulation version, the one with the oldest binary version
    /// leads.
    pub fn new(binary_version: impl Into<String>) -> Self {
        let binary_version = binary_version.into();
        let emulation_version = binary_version.clone();
        Candidate { binary_version, emulation_version, strategy: OLDEST_EMULATION_VERSION.to_owned() }
    }

    /// Sets the version that the program behaves as, at most its own.
    pub fn emulation_version(mut self, version: impl Into<String>) -> Self {
        self.emulation_version = version.into();
        self
    }

    /// Sets another strategy, `<domain>/<name>`, by which a controller of your own selects the leader.
    pub fn strategy(mut self, strategy: impl Into<String>) -> Self {
        self.strategy = strategy.into();
        self
    }

    /// Checks what the API server would reject.
    ///
    /// Source: `kubernetes/pkg/apis/coordination/validation/validation.go`.
    pub(super) fn validate(&self, identity: &str) -> Result<(), CandidateError> {
        for version in [&self.binary_version, &self.emulation_version] {
            let release = version.split(['-', '+']).next().unwrap_or_default();
            let parts: Vec<&str> = release.split('.').collect();
            let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if parts.len() != 3 || !parts.iter().all(is_number) {
                return Err(CandidateError::Version(version.clone()));
            }
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if identity.len() > 253 || identity.starts_with("..") || identity == "." || !identity.bytes().all(is_name) {
            return Err(CandidateError::Identity(identity.to_owned()));
        }
        Ok(())
    }
}

/// Returns whether the API server has the kind LeaseCandidate.
pub(super) async fn is_served(client: &Client, namespace: &str) -> Result<bool, Error> {
    let options = ListOptions { limit: Some(1), ..ListOptions::default() };
    match client.namespaced::<LeaseCandidate>(namespace).list(&options).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Creates the LeaseCandidate, and renews it whenever the control plane asks for it. It does not return.
pub(super) async fn maintain(
    client: Client,
    namespace: String,
    identity: String,
    lease_name: String,
    candidate: Candidate,
) {
    let client = client.prioritized();
    let candidates = client.namespaced::<LeaseCandidate>(&namespace);
    let is_it = |options: &mut ListOptions| options.field_selector = Some(format!("metadata.name={identity}"));
    let informer = candidates.informer().list_options(is_it).build();
    let Ok(mut events) = informer.events(HandlerOptions::default()) else { return };
    informer.start();
    let mut delay = RETRY.0;
    loop {
        let next = match renew(&candidates, &identity, &lease_name, &candidate).await {
            Ok(()) => {
                delay = RETRY.0;
                RENEW_INTERVAL
            }
            Err(error) => {
                tracing::warn!(%error, "the LeaseCandidate was not renewed");
                delay = (delay * 2).min(RETRY.1);
                delay
            }
        };
        let asked = async {
            while let Some(event) = events.next().await {
                if is_due(&event) {
                    return;
                }
            }
            std::future::pending::<()>().await;
        };
        let _ = tokio::time::timeout(next, asked).await;
    }
}

/// Whether the candidate has to be renewed after this event: the control plane pinged it, or it was deleted.
fn is_due(event: &Event<LeaseCandidate>) -> bool {
    match event {
        Event::Added { object, .. } | Event::Updated { new: object, .. } => {
            let LeaseCandidateSpec { ping_time, renew_time, .. } = spec_of(object);
            ping_time.is_some() && ping_time > renew_time
        }
        Event::Deleted { .. } => true,
    }
}

/// Returns the spec. It is optional in the types for some versions of Kubernetes, and required in those for others.
#[allow(clippy::useless_conversion)]
fn spec_of(candidate: &LeaseCandidate) -> LeaseCandidateSpec {
    Option::from(candidate.spec.clone()).unwrap_or_default()
}

async fn renew(
    candidates: &Namespaced<LeaseCandidate>,
    identity: &str,
    lease_name: &str,
    candidate: &Candidate,
) -> Result<(), Error> {
    let now = || Some(MicroTime(Timestamp::now()));
    let renewed = candidates.modify(identity, |existing| {
        let mut spec = spec_of(existing);
        spec.renew_time = now();
        spec.binary_version.clone_from(&candidate.binary_version);
        spec.emulation_version = Some(candidate.emulation_version.clone());
        spec.strategy.clone_from(&candidate.strategy);
        existing.spec = spec.into();
    });
    match renewed.await {
        Err(error) if error.is_not_found() => {}
        result => return result.map(drop),
    }
    let spec = LeaseCandidateSpec {
        lease_name: lease_name.to_owned(),
        binary_version: candidate.binary_version.clone(),
        emulation_version: Some(candidate.emulation_version.clone()),
        strategy: candidate.strategy.clone(),
        ping_time: None,
        renew_time: now(),
    };
    let metadata = ObjectMeta { name: Some(identity.to_owned()), ..ObjectMeta::default() };
    candidates.create(&LeaseCandidate { metadata, spec: spec.into() }).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidate_that_the_server_would_reject_is_an_error() {
        let valid = Candidate::new("1.2.3-rc.1").emulation_version("1.1.0");
        assert_eq!(valid.validate("host_0b5e"), Ok(()));
        for version in ["", "v1.2.3", "1.2", "1.2.3.4", "1..3"] {
            assert_eq!(Candidate::new(version).validate("a"), Err(CandidateError::Version(version.to_owned())));
        }
        for identity in ["a/b", "a b", "..", ".", &"x".repeat(254)] {
            assert_eq!(valid.validate(identity), Err(CandidateError::Identity(identity.to_owned())));
        }
    }

    #[test]
    fn ping_after_the_last_renewal_is_due() {
        let time = |second: i64| Timestamp::from_second(second).ok().map(MicroTime);
        let event = |ping, renew| {
            let spec = LeaseCandidateSpec { ping_time: ping, renew_time: renew, ..LeaseCandidateSpec::default() };
            let object = LeaseCandidate { spec: spec.into(), ..LeaseCandidate::default() };
            is_due(&Event::Added { object: object.into(), initial: false })
        };
        assert!(event(time(2), time(1)));
        assert!(!event(time(2), time(2)) && !event(time(1), time(2)) && !event(None, time(1)));
    }
}
