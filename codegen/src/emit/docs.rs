//! Documentation of emitted items, as Markdown.

use super::Emitter;
use crate::api::{Docs, Kind};
use crate::markdown;

/// Returns the indefinite article for a name.
pub(super) fn article(name: &str) -> &'static str {
    let mut letters = name.chars();
    let (first, second) = (letters.next().unwrap_or_default(), letters.next().unwrap_or_default());
    // An initialism is read letter by letter: an HTTP route, but a URL.
    let is_initialism = first.is_ascii_uppercase() && second.is_ascii_uppercase();
    let vowels = if is_initialism { "AEFHILMNORSX" } else { "AEIOaeio" };
    if vowels.contains(first) { "an" } else { "a" }
}

/// Returns the fields that a change through this version of a kind deletes, as a sentence.
pub(super) fn lost_fields(kind: &Kind) -> Option<String> {
    let fields: Vec<String> = kind.lost_fields.iter().map(|path| format!("`{path}`")).collect();
    let text =
        || format!("Each change through this version deletes fields of the storage version: {}.", fields.join(", "));
    (!fields.is_empty()).then(text)
}

impl Emitter<'_> {
    /// Returns a description followed by its facts as a list. `instead` replaces a missing description.
    pub(super) fn docs(&self, docs: &Docs, instead: impl FnOnce() -> String) -> String {
        let cleaned = self.descriptions.clean(&docs.description);
        let mut text = if cleaned.is_empty() { instead() } else { cleaned.to_string() };
        if !docs.facts.is_empty() {
            text.push('\n');
        }
        for fact in &docs.facts {
            text.push_str("\n- ");
            text.push_str(fact);
        }
        text
    }
}

/// Returns the first sentence of a description.
pub(crate) fn summary(description: &str) -> String {
    let is_text = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("```");
    let paragraph: Vec<&str> = description.lines().take_while(is_text).map(str::trim).collect();
    let paragraph = paragraph.join(" ");
    // A full stop inside a code span does not end the sentence.
    let ends = |(at, _): &(usize, &str)| paragraph[..*at].matches('`').count().is_multiple_of(2);
    let sentence = paragraph.match_indices(". ").find(ends).map_or(paragraph.as_str(), |(at, _)| &paragraph[..=at]);
    markdown::clean(sentence).lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::article;

    #[test]
    fn article_follows_pronunciation() {
        let names = ["AIGatewayRoute", "HTTPRoute", "MCPRoute", "Issuer", "Url", "Widget", "URLMap", "Backend"];
        assert_eq!(names.map(article), ["an", "an", "an", "an", "a", "a", "a", "a"]);
    }
}
