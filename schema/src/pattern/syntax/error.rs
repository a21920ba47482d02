//! Go's error codes.

/// An error code, and the part of the pattern that it refers to.
pub(super) type SyntaxError<'p> = (&'static str, &'p str);

pub(super) const INVALID_CLASS_RANGE: &str = "invalid character class range";
pub(super) const INVALID_ESCAPE: &str = "invalid escape sequence";
pub(super) const INVALID_REPEAT: &str = "invalid repeat count";
pub(super) const INVALID_NAME: &str = "invalid named capture";
pub(super) const MISSING_ARGUMENT: &str = "missing argument to repetition operator";

/// Returns the part of a text before its suffix `rest`.
pub(super) fn before<'p>(text: &'p str, rest: &str) -> &'p str {
    &text[..text.len() - rest.len()]
}
