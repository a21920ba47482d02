//! The context of a write, which travels through its steps.

use crate::auth::User;

/// What the steps of a write know of their request, besides its target and its object.
///
/// A verb decodes the options of its request and creates the context. Each step reads the options and the time, and adds
/// warnings, which are a part of the response even if the write fails.
pub(crate) struct Context<'r> {
    pub(crate) options: WriteOptions,
    /// The body as sent, for messages that repeat it.
    pub(crate) original: &'r [u8],
    /// The time of the request in the form of objects.
    pub(crate) now: String,
    /// The user of the request.
    pub(crate) user: &'r User,
    pub(crate) warnings: &'r mut Warnings,
}

/// The handling of unknown and duplicate fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// The options of a write.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    /// The field manager.
    pub(crate) manager: String,
    pub(crate) validation: FieldValidation,
    pub(crate) force: bool,
    /// Whether the request is a server-side apply.
    pub(crate) is_apply: bool,
}

/// The warnings of a response, without duplicates, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    texts: Vec<String>,
}

impl Warnings {
    pub(crate) fn add(&mut self, text: String) {
        if !self.texts.contains(&text) {
            self.texts.push(text);
        }
    }

    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }
}

impl Extend<String> for Warnings {
    fn extend<T: IntoIterator<Item = String>>(&mut self, texts: T) {
        texts.into_iter().for_each(|text| self.add(text));
    }
}
