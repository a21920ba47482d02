#!/usr/bin/env bash
# Compares our informers, also compact ones, with kube's reflector and client-go's informer on a canned server, and lookups with
# those in kube's store in one process. Arguments of `compare`: --rounds N, --seconds S, --only sync|lister|latency|lookups. GOGC
# is 100 (Go's default) unless set in the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

peers=$PWD/target/peers
mkdir -p "$peers"
(cd benches/peers && go build -o "$peers/" ./server ./client-go)
cargo build --release --package informer-benches
echo "GOGC=${GOGC:-100}, $(nproc) cores, $(go version)"
exec target/release/compare --peers "$peers" "$@"
