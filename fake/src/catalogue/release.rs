//! The releases of Kubernetes.

use std::fmt;
use std::str::FromStr;

/// A minor release of Kubernetes whose built-in kinds a server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Release {
    /// Kubernetes 1.34.
    V1_34,
    /// Kubernetes 1.35.
    V1_35,
    /// Kubernetes 1.36.
    V1_36,
    /// Kubernetes 1.37, the default.
    #[default]
    V1_37,
}

impl Release {
    /// All releases, the oldest first.
    pub const ALL: [Release; 4] = [Release::V1_34, Release::V1_35, Release::V1_36, Release::V1_37];

    pub(super) fn index(self) -> usize {
        self as usize
    }

    /// Returns the minor version.
    pub fn minor(self) -> u32 {
        34 + self as u32
    }
}

impl fmt::Display for Release {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "1.{}", self.minor())
    }
}

/// The error for a release whose kinds a server does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown Kubernetes version {0:?}: use one of 1.34, 1.35, 1.36 and 1.37")]
pub struct UnknownRelease(String);

impl FromStr for Release {
    type Err = UnknownRelease;

    /// Parses versions such as `1.36` and `v1.36.2`. The patch version has no effect.
    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let unknown = || UnknownRelease(text.to_owned());
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let numbers: Option<Vec<u32>> = parts.by_ref().take(4).map(|part| part.parse().ok()).collect();
        match numbers.ok_or_else(unknown)?.as_slice() {
            [1, minor] | [1, minor, _] => {
                Release::ALL.into_iter().find(|release| release.minor() == *minor).ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_parsed_from_minor_and_patch_versions() {
        for release in Release::ALL {
            assert_eq!(release.to_string().parse(), Ok(release));
            assert_eq!(format!("v{release}.2").parse(), Ok(release));
        }
        for wrong in ["", "1", "1.33", "2.36", "1.36.", "1.36.1.1", "1.x", "latest"] {
            let error = wrong.parse::<Release>().expect_err(wrong).to_string();
            assert_eq!(error, format!("unknown Kubernetes version {wrong:?}: use one of 1.34, 1.35, 1.36 and 1.37"));
        }
    }
}
