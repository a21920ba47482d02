#!/usr/bin/env bash
# Prints what each feature costs to compile: CPU time of `cargo check` and `cargo build --release` for aigateway-client and the
# runtime, with the feature and without it, in one run, and the number of crates that the feature adds.
# No incremental compilation; dependencies are built first. Each time is the minimum of $RUNS runs (default: 3).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$PWD/target/bench
base=client,aigateway-v1alpha1,aigateway-v1beta1

# Prints the minimum CPU time in milliseconds of a command for our crates with these features.
cpu() {
  local best=999999999 spent
  local command="cargo $1 --quiet --package aigateway-client --no-default-features --features $2"
  $command
  for _ in $(seq "${RUNS:-3}"); do
    touch runtime/src/lib.rs generated/src/lib.rs
    spent=$( { TIMEFORMAT='%U %S'; time $command; } 2>&1 | tail -n 1 | awk '{ printf "%d", ($1 + $2) * 1000 }')
    (( spent < best )) && best=$spent
  done
  echo "$best"
}
crates() { cargo tree --quiet --package aigateway-client --no-default-features --features "$1" --edges normal,build --prefix none | sort -u | wc -l; }

printf '%-28s %9s %6s %12s %6s %7s\n' feature check ratio 'release' ratio crates
check=$(cpu check "$base") release=$(cpu 'build --release' "$base") count=$(crates "$base")
printf '%-28s %6d ms %6s %9d ms %6s %7d\n' 'client (the others add to it)' "$check" '' "$release" '' "$count"
for feature in apply crds validate informers controller schemars kube-client-runtime/dynamic \
  kube-client-runtime/manifests kube-client-runtime/controllers; do
  with=$base,$feature
  awk -v name="${feature#kube-client-runtime/}" -v check="$check" -v release="$release" -v crates="$count" \
    -v c="$(cpu check "$with")" -v r="$(cpu 'build --release' "$with")" -v n="$(crates "$with")" \
    'BEGIN { printf "%-28s %6d ms %6.2f %9d ms %6.2f %+7d\n", name, c, c / check, r, r / release, n - crates }'
done
