//! Plots of ratios as SVG: a bar from 1 to the median on a logarithmic axis, and a line over the spread.

use std::fmt::Write as _;

use super::Row;

/// The height of a row, the width of the labels and that of the plot, in pixels.
const ROW: usize = 20;
const LABELS: f64 = 520.0;
const WIDTH: f64 = 420.0;

/// Values beyond these are drawn at the edge.
const LEAST: f64 = 0.01;
const MOST: f64 = 100.0;

/// The marks of the axis.
const MARKS: [f64; 5] = [0.01, 0.1, 1.0, 10.0, 100.0];

/// Returns the plot of a comparison.
pub(super) fn svg(name: &str, rows: &[Row]) -> String {
    let height = ROW * (rows.len() + 2);
    let width = LABELS + WIDTH + 60.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<title>{}: ours divided by the other</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        escape(name)
    );
    for mark in MARKS {
        let x = place(mark);
        let _ = writeln!(
            text,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{ROW}\" y2=\"{}\" stroke=\"{}\"/>\
             <text x=\"{x:.1}\" y=\"14\" text-anchor=\"middle\">{mark}</text>",
            height - ROW / 2,
            if (mark - 1.0).abs() < f64::EPSILON { "#333" } else { "#ddd" },
        );
    }
    for (index, row) in rows.iter().enumerate() {
        bar(&mut text, row, ROW * (index + 1) + ROW / 2);
    }
    text + "</svg>\n"
}

/// Draws a row whose middle is at `y`.
fn bar(text: &mut String, row: &Row, y: usize) {
    let (one, median) = (place(1.0), place(row.ratio.median));
    let colour = if row.ratio.median <= 1.0 { "#2a7de1" } else { "#d9822b" };
    let label = format!("{}, {}: {} / {}", row.case, row.measure, row.ours, row.peer);
    let _ = writeln!(
        text,
        "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"end\">{}</text>\
         <rect x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"10\" fill=\"{colour}\"/>\
         <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#333\"/>\
         <text x=\"{:.1}\" y=\"{}\">{:.2}</text>",
        LABELS - 6.0,
        y + 4,
        escape(&label),
        one.min(median),
        y - 5,
        (one - median).abs().max(1.0),
        place(row.ratio.least),
        place(row.ratio.most),
        LABELS + WIDTH + 10.0,
        y + 4,
        row.ratio.median,
    );
}

/// Returns the position of a ratio on the axis.
fn place(ratio: f64) -> f64 {
    let part = (ratio.clamp(LEAST, MOST).log10() - LEAST.log10()) / (MOST.log10() - LEAST.log10());
    LABELS + WIDTH * part
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
