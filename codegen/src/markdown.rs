//! Converts descriptions to Markdown that rustdoc accepts without a warning and never runs as a test.
//!
//! A description may contain anything: HTML, brackets that look like links, indented text that looks like code, unbalanced
//! backticks. The syntax of Markdown and HTML is escaped outside of code; code blocks have a language that is not Rust.

mod code;
mod escape;
mod table;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

pub(crate) use self::code::{code, value};
pub(crate) use self::escape::escape;

/// Lines are wrapped at this many characters, the `///` and its indentation not counted.
const WIDTH: usize = 100;

/// Languages of code blocks. Others become `text`, because rustdoc would compile them.
const LANGUAGES: [&str; 14] =
    ["bash", "cel", "console", "go", "http", "ini", "json", "lua", "proto", "sh", "text", "toml", "xml", "yaml"];

/// Descriptions as Markdown. Each text is converted once, although the code, the reference and several versions repeat it.
#[derive(Default)]
pub(crate) struct Descriptions {
    cleaned: RefCell<HashMap<Box<str>, Rc<str>>>,
}

impl Descriptions {
    /// Returns a description as wrapped Markdown; empty for an empty description.
    pub(crate) fn clean(&self, description: &str) -> Rc<str> {
        let mut cleaned = self.cleaned.borrow_mut();
        if let Some(text) = cleaned.get(description) {
            return Rc::clone(text);
        }
        let text: Rc<str> = clean(description).into();
        cleaned.insert(description.into(), Rc::clone(&text));
        text
    }
}

/// A description as wrapped Markdown; empty for an empty description.
pub(crate) fn clean(description: &str) -> String {
    let mut out = Lines { text: String::with_capacity(description.len() + description.len() / 8 + 1) };
    let mut paragraph = Paragraph::default();
    let mut fence: Option<String> = None;
    let mut lines = description.lines().map(plain).peekable();
    while let Some(line) = lines.next() {
        let text = line.trim();
        match (&fence, text.strip_prefix("```")) {
            (Some(indent), Some(_)) => {
                out.line(&[indent, "```"]);
                fence = None;
            }
            (Some(indent), None) => out.line(&[indent, line.trim_end()]),
            (None, Some(info)) if !info.contains('`') => {
                paragraph.end(&mut out);
                let indent = " ".repeat(paragraph.indent);
                out.line(&[&indent, "```", language(info)]);
                fence = Some(indent);
            }
            (None, _) if text.contains('|') && lines.peek().is_some_and(|next| table::is_delimiter(text, next)) => {
                paragraph.end(&mut out);
                out.blank();
                out.line(&[&table::row(text)]);
                out.line(&[&table::delimiter(text)]);
                lines.next();
                while let Some(row) = lines.next_if(|row| row.contains('|')) {
                    out.line(&[&table::row(row.trim())]);
                }
                out.line(&[]);
            }
            (None, _) => paragraph.line(&line, &mut out),
        }
    }
    if let Some(indent) = fence {
        out.line(&[&indent, "```"]);
    }
    paragraph.end(&mut out);
    out.finish()
}

/// The lines of a description as Markdown, each with its end.
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, parts: &[&str]) {
        self.text.extend(parts.iter().copied());
        self.text.push('\n');
    }

    /// Separates the next block from the text before it.
    fn blank(&mut self) {
        if !self.text.is_empty() && self.text != "\n" && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// The lines without empty ones at the end.
    fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end_matches('\n').len());
        self.text
    }
}

/// A line without control characters.
fn plain(line: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte);
    if line.bytes().all(is_plain) || !line.chars().any(char::is_control) {
        return Cow::Borrowed(line);
    }
    line.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}

fn language(info: &str) -> &str {
    let word = info.trim().split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if LANGUAGES.contains(&word) { word } else { "text" }
}

/// The lines of a block, and its indentation.
#[derive(Default)]
struct Paragraph {
    /// Its words, a space between them.
    words: String,
    /// The marker of the first line: `- ` or `1. ` in a list.
    marker: String,
    /// How far the paragraph is indented: the width of the list's marker.
    indent: usize,
    /// The indentation of the list's marker in the description.
    list: Option<usize>,
}

