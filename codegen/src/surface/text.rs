//! Formatting of tokens as in source code: `Option<Vec<String>>`, not `Option < Vec < String > >`.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Returns the parent of a path.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once("::").map_or("", |(parent, _)| parent)
}

/// Formats tokens on one line.
pub(super) fn rust(tokens: TokenStream) -> String {
    let mut words = Vec::new();
    flatten(tokens, &mut words);
    let mut text = String::new();
    let mut before = "";
    for word in &words {
        if !text.is_empty() && has_space(before, word) {
            text.push(' ');
        }
        text.push_str(word);
        before = word;
    }
    text
}

/// Collects tokens, with operators of two characters joined.
fn flatten(tokens: TokenStream, words: &mut Vec<String>) {
    let mut joint = false;
    for tree in tokens {
        let mut is_joint = false;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                words.push(open.to_owned());
                flatten(group.stream(), words);
                // A signature on several lines ends its parameters with a comma.
                words.pop_if(|last| close == ")" && last == ",");
                words.push(close.to_owned());
                words.retain(|word| !word.is_empty());
            }
            TokenTree::Punct(mark) => {
                is_joint = mark.spacing() == Spacing::Joint;
                match words.last_mut() {
                    Some(last) if joint && matches!((&**last, mark.as_char()), (":", ':') | ("-" | "=", '>')) => {
                        last.push(mark.as_char());
                    }
                    _ => words.push(mark.as_char().to_string()),
                }
            }
            TokenTree::Ident(name) => match words.last_mut() {
                Some(last) if last == "'" => last.push_str(&name.to_string()),
                _ => words.push(name.to_string()),
            },
            TokenTree::Literal(value) => words.push(value.to_string()),
        }
        joint = is_joint;
    }
}

/// Returns whether two tokens are separated by a space.
fn has_space(before: &str, word: &str) -> bool {
    let never_before = matches!(word, "," | ";" | ":" | "::" | ")" | "]" | ">" | "." | "?" | "<");
    let never_after = matches!(before, "(" | "[" | "<" | "&" | "::" | "." | "!" | "#" | "*");
    // Calls, functions and indices.
    let opens = matches!(word, "(" | "[" | "!")
        && !matches!(before, "," | ":" | "=" | "->" | "=>" | "+" | "|")
        && !before.starts_with('\'');
    !(never_before || never_after || opens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_signatures_are_formatted_as_in_source() {
        for text in [
            "Option<Vec<String>>",
            "BTreeMap<String, Box<super::types::Port>>",
            "&'static [(&'static str, [u8; 3])]",
            "fn new(name: impl Into<String>, size: i64) -> Self",
            "fn size(mut self, size: impl Into<Option<i64>>) -> Self",
            "fn first<'a, K: Resource + 'a>(&'a self) -> Option<&'a K>",
            "\"a < b\"",
        ] {
            assert_eq!(rust(text.parse().unwrap()), text);
        }
        assert_eq!(rust("fn new(\n    name: &str,\n)".parse().unwrap()), "fn new(name: &str)");
    }
}
