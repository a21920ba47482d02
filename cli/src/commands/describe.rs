//! `aigwctl describe`

use std::process::ExitCode;

use clap::Args;
use kube_client_runtime::client::{Client, ListOptions};
use kube_client_runtime::dynamic::RestMapper;
use kube_structural_schema::yaml;
use serde_json::Value;

use crate::args::{Globals, Input};
use crate::error::CliError;
use crate::inventory::{Inventory, Object, Origin, field};
use crate::output::{Table, one_line};
use crate::references::{references, resolve};
use crate::selection::Selection;
use crate::{cluster, kinds, output};

/// Print objects in detail, with their references and events
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let client = globals.client().await?;
    let mut objects = Vec::new();
    for selected in arguments.selection.resolve(&client, globals).await? {
        objects.extend(cluster::selected(&client, &arguments.selection, &selected).await?);
    }
    let objects: Vec<Object> = objects.into_iter().map(|body| Object::new(Origin::Cluster, body, "")).collect();
    let has_references = objects.iter().any(|object| !references(object).is_empty());
    let inventory =
        if has_references { Inventory::load(&Input::default(), globals).await? } else { Inventory::default() };
    let mut texts = Vec::new();
    for object in &objects {
        texts.push(text(object, &inventory) + &events(&client, object).await?);
    }
    if texts.is_empty() {
        eprintln!("No resources found");
    }
    output::print(&texts.join("\n\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn text(object: &Object, inventory: &Inventory) -> String {
    let mut text = String::new();
    let metadata = |name: &str| object.body["metadata"][name].as_str().unwrap_or_default();
    let lines = [
        ("Name", &*object.key.name),
        ("Namespace", &*object.key.namespace),
        ("API Version", &*object.api_version),
        ("Kind", &*object.key.kind),
        ("Created", metadata("creationTimestamp")),
        ("Deleted", metadata("deletionTimestamp")),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{:<14}{}\n", format!("{name}:"), one_line(value)));
    }
    for (title, pointer) in
        [("Labels", "/metadata/labels"), ("Annotations", "/metadata/annotations"), ("Spec", "/spec")]
    {
        text.push_str(&section(title, object.body.pointer(pointer)));
    }
    if !kinds::is_own(&object.key.group) {
        text.push_str(&section("Status", object.body.get("status")));
    }
    text + &conditions(object) + &reference_lines(object, inventory)
}

/// Returns a value as indented YAML.
fn section(title: &str, value: Option<&Value>) -> String {
    let Some(value) = value.filter(|value| value.as_object().is_some_and(|fields| !fields.is_empty())) else {
        return String::new();
    };
    let lines: Vec<String> = yaml::write(value).lines().map(|line| format!("  {line}\n")).collect();
    format!("{title}:\n{}", lines.concat())
}

fn conditions(object: &Object) -> String {
    let mut table = Table::new(&["  TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"]);
    for condition in object.list("/status/conditions") {
        let cells =
            ["status", "reason", "lastTransitionTime", "message"].map(|name| field(condition, name).replace('\n', " "));
        table.row([format!("  {}", field(condition, "type"))].into_iter().chain(cells));
    }
    if table.is_empty() { String::new() } else { format!("Conditions:\n{}", table.text()) }
}

fn reference_lines(object: &Object, inventory: &Inventory) -> String {
    let mut text = String::new();
    for reference in references(object) {
        let problem = resolve(inventory, &reference).problem(&reference);
        let line = problem.map_or_else(|| format!("{}: {}", reference.field, reference.target), |(text, _)| text);
        text.push_str(&format!("  {}\n", one_line(&line)));
    }
    if text.is_empty() { text } else { format!("References:\n{text}") }
}

async fn events(client: &Client, object: &Object) -> Result<String, CliError> {
    let resource = RestMapper::new(client.clone()).resolve("events.v1.").await?;
    let selector = format!("involvedObject.kind={},involvedObject.name={}", object.key.kind, object.key.name);
    let options = ListOptions { field_selector: Some(selector), ..ListOptions::default() };
    let namespace = if object.key.namespace.is_empty() { "default" } else { &object.key.namespace };
    let mut table = Table::new(&["  TYPE", "REASON", "TIME", "MESSAGE"]);
    for event in cluster::list(client, &resource, Some(namespace), &options).await? {
        let cells = ["reason", "lastTimestamp", "message"].map(|name| field(&event, name).replace('\n', " "));
        table.row([format!("  {}", field(&event, "type"))].into_iter().chain(cells));
    }
    Ok(if table.is_empty() { "Events:       <none>\n".to_owned() } else { format!("Events:\n{}", table.text()) })
}
