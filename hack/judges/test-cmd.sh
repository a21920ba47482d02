#!/usr/bin/env bash
# Runs the functions of kubectl's command tests (test/cmd of k8s.io/kubernetes) on the server of a kubeconfig.
# Usage: test-cmd.sh SOURCES KUBECONFIG KUBECTL LOGS
# Prints "ok NAME" or "failed NAME" for each function; its output is LOGS/NAME.log.
set -o errexit -o nounset -o pipefail

sources=$1 kubeconfig=$2 kubectl=$3 logs=$4
export TERM=${TERM:-dumb} LANG=C
# The version of the in-memory server has a suffix, which --match-server-version refuses.
export ALLOW_SKEW=yes
mkdir -p "$logs"
cd "$sources"

server=$("$kubectl" --kubeconfig "$kubeconfig" config view --minify --raw -o 'jsonpath={.clusters[0].cluster.server}')
token=$("$kubectl" --kubeconfig "$kubeconfig" config view --minify --raw -o 'jsonpath={.users[0].user.token}')
export SECURE_API_PORT=${server##*:}
# The tests read the certificate of the server in $TMPDIR, and kubectl writes paths below the folder of the kubeconfig as relative ones.
export TMPDIR=$logs/tmp
mkdir -p "$TMPDIR"
"$kubectl" --kubeconfig "$kubeconfig" config view --minify --flatten -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}' \
  | base64 --decode >"$TMPDIR/apiserver.crt"
export KUBECONFIG=$logs/home/kubeconfig HOME=$logs/home
rm -rf "$HOME"
mkdir -p "$HOME" _output/bin
ln -sf "$kubectl" _output/bin/kubectl

sed -i "s/admin-token/${token:-admin-token}/g" test/cmd/*.sh
source hack/lib/init.sh
source hack/lib/test.sh
source test/cmd/legacy-script.sh >/dev/null

# The functions run in a subshell, as with upstream's reporter, but each with a time limit and a log of its own.
record_command() {
  local name=$1
  set +o errexit +o nounset
  ( "$@" ) >"$logs/$name.log" 2>&1 </dev/null &
  local test=$!
  ( sleep "${TEST_CMD_SECONDS:-240}"; kill -- "$test" ) >/dev/null 2>&1 &
  local limit=$!
  if wait "$test"; then echo "ok $name" >&3; else echo "failed $name" >&3; fi
  pkill --parent "$limit" 2>/dev/null
  wait "$limit" 2>/dev/null
}
# Only what concerns these tests: the servers are not ours to stop.
cleanup() { stop-proxy; }

exec 3>&1 >"$logs/harness.log" 2>&1
kube::util::ensure-temp-dir
kube::util::ensure-gnu-sed
CONTEXT=test
kubectl config set-credentials test-admin --token "${token:-admin-token}"
kubectl config set-cluster local --insecure-skip-tls-verify --server "$server"
kubectl config set-context "$CONTEXT" --user test-admin --cluster local
kubectl config use-context "$CONTEXT"
# The tests expect the node that upstream's harness creates.
kubectl create -f - <<'MANIFEST' || true
{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "127.0.0.1", "annotations": {"save-managers": "true"}}, "status": {"capacity": {"memory": "1Gi"}}}
MANIFEST
export SUPPORTED_RESOURCES=("*")
# With a selection, runTests sets its variables and runs that function only; what is between the functions of the whole run ends
# it at the first failure.
WHAT=kubectl_version runTests || true
set +o errexit
for name in $(grep --only-matching '^ *record_command run_[a-zA-Z_]*' test/cmd/legacy-script.sh | sed 's|.* ||' | awk '!seen[$0]++'); do
  [ "$name" = run_kubectl_version_tests ] || record_command "$name"
done
