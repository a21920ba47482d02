//! `aigwctl watch`

use std::process::ExitCode;

use clap::Args;
use futures::{StreamExt, pin_mut};
use kube::core::{DynamicObject, WatchEvent};
use kube_client_runtime::client::{Client, WatchOptions};
use kube_client_runtime::types::HasConditions;

use crate::args::Globals;
use crate::error::CliError;
use crate::output::{self, Tone, paint, visible};
use crate::selection::{Selected, Selection};
use crate::server_table;

/// Print changes of objects of one type as they happen
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Exit after this number of events; by default, the command runs until it is interrupted
    #[arg(long, value_name = "COUNT")]
    events: Option<usize>,
}

/// Runs the command. A watch that the server ends is continued after its last event.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let client = globals.client().await?;
    let selected = arguments.selection.resolve(&client, globals).await?;
    let [selected] = selected.as_slice() else {
        return Err(CliError::Usage("a watch has one type: run the command for each".to_owned()));
    };
    output::print(&line("EVENT", "NAMESPACE", "NAME", "VERSION", "CONDITIONS"))?;
    let mut watch = Watch { left: arguments.events.unwrap_or(usize::MAX), version: None };
    let mut options = WatchOptions::default();
    options.label_selector.clone_from(&arguments.selection.selector);
    options.field_selector.clone_from(&arguments.selection.field_selector);
    if let [name] = selected.names.as_slice() {
        options.field_selector = Some(format!("metadata.name={name}"));
    }
    while watch.left > 0 {
        options.resource_version.clone_from(&watch.version);
        watch.once(&client, selected, &options).await?;
        if watch.left > 0 {
            tokio::time::sleep(server_table::PAUSE).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Watch {
    /// The number of events to print.
    left: usize,
    /// The version of the last event.
    version: Option<String>,
}

impl Watch {
    /// Watches until the server ends the watch.
    async fn once(&mut self, client: &Client, selected: &Selected, options: &WatchOptions) -> Result<(), CliError> {
        let events = match &selected.namespace {
            Some(namespace) => {
                let objects = selected.resource.namespaced(client, namespace)?;
                objects.watch(options).await?.left_stream()
            }
            None => selected.resource.all_namespaces(client).watch(options).await?.right_stream(),
        };
        pin_mut!(events);
        while self.left > 0 {
            match events.next().await {
                None => return Ok(()),
                Some(Err(error)) if error.is_expired() => {
                    self.version = None;
                    return Ok(());
                }
                Some(event) => self.print(selected, event?)?,
            }
        }
        Ok(())
    }

    fn print(&mut self, selected: &Selected, event: WatchEvent<DynamicObject>) -> Result<(), CliError> {
        let (event, object) = match event {
            WatchEvent::Added(object) => ("ADDED", object),
            WatchEvent::Modified(object) => ("MODIFIED", object),
            WatchEvent::Deleted(object) => ("DELETED", object),
            WatchEvent::Bookmark(bookmark) => {
                self.version = Some(bookmark.metadata.resource_version);
                return Ok(());
            }
            WatchEvent::Error(_) => return Ok(()),
        };
        self.version.clone_from(&object.metadata.resource_version);
        let name = object.metadata.name.clone().unwrap_or_default();
        if selected.names.len() > 1 && !selected.names.contains(&name) {
            return Ok(());
        }
        self.left -= 1;
        let conditions: Vec<String> =
            object.conditions().iter().map(|found| format!("{}={}", found.type_, found.status)).collect();
        let namespace = object.metadata.namespace.as_deref().unwrap_or("-");
        let version = self.version.as_deref().unwrap_or_default();
        let tone = match event {
            "ADDED" => Tone::Good,
            "DELETED" => Tone::Bad,
            _ => Tone::Doubtful,
        };
        let line = visible(&line(event, namespace, &name, version, &conditions.join(",")));
        output::print(&line.replacen(event, &paint(tone, event), 1))
    }
}

/// Events are printed as they are received, so that the widths of columns are fixed.
fn line(event: &str, namespace: &str, name: &str, version: &str, conditions: &str) -> String {
    format!("{event:<10} {namespace:<20} {name:<40} {version:<10} {conditions}").trim_end().to_owned() + "\n"
}
