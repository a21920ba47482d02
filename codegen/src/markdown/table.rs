//! Tables in descriptions.

use super::escape;

/// Whether a line separates a table's head, which has as many cells, from its rows.
pub(super) fn is_delimiter(head: &str, line: &str) -> bool {
    let is_dashes = |cell: &String| {
        let dashes = cell.trim_start_matches(':').trim_end_matches(':');
        !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-')
    };
    let found = cells(line.trim());
    line.contains('|') && found.len() == cells(head).len() && found.iter().all(is_dashes)
}

/// The line below a table's head.
pub(super) fn delimiter(head: &str) -> String {
    format!("|{}", "---|".repeat(cells(head).len()))
}

/// A row of a table.
pub(super) fn row(line: &str) -> String {
    let cells: Vec<String> = cells(line).iter().map(|cell| bars_escaped(&escape(cell))).collect();
    format!("| {} |", cells.join(" | "))
}

/// The texts between the bars that are not escaped and not in code.
fn cells(line: &str) -> Vec<String> {
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').filter(|line| !line.ends_with('\\')).unwrap_or(line);
    let mut cells = vec![String::new()];
    let (mut is_escaped, mut in_code) = (false, false);
    for letter in line.chars() {
        in_code ^= letter == '`';
        let cell = cells.last_mut();
        match (letter, cell) {
            ('|', Some(cell)) if is_escaped => {
                cell.pop();
                cell.push('|');
            }
            ('|', _) if !in_code => cells.push(String::new()),
            (letter, Some(cell)) => cell.push(letter),
            (_, None) => {}
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// Unescaped bars in code would end the cell.
fn bars_escaped(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    for letter in cell.chars() {
        if letter == '|' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
