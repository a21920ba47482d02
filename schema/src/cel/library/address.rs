//! The types `net.IP` and `net.CIDR`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::object::go;

/// An IP address without zone, except for IPv4-mapped IPv6 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) struct Address(pub(in crate::cel) IpAddr);

/// An IP address with a prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) struct Network {
    pub(in crate::cel) address: IpAddr,
    pub(in crate::cel) bits: u8,
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

    pub(in crate::cel) fn masked(self) -> Network {
        Network { address: mask(self.address, self.bits), ..self }
    }

    pub(in crate::cel) fn contains(self, address: IpAddr) -> bool {
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

pub(in crate::cel) fn parse(text: &str) -> std::result::Result<Address, String> {
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

pub(in crate::cel) fn parse_network(text: &str) -> std::result::Result<Network, String> {
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
