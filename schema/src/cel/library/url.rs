//! The type `kubernetes.URL`.

use super::Library;
use crate::cel::value::{Result, Val, no_overload};
use crate::cel::view::Entries;
use crate::object::format::uri;
use crate::object::go;

/// A URL with a scheme, or an absolute path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cel) struct Url {
    text: String,
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Url {
    /// Source: `ParseRequestURI` and `Parse` of Go's `net/url`.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        if !uri::is_request_uri(text) {
            let quoted = go::quoted(text);
            return Err(format!(
                "URL parse error during conversion from string: parse {quoted}: invalid URI for request"
            ));
        }
        let rest = text.split_once('#').map_or(text, |(rest, _)| rest);
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), rest),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        // `mailto:a@b.c` has no path.
        let rest = if scheme.is_empty() || rest.starts_with('/') { rest } else { "" };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) if !rest.starts_with('/') || !scheme.is_empty() => {
                rest.split_at(rest.find('/').unwrap_or(rest.len()))
            }
            _ => ("", rest),
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = if host.starts_with('[') { host.to_owned() } else { decode(host, false) };
        Ok(Url { text: text.to_owned(), scheme, host, path: path.to_owned(), query: query.to_owned() })
    }

    fn port(&self) -> &str {
        match self.host.rsplit_once(':') {
            Some((before, port)) if !port.contains(']') && (!before.contains(':') || before.ends_with(']')) => port,
            _ => "",
        }
    }

    fn hostname(&self) -> &str {
        let host = self.host.strip_suffix(self.port()).unwrap_or(&self.host);
        let host = if host.ends_with(']') { host } else { host.strip_suffix(':').unwrap_or(host) };
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// Returns the original path if it is validly escaped, else escapes it.
    fn escaped_path(&self) -> String {
        let is_escaped_or_valid = |c: char| c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:@[]/%".contains(c);
        if self.path.chars().all(is_escaped_or_valid) {
            return self.path.clone();
        }
        let mut out = String::new();
        for byte in decode(&self.path, false).bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
        out
    }

    fn query<'v>(&self) -> Val<'v> {
        let mut pairs: Vec<(String, Vec<Val<'v>>)> = Vec::new();
        for part in self.query.split('&').filter(|part| !part.is_empty() && !part.contains(';')) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (decode(name, true), Val::text(decode(value, true)));
            match pairs.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => pairs.push((name, vec![value])),
            }
        }
        let entries: Vec<_> = pairs.into_iter().map(|(name, values)| (Val::text(name), Val::list(values))).collect();
        Val::Map(Entries::Owned(entries.into()))
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Decodes percent-encoding, and in a query also plus signs.
fn decode(text: &str, is_query: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if is_query => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

pub(super) fn call<'v>(function: Library, url: &Url) -> Result<'v> {
    Ok(Val::text(match function {
        Library::Scheme => url.scheme.clone(),
        Library::Host => url.host.clone(),
        Library::Hostname => url.hostname().to_owned(),
        Library::Port => url.port().to_owned(),
        Library::EscapedPath => url.escaped_path(),
        Library::Query => return Ok(url.query()),
        _ => return no_overload(),
    }))
}
