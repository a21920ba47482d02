#!/usr/bin/env bash
# Compares the CPU time to generate types for all CRDs of a corpus with ours and with kopium. kopium runs once per version of
# each CRD; the cost of starting its process is measured and subtracted.
# Needs `kopium` in $PATH (cargo install kopium --version 0.24.1 --locked).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benches/kopium.sh
source benches/record.sh
needs_corpus "${1:-}"
cargo build --quiet --release --package xtask

# Prints the CPU seconds of a command and its child processes.
cpu() { { TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'; }

find "$corpus" -name '*.yaml' | sort >"$work/files"
while read -r file; do versions_of "$file" | sed "s|^|$file |"; done <"$work/files" >"$work/versions"
kopium_all() { while read -r file version; do kopium --filename "$file" --api-version "$version" --auto || true; done <"$work/versions"; }
start_all() { while read -r _ _; do kopium --version; done <"$work/versions"; }

echo "$(wc -l <"$work/files") files, $(wc -l <"$work/versions") versions"
# Runs rounds of all three and uses the minimum of each, because other load only increases the time.
for _ in $(seq "${ROUNDS:-5}"); do
  echo "$(cpu target/release/xtask corpus --crds "$corpus" --generate-only) $(cpu kopium_all) $(cpu start_all)"
done | tee "$work/rounds" | awk '
  NR == 1 || $1 < ours { ours = $1 }
  NR == 1 || $2 < theirs { theirs = $2 }
  NR == 1 || $3 < start { start = $3 }
  END { printf "ours: %.2f s CPU; kopium: %.2f s, including %.2f s of process start; ratio %.2f\n", ours, theirs, start, ours / (theirs - start) }
'
case="$(wc -l <"$work/files") CRDs"
record generation "$case" 'CPU time, s' ours $(awk '{ print $1 }' "$work/rounds")
record generation "$case" 'CPU time, s' kopium $(awk '{ print $2 - $3 }' "$work/rounds")
