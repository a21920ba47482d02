//! The server as a program, for kubectl and every other client.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use kube_fake_apiserver::{FakeApiServer, Listening};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A Kubernetes API server in memory, for tests.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// CRDs to serve: files, or folders with `.yaml`, `.yml` and `.json` files
    #[arg(long, value_name = "PATH", num_args = 1..)]
    crds: Vec<PathBuf>,
    /// Initial objects: files, or folders with `.yaml`, `.yml` and `.json` files
    #[arg(long, value_name = "MANIFESTS", num_args = 1..)]
    load: Vec<PathBuf>,
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where to write the kubeconfig, which holds the token; without it, to a file among the temporary ones that is removed in the end
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Collect garbage: delete the dependents of deleted owners
    #[arg(long)]
    garbage_collection: bool,
    /// Accept objects in namespaces that do not exist
    #[arg(long)]
    any_namespace: bool,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

#[tokio::main]
async fn run(cli: &Cli) -> Result<(), Box<dyn std::error::Error>> {
    // From here on a signal requests a graceful shutdown.
    let signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
    let server = built(cli)?;
    let listening =
        server.listen(cli.listen).await.map_err(|error| format!("cannot listen at {}: {error}", cli.listen))?;
    let file = match &cli.kubeconfig {
        Some(path) => path.clone(),
        None => std::env::temp_dir().join(format!("kube-fake-apiserver-{}.kubeconfig", std::process::id())),
    };
    write(&file, &listening).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    println!("listening at {}", listening.url());
    println!("export KUBECONFIG={}", file.display());
    wait(signals).await;
    listening.stop().await;
    if cli.kubeconfig.is_none() {
        std::fs::remove_file(&file).map_err(|error| format!("cannot remove {}: {error}", file.display()))?;
    }
    Ok(())
}

fn built(cli: &Cli) -> Result<FakeApiServer, kube_fake_apiserver::BuildError> {
    let mut builder = FakeApiServer::builder();
    for path in &cli.crds {
        builder = builder.crds_in(path)?;
    }
    for path in &cli.load {
        builder = builder.objects_in(path)?;
    }
    if cli.garbage_collection {
        builder = builder.garbage_collection();
    }
    if cli.any_namespace {
        builder = builder.any_namespace();
    }
    builder.build()
}

/// Writes the kubeconfig at once or not at all, for its owner alone.
fn write(file: &Path, listening: &Listening) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let draft = file.with_file_name(name);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut out| out.write_all(listening.kubeconfig().as_bytes()))
        .and_then(|()| std::fs::rename(&draft, file));
    if written.is_err() {
        // The first error has the cause.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

async fn wait([mut interrupt, mut terminate]: [Signal; 2]) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
