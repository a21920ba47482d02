//! Errors in an expression, with their positions.

use std::fmt::Write;

/// The maximum number of errors in a message.
const MAX_ISSUES: usize = 100;
/// The maximum length of a line in a message, in bytes.
const MAX_SNIPPET: usize = 16_384;

/// The errors in an expression.
#[derive(Debug, Default)]
pub(super) struct Issues {
    found: Vec<Issue>,
    /// The number of errors, including those beyond the maximum.
    count: usize,
}

#[derive(Debug)]
struct Issue {
    /// The position in bytes; `None` for an error of the whole expression.
    at: Option<usize>,
    message: String,
}

impl Issues {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn report(&mut self, at: usize, message: String) {
        self.push(Some(at), message);
    }

    /// Reports an error of the whole expression.
    pub(super) fn report_whole(&mut self, message: String) {
        self.push(None, message);
    }

    fn push(&mut self, at: Option<usize>, message: String) {
        self.count += 1;
        if self.found.len() < MAX_ISSUES {
            self.found.push(Issue { at, message });
        }
    }

    /// Formats the errors in the order of their positions, each with its line.
    ///
    /// Source: `cel-go/common/errors.go`, `cel-go/common/error.go`.
    pub(super) fn text(mut self, source: &str) -> String {
        self.found.sort_by_key(|issue| issue.at);
        let mut texts: Vec<String> = self.found.iter().map(|issue| issue.text(source)).collect();
        if self.count > MAX_ISSUES {
            texts.push(format!("{} more errors were truncated", self.count - MAX_ISSUES));
        }
        texts.join("\n")
    }
}

impl Issue {
    fn text(&self, source: &str) -> String {
        let Some(at) = self.at else { return format!("ERROR: <input>:-1:0: {}", self.message) };
        let before = &source[..at];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let (line, column) = (before.matches('\n').count() + 1, before[start..].chars().count());
        let mut text = format!("ERROR: <input>:{line}:{}: {}", column + 1, self.message);
        let snippet = source[start..].split('\n').next().unwrap_or_default().replace('\t', " ");
        if source.is_empty() || snippet.len() > MAX_SNIPPET {
            return text;
        }
        let mark = |c: Option<char>, narrow, wide| if c.is_some_and(|c| c.len_utf8() > 1) { wide } else { narrow };
        let mut characters = snippet.chars();
        let marks: String = characters.by_ref().take(column).map(|c| mark(Some(c), '.', '\u{ff0e}')).collect();
        let _ = write!(text, "\n | {snippet}\n | {marks}{}", mark(characters.next(), '^', '\u{ff3e}'));
        text
    }
}
