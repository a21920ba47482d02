//! Errors that prevent a command from running.

use std::io;

use aigateway_client::crds::InstallError;
use kube::core::DynamicObject;
use kube_client_runtime::client::Error;
use kube_client_runtime::client::wait::WaitError;
use kube_client_runtime::dynamic::{KindError, MapperError};
use kube_client_runtime::manifests::ManifestsError;
use kube_client_runtime::validate::ValidatorError;

/// An error that prevents a command from running, or ends it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The standard output cannot be written.
    #[error("cannot write to the standard output: {0}")]
    Output(io::Error),
    /// An input cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The path.
        path: String,
        /// The reason.
        source: io::Error,
    },
    /// A folder has no manifests.
    #[error("{0}: no file ends in .yaml, .yml or .json: pass a file, or use --recursive")]
    NoManifests(String),
    /// The input has a manifest that is not valid YAML or JSON.
    #[error("{0}")]
    Manifest(String),
    /// The arguments do not go together.
    #[error("{0}")]
    Usage(String),
    /// A command whose exit code 1 has another meaning failed.
    #[error(transparent)]
    Failed(Box<CliError>),
    /// An object does not exist.
    #[error("{0} does not exist")]
    NotFound(String),
    /// What was waited for is not met.
    #[error("{0}")]
    Unmet(String),
    /// A request failed.
    #[error(transparent)]
    Request(#[from] Error),
    /// A request for a table failed.
    #[error("{}", kube_text(.0))]
    Kube(Box<kube::Error>),
    /// A name of a kind cannot be resolved.
    #[error(transparent)]
    Mapper(#[from] MapperError),
    /// A kind has another scope.
    #[error(transparent)]
    Kind(#[from] KindError),
    /// Manifests cannot be applied or deleted.
    #[error(transparent)]
    Manifests(#[from] ManifestsError),
    /// CRDs cannot be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// A wait ended without success.
    #[error(transparent)]
    Wait(Box<WaitError<DynamicObject>>),
    /// An embedded CRD cannot be used.
    #[error(transparent)]
    Validator(#[from] ValidatorError),
    /// JSON cannot be encoded or decoded.
    #[error("cannot encode the result: {0}")]
    Json(#[from] serde_json::Error),
}

/// Returns the message of the API server, without the structure around it.
fn kube_text(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} ({} {})", status.message, status.code, status.reason),
        error => error.to_string(),
    }
}

impl CliError {
    /// Returns the exit code: 1 for a negative answer of the server, 2 for everything else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            // The reader of the pipe has seen enough.
            CliError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            CliError::NotFound(_) | CliError::Unmet(_) | CliError::Wait(_) => 1,
            CliError::Request(error) if error.is_not_found() => 1,
            CliError::Kube(error) if matches!(&**error, kube::Error::Api(status) if status.code == 404) => 1,
            _ => 2,
        }
    }
}
