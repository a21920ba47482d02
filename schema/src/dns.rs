//! Syntax of DNS labels and subdomains, without limits of length.

/// Returns whether the text consists of lower-case letters, digits and `-`, without `-` at the ends.
pub(crate) fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Returns whether the text consists of labels joined by dots.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}
