//! Arguments that commands share, named as those of kubectl.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kube_client_runtime::client::{Client, Warning};

use crate::error::CliError;

/// The connection and the namespace.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Globals {
    /// Kubeconfig; by default that of KUBECONFIG, or ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Namespace; by default that of the context, and "default" for files
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// When to print colours: auto is on terminals, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) color: Color,
}

/// When to print colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Applies the choice to the standard output.
    pub(crate) fn apply(self) {
        let choice = match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::AlwaysAnsi,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

impl Globals {
    /// Connects to the cluster.
    pub(crate) async fn client(&self) -> Result<Client, CliError> {
        let mut builder = Client::builder()
            .user_agent(concat!("aigwctl/", env!("CARGO_PKG_VERSION")))
            .warnings(|warning: &Warning| eprintln!("Warning: {warning}"));
        if let Some(path) = &self.kubeconfig {
            builder = builder.kubeconfig(path.clone());
        }
        if let Some(context) = &self.context {
            builder = builder.context(context.clone());
        }
        Ok(builder.connect().await?)
    }

    /// Returns the namespace for objects of files that have none.
    pub(crate) fn namespace_or_default(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    /// Returns the namespace for requests.
    pub(crate) fn namespace_of<'g>(&'g self, client: &'g Client) -> &'g str {
        self.namespace.as_deref().unwrap_or_else(|| client.default_namespace())
    }
}

/// Files to read objects from.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Input {
    /// File, folder with .yaml, .yml and .json files, or - for the standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    pub(crate) files: Vec<PathBuf>,
    /// Also read the folders in a folder
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,
}

impl Input {
    /// Returns an error if there are no files.
    pub(crate) fn required(&self) -> Result<&Self, CliError> {
        if self.files.is_empty() {
            return Err(CliError::Usage("no input: pass -f FILE, -f FOLDER or -f -".to_owned()));
        }
        Ok(self)
    }
}

/// The format of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Lines of text
    #[default]
    Text,
    /// JSON
    Json,
}
