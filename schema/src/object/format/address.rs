//! Formats of host and network addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

use crate::pattern::compile_static;

static HOSTNAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile_static(
        r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$",
    )
});

pub(super) fn is_hostname(text: &str) -> bool {
    text.len() <= 255
        && text.split('.').all(|label| label.len() <= 63)
        && HOSTNAME.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Parses four numbers, which may have leading zeros.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = part.trim_start_matches('0');
        *octet = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    }
    parts.next().is_none().then(|| octets.into())
}

/// Parses an IPv4 or IPv6 address; IPv4 numbers may have leading zeros.
fn parse_address(text: &str) -> Option<IpAddr> {
    if !text.contains(':') {
        return ipv4(text).map(IpAddr::V4);
    }
    match text.rsplit_once(':').filter(|(_, last)| last.contains('.')) {
        Some((first, last)) => format!("{first}:{}", ipv4(last)?).parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    }
}

pub(super) fn is_ipv4(text: &str) -> bool {
    text.contains('.') && parse_address(text).is_some()
}

pub(super) fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

pub(super) fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let max = match parse_address(address) {
        Some(IpAddr::V4(_)) => 32,
        Some(IpAddr::V6(_)) => 128,
        None => return false,
    };
    !length.is_empty()
        && length.bytes().all(|byte| byte.is_ascii_digit())
        && length.parse::<u32>().is_ok_and(|length| length <= max)
}

/// Returns whether the text is an address of six, eight or twenty bytes: `00:00:5e:00:53:01`, `00-00-5e-00-53-01` or
/// `0000.5e00.5301`.
pub(super) fn is_mac(text: &str) -> bool {
    let (separator, width, counts) = match (text.as_bytes().get(2), text.as_bytes().get(4)) {
        (Some(b':'), _) => (':', 2, [6, 8, 20]),
        (Some(b'-'), _) => ('-', 2, [6, 8, 20]),
        (_, Some(b'.')) => ('.', 4, [3, 4, 10]),
        _ => return false,
    };
    let is_part = |part: &str| part.len() == width && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    counts.contains(&text.split(separator).count()) && text.split(separator).all(is_part)
}
