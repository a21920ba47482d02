//! `aigwctl status`

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::args::{Globals, Input};
use crate::chain::{Link, State, links};
use crate::error::CliError;
use crate::inventory::{Inventory, Key, Reader};
use crate::kinds::AIGATEWAY;
use crate::output::{self, visible};

/// Follow an AIGatewayRoute to its Gateway and its backends, and print the first broken link and what to do
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0, no link is broken; 1, a link is broken, or the route does not exist; 2, the command \
                        cannot run."
)]
pub(crate) struct Arguments {
    /// Name of the AIGatewayRoute
    route: String,
    #[command(flatten)]
    input: Input,
    /// Print the status again after each change, until the program is interrupted
    #[arg(short, long)]
    watch: bool,
}

/// How often the objects are read again.
const PERIOD: Duration = Duration::from_secs(2);
/// Clears a terminal.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    if arguments.watch {
        return watch(arguments, globals).await;
    }
    let source = Source::new(arguments, globals).await?;
    let (text, is_broken) = status(arguments, globals, &source).await?;
    output::print(&text)?;
    Ok(ExitCode::from(u8::from(is_broken)))
}

/// Prints the status now and after each change. After the first time, errors are printed instead of it: they may be transient.
async fn watch(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    if arguments.input.files.iter().any(|file| file.as_os_str() == "-") {
        return Err(CliError::Usage("--watch needs files: the standard input is read once".to_owned()));
    }
    let source = Source::new(arguments, globals).await?;
    let mut printed = None;
    loop {
        let text = match status(arguments, globals, &source).await {
            Ok((text, _)) => text,
            Err(CliError::NotFound(key)) => format!("{key} does not exist\n"),
            Err(error) if printed.is_none() => return Err(error),
            Err(error) => format!("error: {}\n", visible(&error.to_string())),
        };
        if printed.as_ref() != Some(&text) {
            let mut out = io::stdout();
            if out.is_terminal() {
                // Not by the stream that removes colours.
                out.write_all(CLEAR.as_bytes()).map_err(CliError::Output)?;
            }
            output::print(&text)?;
            printed = Some(text);
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// Where the objects are.
enum Source {
    Files,
    /// Connected once: a kubeconfig may start programs for credentials.
    Cluster(Reader),
}

impl Source {
    async fn new(arguments: &Arguments, globals: &Globals) -> Result<Self, CliError> {
        if arguments.input.files.is_empty() {
            return Ok(Source::Cluster(Reader::new(globals.client().await?)));
        }
        Ok(Source::Files)
    }
}

/// Returns the text, and whether a link is broken.
async fn status(arguments: &Arguments, globals: &Globals, source: &Source) -> Result<(String, bool), CliError> {
    let (inventory, namespace) = match source {
        Source::Files => (Inventory::load(&arguments.input, globals).await?, globals.namespace_or_default()),
        Source::Cluster(reader) => (reader.read().await?, globals.namespace_of(&reader.client)),
    };
    let namespace = namespace.to_owned();
    let key = Key::new(AIGATEWAY, "AIGatewayRoute", &namespace, &arguments.route);
    let route = inventory.find(&key).ok_or_else(|| CliError::NotFound(key.to_string()))?;
    let links = links(&inventory, route);
    let mut text: String = links.iter().map(ToString::to_string).collect::<Vec<_>>().concat();
    let broken = links.iter().find_map(|link| match &link.state {
        State::Broken { remedy, .. } => Some((link, remedy)),
        _ => None,
    });
    if let Some((Link { name, .. }, remedy)) = broken {
        text.push_str(&visible(&format!("\nfirst broken link: {name}\n{remedy}\n")));
    }
    Ok((text, broken.is_some()))
}
