# Shared by the comparisons with kopium, which source it from the root of the repository. Exits if `kopium` is not in $PATH.
command -v kopium >/dev/null || { echo 'skipped: kopium is not in $PATH (cargo install kopium --version 0.24.1 --locked)'; exit 0; }
root=$PWD work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Sets `corpus` to the given folder or ../shared/corpus; exits if it does not exist.
needs_corpus() {
  corpus=$(realpath "${1:-../shared/corpus}" 2>/dev/null || true)
  [ -d "$corpus" ] || { echo 'skipped: the folder of the corpus does not exist'; exit 0; }
}
# Prints the versions of a CRD.
versions_of() { awk '/^    (- |  )name: "?v[0-9]/ { gsub(/["-]/, ""); print $NF }' "$1" | sort -u; }
# Prints the Cargo.toml of a crate with types of kopium. Arguments: features of k8s-openapi, an additional dependency.
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
