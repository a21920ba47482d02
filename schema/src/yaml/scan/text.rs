//! The text of a scalar, composed of parts of the document.

use std::borrow::Cow;

/// The text of a scalar, borrowed if it is a contiguous part of the document.
pub(super) struct Text<'t> {
    pub(super) value: Cow<'t, str>,
}

impl<'t> Text<'t> {
    pub(super) fn new() -> Self {
        Text { value: Cow::Borrowed("") }
    }

    pub(super) fn push(&mut self, part: &'t str) {
        if part.is_empty() {
        } else if self.value.is_empty() {
            self.value = Cow::Borrowed(part);
        } else {
            self.value.to_mut().push_str(part);
        }
    }

    pub(super) fn push_char(&mut self, character: char) {
        self.value.to_mut().push(character);
    }
}

/// The line breaks between two lines of a scalar.
#[derive(Default)]
pub(super) struct Breaks<'t> {
    /// The first break; empty if there is none or it is escaped.
    pub(super) leading: &'t str,
    /// The breaks after the first.
    pub(super) trailing: String,
}

impl<'t> Breaks<'t> {
    /// Adds the breaks of a folded scalar, and clears them.
    pub(super) fn fold_into(&mut self, text: &mut Text<'t>) {
        if self.leading != "\n" {
            text.push(self.leading);
        } else if self.trailing.is_empty() {
            text.push(" ");
        }
        self.move_trailing_into(text);
        self.leading = "";
    }

    pub(super) fn move_trailing_into(&mut self, text: &mut Text<'t>) {
        if !self.trailing.is_empty() {
            text.value.to_mut().push_str(&self.trailing);
            self.trailing.clear();
        }
    }
}
