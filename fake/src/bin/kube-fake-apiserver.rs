//! The `kube-fake-apiserver` program, for kubectl and clients in other processes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use kube_fake_apiserver::{FakeApiServer, ListeningServer, Release, User};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A Kubernetes API server in memory, for tests.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// CRDs to serve: files, or directories with `.yaml`, `.yml` and `.json` files
    #[arg(long, value_name = "PATH", num_args = 1..)]
    crds: Vec<PathBuf>,
    /// Objects to create on start: files, or directories with `.yaml`, `.yml` and `.json` files
    #[arg(long, value_name = "MANIFESTS", num_args = 1..)]
    load: Vec<PathBuf>,
    /// Address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// File for the kubeconfig, which contains the token; by default a temporary file that is removed on exit
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Kubernetes version whose own kinds are served: 1.34 to 1.37
    #[arg(long, value_name = "VERSION", default_value_t)]
    kubernetes_version: Release,
    /// Enable garbage collection: delete dependents after their owners
    #[arg(long)]
    garbage_collection: bool,
    /// Accept objects in namespaces that do not exist
    #[arg(long)]
    any_namespace: bool,
    /// Enable the feature gate ShardedListAndWatch: lists and watches of a shard
    #[arg(long)]
    sharded_list_and_watch: bool,
    /// Enable RBAC: check the permissions of users, and create the default roles and bindings
    #[arg(long)]
    rbac: bool,
    /// User with a bearer token, which the server identifies (`kubectl --token=TOKEN`)
    #[arg(long = "user", value_name = "NAME:TOKEN[:GROUP,...]", value_parser = user)]
    users: Vec<User>,
    /// Whether requests without credentials are those of system:anonymous; by default with --rbac
    #[arg(long, value_name = "BOOL")]
    anonymous_auth: Option<bool>,
}

/// Parses a user.
fn user(text: &str) -> Result<User, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(name), Some(token), groups) = (parts.next(), parts.next(), parts.next().unwrap_or_default()) else {
        return Err("no token: pass NAME:TOKEN or NAME:TOKEN:GROUP,...".to_owned());
    };
    if name.is_empty() || token.is_empty() {
        return Err("empty name or token: pass NAME:TOKEN or NAME:TOKEN:GROUP,...".to_owned());
    }
    let groups = groups.split(',').filter(|group| !group.is_empty());
    Ok(groups.fold(User::new(name).with_token(token), User::with_group))
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
    // From here on, signals stop the server gracefully.
    let signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
    let server = build(cli)?;
    let listening =
        server.listen(cli.listen).await.map_err(|error| format!("cannot listen on {}: {error}", cli.listen))?;
    let file = match &cli.kubeconfig {
        Some(path) => path.clone(),
        None => std::env::temp_dir().join(format!("kube-fake-apiserver-{}.kubeconfig", std::process::id())),
    };
    write(&file, &listening).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    println!("listening at {}", listening.url());
    println!("export KUBECONFIG={}", file.display());
    wait_for_signal(signals).await;
    listening.stop().await;
    if cli.kubeconfig.is_none() {
        std::fs::remove_file(&file).map_err(|error| format!("cannot remove {}: {error}", file.display()))?;
    }
    Ok(())
}

fn build(cli: &Cli) -> Result<FakeApiServer, kube_fake_apiserver::BuildError> {
    let mut builder = FakeApiServer::builder().kubernetes(cli.kubernetes_version);
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
    if cli.sharded_list_and_watch {
        builder = builder.sharded_list_and_watch();
    }
    if cli.rbac {
        builder = builder.rbac();
    }
    if let Some(is_allowed) = cli.anonymous_auth {
        builder = builder.anonymous(is_allowed);
    }
    for user in &cli.users {
        builder = builder.user(user.clone());
    }
    builder.build()
}

/// Writes the kubeconfig atomically, readable only by its owner.
fn write(file: &Path, listening: &ListeningServer) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let temporary = file.with_file_name(name);
    let result = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut out| out.write_all(listening.kubeconfig().as_bytes()))
        .and_then(|()| std::fs::rename(&temporary, file));
    if result.is_err() {
        // The first error has the cause.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

async fn wait_for_signal([mut interrupt, mut terminate]: [Signal; 2]) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
