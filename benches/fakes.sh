#!/usr/bin/env bash
# Compares the in-memory server with the fakes of client-go and controller-runtime, each with its client in one process. Arguments
# of `compare-fakes`: --rounds N, --seconds S.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

peers=$PWD/target/peers
mkdir -p "$peers"
(cd benches/peers && go build -o "$peers/" ./fakes)
cargo build --release --package fake-benches
echo "$(nproc) cores, $(go version)"
exec target/release/compare-fakes --peers "$peers" "$@"
