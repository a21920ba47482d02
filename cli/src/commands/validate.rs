//! `aigwctl validate`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use kube_client_runtime::dynamic::{MapperError, RestMapper};
use serde_json::json;

use crate::args::{Globals, Input, ReportFormat};
use crate::error::CliError;
use crate::findings::{Finding, Severity, count};
use crate::inventory::{Files, Inventory, Object, Origin};
use crate::output;
use crate::validate::{ReferenceMode, Validators, references};
use crate::{cluster, kinds};

/// Validate manifests offline, as the API server would, and check the references between them
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0, all objects are valid; 1, the API server would refuse an object, or a reference is broken \
                        and --references=error; 2, the command cannot run."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Manifests of the existing objects: also check the rules for updates
    #[arg(long, value_name = "PATH", conflicts_with = "against_cluster")]
    old: Vec<PathBuf>,
    /// Read the existing objects from the cluster: also check the rules for updates
    #[arg(long)]
    against_cluster: bool,
    /// How to report references to objects that do not exist, or that are not permitted
    #[arg(long, value_enum, default_value_t)]
    references: ReferenceMode,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: ReportFormat,
    /// Also report references that cannot be verified, because the input contains no object of the kind
    #[arg(short, long)]
    verbose: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let files = Files::read(arguments.input.required()?, globals.namespace_or_default())?;
    let mut findings: Vec<Finding> = files.problems.iter().map(Finding::from).collect();
    let file_count = files.count;
    let inventory = Inventory::new(files.objects);
    let old = existing(arguments, &inventory, globals).await?;
    let validators = Validators::new()?;
    for object in inventory.objects() {
        findings.extend(validators.validate(object, old.find(&object.key)));
    }
    findings.extend(references(&inventory, arguments.references));
    findings.retain(|finding| arguments.verbose || finding.severity != Severity::Note);
    sort(&mut findings);
    let counts = (inventory.objects().len(), file_count);
    output::print(&report(&findings, counts, arguments.output)?)?;
    Ok(ExitCode::from(u8::from(count(&findings, Severity::Error) > 0)))
}

/// Returns the objects that the input replaces.
async fn existing(arguments: &Arguments, inventory: &Inventory, globals: &Globals) -> Result<Inventory, CliError> {
    if arguments.against_cluster {
        return of_cluster(inventory, globals).await;
    }
    if arguments.old.is_empty() {
        return Ok(Inventory::default());
    }
    let input = Input { files: arguments.old.clone(), recursive: arguments.input.recursive };
    let files = Files::read(&input, globals.namespace_or_default())?;
    match files.problems.first() {
        Some(problem) => Err(CliError::Manifest(problem.to_string())),
        None => Ok(Inventory::new(files.objects)),
    }
}

async fn of_cluster(inventory: &Inventory, globals: &Globals) -> Result<Inventory, CliError> {
    let client = globals.client().await?;
    let mapper = RestMapper::new(client.clone());
    let mut existing = Vec::new();
    for object in inventory.objects().iter().filter(|object| kinds::is_own(&object.key.group)) {
        let resource = match mapper.by_kind(&cluster::gvk(object)).await {
            Ok(resource) => resource,
            Err(MapperError::NotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        if let Some(body) = cluster::get(&client, &resource, &object.key.namespace, &object.key.name).await? {
            existing.push(Object::new(Origin::Cluster, body, &object.key.namespace));
        }
    }
    Ok(Inventory::new(existing))
}

/// Sorts findings by their place, and removes repeated ones.
fn sort(findings: &mut Vec<Finding>) {
    let place = |finding: &Finding| match &finding.origin {
        Origin::File { path, line } => (path.clone(), *line),
        Origin::Cluster => (String::new(), 0),
    };
    findings.sort_by_key(|finding| (place(finding), finding.severity));
    findings.dedup();
}

fn report(findings: &[Finding], (objects, files): (usize, usize), format: ReportFormat) -> Result<String, CliError> {
    let (errors, warnings) = (count(findings, Severity::Error), count(findings, Severity::Warning));
    if format == ReportFormat::Json {
        let findings: Vec<_> = findings.iter().map(Finding::json).collect();
        let report = json!({
            "files": files, "objects": objects, "errors": errors, "warnings": warnings, "findings": findings,
        });
        return Ok(serde_json::to_string_pretty(&report)? + "\n");
    }
    let plural = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let lines: Vec<String> = findings.iter().map(|finding| format!("{finding}\n")).collect();
    let lines = lines.concat();
    let [objects, files] = [plural(objects, "object"), plural(files, "file")];
    Ok(format!("{lines}{objects} in {files}: {}, {}\n", plural(errors, "error"), plural(warnings, "warning")))
}
