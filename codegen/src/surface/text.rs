//! Tokens as people write Rust: `Option<Vec<String>>`, not `Option < Vec < String > >`.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The text of tokens on one line.
pub(super) fn rust(tokens: TokenStream) -> String {
    let mut words = Vec::new();
    flatten(tokens, &mut words);
    let mut text = String::new();
    let mut before = "";
    for word in &words {
        if !text.is_empty() && is_apart(before, word) {
            text.push(' ');
        }
        text.push_str(word);
        before = word;
    }
    text
}

/// Tokens one after the other, with operators of two characters put together.
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

/// Whether a space is between two tokens.
fn is_apart(before: &str, word: &str) -> bool {
    let never_before = matches!(word, "," | ";" | ":" | "::" | ")" | "]" | ">" | "." | "?" | "<");
    let never_after = matches!(before, "(" | "[" | "<" | "&" | "::" | "." | "!" | "#" | "*");
    // Of a call, a function or an index.
    let opens = matches!(word, "(" | "[" | "!")
        && !matches!(before, "," | ":" | "=" | "->" | "=>" | "+" | "|")
        && !before.starts_with('\'');
    !(never_before || never_after || opens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_signatures_are_printed_as_they_are_written() {
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
    }
}
