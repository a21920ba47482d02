//! `kube-client-gen explain`

use std::process::ExitCode;

use clap::Args;

use super::inputs::Inputs;
use super::{DIFFERENT, Failed};

#[derive(Args)]
pub(super) struct Arguments {
    /// A type's name, its path, or a schema path such as `AIGatewayRoute.spec.rules[]`
    question: String,
    #[command(flatten)]
    inputs: Inputs,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failed> {
    let project = arguments.inputs.project(None)?;
    let generated = project.generate_without_crate()?;
    let question = arguments.question.as_str();
    let mut found = 0;
    for explanation in generated.names.iter().filter(|explanation| explanation.is_about(question)) {
        print!("{explanation}");
        found += 1;
    }
    if found == 0 {
        for explanation in &generated.names {
            if let Some((ident, name)) = explanation.member(question) {
                println!("{}::{ident}\n  stands for {name:?}", explanation.path);
                found += 1;
            }
        }
    }
    if found > 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("nothing is called {question}, and no schema has such a path with a type of its own");
    let wanted = question.to_lowercase();
    let near = generated.names.iter().filter(|explanation| explanation.name.to_lowercase().contains(&wanted));
    near.take(5).for_each(|explanation| eprintln!("  there is {}", explanation.path));
    Ok(ExitCode::from(DIFFERENT))
}
