#!/usr/bin/env bash
# Compares the time to generate and compile the AI Gateway types with ours and with kopium.
# Needs `kopium` in $PATH (cargo install kopium --version 0.24.1 --locked). No incremental compilation; dependencies are
# built first. Each number is the minimum of three runs, or of one run for release builds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benches/kopium.sh
source benches/record.sh
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$root/target/bench K8S_OPENAPI_ENABLED_VERSION=1.33
versions=$(for crd in crds/*.yaml; do
  for version in $(grep -oE '^    name: v1(alpha|beta)1$' "$crd" | awk '{print $2}'); do echo "$crd:$version"; done
done)

mkdir -p "$work/kopium-types/src"
kopium_manifest '"schemars"' 'schemars = "1"' >"$work/kopium-types/Cargo.toml"
kopium_all() {
  for version in $versions; do
    kopium --filename "${version%%:*}" --api-version "${version##*:}" --auto
  done
}
: >"$work/kopium-types/src/lib.rs"
for version in $versions; do
  module=$(basename "${version%%:*}" .yaml | tr -c 'a-z0-9\n' _)_${version##*:}
  kopium --filename "${version%%:*}" --api-version "${version##*:}" --auto >"$work/kopium-types/src/$module.rs" 2>/dev/null
  echo "pub mod $module;" >>"$work/kopium-types/src/lib.rs"
done

minimum() { # prints the minimum wall time of several runs in milliseconds
  local best=999999999 start end
  for _ in $(seq "$3"); do
    eval "$1"
    start=$(date +%s%N); eval "$2"; end=$(date +%s%N)
    (( (end - start) / 1000000 < best )) && best=$(( (end - start) / 1000000 ))
  done
  echo "$best"
}
cpu() { # prints the minimum CPU time of three runs in milliseconds
  local best=999999999 line
  for _ in 1 2 3; do
    line=$( { TIMEFORMAT='%U %S'; time eval "$1" >/dev/null 2>&1; } 2>&1 | tail -n 1 | awk '{printf "%d", ($1 + $2) * 1000}')
    (( line < best )) && best=$line
  done
  echo "$best"
}
row() {
  record compile 'AI Gateway' "$1, ms" ours "$2"
  record compile 'AI Gateway' "$1, ms" kopium "$3"
  awk -v name="$1" -v ours="$2" -v theirs="$3" 'BEGIN {printf "%-44s %8d ms %8d ms   %.2f\n", name, ours, theirs, ours / theirs}'
}

ours="cargo PROFILE --quiet --manifest-path $root/Cargo.toml --package aigateway-client --features deprecated"
theirs="cargo PROFILE --quiet --manifest-path $work/kopium-types/Cargo.toml"
printf '%-44s %11s %11s   ratio\n' '' ours kopium
echo "types: $(grep -rhE '^pub (struct|enum) ' generated/src | grep -cvE ' (Clientset|Aigateway)') ours, $(grep -hE '^pub (struct|enum) ' "$work"/kopium-types/src/*.rs | wc -l) kopium (without roots)"
cargo build --quiet --release --package xtask
out=$work/out; mkdir -p "$out"; cp generated/Cargo.toml "$out"
row 'generating, CPU time' "$(cpu "$CARGO_TARGET_DIR/release/xtask codegen --out $out && rm -rf $out/src $out/crds")" "$(cpu kopium_all)"
row 'generating, CPU time, no changes' "$(cpu "$CARGO_TARGET_DIR/release/xtask verify-codegen")" "$(cpu kopium_all)"
for profile in check 'build --release'; do
  one=${ours/PROFILE/$profile} other=${theirs/PROFILE/$profile}
  runs=$([ "$profile" = check ] && echo 3 || echo 1)
  : >"$work/empty.rs" && mv "$work/kopium-types/src/lib.rs" "$work/full.rs" && mv "$work/empty.rs" "$work/kopium-types/src/lib.rs"
  eval "$one" 2>/dev/null; eval "$other" 2>/dev/null
  mv "$work/full.rs" "$work/kopium-types/src/lib.rs"
  a=$(minimum 'touch generated/src/lib.rs' "$one 2>/dev/null" "$runs")
  b=$(minimum "touch $work/kopium-types/src/lib.rs" "$other 2>/dev/null" "$runs")
  row "cargo $profile" "$a" "$b"
done
