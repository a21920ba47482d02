//! The types `net.IP` and `net.CIDR`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::{Object, object, parsed, text};
use crate::cel::value::{Error, Result, Val, failed, no_overload};
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
        width(self.address) == width(address) && mask(self.address, self.bits) == mask(address, self.bits)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Returns an address with all bits after the prefix set to zero.
fn mask(address: IpAddr, bits: u8) -> IpAddr {
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

fn parse(text: &str) -> std::result::Result<Address, String> {
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

fn parse_network(text: &str) -> std::result::Result<Network, String> {
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

fn address(arguments: &[Val<'_>]) -> std::result::Result<IpAddr, Error> {
    match arguments.first() {
        Some(Val::Object(object)) => match &**object {
            Object::Address(Address(address)) => Ok(*address),
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}

fn network(argument: Option<&Val<'_>>) -> std::result::Result<Network, Error> {
    match argument {
        Some(Val::Object(object)) => match &**object {
            Object::Network(network) => Ok(*network),
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}

pub(in crate::cel) fn ip<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    parsed(parse(text(arguments)?).map(Object::Address))
}

pub(in crate::cel) fn is_ip<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(parse(text(arguments)?).is_ok()))
}

pub(in crate::cel) fn is_canonical<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let text = text(arguments)?;
    parse(text).map_or_else(failed, |address| Ok(Val::Bool(address.to_string() == text)))
}

pub(in crate::cel) fn family<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Int(if address(arguments)?.is_ipv4() { 4 } else { 6 }))
}

pub(in crate::cel) fn is_unspecified<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(address(arguments)?.is_unspecified()))
}

pub(in crate::cel) fn is_loopback<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(address(arguments)?.is_loopback()))
}

pub(in crate::cel) fn is_link_local_multicast<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(match address(arguments)? {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    }))
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
    }
}

pub(in crate::cel) fn is_link_local_unicast<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(is_link_local(address(arguments)?)))
}

pub(in crate::cel) fn is_global_unicast<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let address = address(arguments)?;
    let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    Ok(Val::Bool(
        !(is_broadcast
            || address.is_unspecified()
            || address.is_loopback()
            || address.is_multicast()
            || is_link_local(address)),
    ))
}

pub(in crate::cel) fn cidr<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    parsed(parse_network(text(arguments)?).map(Object::Network))
}

pub(in crate::cel) fn is_cidr<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(parse_network(text(arguments)?).is_ok()))
}

pub(in crate::cel) fn address_of<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(object(Object::Address(Address(network(arguments.first())?.address))))
}

pub(in crate::cel) fn prefix_length<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Int(network(arguments.first())?.bits.into()))
}

pub(in crate::cel) fn masked<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let network = network(arguments.first())?;
    Ok(object(Object::Network(Network { address: mask(network.address, network.bits), ..network })))
}

pub(in crate::cel) fn contains_ip<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let network = network(arguments.first())?;
    match &arguments[1..] {
        [Val::Text(text)] => parse(text).map_or_else(failed, |address| Ok(Val::Bool(network.contains(address.0)))),
        rest => Ok(Val::Bool(network.contains(address(rest)?))),
    }
}

pub(in crate::cel) fn contains_cidr<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let network = network(arguments.first())?;
    let other = match arguments.get(1) {
        Some(Val::Text(text)) => parse_network(text).or_else(failed)?,
        other => self::network(other)?,
    };
    Ok(Val::Bool(network.bits <= other.bits && network.contains(other.address)))
}
