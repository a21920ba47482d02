//! Documentation as attributes, a line each.

use std::borrow::Cow;

use proc_macro2::TokenStream;
use quote::quote;

use crate::api::Docs;
use crate::markdown;

/// `#[doc]` attributes of a text; empty text, no attributes.
pub(super) fn attributes(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {}", visible(line)) });
    let attributes = lines.map(|line| quote!(#[doc = #line]));
    quote!(#(#attributes)*)
}

/// A line without what Rust does not take in a comment: control characters, and those that turn the direction of text.
pub(crate) fn visible(line: &str) -> Cow<'_, str> {
    let is_visible = |c: &char| !c.is_control() && !super::turns_direction(*c);
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte);
    if line.bytes().all(is_plain) || line.chars().all(|c| is_visible(&c)) {
        Cow::Borrowed(line)
    } else {
        line.chars().filter(is_visible).collect()
    }
}

/// A description with its facts listed below; `instead` where there is no description.
pub(super) fn text(docs: &Docs, instead: impl FnOnce() -> String) -> String {
    let cleaned = markdown::clean(&docs.description);
    let mut text = if cleaned.is_empty() { instead() } else { cleaned };
    if !docs.facts.is_empty() {
        text.push('\n');
    }
    for fact in &docs.facts {
        text.push_str("\n- ");
        text.push_str(fact);
    }
    text
}

/// The first sentence of a description, for indexes and modules.
pub(super) fn summary(description: &str) -> String {
    let is_text = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("```");
    let paragraph: Vec<&str> = description.lines().take_while(is_text).map(str::trim).collect();
    let paragraph = paragraph.join(" ");
    // A full stop inside a code span ends nothing.
    let ends = |(at, _): &(usize, &str)| paragraph[..*at].matches('`').count().is_multiple_of(2);
    let sentence = paragraph.match_indices(". ").find(ends).map_or(paragraph.as_str(), |(at, _)| &paragraph[..=at]);
    markdown::clean(sentence).lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
