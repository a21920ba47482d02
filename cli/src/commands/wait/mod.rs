//! `aigwctl wait`

mod goal;
mod jsonpath;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kube::core::DynamicObject;
use kube_client_runtime::client::Client;
use kube_client_runtime::client::wait::{Verdict, WaitCondition, WaitOptions};
use kube_client_runtime::dynamic::DiscoveredResource;
use kube_client_runtime::resource::Scope;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use self::goal::Goal;
use crate::args::Globals;
use crate::error::CliError;
use crate::selection::{Selected, Selection};
use crate::timeout::Timeout;
use crate::{cluster, output};

/// The pause between two lists, while no object exists. It is that of kubectl.
const PAUSE: Duration = Duration::from_millis(500);

/// Wait until objects have a condition or a value, exist, or are deleted
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aigwctl wait aigatewayroute/models --for=condition=Accepted --timeout=60s\n  \
                  aigwctl wait gateway/gateway --for=jsonpath='{.status.addresses[0].value}'\n  \
                  aigwctl wait aigatewayroute/models --for='jsonpath={.status.conditions[?(@.type==\"Accepted\")].status}=True'\n\n\
                  A wait for the condition Accepted ends at once with exit code 1 if the AI Gateway controller reports \
                  NotAccepted: it removes Accepted then, instead of setting it to False.\n\nThe conditions of AI Gateway \
                  have no observedGeneration: shortly after an update they may still be those of the old generation.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// condition=TYPE[=STATUS], jsonpath='{PATH}'[=VALUE], create or delete. Of several, create is the first, and the others
    /// follow one after the other
    #[arg(long = "for", value_name = "WHAT", required = true)]
    what: Vec<String>,
    /// Wait for all objects of the types
    #[arg(long)]
    all: bool,
    /// How long to wait for each object, in seconds or as 1m30s; 0 checks once, and a negative timeout is a week
    #[arg(long, value_name = "TIME", default_value = "30", allow_hyphen_values = true)]
    timeout: Timeout,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let goals = arguments.what.iter().map(|text| Goal::parse(text)).collect::<Result<Vec<_>, _>>();
    let mut goals = goals.map_err(CliError::Usage)?;
    goals.sort_by_key(|goal| *goal != Goal::Create);
    if arguments.all {
        arguments.selection.check_all()?;
    }
    let client = globals.client().await?;
    for selected in arguments.selection.resolve(&client, globals).await? {
        for (namespace, name) in targets(arguments, &goals, &client, &selected).await? {
            for goal in &goals {
                let target = (&*namespace, &*name);
                if arguments.timeout.0.is_zero() {
                    check_once(&client, &selected, target, goal).await?;
                } else {
                    wait_for(&client, &selected.resource, target, goal.clone(), arguments.timeout).await?;
                }
                output::print(&format!("{}/{name} condition met\n", selected.kind_name()))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the namespaces and names of the objects.
async fn targets(
    arguments: &Arguments,
    goals: &[Goal],
    client: &Client,
    selected: &Selected,
) -> Result<Vec<(String, String)>, CliError> {
    if !selected.names.is_empty() {
        let namespace = selected.namespace.clone().unwrap_or_default();
        return Ok(selected.names.iter().map(|name| (namespace.clone(), name.clone())).collect());
    }
    let selection = &arguments.selection;
    if selection.selector.is_none() && selection.field_selector.is_none() && !arguments.all {
        return Err(CliError::Usage("no name: pass a name, a selector, or --all".to_owned()));
    }
    let end = Instant::now() + arguments.timeout.0;
    let objects = loop {
        let objects = cluster::selected(client, selection, selected).await?;
        if !objects.is_empty() || goals.contains(&Goal::Delete) {
            break objects;
        }
        if !goals.contains(&Goal::Create) {
            return Err(CliError::Unmet("no matching resources found".to_owned()));
        }
        if Instant::now() + PAUSE > end {
            return Err(CliError::Unmet("timed out waiting for the condition".to_owned()));
        }
        sleep(PAUSE).await;
    };
    let text = |object: &Value, field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    Ok(objects.iter().map(|object| (text(object, "namespace"), text(object, "name"))).collect())
}

/// Checks one object without waiting.
async fn check_once(
    client: &Client,
    selected: &Selected,
    (namespace, name): (&str, &str),
    goal: &Goal,
) -> Result<(), CliError> {
    let found = cluster::get(client, &selected.resource, namespace, name).await?;
    let found: Option<DynamicObject> = found.map(serde_json::from_value).transpose()?;
    match goal.check(found.as_ref()) {
        Verdict::Met => Ok(()),
        Verdict::Failed(reason) => Err(CliError::Unmet(format!("{} {name:?}: {reason}", selected.kind_name()))),
        Verdict::Pending => {
            Err(CliError::Unmet(format!("condition not met for {}/{name}", selected.resource.api_resource.plural)))
        }
    }
}

/// Waits for one object.
pub(super) async fn wait_for(
    client: &Client,
    resource: &DiscoveredResource,
    (namespace, name): (&str, &str),
    condition: impl WaitCondition<DynamicObject>,
    timeout: Timeout,
) -> Result<(), CliError> {
    let options = WaitOptions::new(timeout.0);
    let result = match resource.scope {
        Scope::Namespaced => resource.namespaced(client, namespace)?.wait_for(name, condition, options).await,
        Scope::Cluster => resource.cluster(client)?.wait_for(name, condition, options).await,
    };
    result.map(|_| ()).map_err(|error| CliError::Wait(Box::new(error)))
}
