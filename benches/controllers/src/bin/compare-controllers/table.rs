//! The printed tables.

use std::fmt::Display;

use bench_record::Recorder;
use informer_benches::BoxError;

use crate::peer::{ALL, Peer, Rounds};

/// A table whose first columns have labels.
pub(crate) struct Table {
    title: &'static str,
    labels: &'static [&'static str],
}

impl Table {
    /// Prints the head.
    pub(crate) fn start(title: &'static str, labels: &'static [&'static str]) -> Self {
        println!("\n## {title}\n");
        println!(
            "| {} | measure | ours | kube | controller-runtime | ours/kube | ours/controller-runtime |",
            labels.join(" | ")
        );
        println!("|{}", "---|".repeat(labels.len() + 6));
        Table { title, labels }
    }

    /// Records the values of all rounds, and prints their medians.
    pub(crate) fn row(&self, values: &[&dyn Display], measure: &str, rounds: &Rounds) -> Result<(), BoxError> {
        let recorder = Recorder::new("controllers");
        let labels = self.labels.iter().zip(values).map(|(label, value)| format!(", {label} {value}"));
        let case = labels.fold(self.title.to_owned(), |case, label| case + &label);
        let of = |peer: Peer| rounds.get(&(peer, measure.to_owned())).map_or(&[][..], Vec::as_slice);
        for peer in ALL {
            recorder.record(&case, measure, peer.name(), of(peer))?;
        }
        let labels = values.iter().fold(String::new(), |text, value| format!("{text}{value} | "));
        let [ours, kube, go] = ALL.map(|peer| median(of(peer).to_vec()));
        println!("| {labels}{measure} | {ours:.1} | {kube:.1} | {go:.1} | {:.2} | {:.2} |", ours / kube, ours / go);
        Ok(())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
