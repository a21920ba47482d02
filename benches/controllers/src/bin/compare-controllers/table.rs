//! The printed tables.

use std::fmt::Display;

use crate::peer::{ALL, Medians};

/// Starts a table whose first columns have these labels.
pub(crate) fn start(title: &str, labels: &[&str]) {
    println!("\n## {title}\n");
    println!(
        "| {} | measure | ours | kube | controller-runtime | ours/kube | ours/controller-runtime |",
        labels.join(" | ")
    );
    println!("|{}", "---|".repeat(labels.len() + 6));
}

/// Prints a row.
pub(crate) fn row(labels: &[&dyn Display], measure: &str, medians: &Medians) {
    let labels = labels.iter().fold(String::new(), |text, label| format!("{text}{label} | "));
    let [ours, kube, go] = ALL.map(|peer| medians.get(&(peer, measure.to_owned())).copied().unwrap_or(f64::NAN));
    println!("| {labels}{measure} | {ours:.1} | {kube:.1} | {go:.1} | {:.2} | {:.2} |", ours / kube, ours / go);
}
