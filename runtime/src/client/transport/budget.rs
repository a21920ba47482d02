//! How often and when requests are repeated.

use std::time::Duration;

use tower::retry::budget::{Budget as _, TpsBudget};

use super::outcome::Failure;

/// The retries of a client. The delays double, with jitter.
///
/// Which requests are repeated after which failures is a fixed table, so that nothing is executed twice: reads and
/// server-side apply are repeated; a deletion only with a uid as precondition; an update after reading the object; a create or
/// a patch only if the API server did not execute it. Otherwise the error is a
/// [`Reason::FateUnknown`](crate::client::Reason::FateUnknown).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The maximum number of repetitions of a call.
    pub max_retries: u32,
    /// The maximum number of repetitions of a call without a connection: an address where nothing listens is reported soon.
    pub max_connect_retries: u32,
    /// The delay before the first repetition, unless the API server asks for another one (`Retry-After`).
    pub min_delay: Duration,
    /// The maximum delay.
    pub max_delay: Duration,
    /// The repetitions of all calls as a fraction of the successful calls, beyond ten a second, so that an overloaded API server
    /// is not loaded more.
    pub budget: f32,
}

impl Default for RetryPolicy {
    /// 10 repetitions as in client-go, 3 without a connection; 50 milliseconds to 10 seconds; a fifth of the successful calls.
    fn default() -> Self {
        RetryPolicy {
            max_retries: 10,
            max_connect_retries: 3,
            min_delay: Duration::from_millis(50),
            max_delay: Duration::from_secs(10),
            budget: 0.2,
        }
    }
}

impl RetryPolicy {
    /// No repetitions.
    pub const NONE: RetryPolicy = RetryPolicy {
        max_retries: 0,
        max_connect_retries: 0,
        min_delay: Duration::ZERO,
        max_delay: Duration::ZERO,
        budget: 0.0,
    };

    /// Returns the delay before the repetition after this attempt.
    pub(super) fn delay(&self, attempt: u32, retry_after: Option<Duration>) -> Duration {
        if let Some(after) = retry_after {
            return after;
        }
        let doubled = self.min_delay.saturating_mul(2_u32.saturating_pow(attempt.min(31)));
        doubled.min(self.max_delay).mul_f64(0.5 + 0.5 * fastrand::f64())
    }
}

/// The budget of a client's repetitions.
pub(super) struct Budget {
    policy: RetryPolicy,
    tokens: TpsBudget,
}

/// How long a successful call counts for the budget.
const BUDGET_PERIOD: Duration = Duration::from_secs(10);
/// The repetitions a second that are always possible.
const BUDGET_MINIMUM: u32 = 10;

impl Budget {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        let fraction = if policy.budget.is_finite() { policy.budget.clamp(0.0, 1000.0) } else { 1000.0 };
        Budget { policy, tokens: TpsBudget::new(BUDGET_PERIOD, BUDGET_MINIMUM, fraction) }
    }

    pub(super) fn succeeded(&self) {
        self.tokens.deposit();
    }

    /// Returns whether this failed attempt may be repeated, and counts the repetition.
    pub(super) fn allows(&self, attempt: u32, failure: Failure) -> bool {
        let limit = match failure {
            Failure::NotSent => self.policy.max_connect_retries,
            Failure::Interrupted | Failure::Status { .. } => self.policy.max_retries,
        };
        attempt < limit && self.tokens.withdraw()
    }
}
