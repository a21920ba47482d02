//! The type `kubernetes.URL`.

use crate::object::format::uri;
use crate::object::{go, percent};

/// A URL with a scheme, or an absolute path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cel) struct Url {
    text: String,
    pub(in crate::cel) scheme: String,
    pub(in crate::cel) host: String,
    path: String,
    query: String,
}

impl Url {
    /// Source: `ParseRequestURI` and `Parse` of Go's `net/url`.
    pub(in crate::cel) fn parse(text: &str) -> std::result::Result<Self, String> {
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
        let host = if host.starts_with('[') { host.to_owned() } else { percent::decode(host) };
        Ok(Url { text: text.to_owned(), scheme, host, path: path.to_owned(), query: query.to_owned() })
    }

    pub(in crate::cel) fn port(&self) -> &str {
        match self.host.rsplit_once(':') {
            Some((before, port)) if !port.contains(']') && (!before.contains(':') || before.ends_with(']')) => port,
            _ => "",
        }
    }

    pub(in crate::cel) fn hostname(&self) -> &str {
        let host = self.host.strip_suffix(self.port()).unwrap_or(&self.host);
        let host = if host.ends_with(']') { host } else { host.strip_suffix(':').unwrap_or(host) };
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// Returns the original path if it is validly escaped, else escapes it.
    pub(in crate::cel) fn escaped_path(&self) -> String {
        let is_escaped_or_valid = |c: char| c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:@[]/%".contains(c);
        if self.path.chars().all(is_escaped_or_valid) {
            return self.path.clone();
        }
        let mut out = String::new();
        for byte in percent::decode(&self.path).bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
        out
    }

    /// Returns the decoded parameters of the query by name.
    pub(in crate::cel) fn query(&self) -> Vec<(String, Vec<String>)> {
        let mut pairs: Vec<(String, Vec<String>)> = Vec::new();
        for part in self.query.split('&').filter(|part| !part.is_empty() && !part.contains(';')) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (percent::decode_query(name), percent::decode_query(value));
            match pairs.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => pairs.push((name, vec![value])),
            }
        }
        pairs
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}
