//! The settings of an elector, and their validation.

use std::time::Duration;

use super::candidate::{Candidate, CandidateError};
use crate::controllers::events::random_uuid;

/// The maximum of the random part of the delay between two attempts to acquire the lease, as a multiple of the retry period.
///
/// Source: `JitterFactor` of `k8s.io/client-go/tools/leaderelection/leaderelection.go`.
pub(super) const JITTER_FACTOR: f64 = 1.2;

/// The settings of an elector. The defaults are those of Kubernetes' components.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) identity: String,
    pub(super) lease_duration: Duration,
    pub(super) renew_deadline: Duration,
    pub(super) retry_period: Duration,
    pub(super) release_on_cancel: bool,
    pub(super) candidate: Option<Candidate>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            identity: String::new(),
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
            release_on_cancel: false,
            candidate: None,
        }
    }
}

/// Settings that an elector cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Another candidate could acquire the lease before the leader gives up.
    #[error("the lease duration {0:?} is not greater than the renew deadline {1:?}: raise it, or lower the deadline")]
    LeaseDuration(Duration, Duration),
    /// A single failed attempt could lose the lease.
    #[error(
        "the renew deadline {0:?} is not greater than 1.2 times the retry period {1:?}: raise it, or lower the period"
    )]
    RenewDeadline(Duration, Duration),
    /// The retry period is zero.
    #[error("the retry period is zero: set a period of some seconds")]
    RetryPeriod,
    /// A Lease cannot contain the duration.
    #[error("the lease duration {0:?} exceeds 2^31-1 seconds, the maximum of a Lease")]
    TooLong(Duration),
    /// The identity is empty.
    #[error("the identity is empty: set a text that no other candidate has")]
    Identity,
    /// The namespace or the name of the Lease is empty.
    #[error("the namespace or the name of the Lease is empty")]
    Lease,
    /// The candidate of a coordinated leader election is not valid.
    #[error("{0}")]
    Candidate(#[from] CandidateError),
}

impl Settings {
    /// Checks the durations and the identity.
    ///
    /// Source: `NewLeaderElector` of `k8s.io/client-go/tools/leaderelection/leaderelection.go`.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let Settings { lease_duration, renew_deadline, retry_period, .. } = *self;
        if lease_duration > Duration::from_secs(i32::MAX.unsigned_abs().into()) {
            return Err(ConfigError::TooLong(lease_duration));
        }
        if lease_duration <= renew_deadline {
            return Err(ConfigError::LeaseDuration(lease_duration, renew_deadline));
        }
        if retry_period >= renew_deadline || renew_deadline <= retry_period.mul_f64(JITTER_FACTOR) {
            return Err(ConfigError::RenewDeadline(renew_deadline, retry_period));
        }
        if retry_period.is_zero() {
            return Err(ConfigError::RetryPeriod);
        }
        if self.identity.is_empty() {
            return Err(ConfigError::Identity);
        }
        self.candidate.as_ref().map_or(Ok(()), |candidate| candidate.validate(&self.identity).map_err(Into::into))
    }

    /// Returns the timeout of a request: a request that hangs must leave time for another one before the renew deadline.
    ///
    /// Source: `NewFromKubeconfig` of `k8s.io/client-go/tools/leaderelection/resourcelock/interface.go`.
    pub(super) fn request_timeout(&self) -> Duration {
        (self.renew_deadline / 2).max(Duration::from_secs(1)).min(self.renew_deadline)
    }

    /// Returns the delay before the next attempt to acquire the lease.
    pub(super) fn acquire_delay(&self) -> Duration {
        self.retry_period.mul_f64(1.0 + JITTER_FACTOR * fastrand::f64())
    }
}

/// Returns `<host name>_<uuid>`, as the components of Kubernetes identify themselves.
pub(in crate::controllers) fn default_identity() -> String {
    let host = hostname::get().unwrap_or_default();
    format!("{}_{}", host.to_string_lossy(), random_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { identity: "a".to_owned(), ..Settings::default() }
    }

    #[test]
    fn defaults_are_those_of_kubernetes_components() {
        let Settings { lease_duration, renew_deadline, retry_period, release_on_cancel, .. } = settings();
        assert_eq!([lease_duration, renew_deadline, retry_period].map(|time| time.as_secs()), [15, 10, 2]);
        assert!(!release_on_cancel);
        assert_eq!(settings().validate(), Ok(()));
    }

    #[test]
    fn lease_duration_must_exceed_the_renew_deadline() {
        let ten = Duration::from_secs(10);
        let equal = Settings { lease_duration: ten, ..settings() };
        assert_eq!(equal.validate(), Err(ConfigError::LeaseDuration(ten, ten)));
    }

    #[test]
    fn renew_deadline_must_exceed_the_retry_period_with_its_jitter() {
        let second = Duration::from_secs(1);
        let exact = Settings { renew_deadline: second * 6 / 5, retry_period: second, ..settings() };
        assert_eq!(exact.validate(), Err(ConfigError::RenewDeadline(second * 6 / 5, second)));
        let longer = Settings { renew_deadline: Duration::from_millis(1201), ..exact };
        assert_eq!(longer.validate(), Ok(()));
    }

    #[test]
    fn durations_must_not_be_zero_and_must_fit_into_a_lease() {
        assert_eq!(Settings { retry_period: Duration::ZERO, ..settings() }.validate(), Err(ConfigError::RetryPeriod));
        let far = Settings { lease_duration: Duration::MAX, ..settings() };
        assert_eq!(far.validate(), Err(ConfigError::TooLong(Duration::MAX)));
    }

    #[test]
    fn identity_must_not_be_empty_and_is_unique_by_default() {
        assert_eq!(Settings::default().validate(), Err(ConfigError::Identity));
        let (one, other) = (default_identity(), default_identity());
        assert_ne!(one, other);
        assert_eq!(one.rsplit_once('_').map(|(_, uuid)| uuid.len()), Some(36));
    }

    #[test]
    fn request_times_out_after_half_of_the_renew_deadline() {
        assert_eq!(settings().request_timeout(), Duration::from_secs(5));
        let short = Settings { renew_deadline: Duration::from_millis(1500), ..settings() };
        assert_eq!(short.request_timeout(), Duration::from_secs(1));
        let shorter = Settings { renew_deadline: Duration::from_millis(600), ..settings() };
        assert_eq!(shorter.request_timeout(), Duration::from_millis(600));
    }

    #[test]
    fn delay_between_attempts_to_acquire_has_jitter() {
        let delays: Vec<f64> = (0..1000).map(|_| settings().acquire_delay().as_secs_f64()).collect();
        assert!(delays.iter().all(|delay| (2.0..4.4).contains(delay)));
        assert!(delays.iter().any(|delay| *delay < 2.3) && delays.iter().any(|delay| *delay > 4.1));
    }
}
