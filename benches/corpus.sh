#!/usr/bin/env bash
# Side by side in one run: the CPU time that it takes to generate types for all CRDs of a corpus, here and with kopium.
# kopium is a process for each version of each CRD; what starting such a process costs is measured and taken off.
# Needs `kopium` in $PATH (cargo install kopium --version 0.24.1 --locked).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benches/beside-kopium.sh
needs_corpus "${1:-}"
cargo build --quiet --release --package xtask

# CPU seconds of a command and all that it starts.
cpu() { { TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'; }

find "$corpus" -name '*.yaml' | sort >"$work/files"
while read -r file; do versions_of "$file" | sed "s|^|$file |"; done <"$work/files" >"$work/versions"
kopium_all() { while read -r file version; do kopium --filename "$file" --api-version "$version" --auto || true; done <"$work/versions"; }
start_all() { while read -r _ _; do kopium --version; done <"$work/versions"; }

echo "$(wc -l <"$work/files") files, $(wc -l <"$work/versions") versions"
# Rounds of all three, one after the other; the least of each counts, since whatever else a machine does only adds to it.
for _ in 1 2 3 4 5; do
  echo "$(cpu target/release/xtask corpus --crds "$corpus" --generate-only) $(cpu kopium_all) $(cpu start_all)"
done | awk '
  NR == 1 || $1 < ours { ours = $1 }
  NR == 1 || $2 < theirs { theirs = $2 }
  NR == 1 || $3 < start { start = $3 }
  END { printf "here: %.2f s CPU; kopium: %.2f s, of which %.2f s are starting; ratio %.2f\n", ours, theirs, start, ours / (theirs - start) }
'
