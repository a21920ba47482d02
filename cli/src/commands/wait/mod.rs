//! `aigwctl wait`

use std::fmt;
use std::process::ExitCode;

use std::time::Duration;

use clap::Args;
use kube::core::DynamicObject;
use kube_client_runtime::client::Client;
use kube_client_runtime::client::wait::{Verdict, WaitCondition, WaitOptions};
use kube_client_runtime::dynamic::DiscoveredResource;
use kube_client_runtime::resource::Scope;
use kube_client_runtime::types::HasConditions;
use serde_json::Value;

use crate::args::Globals;
use crate::error::CliError;
use crate::selection::{Selected, Selection};
use crate::{cluster, output};

/// Wait until objects have a condition, exist, or are deleted
#[derive(Args, Debug)]
#[command(
    after_help = "A wait for the condition Accepted ends at once with exit code 1 if the AI Gateway controller reports \
                        NotAccepted: it removes Accepted then, instead of setting it to False.\n\nThe conditions of AI Gateway \
                        have no observedGeneration: shortly after an update they may still be those of the old generation."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// condition=TYPE, condition=TYPE=STATUS, create or delete
    #[arg(long = "for", value_name = "WHAT")]
    what: Goal,
    /// Wait for all objects of the types
    #[arg(long)]
    all: bool,
    /// Seconds to wait for each object
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
}

/// What to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    Condition { type_: String, status: String },
    Create,
    Delete,
}

impl std::str::FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let condition = |text: &str| match text.split_once('=').unwrap_or((text, "True")) {
            ("", _) | (_, "") => Err("a condition is condition=TYPE or condition=TYPE=STATUS".to_owned()),
            (type_, status) => Ok(Goal::Condition { type_: type_.to_owned(), status: status.to_owned() }),
        };
        match text {
            "create" => Ok(Goal::Create),
            "delete" => Ok(Goal::Delete),
            text => match text.strip_prefix("condition=") {
                Some(rest) => condition(rest),
                None => Err(format!("{text:?} is not condition=TYPE, create or delete")),
            },
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::Condition { type_, status } => write!(out, "the condition {type_} is {status}"),
            Goal::Create => out.write_str("the object exists"),
            Goal::Delete => out.write_str("the object is deleted"),
        }
    }
}

impl Goal {
    /// A failure of AI Gateway is another type of condition.
    fn failure(&self, object: &DynamicObject) -> Option<String> {
        let is_acceptance =
            matches!(self, Goal::Condition { type_, status } if type_ == "Accepted" && status == "True");
        let failed =
            object.conditions().into_iter().find(|found| found.type_ == "NotAccepted" && found.status == "True");
        failed.filter(|_| is_acceptance).map(|found| format!("NotAccepted: {}", found.message))
    }
}

impl WaitCondition<DynamicObject> for Goal {
    fn check(&self, object: Option<&DynamicObject>) -> Verdict {
        let is_met = match (self, object) {
            (Goal::Delete, object) => object.is_none(),
            (Goal::Create, object) => object.is_some(),
            (Goal::Condition { .. }, None) => return Verdict::Failed("the object does not exist".to_owned()),
            (Goal::Condition { type_, status }, Some(object)) => {
                if let Some(failure) = self.failure(object) {
                    return Verdict::Failed(failure);
                }
                object
                    .conditions()
                    .iter()
                    .any(|found| found.type_ == *type_ && found.status.eq_ignore_ascii_case(status))
            }
        };
        if is_met { Verdict::Met } else { Verdict::Pending }
    }

    fn explain(&self, object: Option<&DynamicObject>) -> Option<String> {
        let found = object?.conditions();
        let texts: Vec<String> = found.iter().map(|found| format!("{}={}", found.type_, found.status)).collect();
        let texts = if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
        Some(format!("conditions of the object: {texts}"))
    }
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let client = globals.client().await?;
    for selected in arguments.selection.resolve(&client, globals).await? {
        let targets = targets(arguments, &client, &selected).await?;
        for (namespace, name) in targets {
            let target = (&*namespace, &*name);
            wait_for(&client, &selected.resource, target, arguments.what.clone(), arguments.timeout).await?;
            output::print(&format!("{}/{name} {}\n", selected.kind_name(), met(&arguments.what)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn met(goal: &Goal) -> &'static str {
    match goal {
        Goal::Condition { .. } | Goal::Create => "condition met",
        Goal::Delete => "deleted",
    }
}

/// Returns the namespaces and names of the objects.
async fn targets(
    arguments: &Arguments,
    client: &Client,
    selected: &Selected,
) -> Result<Vec<(String, String)>, CliError> {
    if !selected.names.is_empty() {
        let namespace = selected.namespace.clone().unwrap_or_default();
        return Ok(selected.names.iter().map(|name| (namespace.clone(), name.clone())).collect());
    }
    if arguments.selection.selector.is_none() && !arguments.all {
        return Err(CliError::Usage("no name: pass a name, a selector, or --all".to_owned()));
    }
    let objects = cluster::selected(client, &arguments.selection, selected).await?;
    if objects.is_empty() && arguments.what != Goal::Delete {
        return Err(CliError::NotFound(format!("a {} that the selector selects", selected.kind_name())));
    }
    let text = |object: &Value, field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    Ok(objects.iter().map(|object| (text(object, "namespace"), text(object, "name"))).collect())
}

/// Waits for one object.
pub(super) async fn wait_for(
    client: &Client,
    resource: &DiscoveredResource,
    (namespace, name): (&str, &str),
    condition: impl WaitCondition<DynamicObject>,
    seconds: u64,
) -> Result<(), CliError> {
    let options = WaitOptions::new(Duration::from_secs(seconds));
    let result = match resource.scope {
        Scope::Namespaced => resource.namespaced(client, namespace)?.wait_for(name, condition, options).await,
        Scope::Cluster => resource.cluster(client)?.wait_for(name, condition, options).await,
    };
    result.map(|_| ()).map_err(|error| CliError::Wait(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::Goal;

    #[test]
    fn goals_are_parsed_as_kubectl_does() {
        let condition = |type_: &str, status: &str| Goal::Condition { type_: type_.into(), status: status.into() };
        assert_eq!("condition=Accepted".parse(), Ok(condition("Accepted", "True")));
        assert_eq!("condition=Ready=false".parse(), Ok(condition("Ready", "false")));
        assert_eq!("delete".parse(), Ok(Goal::Delete));
        for wrong in ["", "condition=", "condition==x", "jsonpath={.a}"] {
            wrong.parse::<Goal>().unwrap_err();
        }
    }
}
