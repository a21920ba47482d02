//! The text of a scalar, put together from parts of the document.

use std::borrow::Cow;

/// A scalar's text: borrowed while it is a part of the document as it is.
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
    /// The first, empty if there is none or it is escaped.
    pub(super) leading: &'t str,
    /// Those after the first.
    pub(super) trailing: String,
}

impl<'t> Breaks<'t> {
    /// Adds the breaks of a scalar whose lines are folded, and forgets them.
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
