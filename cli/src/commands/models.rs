//! `aigwctl models`

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::args::{Globals, Input, ReportFormat};
use crate::error::CliError;
use crate::inventory::Inventory;
use crate::output::{self, Table};
use crate::routing::{self, Backend, Rule};

/// Print the models that the routes serve, and where requests for them go
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Only models whose name contains this text
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: ReportFormat,
}

const FIELDS: [&str; 10] =
    ["host", "model", "headers", "route", "backend", "priority", "weight", "schema", "override", "credentials"];

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let inventory = Inventory::load(&arguments.input, globals).await?;
    let mut rows = Vec::new();
    for rule in routing::rules(&inventory) {
        if globals.namespace.as_ref().is_none_or(|namespace| rule.route.key.namespace == *namespace) {
            rows.extend(of_rule(&inventory, &rule));
        }
    }
    rows.retain(|row| arguments.model.as_ref().is_none_or(|model| row[1].contains(model)));
    rows.sort_by(|a, b| a[..4].cmp(&b[..4]));
    output::print(&report(&rows, arguments.output)?)?;
    Ok(ExitCode::SUCCESS)
}

fn report(rows: &[[String; 10]], format: ReportFormat) -> Result<String, CliError> {
    if format == ReportFormat::Json {
        let object = |row: &[String; 10]| {
            let fields = FIELDS.iter().zip(row).map(|(name, value)| ((*name).to_owned(), json!(value)));
            Value::Object(fields.collect())
        };
        return Ok(serde_json::to_string_pretty(&rows.iter().map(object).collect::<Vec<_>>())? + "\n");
    }
    let titles = FIELDS.map(str::to_uppercase);
    let mut table = Table::new(&titles.each_ref().map(String::as_str));
    rows.iter().for_each(|row| table.row(row.iter().map(|cell| if cell.is_empty() { "-" } else { cell })));
    if table.is_empty() {
        eprintln!("No models found");
        return Ok(String::new());
    }
    Ok(table.text())
}

/// Returns a row for each host, match and backend.
fn of_rule(inventory: &Inventory, rule: &Rule<'_>) -> Vec<[String; 10]> {
    let mut rows = Vec::new();
    let total = |priority| -> i64 {
        rule.backends.iter().filter(|backend| backend.priority == priority).map(|backend| backend.weight).sum()
    };
    for host in rule.hosts() {
        for headers in &rule.matches {
            let (model, others) = routing::describe(headers);
            for backend in &rule.backends {
                let [name, schema, credentials] = of_backend(inventory, backend);
                let weight = percentage(backend.weight, total(backend.priority));
                let (priority, model_override) = (backend.priority.to_string(), backend.model_override.to_owned());
                let (host, model, others) = (host.to_owned(), model.clone(), others.clone());
                rows.push([
                    host,
                    model,
                    others,
                    rule.name(),
                    name,
                    priority,
                    weight,
                    schema,
                    model_override,
                    credentials,
                ]);
            }
        }
    }
    rows
}

/// Returns the share of a backend among those of the same priority.
fn percentage(weight: i64, total: i64) -> String {
    if total > 0 { format!("{}%", weight.saturating_mul(100) / total) } else { "0%".to_owned() }
}

fn of_backend(inventory: &Inventory, backend: &Backend<'_>) -> [String; 3] {
    let prefix = if backend.key.kind == "AIServiceBackend" { String::new() } else { format!("{} ", backend.key.kind) };
    let name = format!("{prefix}{}/{}", backend.key.namespace, backend.key.name);
    let Some(object) = backend.object else { return [name + " (missing)", String::new(), String::new()] };
    let schema = [object.text("/spec/schema/name"), object.text("/spec/schema/version")];
    let schema = schema.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    let secrets = routing::secrets(inventory, &backend.key);
    let secrets: Vec<String> =
        secrets.iter().map(|(secret, _)| format!("{}/{}", secret.namespace, secret.name)).collect();
    [name, schema, secrets.join(",")]
}
