//! The types `net.IP` and `net.CIDR`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

use super::{Library, Object};
use crate::cel::value::{Result, Val, failed, no_overload};
use crate::object::go;

/// An IP address without zone, except for IPv4-mapped IPv6 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) struct Address(IpAddr);

/// An IP address with a prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) struct Network {
    address: IpAddr,
    bits: u8,
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.bits)
    }
}

impl Address {
    pub(super) fn size(self) -> u64 {
        u64::from(width(self.0)) / 8
    }
}

impl Network {
    pub(super) fn size(self) -> u64 {
        u64::from(self.bits).div_ceil(8)
    }

    fn contains(self, address: IpAddr) -> bool {
        width(self.address) == width(address) && masked(self.address, self.bits) == masked(address, self.bits)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Returns an address with all bits after the prefix set to zero.
fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}

pub(super) fn parse(text: &str) -> std::result::Result<Address, String> {
    let quoted = go::quoted(text);
    if let Some((address, zone)) = text.split_once('%')
        && address.parse::<Ipv6Addr>().is_ok()
        && !zone.is_empty()
    {
        return Err(format!("IP address {quoted} with zone value is not allowed"));
    }
    let parsed = text.parse::<IpAddr>();
    let address = parsed.map_err(|_| {
        format!(
            "IP Address {quoted} parse error during conversion from string: ParseAddr({quoted}): unable to parse IP"
        )
    })?;
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            Err(format!("IPv4-mapped IPv6 address {quoted} is not allowed"))
        }
        address => Ok(Address(address)),
    }
}

pub(super) fn parse_network(text: &str) -> std::result::Result<Network, String> {
    const PREFIX: &str = "network address parse error during conversion from string: ";
    let quoted = go::quoted(text);
    let error = |message: &str| format!("{PREFIX}{PREFIX}netip.ParsePrefix({quoted}): {message}");
    let (address, bits) = text.rsplit_once('/').ok_or_else(|| error("no '/'"))?;
    if address.contains('%') {
        return Err(error("IPv6 zones cannot be present in a prefix"));
    }
    let address: IpAddr =
        address.parse().map_err(|_| error(&format!("ParseAddr({}): unable to parse IP", go::quoted(address))))?;
    let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (bits.len() > 1 && bits.starts_with('0')) {
        return Err(error(&format!("bad bits after slash: {}", go::quoted(bits))));
    }
    let bits =
        bits.parse().ok().filter(|bits| *bits <= width(address)).ok_or_else(|| error("prefix length out of range"))?;
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            Err(format!("{PREFIX}IPv4-mapped IPv6 address {quoted} is not allowed"))
        }
        address => Ok(Network { address, bits }),
    }
}

pub(super) fn call_address<'v>(function: Library, Address(address): Address) -> Result<'v> {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
    };
    Ok(Val::Bool(match function {
        Library::Family => return Ok(Val::Int(if address.is_ipv4() { 4 } else { 6 })),
        Library::IsUnspecified => address.is_unspecified(),
        Library::IsLoopback => address.is_loopback(),
        Library::IsLinkLocalMulticast => match address {
            IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
            IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
        },
        Library::IsLinkLocalUnicast => is_link_local,
        Library::IsGlobalUnicast => {
            let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
            !(is_broadcast
                || address.is_unspecified()
                || address.is_loopback()
                || address.is_multicast()
                || is_link_local)
        }
        _ => return no_overload(),
    }))
}

pub(super) fn call_network<'v>(function: Library, network: Network, rest: &[Val<'v>]) -> Result<'v> {
    let object = |object| Ok(Val::Object(Rc::new(object)));
    match (function, rest) {
        (Library::AddressOf, []) => object(Object::Address(Address(network.address))),
        (Library::PrefixLength, []) => Ok(Val::Int(network.bits.into())),
        (Library::Masked, []) => {
            object(Object::Network(Network { address: masked(network.address, network.bits), ..network }))
        }
        (Library::ContainsIp, [Val::Text(text)]) => {
            parse(text).map_or_else(failed, |address| Ok(Val::Bool(network.contains(address.0))))
        }
        (Library::ContainsCidr, [Val::Text(text)]) => {
            parse_network(text).map_or_else(failed, |other| Ok(Val::Bool(contains_network(network, other))))
        }
        (_, [Val::Object(other)]) => match (function, &**other) {
            (Library::ContainsIp, Object::Address(address)) => Ok(Val::Bool(network.contains(address.0))),
            (Library::ContainsCidr, Object::Network(other)) => Ok(Val::Bool(contains_network(network, *other))),
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}

fn contains_network(network: Network, other: Network) -> bool {
    network.bits <= other.bits && network.contains(other.address)
}
