//! IP addresses and networks.
//!
//! Source: `apimachinery/pkg/util/validation/ip.go`, and `ValidateEndpointIP` of
//! `kubernetes/pkg/apis/core/validation/validation.go`.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;

use super::field::{Errors, Field};

const NOT_AN_ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NOT_A_NETWORK: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// Parses an address as old versions of Go do: numbers may have leading zeros.
pub(super) fn parse(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let numbers: Vec<u8> = text.split('.').map_while(decimal).collect();
    let octets: [u8; 4] = numbers.try_into().ok()?;
    (text.split('.').count() == 4).then(|| IpAddr::V4(Ipv4Addr::from(octets)))
}

fn decimal(text: &str) -> Option<u8> {
    let is_number = !text.is_empty() && text.len() <= 3 && text.bytes().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// A network.
#[derive(Clone, Copy)]
pub(super) struct Network {
    pub(super) address: IpAddr,
    pub(super) bits: u32,
}

impl Network {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let address = parse(address)?;
        let max = if address.is_ipv4() { 32 } else { 128 };
        let is_number = !bits.is_empty() && bits.bytes().all(|c| c.is_ascii_digit());
        let bits = is_number.then(|| bits.parse().ok())?.filter(|bits| *bits <= max)?;
        Some(Network { address, bits })
    }

    /// Whether the network contains an address.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let first = |address: u128, max: u32| address.checked_shr(max - self.bits.min(max)).unwrap_or_default();
        match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => first(u32::from(a).into(), 32) == first(u32::from(b).into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => first(a.into(), 128) == first(b.into(), 128),
            _ => false,
        }
    }

    fn has_host_bits(&self) -> bool {
        let rest = |address: u128, max: u32| match max - self.bits.min(max) {
            0 => 0,
            128 => address,
            rest => address & ((1 << rest) - 1),
        };
        match self.address {
            IpAddr::V4(address) => rest(u32::from(address).into(), 32) != 0,
            IpAddr::V6(address) => rest(address.into(), 128) != 0,
        }
    }
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// Validates an address that is not one of the existing ones. Returns it if it is valid.
pub(super) fn check(field: &Field<'_>, existing: &Value, errors: &mut Errors) -> Option<IpAddr> {
    let text = field.text();
    if existing.as_array().is_some_and(|texts| texts.iter().any(|other| other == text)) {
        return parse(text);
    }
    let Some(address) = parse(text) else {
        field.invalid_text(errors, NOT_AN_ADDRESS);
        return None;
    };
    if text.parse::<IpAddr>().is_err() {
        field.invalid_text(errors, "must not have leading 0s");
        return None;
    }
    if is_mapped(address) {
        field.invalid_text(errors, "must not be an IPv4-mapped IPv6 address");
        return None;
    }
    Some(address)
}

/// Validates an address in its canonical form. Returns it if it is valid.
pub(super) fn check_canonical(field: &Field<'_>, errors: &mut Errors) -> Option<IpAddr> {
    let address = check(field, &Value::Null, errors)?;
    let canonical = address.to_string();
    if canonical != field.text() {
        field.invalid_text(errors, format!("must be in canonical form (\"{canonical}\")"));
        return None;
    }
    Some(address)
}

/// Validates a network that is not one of the existing ones. Returns it if it can be parsed.
pub(super) fn check_network(field: &Field<'_>, existing: &[&str], errors: &mut Errors) -> Option<Network> {
    let text = field.text();
    if existing.contains(&text) {
        return Network::parse(text);
    }
    let Some(network) = Network::parse(text) else {
        field.invalid_text(errors, NOT_A_NETWORK);
        return None;
    };
    let (address, bits) = text.split_once('/').unwrap_or_default();
    if address.parse::<IpAddr>().is_err() || (bits.len() > 1 && bits.starts_with('0')) {
        field.invalid_text(errors, "must not have leading 0s in IP or prefix length");
    } else if is_mapped(network.address) {
        field.invalid_text(errors, "must not have an IPv4-mapped IPv6 address");
    } else if network.has_host_bits() {
        field.invalid_text(errors, "must not have bits set beyond the prefix length");
    }
    Some(network)
}

/// Validates that an endpoint can have an address.
pub(super) fn check_endpoint(field: &Field<'_>, errors: &mut Errors) {
    let Some(address) = parse(field.text()) else {
        field.invalid_text(errors, "must be a valid IP address");
        return;
    };
    if address.is_unspecified() {
        field.invalid_text(errors, format!("may not be unspecified ({})", field.text()));
    }
    if address.is_loopback() {
        field.invalid_text(errors, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    let (is_link_local, is_local_multicast) = match address {
        IpAddr::V4(address) => (address.is_link_local(), address.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(address) => (address.is_unicast_link_local(), address.segments()[0] & 0xff0f == 0xff02),
    };
    if is_link_local {
        field.invalid_text(errors, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if is_local_multicast {
        field.invalid_text(errors, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}
