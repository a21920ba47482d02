//! The report of measurements: ratios with their spread, goals, and plots.

mod goals;
mod markdown;
mod plot;
mod ratio;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;

use bench_record::Measurement;
use camino::Utf8Path;

use crate::outside::BoxError;
use ratio::Ratio;

/// All ratios of a run.
pub(super) struct Report {
    /// By comparison, in the order of the measurements.
    comparisons: Vec<(String, Vec<Row>)>,
}

/// One of our candidates beside another project.
struct Row {
    case: String,
    measure: String,
    ours: String,
    peer: String,
    ratio: Ratio,
}

/// An error of measurements that must not be compared.
#[derive(Debug, thiserror::Error)]
#[error(
    "{comparison}, {case}, {measure}: {one} and {other} were not measured in one run: run `cargo xtask bench --only {comparison}`"
)]
pub(super) struct DifferentRuns {
    comparison: String,
    case: String,
    measure: String,
    one: String,
    other: String,
}

impl Report {
    /// Compares each of ours with each other candidate.
    ///
    /// # Errors
    /// Returns an error if two candidates of a comparison were measured in different runs.
    pub(super) fn new(measurements: &[Measurement]) -> Result<Self, DifferentRuns> {
        let mut groups: BTreeMap<(usize, &str, &str, &str), Vec<&Measurement>> = BTreeMap::new();
        let mut order: Vec<&str> = Vec::new();
        for measurement in measurements {
            let name = measurement.comparison.as_str();
            let place = order.iter().position(|known| *known == name).unwrap_or_else(|| {
                order.push(name);
                order.len() - 1
            });
            let key = (place, name, measurement.case.as_str(), measurement.measure.as_str());
            groups.entry(key).or_default().push(measurement);
        }
        let mut comparisons: Vec<(String, Vec<Row>)> =
            order.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
        for ((place, ..), group) in groups {
            comparisons[place].1.extend(rows(&group)?);
        }
        Ok(Report { comparisons })
    }

    /// Writes `report.md` and the plots into a folder.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written.
    pub(super) fn write(&self, folder: &Utf8Path, environment: &str) -> Result<(), BoxError> {
        fs::create_dir_all(folder)?;
        for (name, rows) in &self.comparisons {
            fs::write(folder.join(format!("{name}.svg")), plot::svg(name, rows))?;
        }
        fs::write(folder.join("report.md"), markdown::text(self, environment))?;
        Ok(())
    }
}

/// Compares the candidates of one measure.
fn rows(group: &[&Measurement]) -> Result<Vec<Row>, DifferentRuns> {
    if let Some(other) = group.iter().find(|measurement| measurement.run != group[0].run) {
        let one = group[0];
        return Err(DifferentRuns {
            comparison: one.comparison.clone(),
            case: one.case.clone(),
            measure: one.measure.clone(),
            one: one.candidate.clone(),
            other: other.candidate.clone(),
        });
    }
    let (ours, peers): (Vec<&Measurement>, Vec<&Measurement>) =
        group.iter().copied().partition(|measurement| is_ours(&measurement.candidate));
    let mut rows = Vec::new();
    for ours in &ours {
        for peer in &peers {
            // A candidate without values does not have this measure.
            let Some(ratio) = Ratio::new(&ours.values, &peer.values, is_rate(&ours.measure)) else { continue };
            let (case, measure) = (ours.case.clone(), ours.measure.clone());
            rows.push(Row { case, measure, ours: ours.candidate.clone(), peer: peer.candidate.clone(), ratio });
        }
    }
    Ok(rows)
}

fn is_ours(candidate: &str) -> bool {
    candidate == "ours" || candidate.starts_with("ours, ")
}

/// Whether more is better.
fn is_rate(measure: &str) -> bool {
    measure.ends_with("per_second")
}