impl Paragraph {
    fn line(&mut self, line: &str, out: &mut Lines) {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if text.is_empty() {
            self.end(out);
            out.blank();
            return;
        }
        if is_rule(text) {
            // Below a line of text it makes a heading of it.
            if text.starts_with(['=', '-']) && self.marker.is_empty() && !self.words.is_empty() {
                self.heading(out);
            } else {
                self.end(out);
            }
            return;
        }
        if let Some(heading) = heading(text) {
            self.end(out);
            self.add(heading);
            self.heading(out);
            return;
        }
        if let Some((marker, rest)) = list_marker(text) {
            self.end(out);
            // A list right below a paragraph needs a blank line, or it is read as part of it.
            if self.list.is_none() {
                out.blank();
            }
            self.list = Some(indent);
            self.indent = marker.len();
            self.marker = marker;
            self.add(rest);
            return;
        }
        let after_blank = self.words.is_empty();
        if after_blank && self.list.is_some_and(|list| indent <= list) {
            self.list = None;
            self.indent = 0;
            out.blank();
        }
        self.add(text);
    }

    /// Writes a heading as a line in bold: a real heading would split the page that contains the description.
    fn heading(&mut self, out: &mut Lines) {
        out.blank();
        out.line(&["**", &escape(&self.words), "**"]);
        out.line(&[]);
        *self = Paragraph::default();
    }

    fn add(&mut self, text: &str) {
        self.words.reserve(text.len() + 1);
        let mut add = |word: &str| {
            if !self.words.is_empty() {
                self.words.push(' ');
            }
            self.words.push_str(word);
        };
        if text.is_ascii() {
            text.split_ascii_whitespace().for_each(&mut add);
        } else {
            text.split_whitespace().for_each(&mut add);
        }
    }

