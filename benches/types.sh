#!/usr/bin/env bash
# Types against types, for each project of a corpus: lines (without blank ones and comments) of definitions of structs and enums
# and their number, here and by kopium, with the same derives; then all lines of those files, which here have constructors,
# setters, defaults and what a kind is to a scheme besides. A version that kopium does not write counts nothing, and the object
# itself is no struct there, but what its derive makes: where that alone makes ours larger, it is said.
# Needs `kopium` in $PATH (cargo install kopium --version 0.24.1 --locked).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benches/beside-kopium.sh
needs_corpus "${1:-}"
cargo build --quiet --release --package kube-client-gen --features cli
ours=$root/target/release/kube-client-gen
cd "$work"

kopium_project() {
  find "$1" -name '*.yaml' | sort | while read -r file; do
    versions_of "$file" | while read -r version; do
      kopium --filename "$file" --api-version "$version" --docs --schema=disabled \
        --derive Default --derive PartialEq 2>/dev/null || echo "// kopium fails"
    done
  done
}
# The files of types: all but those of the crate as a whole.
our_project() {
  "$ours" generate "$1" --out "$work/crate" >/dev/null 2>"$work/said" || cat "$work/said" >&2
  find "$work/crate/src" -mindepth 2 -name '*.rs' -exec cat {} +
  rm -rf "$work/crate"
}
count() {
  awk '
    /^\/\/ kopium fails/ { fails++ }
    /^    pub use k8s_openapi.*Condition/ { conditions = 1 }
    /^[[:space:]]*(\/\/|$)/ { next }
    { all++ }
    /^#\[(derive|serde|kube|non_exhaustive)/ || /^pub (struct|enum) / { inside = 1 }
    inside { lines++; own++ }
    /^pub (struct|enum) / { types++ }
    /^    pub metadata: ObjectMeta,/ { root = 1 }
    /^}/ || /^pub .*}$/ { if (root) { root_lines += own; roots++ } inside = own = root = 0 }
    END { print lines + 0, types + 0, all + 0, root_lines + 0, roots + 0, fails + 0, conditions + 0 }
  '
}

for project in "$corpus"/*/*; do
  echo "${project#"$corpus"/} $(our_project "$project" | count) $(kopium_project "$project" | count)"
done | awk '
  function row(name, end) {
    printf "%-44s %7s %7s %6s %6s %7s %7s%s\n", name, v[2], v[5], v[3], v[6], v[4], v[7], end
  }
  BEGIN { v[2] = "lines"; v[3] = "types"; v[4] = "all"; v[5] = v[6] = v[7] = "kopium"; row("project", "") }
  function why() {
    if (v[2] <= v[5] && v[3] <= v[6]) return ""
    if (!v[6]) return "  larger: kopium writes none"
    if (v[2] - roots_lines <= v[5] && v[3] - roots <= v[6]) return "  larger by the structs of its " roots " kinds, " roots_lines " lines"
    if (fails) return "  larger: kopium fails on " fails " versions"
    return conditions ? "  larger: kopium takes Kubernetes\047 own Condition, whose fields differ" : "  larger"
  }
  { v[2] = $2; v[3] = $3; v[4] = $4; roots_lines = $5; roots = $6; v[5] = $9; v[6] = $10; v[7] = $11; fails = $14; conditions = $15 }
  { for (i = 2; i <= 7; i++) sum[i] += v[i]; row($1, why()) }
  END {
    for (i = 2; i <= 7; i++) v[i] = sum[i]
    row("all", "")
    printf "lines of definitions: %.2f of kopium\047s; types: %.2f; all lines: %.2f\n", v[2] / v[5], v[3] / v[6], v[4] / v[7]
  }
'
