#!/usr/bin/env bash
# Side by side in one run: the CPU time that it takes to generate types for all CRDs of a corpus, here and with kopium.
# kopium is a process for each version of each CRD; what starting such a process costs is measured and taken off.
# Needs `kopium` in $PATH (cargo install kopium --version 0.24.1 --locked).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
corpus=${1:-../shared/corpus}
command -v kopium >/dev/null || { echo 'skipped: kopium is not in $PATH'; exit 0; }
[ -d "$corpus" ] || { echo "skipped: there is no $corpus"; exit 0; }
cargo build --quiet --release --package xtask
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# CPU seconds of a command and all that it starts.
cpu() { { TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'; }

find "$corpus" -name '*.yaml' | sort >"$work/files"
while read -r file; do
  awk -v file="$file" '/^    (- |  )name: "?v[0-9]/ { gsub(/["-]/, ""); print file, $NF }' "$file"
done <"$work/files" | sort -u >"$work/versions"
kopium_all() { while read -r file version; do kopium --filename "$file" --api-version "$version" --auto || true; done <"$work/versions"; }
start_all() { while read -r _ _; do kopium --version; done <"$work/versions"; }

echo "$(wc -l <"$work/files") files, $(wc -l <"$work/versions") versions"
ours=$(cpu target/release/xtask corpus --crds "$corpus" --generate-only)
theirs=$(cpu kopium_all)
start=$(cpu start_all)
awk -v ours="$ours" -v theirs="$theirs" -v start="$start" 'BEGIN {
  printf "here: %.2f s CPU; kopium: %.2f s, of which %.2f s are starting; ratio %.2f\n", ours, theirs, start, ours / (theirs - start)
}'