    /// Writes the words, escaped and wrapped.
    fn end(&mut self, out: &mut Lines) {
        if self.words.is_empty() && self.marker.is_empty() {
            return;
        }
        let text = escape(&self.words);
        self.words.clear();
        let is_ascii = text.is_ascii();
        let out = &mut out.text;
        let indent = " ".repeat(self.indent);
        let mut start = out.len();
        out.push_str(if self.marker.is_empty() { &indent } else { &self.marker });
        let mut width = out[start..].chars().count();
        self.marker.clear();
        let mut empty = true;
        for word in text.split(' ') {
            let letters = if is_ascii { word.len() } else { word.chars().count() };
            if !empty && width + 1 + letters > WIDTH && !starts_a_block(word) {
                out.push('\n');
                start = out.len();
                out.push_str(&indent);
                width = self.indent;
                empty = true;
            }
            if !empty {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += letters;
            empty = false;
        }
        out.truncate(start + out[start..].trim_end().len());
        out.push('\n');
    }
}

/// The text of a heading such as `## Usage ##`.
fn heading(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    let words = rest.strip_prefix(' ')?.trim_end_matches('#').trim();
    ((1..=6).contains(&level) && !words.is_empty()).then_some(words)
}

/// `---`, `===` and `***`: Markdown would make a rule or a heading of them.
fn is_rule(text: &str) -> bool {
    let Some(first @ ('-' | '=' | '*' | '_' | '~')) = text.chars().next() else { return false };
    text.len() > 1 && text.chars().all(|c| c == first || c.is_whitespace())
}

/// A list item's marker, normalized to `- ` or `1. `, and its text.
fn list_marker(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = ["- ", "* ", "+ "].iter().find_map(|marker| text.strip_prefix(marker)) {
        return Some(("- ".to_owned(), rest));
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).filter(|digits| (1..=3).contains(digits))?;
    let rest = text[digits..].strip_prefix(". ").or_else(|| text[digits..].strip_prefix(") "))?;
    Some((format!("{}. ", &text[..digits]), rest))
}

/// Whether a word at the start of a line would start another kind of block.
fn starts_a_block(word: &str) -> bool {
    let number = word.trim_end_matches(['.', ')']);
    matches!(word, "-" | "*" | "+")
        || word.starts_with(['#', '>', '=', '|', '~'])
        || word.starts_with("```")
        || (number.len() < word.len() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        || is_rule(word)
}

/// A description as one line of Markdown, for the cell of a table.
pub(crate) fn clean_line(description: &str) -> String {
    let mut words = String::with_capacity(description.len());
    for word in description.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&plain(word));
    }
    escape(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_and_lists_keep_their_indentation() {
        let long = "word ".repeat(30);
        let cleaned = clean(&format!("First line\ncontinued.\n\nThings:\n- one {long}\n- two\n  more\n\nEnd."));
        let lines: Vec<&str> = cleaned.lines().collect();
        assert_eq!(lines[..4], ["First line continued.", "", "Things:", ""]);
        assert!(lines[4].starts_with("- one word") && lines[4].len() <= WIDTH);
        assert!(lines[5].starts_with("  word"));
        assert_eq!(lines[lines.len() - 3..], ["- two more", "", "End."]);
    }

    #[test]
    fn what_markdown_or_html_would_read_is_escaped() {
        assert_eq!(
            clean("a <b> [link] *x* __init__ snake_case"),
            "a \\<b> \\[link\\] \\*x\\* \\_\\_init\\_\\_ snake_case"
        );
        assert_eq!(clean("#hashtag, # 1"), "\\#hashtag, # 1");
        assert_eq!(clean("lonely ` tick and `code <b>`"), "lonely ` tick and `code \\<b>\\`");
        assert_eq!(clean("see https://k8s.io/docs, or <https://a.b>."), "see <https://k8s.io/docs>, or <https://a.b>.");
        assert_eq!(clean("*/ end"), "\\*/ end");
    }

    #[test]
    fn code_never_becomes_a_doc_test() {
        assert_eq!(clean("Run:\n\n    panic!()\n"), "Run:\n\npanic!()");
        assert_eq!(clean("```\npanic!()\n```"), "```text\npanic!()\n```");
        assert_eq!(clean("```rust\npanic!()"), "```text\npanic!()\n```");
        assert_eq!(clean("```yaml\na: 1\n```\nMore."), "```yaml\na: 1\n```\nMore.");
    }

    #[test]
    fn a_fence_inside_a_line_opens_no_block() {
        let long = "x".repeat(120);
        assert_eq!(clean(&format!("- ``` {long} ```")), format!("- `{long}`"));
        assert_eq!(clean("- ```\n  text"), "- \\`\\`\\` text");
    }

    #[test]
    fn rules_and_control_characters_vanish() {
        assert_eq!(clean("One\n\n---\ntext\u{0}\u{1b}"), "One\n\ntext");
    }

    #[test]
    fn headings_are_bold_lines() {
        assert_eq!(clean("Text.\n## Usage of <x> ##\nMore.\n# End"), "Text.\n\n**Usage of \\<x>**\n\nMore.\n\n**End**");
        assert_eq!(clean("Title\n=====\nText."), "**Title**\n\nText.");
        assert_eq!(clean("- item\n# Heading\ntext"), "- item\n\n**Heading**\n\ntext");
    }

    #[test]
    fn tables_stay_tables() {
        let text = "Modes:\n| mode | what *it* does |\n|:--|---|\n| a\\|b | `x|y` |\n| c |\nEnd.";
        let table = "| mode | what \\*it\\* does |\n|---|---|\n| a\\|b | `x\\|y` |\n| c |";
        assert_eq!(clean(text), format!("Modes:\n\n{table}\n\nEnd."));
        assert_eq!(clean("a | b\nno table | here"), "a \\| b no table \\| here");
    }

    #[test]
    fn values_show_their_blanks() {
        assert_eq!(value("a b"), "`a b`");
        assert_eq!(value(""), "`\"\"`");
        assert_eq!(value(" "), "`\" \"`");
        assert_eq!(value("a  b\t"), "`\"a \\u0020b\\u0009\"`");
        assert_eq!(value("\u{200b}x\u{202e}"), "`\"\\u200bx\\u202e\"`");
    }

    #[test]
    fn code_spans_hold_any_text() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\n b"), "`a b`");
    }
}
