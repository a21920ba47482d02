#!/usr/bin/env bash
# Compares our controllers with kube's and controller-runtime's on a canned server, and on the server in memory. Arguments of
# `compare-controllers`: --rounds N, --seconds S, --objects N, --workers W, --only changes|throughput|memory-server. GOGC is 100
# (Go's default) unless set in the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

peers=$PWD/target/peers
mkdir -p "$peers"
(cd benches/peers && go build -o "$peers/" ./server ./controller-runtime)
cargo build --release --package controller-benches
cargo build --release --package kube-fake-apiserver --features cli
echo "GOGC=${GOGC:-100}, $(nproc) cores, $(go version)"
exec target/release/compare-controllers --peers "$peers" "$@"
