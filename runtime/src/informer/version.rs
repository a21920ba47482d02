//! Comparable resource versions.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A comparable resource version: a decimal number without leading zeros, of any length.
///
/// Versions of one kind on one API server can be compared. Source:
/// [KEP-5504](https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/5504-comparable-resource-version),
/// `apimachinery/pkg/util/resourceversion/resourceversion.go`.
///
/// ```
/// use kube_client_runtime::informer::ResourceVersion;
///
/// let version = |text: &str| text.parse::<ResourceVersion>();
/// assert!(version("9").unwrap() < version("10").unwrap());
/// assert!(version("99999999999999999999998").unwrap() < version("99999999999999999999999").unwrap());
/// assert!(version("007").is_err() && version("").is_err() && version("1a").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceVersion(Arc<str>);

/// An error for text that is not a comparable resource version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a comparable resource version: it must be a decimal number without leading zeros")]
pub struct ParseResourceVersionError(pub String);

impl ResourceVersion {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last 15 digits, which a floating-point number represents exactly.
    pub(super) fn last_digits(&self) -> u64 {
        let start = self.0.len().saturating_sub(15);
        self.0[start..].parse().unwrap_or_default()
    }
}

impl FromStr for ResourceVersion {
    type Err = ParseResourceVersionError;

    fn from_str(text: &str) -> Result<Self, ParseResourceVersionError> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits && !text.starts_with('0') {
            Ok(ResourceVersion(text.into()))
        } else {
            Err(ParseResourceVersionError(text.to_owned()))
        }
    }
}

impl Ord for ResourceVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without leading zeros, the longer number is the larger one.
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for ResourceVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ResourceVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
