//! Measurements of comparisons: a line of JSON each, in the file that `$MEASUREMENTS` names.
//!
//! `cargo xtask bench` sets the variables and reads the file. Without them, nothing is recorded: a comparison that is run by hand
//! only prints its table. `benches/record.sh` does the same for shell scripts.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The variable with the path of the file.
pub const FILE: &str = "MEASUREMENTS";

/// The variable with the id of the run.
pub const RUN: &str = "MEASUREMENTS_RUN";

/// The values of one candidate, in the order in which they were measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// The id of the run. Only measurements of one run are compared.
    pub run: String,
    /// The name of the comparison, such as `informers`.
    pub comparison: String,
    /// What was done, such as `10000 objects, list`.
    pub case: String,
    /// What was measured, with its unit, such as `CPU time, ms`. Less is better, unless it ends with `per second`.
    pub measure: String,
    /// What was measured: `ours`, `ours, FORM` or the name of another project.
    pub candidate: String,
    /// A value for each round.
    pub values: Vec<f64>,
}

/// Where measurements are recorded.
#[derive(Clone, Debug)]
pub struct Recorder {
    comparison: &'static str,
    /// Path of the file, and id of the run.
    target: Option<(String, String)>,
}

impl Recorder {
    /// Returns the recorder of a comparison for the file and run of the environment.
    pub fn new(comparison: &'static str) -> Self {
        let target = std::env::var(FILE).ok().zip(std::env::var(RUN).ok());
        Recorder { comparison, target }
    }

    /// Returns the recorder of a comparison for a file and a run.
    pub fn to(comparison: &'static str, file: &str, run: &str) -> Self {
        Recorder { comparison, target: Some((file.to_owned(), run.to_owned())) }
    }

    /// Appends the values of a candidate, if there is a file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn record(&self, case: &str, measure: &str, candidate: &str, values: &[f64]) -> io::Result<()> {
        let Some((file, run)) = &self.target else { return Ok(()) };
        let measurement = Measurement {
            run: run.clone(),
            comparison: self.comparison.to_owned(),
            case: case.to_owned(),
            measure: measure.to_owned(),
            candidate: candidate.to_owned(),
            values: values.to_vec(),
        };
        append(file.as_ref(), &measurement)
    }
}

fn append(file: &Path, measurement: &Measurement) -> io::Result<()> {
    let line = format!("{}\n", serde_json::to_string(measurement)?);
    OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())
}

/// Reads a file of measurements.
///
/// # Errors
/// Returns an error with the number of the line that is not a measurement, or if the file cannot be read.
pub fn read(file: &Path) -> io::Result<Vec<Measurement>> {
    let text = std::fs::read_to_string(file)?;
    let lines = text.lines().enumerate();
    let measurement = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| {
            let place = format!("{}:{}", file.display(), index + 1);
            io::Error::new(io::ErrorKind::InvalidData, format!("{place}: not a measurement: {error}"))
        })
    };
    lines.map(measurement).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appended_measurements_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("measurements");
        let recorder = Recorder::to("calls", &file.to_string_lossy(), "1");
        recorder.record("get", "time, µs", "ours", &[1.5, 2.0]).unwrap();
        recorder.record("get", "time, µs", "kube", &[1.25]).unwrap();
        let read = read(&file).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].candidate.as_str(), read[0].values.as_slice()), ("ours", &[1.5, 2.0][..]));
    }

    #[test]
    fn line_that_is_not_a_measurement_is_an_error_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("measurements");
        std::fs::write(&file, "{}\n").unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.contains("measurements:1: not a measurement"), "{error}");
    }
}
