//! `aigwctl completions` and `aigwctl man`

use std::process::ExitCode;

use clap::{Args, Command};

use crate::error::CliError;
use crate::output;

/// Print completions for a shell
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    shell: clap_complete::Shell,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, mut program: Command) -> Result<ExitCode, CliError> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "aigwctl", &mut text);
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// Print the manual page
#[derive(Args, Debug)]
pub(crate) struct ManArguments {}

/// Prints the manual page of the program, followed by those of its commands.
pub(crate) fn man(mut program: Command) -> Result<ExitCode, CliError> {
    program.build();
    let mut text = Vec::new();
    let commands: Vec<Command> = program.get_subcommands().cloned().collect();
    for command in [program].into_iter().chain(commands) {
        clap_mangen::Man::new(command).render(&mut text).map_err(CliError::Output)?;
    }
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}
