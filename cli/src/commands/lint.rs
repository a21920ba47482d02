//! `aigwctl lint`

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::args::{Globals, Input, ReportFormat};
use crate::error::CliError;
use crate::findings::Finding;
use crate::inventory::Inventory;
use crate::lint::{CHECKS, lint};
use crate::output::{self, Table};

/// Find objects that are accepted and do not do what they say
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0, no findings; 1, findings; 2, the command cannot run.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Do not run this check; may be repeated
    #[arg(long, value_name = "CHECK")]
    disable: Vec<String>,
    /// Print the checks
    #[arg(long)]
    list: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: ReportFormat,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    if arguments.list {
        let mut table = Table::new(&["CHECK", "FINDS"]);
        CHECKS.iter().for_each(|check| table.row([check.name, check.summary]));
        output::print(&table.text())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(name) = arguments.disable.iter().find(|name| CHECKS.iter().all(|check| check.name != **name)) {
        return Err(CliError::Usage(format!("no check {name:?}: print the checks with --list")));
    }
    let inventory = Inventory::load(&arguments.input, globals).await?;
    let mut findings = lint(&inventory, &arguments.disable);
    if let Some(namespace) = globals.namespace.as_ref().filter(|_| arguments.input.files.is_empty()) {
        findings.retain(|finding| finding.object.as_ref().is_some_and(|object| object.namespace == *namespace));
    }
    output::print(&report(&findings, arguments.output)?)?;
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

fn report(findings: &[Finding], format: ReportFormat) -> Result<String, CliError> {
    if format == ReportFormat::Json {
        let report = json!({"findings": findings.iter().map(Finding::json).collect::<Vec<_>>()});
        return Ok(serde_json::to_string_pretty(&report)? + "\n");
    }
    let lines: Vec<String> = findings.iter().map(|finding| format!("{finding}\n")).collect();
    Ok(lines.concat() + &format!("{} checks: {} findings\n", CHECKS.len(), findings.len()))
}
