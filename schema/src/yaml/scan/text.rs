//! The text of a scalar, composed of parts of the document.

use std::borrow::Cow;
use std::ops::Range;

/// The text of a scalar, borrowed if it is a contiguous part of the document.
pub(super) struct Text<'t> {
    document: &'t str,
    /// The part of the document, as long as the text is contiguous.
    part: Range<usize>,
    /// The text, once it is not contiguous.
    copy: Option<String>,
}

impl<'t> Text<'t> {
    pub(super) fn new(document: &'t str) -> Self {
        Text { document, part: 0..0, copy: None }
    }

    fn borrowed(&self) -> &'t str {
        self.document.get(self.part.clone()).unwrap_or_default()
    }

    /// Adds a part of the document.
    pub(super) fn push(&mut self, part: Range<usize>) {
        if part.is_empty() {
        } else if self.copy.is_some() || !(self.part.is_empty() || self.part.end == part.start) {
            self.push_str(self.document.get(part).unwrap_or_default());
        } else if self.part.is_empty() {
            self.part = part;
        } else {
            self.part.end = part.end;
        }
    }

    /// Adds a text that is not a part of the document.
    pub(super) fn push_str(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let borrowed = self.borrowed();
        let copy = self.copy.get_or_insert_with(|| {
            let mut copy = String::with_capacity(2 * (borrowed.len() + text.len()));
            copy.push_str(borrowed);
            copy
        });
        copy.push_str(text);
    }

    pub(super) fn push_char(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }

    pub(super) fn finish(self) -> Cow<'t, str> {
        let borrowed = self.borrowed();
        self.copy.map_or(Cow::Borrowed(borrowed), Cow::Owned)
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
            text.push_str(self.leading);
        } else if self.trailing.is_empty() {
            text.push_str(" ");
        }
        self.move_trailing_into(text);
        self.leading = "";
    }

    pub(super) fn move_trailing_into(&mut self, text: &mut Text<'t>) {
        if !self.trailing.is_empty() {
            text.push_str(&self.trailing);
            self.trailing.clear();
        }
    }
}
