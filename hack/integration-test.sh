#!/usr/bin/env bash
# Runs the end-to-end suite against the cluster that the current kubeconfig names. It installs the CRDs, works in
# namespaces of its own (label aigateway-client/e2e), and removes those also when a test fails. The CRDs stay.
#
# usage: hack/integration-test.sh [TEST...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kubeconfig=$(mktemp)
kubectl config view --raw --minify --flatten >"$kubeconfig"

cleanup() {
  kubectl --kubeconfig "$kubeconfig" delete namespaces --selector aigateway-client/e2e --wait=false --ignore-not-found || true
  kubectl --kubeconfig "$kubeconfig" delete crd --ignore-not-found \
    animals.zoo.example.com options.zoo.example.com types.zoo.example.com || true
  rm -f "$kubeconfig"
}
trap cleanup EXIT

E2E_KUBECONFIG="$kubeconfig" cargo test --package integration-tests --test e2e -- "$@"
