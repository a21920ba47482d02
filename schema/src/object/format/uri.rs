//! The format of request URIs.
//!
//! Source: `net/url.ParseRequestURI`.

use std::net::Ipv6Addr;

use crate::object::percent::has_valid_escapes;

pub(crate) fn is_request_uri(text: &str) -> bool {
    if text.is_empty() || text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return false;
    }
    if text == "*" {
        return true;
    }
    let Some((scheme, rest)) = split_scheme(text) else { return false };
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        // With a scheme, the rest is not checked; without one, it is not a request URI.
        return scheme.is_some();
    }
    let path = match rest.strip_prefix("//").filter(|_| scheme.is_some()) {
        None => rest,
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !is_authority(authority) {
                return false;
            }
            path
        }
    };
    has_valid_escapes(path)
}

/// Splits off the scheme, if any. Returns `None` for a colon without a scheme.
fn split_scheme(text: &str) -> Option<(Option<&str>, &str)> {
    for (index, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if index > 0 => {}
            ':' if index == 0 => return None,
            ':' => return Some((Some(&text[..index]), &text[index + 1..])),
            _ => break,
        }
    }
    Some((None, text))
}

fn is_authority(authority: &str) -> bool {
    let Some((user, host)) = authority.rsplit_once('@') else { return is_host(authority) };
    let is_user_char = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    is_host(host) && user.chars().all(is_user_char) && has_valid_escapes(user)
}

fn is_host(host: &str) -> bool {
    let is_port = |port: &str| {
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if let Some(rest) = host.strip_prefix('[') {
        let Some((address, port)) = rest.rsplit_once(']') else { return false };
        let address = address.split_once("%25").map_or(address, |(address, _)| address);
        return is_port(port) && address.parse::<Ipv6Addr>().is_ok();
    }
    let port = host.rfind(':').map_or("", |colon| &host[colon..]);
    is_port(port) && !host.contains('[') && is_escaped_host(host)
}

/// Returns whether a host is valid: escapes only for bytes beyond ASCII, and only unreserved characters unescaped.
fn is_escaped_host(host: &str) -> bool {
    let is_unescaped = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte);
    let bytes = host.as_bytes();
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        index += match byte {
            b'%' if has_valid_escapes(&host[index..]) => {
                let escape = &bytes[index + 1..index + 3];
                if escape[0] < b'8' && escape != b"25" {
                    return false;
                }
                3
            }
            byte if !byte.is_ascii() || is_unescaped(*byte) => 1,
            _ => return false,
        };
    }
    true
}
