//! Finds etcd, kube-apiserver and kubectl: in `$KUBEBUILDER_ASSETS`, then `$PATH`, then a cached build from Go modules.

use std::env;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Error, repository};

const BINARIES: [&str; 3] = ["etcd", "kube-apiserver", "kubectl"];
/// The release of Kubernetes that is built.
pub(crate) const KUBERNETES: &str = "v1.37.2";
const ETCD: &str = "v3.6.16";

/// Returns the folder that contains all binaries, if one exists.
pub(super) fn folder() -> Result<Option<Utf8PathBuf>, Error> {
    let assets = env::var("KUBEBUILDER_ASSETS").ok().map(Utf8PathBuf::from);
    if let Some(assets) = &assets
        && !has_all(assets)
    {
        return Err(Error::Assets(assets.clone()));
    }
    let path = env::var("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter_map(|folder| Utf8PathBuf::from_path_buf(folder).ok());
    Ok(assets.into_iter().chain(on_path).chain([cache()?]).find(|folder| has_all(folder)))
}

/// Returns the folder that contains all binaries; builds them if they do not exist.
pub(super) fn find_or_build() -> Result<Utf8PathBuf, Error> {
    if let Some(folder) = folder()? {
        return Ok(folder);
    }
    let cache = cache()?;
    std::fs::create_dir_all(&cache).map_err(Error::file("create", &cache))?;
    eprintln!(
        "building etcd {ETCD} and kube-apiserver {KUBERNETES} from the Go module proxy into {cache}; the first build takes several minutes"
    );
    let (major, minor) = KUBERNETES.trim_start_matches('v').split_once('.').unwrap_or_default();
    let minor = minor.split('.').next().unwrap_or_default();
    let version = "k8s.io/component-base/version";
    let flags = format!(
        "-s -w -X {version}.gitVersion={KUBERNETES} -X {version}.gitMajor={major} -X {version}.gitMinor={minor}"
    );
    build("etcd", "-s -w", &cache.join("etcd"), &["go.etcd.io/etcd/server/v3"])?;
    build(
        "kubernetes",
        &flags,
        &cache.join(""),
        &["k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kubectl"],
    )?;
    Ok(cache)
}

fn build(module: &str, flags: &str, out: &Utf8Path, packages: &[&str]) -> Result<(), Error> {
    let folder = repository().join("hack/control-plane").join(module);
    let status = Command::new("go")
        .args(["build", "-trimpath", "-ldflags", flags, "-o", out.as_str()])
        .args(packages)
        .env("CGO_ENABLED", "0")
        .current_dir(folder)
        .status()
        .map_err(Error::NoGo)?;
    if status.success() { Ok(()) } else { Err(Error::Build(module.to_owned())) }
}

fn has_all(folder: &Utf8Path) -> bool {
    BINARIES.iter().all(|binary| folder.join(binary).is_file())
}

fn cache() -> Result<Utf8PathBuf, Error> {
    let base = env::var("XDG_CACHE_HOME").ok().filter(|path| !path.is_empty()).map(Utf8PathBuf::from);
    let base = base
        .or_else(|| env::var("HOME").ok().map(|home| Utf8PathBuf::from(home).join(".cache")))
        .ok_or(Error::NoHome)?;
    Ok(base.join("aigateway-client/control-plane").join(format!("{KUBERNETES}-etcd-{ETCD}")))
}
