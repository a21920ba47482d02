//! `kube-client-gen lint`

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use kube_structural_schema::Place;
use serde::Serialize;

use super::inputs::Inputs;
use super::outcome::{CliError, DIFFERENT, print};
use crate::error::{Error, Errors};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    /// Format of the report
    #[arg(long, short, value_name = "FORMAT", default_value = "text")]
    output: Format,
    /// Also exit with code 1 if there are notes
    #[arg(long)]
    deny_notes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for each finding
    Text,
    /// An array of objects
    Json,
    /// Commands that annotate files in GitHub workflows
    Github,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Note,
}

/// An error or a note.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    severity: Severity,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    crd: Option<String>,
    version: Option<String>,
    path: Option<String>,
    message: String,
    /// The place and the message.
    #[serde(skip)]
    text: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let findings = findings(&arguments.inputs)?;
    print(&report(&findings, arguments.output)?)?;
    let fails = |finding: &Finding| arguments.deny_notes || finding.severity == Severity::Error;
    Ok(if findings.iter().any(fails) { ExitCode::from(DIFFERENT) } else { ExitCode::SUCCESS })
}

/// Returns the reasons why the API server or the generator refuses the CRDs, or else the notes about the generated client.
fn findings(inputs: &Inputs) -> Result<Vec<Finding>, CliError> {
    match inputs.project_to_read()?.generate_without_crate() {
        Ok(generated) => {
            let note =
                |note: crate::Note| Finding::at(Severity::Note, &note.place, note.text.clone(), note.to_string());
            Ok(generated.notes.into_iter().map(note).collect())
        }
        Err(Errors(errors)) => Ok(errors.iter().map(Finding::of).collect()),
    }
}

impl Finding {
    fn of(error: &Error) -> Self {
        match error {
            Error::Source(problem) | Error::MissingSeparator(problem) => {
                Finding::at(Severity::Error, &problem.place, problem.kind.to_string(), error.to_string())
            }
            other => Finding::at(Severity::Error, &Place::default(), other.to_string(), other.to_string()),
        }
    }

    fn at(severity: Severity, place: &Place, message: String, text: String) -> Self {
        Finding {
            severity,
            file: Some(place.source.clone()).filter(|file| !file.is_empty()),
            line: place.at.map(|at| at.line),
            column: place.at.map(|at| at.column),
            crd: place.crd.clone(),
            version: place.version.clone(),
            path: place.path.clone(),
            message,
            text,
        }
    }

    fn line(&self) -> String {
        let severity = if self.severity == Severity::Error { "error" } else { "note" };
        format!("{severity}: {}\n", self.text)
    }

    /// Returns the workflow command:
    /// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message>.
    fn annotation(&self) -> String {
        let severity = if self.severity == Severity::Error { "error" } else { "notice" };
        let around = [&self.crd, &self.version, &self.path].into_iter().flatten().map(String::as_str);
        let title = around.collect::<Vec<_>>().join(" ");
        let properties = [
            ("file", self.file.clone()),
            ("line", self.line.map(|line| line.to_string())),
            ("col", self.column.map(|column| column.to_string())),
            ("title", Some(title).filter(|title| !title.is_empty())),
        ];
        let properties: Vec<String> = properties
            .into_iter()
            .filter_map(|(name, value)| {
                Some(format!("{name}={}", escaped(&value?).replace(':', "%3A").replace(',', "%2C")))
            })
            .collect();
        format!("::{severity} {}::{}\n", properties.join(","), escaped(&self.message))
    }
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn report(findings: &[Finding], format: Format) -> Result<String, CliError> {
    Ok(match format {
        Format::Text => findings.iter().map(Finding::line).collect(),
        Format::Json => serde_json::to_string_pretty(findings)? + "\n",
        Format::Github => findings.iter().map(Finding::annotation).collect(),
    })
}
