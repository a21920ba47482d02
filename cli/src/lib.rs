//! The command line of Envoy AI Gateway: `aigwctl`, and `kubectl aigw`.
//!
//! The library contains nothing but the entry point of both programs.

mod args;
mod chain;
mod cluster;
mod commands;
mod error;
mod findings;
mod graph;
mod inventory;
mod kinds;
mod lint;
mod object_table;
mod output;
mod references;
mod routing;
mod selection;
mod server_table;
mod timeout;
mod validate;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use args::Globals;
use commands as run;
use error::CliError;

/// Works with the resources of Envoy AI Gateway, in files and in clusters.
#[derive(Debug, Parser)]
#[command(version, name = "aigwctl")]
#[command(
    after_help = "Exit codes: 0, success; 1, a negative result, such as an invalid object, an object that does not exist or \
                        a wait that timed out; 2, the command cannot run."
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Validate(run::validate::Arguments),
    Get(run::get::Arguments),
    Describe(run::describe::Arguments),
    Apply(run::apply::Arguments),
    Delete(run::delete::Arguments),
    Diff(run::diff::Arguments),
    Wait(run::wait::Arguments),
    Watch(run::watch::Arguments),
    InstallCrds(run::install_crds::Arguments),
    Models(run::models::Arguments),
    Match(run::match_rule::Arguments),
    Graph(run::graph::Arguments),
    Status(run::status::Arguments),
    Lint(run::lint::Arguments),
    Credentials(run::credentials::Arguments),
    Doctor(run::doctor::Arguments),
    MigrateStorage(run::migrate_storage::Arguments),
    Completions(run::completions::Arguments),
    Man(run::completions::ManArguments),
}

/// Runs the program with the arguments of the process, and returns its exit code. `name` is the name in the usage.
pub fn main(name: &'static str) -> ExitCode {
    let matches = Cli::command().bin_name(name).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.globals.color.apply();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::from(2);
        }
    };
    match runtime.block_on(dispatch(&cli)) {
        Ok(code) => code,
        Err(error) => {
            let code = error.exit_code();
            if code > 0 {
                eprintln!("error: {error}");
            }
            ExitCode::from(code)
        }
    }
}

async fn dispatch(Cli { globals, command }: &Cli) -> Result<ExitCode, CliError> {
    match command {
        Command::Validate(arguments) => run::validate::run(arguments, globals).await,
        Command::Get(arguments) => run::get::run(arguments, globals).await,
        Command::Describe(arguments) => run::describe::run(arguments, globals).await,
        Command::Apply(arguments) => run::apply::run(arguments, globals).await,
        Command::Delete(arguments) => run::delete::run(arguments, globals).await,
        Command::Diff(arguments) => run::diff::run(arguments, globals).await,
        Command::Wait(arguments) => run::wait::run(arguments, globals).await,
        Command::Watch(arguments) => run::watch::run(arguments, globals).await,
        Command::InstallCrds(arguments) => run::install_crds::run(arguments, globals).await,
        Command::Models(arguments) => run::models::run(arguments, globals).await,
        Command::Match(arguments) => run::match_rule::run(arguments, globals).await,
        Command::Graph(arguments) => run::graph::run(arguments, globals).await,
        Command::Status(arguments) => run::status::run(arguments, globals).await,
        Command::Lint(arguments) => run::lint::run(arguments, globals).await,
        Command::Credentials(arguments) => run::credentials::run(arguments, globals).await,
        Command::Doctor(arguments) => run::doctor::run(arguments, globals).await,
        Command::MigrateStorage(arguments) => run::migrate_storage::run(arguments, globals).await,
        Command::Completions(arguments) => run::completions::run(arguments, Cli::command()),
        Command::Man(_) => run::completions::man(Cli::command()),
    }
}
