//! `kube-client-gen schema`

use std::process::ExitCode;

use super::outcome::{CliError, print};
use crate::config::Config;

/// The file that `init` writes, and that `codegen.toml` names for editors.
pub(super) const SCHEMA_FILE: &str = "codegen.schema.json";

pub(super) fn run() -> Result<ExitCode, CliError> {
    print(&text())?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the JSON schema of `codegen.toml`.
pub(super) fn text() -> String {
    let mut schema = schemars::schema_for!(Config);
    schema.insert("title".to_owned(), "codegen.toml of kube-client-gen".into());
    format!("{:#}\n", schema.as_value())
}
