//! `aigwctl get`

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use kube_client_runtime::client::Client;
use kube_structural_schema::yaml;
use serde_json::{Value, json};

use crate::args::Globals;
use crate::error::CliError;
use crate::selection::{Selected, Selection};
use crate::{cluster, output, server_table};

/// Print objects
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Output format; by default a table
    #[arg(short, long, value_enum)]
    output: Option<Format>,
    /// After the table, print a row for each change, until the program is interrupted
    #[arg(short, long)]
    watch: bool,
    /// Keep metadata.managedFields in JSON and YAML
    #[arg(long)]
    show_managed_fields: bool,
}

/// A format of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table with more columns
    Wide,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// TYPE/NAME
    Name,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let client = globals.client().await?;
    let selected = arguments.selection.resolve(&client, globals).await?;
    if arguments.watch {
        return watch(&client, arguments, &selected).await;
    }
    let text = match arguments.output {
        None | Some(Format::Wide) => tables(&client, arguments, &selected).await?,
        Some(Format::Name) => names(&client, arguments, &selected).await?,
        Some(format) => documents(&client, arguments, &selected, format).await?,
    };
    if text.is_empty() {
        let namespaces = selected.iter().map(|one| one.namespace.as_deref()).collect::<BTreeSet<_>>();
        match namespaces.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(namespace)] => eprintln!("No resources found in {namespace} namespace."),
            _ => eprintln!("No resources found"),
        }
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the table of one type, and then the rows of objects that change.
async fn watch(client: &Client, arguments: &Arguments, selected: &[Selected]) -> Result<ExitCode, CliError> {
    let [selected] = selected else {
        return Err(CliError::Usage("a watch has one type: run the command for each".to_owned()));
    };
    if !matches!(arguments.output, None | Some(Format::Wide)) || selected.names.len() > 1 {
        return Err(CliError::Usage("--watch prints a table of one name or of all objects: omit -o".to_owned()));
    }
    let style = server_table::Style {
        wide: arguments.output == Some(Format::Wide),
        namespaces: arguments.selection.all_namespaces,
        prefix: None,
    };
    server_table::watch(client, &arguments.selection, selected, &style).await?;
    Ok(ExitCode::SUCCESS)
}

async fn tables(client: &Client, arguments: &Arguments, selected: &[Selected]) -> Result<String, CliError> {
    let mut tables = Vec::new();
    for one in selected {
        let style = server_table::Style {
            wide: arguments.output == Some(Format::Wide),
            namespaces: arguments.selection.all_namespaces,
            prefix: (selected.len() > 1).then(|| one.kind_name()),
        };
        let table = server_table::read(client, &arguments.selection, one).await?;
        let text = server_table::text(&table, &style);
        tables.extend((!text.is_empty()).then_some(text));
    }
    Ok(tables.join("\n"))
}

async fn names(client: &Client, arguments: &Arguments, selected: &[Selected]) -> Result<String, CliError> {
    let mut text = String::new();
    for one in selected {
        for object in cluster::selected(client, &arguments.selection, one).await? {
            let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            text.push_str(&format!("{}/{name}\n", one.kind_name()));
        }
    }
    Ok(text)
}

async fn documents(
    client: &Client,
    arguments: &Arguments,
    selected: &[Selected],
    format: Format,
) -> Result<String, CliError> {
    let mut objects = Vec::new();
    for one in selected {
        objects.extend(cluster::selected(client, &arguments.selection, one).await?);
    }
    if !arguments.show_managed_fields {
        objects.iter_mut().for_each(without_managed_fields);
    }
    let is_single = matches!(selected, [Selected { names, .. }] if names.len() == 1);
    let document = match objects.pop() {
        Some(object) if is_single => object,
        last => {
            objects.extend(last);
            json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": objects})
        }
    };
    if format == Format::Json {
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    } else {
        Ok(yaml::write(&document))
    }
}

/// Removes the managed fields, as kubectl does.
pub(crate) fn without_managed_fields(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}
