//! The report as Markdown.

use std::fmt::Write as _;

use super::goals::GOALS;
use super::{Report, Row};

/// Returns the text of the report.
pub(super) fn text(report: &Report, environment: &str) -> String {
    let mut text = format!(
        "# Benchmarks\n\n{environment}\nA ratio is ours divided by the other's, for each round of one run: the median and, in \
         parentheses, the least and the greatest. Below 1, ours is better; for rates, the ratio is inverted.\n\n"
    );
    goals(report, &mut text);
    for (name, rows) in &report.comparisons {
        let _ = write!(text, "\n## {name}\n\n![Ratios of {name}]({name}.svg)\n\n");
        text.push_str("| case | measure | candidate | ours | other | | ratio |\n|---|---|---|---|---|---|---|\n");
        for row in rows {
            let _ = writeln!(text, "{}", line(row));
        }
    }
    text
}

fn goals(report: &Report, text: &mut String) {
    text.push_str("| goal | limit | greatest median | |\n|---|---|---|---|\n");
    for goal in &GOALS {
        let (measured, result) = match goal.measured(report) {
            Some(ratio) if ratio <= goal.limit => (format!("{ratio:.2}"), "met"),
            Some(ratio) => (format!("{ratio:.2}"), "not met"),
            None => ("–".to_owned(), "not measured"),
        };
        let _ = writeln!(text, "| {} | {} | {measured} | {result} |", goal.text, goal.limit);
    }
}

fn line(row: &Row) -> String {
    let Row { case, measure, ours, peer, ratio } = row;
    let spread = if ratio.rounds > 1 { format!(" ({:.2} to {:.2})", ratio.least, ratio.most) } else { String::new() };
    format!(
        "| {case} | {measure} | {ours} | {} | {} | {peer} | {:.2}{spread} |",
        number(ratio.ours),
        number(ratio.peer),
        ratio.median
    )
}

/// Returns a number with three significant digits.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        medium if medium >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
