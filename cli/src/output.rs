//! Standard output: text, colours and tables.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::error::CliError;

/// Writes text to the standard output.
///
/// Unlike `print!`, it does not panic if the reader of a pipe is closed. Colours are removed if the output is not a terminal.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CliError::Output)
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    Neutral,
}

/// Returns text in a colour.
pub(crate) fn paint(tone: Tone, text: &str) -> String {
    let colour = match tone {
        Tone::Good => AnsiColor::Green,
        Tone::Doubtful => AnsiColor::Yellow,
        Tone::Bad => AnsiColor::Red,
        Tone::Neutral => AnsiColor::Cyan,
    };
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{text}{style:#}")
}

/// Returns text without control characters, which could change the state of a terminal: `^[` for an escape, as kubectl prints it.
pub(crate) fn visible(text: &str) -> String {
    let letter = |letter: char| match letter {
        '\n' | '\t' => letter.to_string(),
        '\0'..='\u{1f}' => format!("^{}", char::from(letter as u8 + b'@')),
        '\u{7f}'..='\u{9f}' => letter.escape_unicode().to_string(),
        _ => letter.to_string(),
    };
    text.chars().map(letter).collect()
}

/// Returns the first line of a text without control characters; `...` is the rest, as kubectl prints it.
pub(crate) fn one_line(text: &str) -> String {
    match text.split_once(['\n', '\r', '\u{c}']) {
        Some((first, _)) => visible(first) + "...",
        None => visible(text),
    }
}

/// A table with aligned columns, as kubectl prints it.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table with the titles of its columns.
    pub(crate) fn new(titles: &[&str]) -> Self {
        Table { rows: vec![titles.iter().map(|title| (*title).to_owned()).collect()] }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell.into())).collect());
    }

    /// Returns whether the table has no rows except the titles.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// Returns the text, with three blanks between columns.
    pub(crate) fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| self.rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        self.aligned(&widths)
    }

    /// Returns the text with columns of at least these widths.
    pub(crate) fn aligned(&self, widths: &[usize]) -> String {
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}   "));
            cells.collect::<String>().trim_end().to_owned() + "\n"
        };
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, one_line, visible};

    #[test]
    fn control_characters_are_visible() {
        assert_eq!(visible("a\u{1b}[31m\r\n\tü\u{9b}"), "a^[[31m^M\n\tü\\u{9b}");
        let mut table = Table::new(&["NAME"]);
        table.row(["\u{1b}]0;x\u{7}\nfake   True"]);
        assert_eq!(table.text(), "NAME\n^[]0;x^G...\n");
        assert_eq!(one_line("a"), "a");
    }

    #[test]
    fn table_aligns_columns() {
        let mut table = Table::new(&["NAME", "AGE"]);
        table.row(["a-long-name", "1d"]);
        assert_eq!(table.text(), "NAME          AGE\na-long-name   1d\n");
    }
}
