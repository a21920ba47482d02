//! The format of mail addresses.
//!
//! Source: `net/mail.ParseAddress`, RFC 5322 as far as that supports it.

/// Returns whether the text is `local@domain` or `Name <local@domain>`, optionally with a comment in parentheses.
pub(super) fn is_email(text: &str) -> bool {
    let text = without_comment(text.trim_matches([' ', '\t', '\r', '\n']));
    if let Some(domain) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        return is_address(domain);
    }
    if is_address(text) {
        return true;
    }
    let Some(inner) = text.strip_suffix('>') else { return false };
    inner.rsplit_once('<').is_some_and(|(name, address)| is_phrase(name) && is_address(address))
}

fn without_comment(text: &str) -> &str {
    match text.strip_suffix(')').and_then(|inner| inner.rsplit_once('(')) {
        Some((before, comment)) if !comment.contains([')', '\\']) => before.trim_end(),
        _ => text,
    }
}

fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii()
}

fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_text))
}

/// Returns the end of quoted text, including the quotes.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(index + 1),
            '\r' | '\n' => return None,
            c if c.is_control() && c != '\t' => return None,
            _ => {}
        }
    }
    None
}

fn is_address(text: &str) -> bool {
    let (local, domain) = if text.starts_with('"') {
        let Some(end) = quoted_end(text).filter(|end| *end > 2) else { return false };
        (None, text[end..].strip_prefix('@'))
    } else {
        let Some((local, domain)) = text.split_once('@') else { return false };
        (Some(local), Some(domain))
    };
    let is_domain = |domain: &str| match domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => literal.trim().parse::<std::net::IpAddr>().is_ok(),
        None => is_dot_atom(domain),
    };
    local.is_none_or(is_dot_atom) && domain.is_some_and(is_domain)
}

/// Returns whether the text consists of words and quoted words; dots are allowed.
fn is_phrase(text: &str) -> bool {
    let mut rest = text.trim();
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let end = if rest.starts_with('"') {
            quoted_end(rest)
        } else {
            let end = rest.find(|c: char| !is_atom_text(c) && c != '.').unwrap_or(rest.len());
            Some(end).filter(|end| *end > 0)
        };
        let Some(end) = end else { return false };
        rest = rest[end..].trim_start();
    }
    true
}
