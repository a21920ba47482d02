//! The releases of Kubernetes.

/// A minor release of Kubernetes whose built-in kinds a server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Release {
    V1_34,
    V1_35,
    V1_36,
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
