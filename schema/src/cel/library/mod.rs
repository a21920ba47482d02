//! The Kubernetes libraries: addresses, URLs, quantities, versions, formats.
//!
//! Source: `apiserver/pkg/cel/library`.

mod address;
mod named_format;
mod quantity;
mod url;
mod version;

use std::rc::Rc;

use address::{Address, Network};
use named_format::NamedFormat;
use quantity::Quantity;
use url::Url;

use super::value::{Result, Val, failed, no_overload};

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

/// A function of these libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Library {
    // addresses
    Ip,
    IsIp,
    IsCanonical,
    Family,
    IsUnspecified,
    IsLoopback,
    IsLinkLocalMulticast,
    IsLinkLocalUnicast,
    IsGlobalUnicast,
    Cidr,
    IsCidr,
    ContainsIp,
    ContainsCidr,
    AddressOf,
    PrefixLength,
    Masked,
    // URLs
    Url,
    IsUrl,
    Scheme,
    Host,
    Hostname,
    Port,
    EscapedPath,
    Query,
    // quantities and versions
    Quantity,
    IsQuantity,
    Sign,
    AsApproximateFloat,
    AsInteger,
    IsInteger,
    Add,
    Subtract,
    IsGreaterThan,
    IsLessThan,
    CompareTo,
    Semver,
    IsSemver,
    Major,
    Minor,
    Patch,
    // formats
    Format(&'static str),
    FormatNamed,
    Validate,
}

impl Library {
    pub(super) fn global(name: &str, count: usize) -> Option<Self> {
        Some(match (name, count) {
            ("ip", 1) => Library::Ip,
            ("isIP", 1) => Library::IsIp,
            ("ip.isCanonical", 1) => Library::IsCanonical,
            ("cidr", 1) => Library::Cidr,
            ("isCIDR", 1) => Library::IsCidr,
            ("url", 1) => Library::Url,
            ("isURL", 1) => Library::IsUrl,
            ("quantity", 1) => Library::Quantity,
            ("isQuantity", 1) => Library::IsQuantity,
            ("sign", 1) => Library::Sign,
            ("semver", 1 | 2) => Library::Semver,
            ("isSemver", 1 | 2) => Library::IsSemver,
            ("format.named", 1) => Library::FormatNamed,
            (name, 0) => Library::Format(named_format::find(name.strip_prefix("format.")?)?.function),
            _ => return None,
        })
    }

    pub(super) fn method(name: &str, count: usize) -> Option<Self> {
        Some(match (name, count) {
            ("family", 0) => Library::Family,
            ("isUnspecified", 0) => Library::IsUnspecified,
            ("isLoopback", 0) => Library::IsLoopback,
            ("isLinkLocalMulticast", 0) => Library::IsLinkLocalMulticast,
            ("isLinkLocalUnicast", 0) => Library::IsLinkLocalUnicast,
            ("isGlobalUnicast", 0) => Library::IsGlobalUnicast,
            ("containsIP", 1) => Library::ContainsIp,
            ("containsCIDR", 1) => Library::ContainsCidr,
            ("ip", 0) => Library::AddressOf,
            ("prefixLength", 0) => Library::PrefixLength,
            ("masked", 0) => Library::Masked,
            ("getScheme", 0) => Library::Scheme,
            ("getHost", 0) => Library::Host,
            ("getHostname", 0) => Library::Hostname,
            ("getPort", 0) => Library::Port,
            ("getEscapedPath", 0) => Library::EscapedPath,
            ("getQuery", 0) => Library::Query,
            ("asApproximateFloat", 0) => Library::AsApproximateFloat,
            ("asInteger", 0) => Library::AsInteger,
            ("isInteger", 0) => Library::IsInteger,
            ("add", 1) => Library::Add,
            ("sub", 1) => Library::Subtract,
            ("isGreaterThan", 1) => Library::IsGreaterThan,
            ("isLessThan", 1) => Library::IsLessThan,
            ("compareTo", 1) => Library::CompareTo,
            ("major", 0) => Library::Major,
            ("minor", 0) => Library::Minor,
            ("patch", 0) => Library::Patch,
            ("validate", 1) => Library::Validate,
            _ => return None,
        })
    }
}

