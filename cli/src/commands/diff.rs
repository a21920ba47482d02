//! `aigwctl diff`

use std::process::ExitCode;

use clap::Args;
use kube::core::DynamicObject;
use kube_client_runtime::client::{Client, Patch, PatchOptions};
use kube_client_runtime::dynamic::{DiscoveredResource, RestMapper};
use kube_client_runtime::resource::Scope;
use kube_structural_schema::yaml::{self, Node};
use serde_json::Value;
use similar::TextDiff;

use super::apply::FIELD_MANAGER;
use super::get::without_managed_fields;
use crate::args::{Globals, Input};
use crate::error::CliError;
use crate::inventory::{Files, Object};
use crate::output::{Tone, paint};
use crate::{cluster, output};

/// Print what an apply would change
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0, nothing would change; 1, something would change; 2, the command cannot run.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Compare as if fields of other field managers were taken over
    #[arg(long)]
    force_conflicts: bool,
    /// Field manager of the apply
    #[arg(long, value_name = "NAME", default_value = FIELD_MANAGER)]
    field_manager: String,
}

/// Runs the command. All errors have exit code 2.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    compare(arguments, globals).await.map_err(|error| match error {
        error @ CliError::Output(_) => error,
        error => CliError::Failed(Box::new(error)),
    })
}

async fn compare(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let client = globals.client().await?;
    let namespace = globals.namespace_of(&client).to_owned();
    let files = Files::read(arguments.input.required()?, &namespace)?;
    if let Some(problem) = files.problems.first() {
        return Err(CliError::Manifest(problem.to_string()));
    }
    let mapper = RestMapper::new(client.clone());
    let mut text = String::new();
    for object in &files.objects {
        let resource = mapper.by_kind(&cluster::gvk(object)).await?;
        text.push_str(&difference(&client, &resource, object, arguments).await?);
    }
    output::print(&coloured(&text))?;
    Ok(ExitCode::from(u8::from(!text.is_empty())))
}

async fn difference(
    client: &Client,
    resource: &DiscoveredResource,
    object: &Object,
    arguments: &Arguments,
) -> Result<String, CliError> {
    let mut before = cluster::get(client, resource, &object.key.namespace, &object.key.name).await?;
    let mut after = dry_run(client, resource, object, arguments).await?;
    if resource.api_resource.kind == "Secret" {
        mask(before.as_mut(), &mut after);
    }
    let old = before.map(|before| text(before, true)).unwrap_or_default();
    let new = text(after, !old.is_empty());
    if old == new {
        return Ok(String::new());
    }
    let name = object.key.to_string();
    let diff = TextDiff::from_lines(&old, &new);
    Ok(diff.unified_diff().header(&format!("live/{name}"), &format!("merged/{name}")).to_string())
}

async fn dry_run(
    client: &Client,
    resource: &DiscoveredResource,
    object: &Object,
    arguments: &Arguments,
) -> Result<Value, CliError> {
    let options = PatchOptions {
        dry_run: true,
        force: arguments.force_conflicts,
        field_manager: Some(arguments.field_manager.clone()),
        field_validation: None,
    };
    // The body of the inventory has no values of Secrets.
    let body = object.node.as_ref().map_or_else(|| object.body.clone(), Node::to_json);
    let (patch, name) = (Patch::Apply(&body), &object.key.name);
    let applied: DynamicObject = match resource.scope {
        Scope::Namespaced => resource.namespaced(client, &object.key.namespace)?.patch(name, &patch, &options).await?,
        Scope::Cluster => resource.cluster(client)?.patch(name, &patch, &options).await?,
    };
    cluster::json(resource, applied)
}

/// Replaces the values of Secrets, as kubectl does.
fn mask(before: Option<&mut Value>, after: &mut Value) {
    let mut empty = Value::Null;
    let old = before.unwrap_or(&mut empty);
    for field in ["data", "stringData"] {
        let unchanged: Vec<String> = match (&old[field], &after[field]) {
            (Value::Object(old), Value::Object(new)) => old
                .iter()
                .filter(|(name, value)| new.get(*name) == Some(*value))
                .map(|(name, _)| name.clone())
                .collect(),
            _ => Vec::new(),
        };
        for (object, suffix) in [(&mut *old, " (before)"), (&mut *after, " (after)")] {
            for (name, value) in object.get_mut(field).and_then(Value::as_object_mut).into_iter().flatten() {
                *value = format!("***{}", if unchanged.contains(name) { "" } else { suffix }).into();
            }
        }
    }
}

/// Returns an object as YAML without what differs in each request: a dry run of a create has another uid and time each time.
fn text(mut object: Value, exists: bool) -> String {
    without_managed_fields(&mut object);
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
        if !exists {
            metadata.remove("uid");
            metadata.remove("creationTimestamp");
        }
    }
    yaml::write(&object)
}

/// Returns the difference with colours for added and removed lines.
fn coloured(text: &str) -> String {
    let line = |line: &str| match line.as_bytes().first() {
        Some(b'+') => paint(Tone::Good, line) + "\n",
        Some(b'-') => paint(Tone::Bad, line) + "\n",
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::mask;

    #[test]
    fn values_of_secrets_are_not_printed() {
        let mut before = json!({"data": {"a": "MQ==", "b": "Mg=="}});
        let mut after = json!({"data": {"a": "MQ==", "b": "Mw==", "c": "NA=="}});
        mask(Some(&mut before), &mut after);
        assert_eq!(before, json!({"data": {"a": "***", "b": "*** (before)"}}));
        assert_eq!(after, json!({"data": {"a": "***", "b": "*** (after)", "c": "*** (after)"}}));
    }
}
