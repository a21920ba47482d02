//! Documentation as attributes, a line each.

use proc_macro2::TokenStream;
use quote::quote;

use crate::api::Docs;
use crate::markdown;

/// `#[doc]` attributes of a text; empty text, no attributes.
pub(super) fn attributes(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    let attributes = lines.map(|line| quote!(#[doc = #line]));
    quote!(#(#attributes)*)
}

/// A description with its facts listed below; `instead` where there is no description.
pub(super) fn text(docs: &Docs, instead: &str) -> String {
    let cleaned = markdown::clean(&docs.description);
    let mut text = if cleaned.is_empty() { instead.to_owned() } else { cleaned };
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
    let cleaned = markdown::clean(description);
    let paragraph: Vec<&str> = cleaned.lines().take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    match paragraph.find(". ") {
        Some(end) => paragraph[..=end].to_owned(),
        None => paragraph,
    }
}
