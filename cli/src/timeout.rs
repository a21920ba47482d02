//! Timeouts on the command line: `90`, or a duration of Go as in kubectl, `1m30s`.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// What kubectl waits if a timeout is negative.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeout(pub(crate) Duration);

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = text.parse().map(SignedDuration::from_secs).ok();
        let duration = match text.strip_prefix('-') {
            // In jiff's format, a sign applies to what is before it.
            Some(rest) => rest.parse().ok().map(|duration: SignedDuration| -duration),
            None => text.parse().ok(),
        };
        let duration = seconds.or(duration.filter(|_| is_go(text)));
        let duration =
            duration.ok_or_else(|| format!("{text:?} is not a number of seconds or a duration such as 1m30s"))?;
        Ok(Timeout(Duration::try_from(duration).unwrap_or(WEEK)))
    }
}

/// Returns whether a duration has no units that Go does not have, such as days.
fn is_go(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"-.hmsun".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::{Timeout, WEEK};
    use std::time::Duration;

    #[test]
    fn seconds_and_durations_of_kubectl_are_accepted() {
        for (text, expected) in [
            ("60", Duration::from_secs(60)),
            ("0", Duration::ZERO),
            ("0s", Duration::ZERO),
            ("60s", Duration::from_secs(60)),
            ("1m30s", Duration::from_secs(90)),
            ("1.5h", Duration::from_secs(5400)),
            ("250ms", Duration::from_millis(250)),
            ("-1", WEEK),
            ("-1s", WEEK),
        ] {
            assert_eq!(text.parse(), Ok(Timeout(expected)), "{text}");
        }
        for text in ["", "x", "1d", "PT1S", "5 minutes", "1m30"] {
            text.parse::<Timeout>().unwrap_err();
        }
    }
}
