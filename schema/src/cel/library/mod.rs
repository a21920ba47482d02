//! The types of the Kubernetes libraries: addresses, URLs, quantities, versions, formats.
//!
//! Source: `apiserver/pkg/cel/library`.

pub(super) mod address;
pub(super) mod named_format;
pub(super) mod quantity;
pub(super) mod url;
pub(super) mod version;

use address::{Address, Network};
use named_format::NamedFormat;
use quantity::Quantity;
use url::Url;

/// A value of a type of these libraries.
#[derive(Clone, Debug)]
pub(super) enum Object {
    Address(Address),
    Network(Network),
    Url(Url),
    Quantity(Quantity),
    Version(semver::Version),
    Format(&'static NamedFormat),
}

impl Object {
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Object::Address(_) => "net.IP",
            Object::Network(_) => "net.CIDR",
            Object::Url(_) => "kubernetes.URL",
            Object::Quantity(_) => "kubernetes.Quantity",
            Object::Version(_) => "kubernetes.Semver",
            Object::Format(_) => "kubernetes.NamedFormat",
        }
    }

    pub(super) fn size(&self) -> u64 {
        match self {
            Object::Address(address) => address.size(),
            Object::Network(network) => network.size(),
            _ => 1,
        }
    }

    /// Returns whether two objects are equal; `None` for different types.
    pub(super) fn equals(&self, other: &Object) -> Option<bool> {
        Some(match (self, other) {
            (Object::Address(a), Object::Address(b)) => a == b,
            (Object::Network(a), Object::Network(b)) => a == b,
            (Object::Url(a), Object::Url(b)) => a == b,
            (Object::Quantity(a), Object::Quantity(b)) => a.compare(b).is_eq(),
            (Object::Version(a), Object::Version(b)) => a.cmp_precedence(b).is_eq(),
            (Object::Format(a), Object::Format(b)) => a.name == b.name,
            _ => return None,
        })
    }

    /// Returns the result of `string()`, if it supports the type.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Object::Address(address) => Some(address.to_string()),
            Object::Network(network) => Some(network.to_string()),
            _ => None,
        }
    }
}
