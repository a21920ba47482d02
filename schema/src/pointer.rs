//! Tokens of JSON pointers.
//!
//! Source: RFC 6901, section 4.

use std::borrow::Cow;

/// Returns a name as the token of a JSON pointer: `a~1b` for `a/b`.
pub fn escape_token(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}

/// Decodes the name in a token of a JSON pointer.
pub fn unescape_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

#[cfg(test)]
mod tests {
    use super::{escape_token, unescape_token};

    #[test]
    fn names_are_unchanged_by_escaping_and_unescaping() {
        for (name, token) in [("a", "a"), ("a/b~c", "a~1b~0c"), ("~1", "~01"), ("", "")] {
            assert_eq!((escape_token(name).as_ref(), unescape_token(token).as_ref()), (token, name));
        }
    }
}
