#!/usr/bin/env bash
# Our informers beside kube's reflector and client-go's informer, against one canned server. Arguments go to `compare`:
# --rounds N, --seconds S, --only sync|lister|latency. GOGC is Go's default, 100, unless the environment says otherwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

peers=$PWD/target/peers
mkdir -p "$peers"
(cd benches/peers && go build -o "$peers/" ./server ./client-go)
cargo build --release --package informer-benches
echo "GOGC=${GOGC:-100}, $(nproc) cores, $(go version)"
exec target/release/compare --peers "$peers" "$@"
