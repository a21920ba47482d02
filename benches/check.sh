#!/usr/bin/env bash
# Compares the CPU time of `cargo check` for our types and kopium's, for each project of a corpus, with the same derives: ours
# without client, informers and CRDs, kopium's as one module per version. Modules of kopium that do not compile are excluded,
# and their number is printed. Dependencies are checked first. The last line subtracts the time of the same crates without types.
# $PROJECTS limits the projects by a pattern such as `backube/*`. Needs `kopium` in $PATH (cargo install kopium --version 0.24.1 --locked).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benches/kopium.sh
source benches/record.sh
needs_corpus "${1:-}"
cargo build --quiet --release --package kube-client-gen --features cli
export CARGO_TARGET_DIR=$root/target/bench CARGO_INCREMENTAL=0 K8S_OPENAPI_ENABLED_VERSION=1.33

mkdir -p "$work/theirs/src" "$work/ours"
kopium_manifest '' '' >"$work/theirs/Cargo.toml"
cd "$work"

kopium_project() {
  rm -f "$work"/theirs/src/*.rs
  find "$1" -name '*.yaml' | sort | while read -r file; do
    versions_of "$file" | while read -r version; do
      module=$(echo "m_${file#"$1"/}_$version" | tr -c 'a-z0-9\n' _)
      kopium --filename "$file" --api-version "$version" --docs --schema=disabled --derive Default --derive PartialEq \
        >"$work/theirs/src/$module.rs" 2>/dev/null || rm "$work/theirs/src/$module.rs"
    done
  done
  modules
}
modules() { (cd "$work/theirs/src" && ls | sed -n 's/^\(m_.*\)\.rs$/pub mod \1;/p' >lib.rs); }
their_check() { cargo check --quiet --manifest-path "$work/theirs/Cargo.toml"; }
# Removes modules that do not compile until the crate compiles.
without_broken() {
  while ! their_check 2>"$work/stderr"; do
    grep -oE 'src/m_[a-z0-9_]+\.rs' "$work/stderr" | sort -u >"$work/broken" || { cat "$work/stderr" >&2; exit 1; }
    (cd "$work/theirs" && xargs rm -f <"$work/broken")
    cat "$work/broken"
    modules
  done
}
our_project() {
  rm -rf "$work/ours"
  "$root/target/release/kube-client-gen" generate "$1" --manifest --out "$work/ours" >/dev/null 2>&1
  printf '[workspace]\n[patch.crates-io]\nkube-client-runtime = { path = "%s/runtime" }\nkube-fake-apiserver = { path = "%s/fake" }\n' \
    "$root" "$root" >>"$work/ours/Cargo.toml"
  features=$(sed -n 's/^\([a-z0-9_-]*\) = \[\]$/\1/p' "$work/ours/Cargo.toml" | paste -sd,)
}
our_check() { cargo check --quiet --manifest-path "$work/ours/Cargo.toml" --no-default-features --features "$features"; }
cpu() { # prints the CPU time of a command in milliseconds
  { TIMEFORMAT='%U %S'; time eval "$1" >/dev/null 2>&1; } 2>&1 | tail -n 1 | awk '{printf "%d", ($1 + $2) * 1000}'
}
both() { # prints the CPU times of ours and kopium's; dependencies are already checked
  our_check
  touch "$work/ours/src/lib.rs" "$work/theirs/src/lib.rs"
  echo "$(cpu our_check) $(cpu their_check)"
}
# Prints a line of the table: name, milliseconds of ours and of kopium, number of modules of kopium that do not compile.
row() {
  awk '{ printf "%-44s %9d %9d  %.2f%s\n", $1, $2, $3, $2 / $3, $4 ? "  " $4 " of kopium do not compile" : "" }' <<<"$*"
}

printf '%-44s %9s %9s  ratio\n' project 'ours, ms' kopium
for project in "$corpus"/${PROJECTS:-*/*}; do
  our_project "$project"
  kopium_project "$project"
  broken=$(without_broken | wc -l)
  line="${project#"$corpus"/} $(both) $broken"
  row "$line"
  echo "$line" >>"$work/lines"
  echo >"$work/ours/src/lib.rs" && echo >"$work/theirs/src/lib.rs"
  both >>"$work/empty"
done
row "all $(awk '{ ours += $2; theirs += $3; broken += $4 } END { print ours, theirs, broken }' "$work/lines")"
row "all-without-empty-crates $(paste "$work/lines" "$work/empty" | awk '{ ours += $2 - $5; theirs += $3 - $6 } END { print ours, theirs, 0 }')"
record check 'types of the corpus' 'CPU time, ms' ours "$(awk '{ ours += $2 } END { print ours }' "$work/lines")"
record check 'types of the corpus' 'CPU time, ms' kopium "$(awk '{ theirs += $3 } END { print theirs }' "$work/lines")"
