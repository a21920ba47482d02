//! `kube-client-gen explain`

use std::process::ExitCode;

use clap::Args;

use super::inputs::Inputs;
use super::outcome::{CliError, DIFFERENT, print};

#[derive(Args)]
pub(super) struct Arguments {
    /// Name of a type, its path, or a schema path such as `AIGatewayRoute.spec.rules[]`
    query: String,
    #[command(flatten)]
    inputs: Inputs,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let project = arguments.inputs.project_to_read()?;
    let generated = project.generate_without_crate()?;
    let query = arguments.query.as_str();
    let mut found = 0;
    for explanation in generated.names.iter().filter(|explanation| explanation.matches(query)) {
        print(&explanation.to_string())?;
        found += 1;
    }
    if found == 0 {
        for explanation in &generated.names {
            if let Some((ident, name)) = explanation.member(query) {
                print(&format!("{}::{ident}\n  property or value: {name:?}\n", explanation.path))?;
                found += 1;
            }
        }
    }
    if found > 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("no type has the name or path {query}, or is used by such a schema path; similar names:");
    let wanted = query.to_lowercase();
    let near = generated.names.iter().filter(|explanation| explanation.name.to_lowercase().contains(&wanted));
    near.take(5).for_each(|explanation| eprintln!("  {}", explanation.path));
    Ok(ExitCode::from(DIFFERENT))
}
