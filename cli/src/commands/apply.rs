//! `aigwctl apply`

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use kube_client_runtime::manifests::{
    ApplyManifestsOptions, ApplySet, Manifests, ManifestsError, Progress, Report, apply_manifests,
};

use crate::args::{Globals, Input};
use crate::error::CliError;
use crate::output;
use crate::timeout::Timeout;

/// The field manager of the program.
pub(crate) const FIELD_MANAGER: &str = "aigwctl";

/// Apply manifests server-side, in the order of their dependencies
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0, all objects were applied; 1, an object failed; 2, nothing was sent.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Whether the server stores the objects
    #[arg(long, value_enum, default_value_t)]
    dry_run: DryRun,
    /// Take over fields that other field managers own
    #[arg(long)]
    force_conflicts: bool,
    /// Field manager
    #[arg(long, value_name = "NAME", default_value = FIELD_MANAGER)]
    field_manager: String,
    /// Delete objects of the set that are not in the input any more; needs --applyset
    #[arg(long, requires = "applyset")]
    prune: bool,
    /// Parent of the set, as for kubectl: a Secret, or TYPE[.GROUP]/NAME; it is created if it is a Secret or ConfigMap
    #[arg(long, value_name = "[TYPE/]NAME", requires = "prune")]
    applyset: Option<String>,
    /// How long the whole operation may take, in seconds or as 1m30s
    #[arg(long, value_name = "TIME", default_value = "120")]
    timeout: Timeout,
}

/// Whether changes are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRun {
    /// Changes are stored
    #[default]
    None,
    /// The server runs all checks, and stores nothing
    Server,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let manifests = manifests(&arguments.input)?;
    let mut options = ApplyManifestsOptions::new(arguments.field_manager.as_str()).timeout(arguments.timeout.0);
    if arguments.dry_run == DryRun::Server {
        options = options.dry_run();
    }
    if arguments.force_conflicts {
        options = options.force();
    }
    if let Some(namespace) = &globals.namespace {
        options = options.namespace(namespace.as_str());
    }
    let client = globals.client().await?;
    if let Some(reference) = &arguments.applyset {
        options = options.apply_set(ApplySet::parse(reference).namespace(globals.namespace_of(&client)));
    }
    if io::stderr().is_terminal() {
        options = options.on_progress(progress);
    }
    let result = apply_manifests(&client, &manifests, &options).await;
    if io::stderr().is_terminal() {
        eprint!("{CLEAR}");
    }
    print(result)
}

/// Moves to the start of the line and clears it.
const CLEAR: &str = "\r\u{1b}[K";

/// Prints the progress on one line, which the next one replaces.
fn progress(progress: &Progress<'_>) {
    match progress {
        Progress::Checked { objects } => eprint!("{CLEAR}0/{objects}"),
        Progress::Waiting { object } => eprint!("{CLEAR}waiting for {object}"),
        Progress::Finished { entry, done, total } => eprint!("{CLEAR}{done}/{total} {}", entry.object),
        Progress::Pruning { objects } => eprint!("{CLEAR}pruning {objects} objects"),
        _ => {}
    }
}

/// Returns the manifests of an input.
pub(crate) fn manifests(input: &Input) -> Result<Manifests, CliError> {
    let paths = input.required()?.files.iter();
    Ok(paths.fold(Manifests::new(), |manifests, path| match path {
        path if path.as_os_str() == "-" => manifests.stdin(),
        path if input.recursive => manifests.folder_recursive(path),
        path => manifests.path(path),
    }))
}

/// Prints a report.
pub(crate) fn print(result: Result<Report, ManifestsError>) -> Result<ExitCode, CliError> {
    let (report, code) = match result {
        Ok(report) => (report, ExitCode::SUCCESS),
        Err(ManifestsError::Failed(report)) => (*report, ExitCode::FAILURE),
        Err(error) => return Err(error.into()),
    };
    output::print(&format!("{report:#}"))?;
    Ok(code)
}
