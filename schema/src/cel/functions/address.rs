//! Functions of addresses and networks.

use std::net::IpAddr;

use super::arguments::{object, parsed, text};
use crate::cel::library::Object;
use crate::cel::library::address::{Address, Network, parse, parse_network};
use crate::cel::value::{Error, Result, Val, failed, no_overload};

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

pub(super) fn ip<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    parsed(parse(text(arguments)?).map(Object::Address))
}

pub(super) fn is_ip<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(parse(text(arguments)?).is_ok()))
}

pub(super) fn is_canonical<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let text = text(arguments)?;
    parse(text).map_or_else(failed, |address| Ok(Val::Bool(address.to_string() == text)))
}

pub(super) fn family<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Int(if address(arguments)?.is_ipv4() { 4 } else { 6 }))
}

pub(super) fn is_unspecified<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(address(arguments)?.is_unspecified()))
}

pub(super) fn is_loopback<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(address(arguments)?.is_loopback()))
}

pub(super) fn is_link_local_multicast<'v>(arguments: &[Val<'v>]) -> Result<'v> {
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

pub(super) fn is_link_local_unicast<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(is_link_local(address(arguments)?)))
}

pub(super) fn is_global_unicast<'v>(arguments: &[Val<'v>]) -> Result<'v> {
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

pub(super) fn cidr<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    parsed(parse_network(text(arguments)?).map(Object::Network))
}

pub(super) fn is_cidr<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(parse_network(text(arguments)?).is_ok()))
}

pub(super) fn address_of<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(object(Object::Address(Address(network(arguments.first())?.address))))
}

pub(super) fn prefix_length<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Int(network(arguments.first())?.bits.into()))
}

pub(super) fn masked<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(object(Object::Network(network(arguments.first())?.masked())))
}

pub(super) fn contains_ip<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let network = network(arguments.first())?;
    match &arguments[1..] {
        [Val::Text(text)] => parse(text).map_or_else(failed, |address| Ok(Val::Bool(network.contains(address.0)))),
        rest => Ok(Val::Bool(network.contains(address(rest)?))),
    }
}

pub(super) fn contains_cidr<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let network = network(arguments.first())?;
    let other = match arguments.get(1) {
        Some(Val::Text(text)) => parse_network(text).or_else(failed)?,
        other => self::network(other)?,
    };
    Ok(Val::Bool(network.bits <= other.bits && network.contains(other.address)))
}
