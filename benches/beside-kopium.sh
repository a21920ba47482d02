# What the benches beside kopium share; they source it from the project's folder. Skips where there is no `kopium` in $PATH.
command -v kopium >/dev/null || { echo 'skipped: kopium is not in $PATH (cargo install kopium --version 0.24.1 --locked)'; exit 0; }
root=$PWD work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Sets `corpus` to the folder that is given, or to the one beside the project; skips where there is none.
needs_corpus() {
  corpus=$(realpath "${1:-../shared/corpus}" 2>/dev/null || true)
  [ -d "$corpus" ] || { echo 'skipped: there is no corpus'; exit 0; }
}
# The versions that a CRD's file has.
versions_of() { awk '/^    (- |  )name: "?v[0-9]/ { gsub(/["-]/, ""); print $NF }' "$1" | sort -u; }
# The Cargo.toml of a crate of kopium's types: features of k8s-openapi, and a further dependency.
kopium_manifest() {
  cat <<TOML
[package]
name = "kopium-types"
version = "0.1.0"
edition = "2024"
[dependencies]
kube = { version = "5.0.0", default-features = false, features = ["derive"] }
k8s-openapi = { version = "0.29.0", features = [$1] }
$2
serde = { version = "1", features = ["derive"] }
serde_json = "1"
[workspace]
TOML
}