fn object<'v>(object: Object) -> Val<'v> {
    Val::Object(Rc::new(object))
}

pub(super) fn call<'v>(function: Library, arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [] => match function {
            Library::Format(name) => {
                named_format::find(name).map_or_else(no_overload, |format| Ok(object(Object::Format(format))))
            }
            _ => no_overload(),
        },
        [Val::Text(text), rest @ ..] => call_text(function, text, rest),
        [Val::Object(target), rest @ ..] => match &**target {
            Object::Address(address) => address::call_address(function, *address),
            Object::Network(network) => address::call_network(function, *network, rest),
            Object::Url(url) => url::call(function, url),
            Object::Quantity(quantity) => quantity::call(function, *quantity, rest),
            Object::Version(version) => version::call(function, version, rest),
            Object::Format(format) => match (function, rest) {
                (Library::Validate, [Val::Text(text)]) => {
                    let errors = (format.check)(text);
                    let errors = (!errors.is_empty()).then(|| Val::list(errors.into_iter().map(Val::text).collect()));
                    Ok(Val::Optional(errors.map(Rc::new)))
                }
                _ => no_overload(),
            },
        },
        _ => no_overload(),
    }
}

/// Calls a function with a string argument.
fn call_text<'v>(function: Library, text: &str, rest: &[Val<'v>]) -> Result<'v> {
    let lenient = match rest {
        [] => false,
        [Val::Bool(lenient)] => *lenient,
        _ => return no_overload(),
    };
    let parsed = |result: std::result::Result<Object, String>| result.map_or_else(failed, |value| Ok(object(value)));
    match function {
        Library::Ip => parsed(address::parse(text).map(Object::Address)),
        Library::IsIp => Ok(Val::Bool(address::parse(text).is_ok())),
        Library::IsCanonical => {
            address::parse(text).map_or_else(failed, |address| Ok(Val::Bool(address.to_string() == text)))
        }
        Library::Cidr => parsed(address::parse_network(text).map(Object::Network)),
        Library::IsCidr => Ok(Val::Bool(address::parse_network(text).is_ok())),
        Library::Url => parsed(Url::parse(text).map(Object::Url)),
        Library::IsUrl => Ok(Val::Bool(Url::parse(text).is_ok())),
        Library::Quantity => parsed(Quantity::parse(text).map(Object::Quantity)),
        Library::IsQuantity => Ok(Val::Bool(Quantity::parse(text).is_ok())),
        Library::Semver => parsed(version::parse(text, lenient).map(Object::Version)),
        Library::IsSemver => Ok(Val::Bool(version::parse(text, lenient).is_ok())),
        Library::FormatNamed => {
            let found = named_format::find(text).map(|format| Rc::new(object(Object::Format(format))));
            Ok(Val::Optional(found))
        }
        _ => no_overload(),
    }
}

/// Returns the cost of a call. Source: `apiserver/pkg/cel/library/cost.go`.
pub(super) fn cost(function: Library, arguments: &[Val<'_>]) -> u64 {
    let tenth = |size: u64| size.div_ceil(10);
    let size = |index: usize| arguments.get(index).map_or(0, Val::size);
    let parsed = |index: usize| match arguments.get(index) {
        Some(Val::Text(_)) => tenth(size(index)),
        _ => 0,
    };
    match function {
        Library::Ip
        | Library::IsIp
        | Library::Cidr
        | Library::IsCidr
        | Library::Url
        | Library::Quantity
        | Library::IsQuantity
        | Library::Semver
        | Library::IsSemver => tenth(size(0)),
        Library::IsCanonical => tenth(size(0) * 2),
        Library::ContainsIp => tenth(size(0) * 2) + parsed(1),
        Library::ContainsCidr => tenth(size(0) * 2) + tenth(size(0)) + 1 + parsed(1),
        Library::Validate => match arguments.first() {
            Some(Val::Object(format)) => match &**format {
                Object::Format(format) => tenth(1 + size(1)) * format.regex_size.div_ceil(4),
                _ => 1,
            },
            _ => 1,
        },
        _ => 1,
    }
}
