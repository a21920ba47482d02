#!/usr/bin/env bash
# Runs etcd and kube-apiserver on loopback until standard input ends or a signal is received, then stops both and removes their
# data. `cargo xtask control-plane` starts it, and holds its standard input open: if the task crashes, both servers are stopped.
# With CONTROL_PLANE_STAYS=yes only a signal stops them.
#
# Lines of standard input are commands, for tests of failing servers: "kill SERVER", "start SERVER", "freeze SERVER" and
# "thaw SERVER", where SERVER is etcd or kube-apiserver; "save" copies the data of etcd and "restore" restores the copy, both
# while kube-apiserver and etcd are killed. Each command is answered with "done" on standard output.
#
# usage: run.sh BIN_DIR DATA_DIR ETCD_PORT PEER_PORT API_PORT
set -euo pipefail
bin=$1 data=$2 etcd_port=$3 peer_port=$4 api_port=$5
mkdir -p "$data"
pids=(0 0)

stop() {
  trap - EXIT INT TERM HUP
  # The data is removed, so no orderly shutdown is needed, in which kube-apiserver would wait for its clients and for etcd.
  for pid in "${pids[@]}"; do [ "$pid" = 0 ] || kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do [ "$pid" = 0 ] || wait "$pid" 2>/dev/null || true; done
  rm -rf "$data"
}
trap stop EXIT
trap "stop; exit 1" INT TERM HUP

openssl genrsa -out "$data/service-accounts.key" 2048 2>/dev/null
token=$(openssl rand -hex 16)
printf '%s,admin,admin,system:masters\n' "$token" >"$data/tokens.csv"

# In process groups of their own, so that Ctrl-C is sent to this script only, which stops both.
start_etcd() {
  setsid "$bin/etcd" --data-dir "$data/etcd" --unsafe-no-fsync --log-level error \
    --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
    --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
    --initial-cluster "default=http://127.0.0.1:$peer_port" >>"$data/etcd.log" 2>&1 </dev/null &
  pids[0]=$!
}
start_kube_apiserver() {
  setsid "$bin/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd_port" --cert-dir "$data/certs" \
    --bind-address 127.0.0.1 --secure-port "$api_port" --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file "$data/service-accounts.key" --service-account-signing-key-file "$data/service-accounts.key" \
    --token-auth-file "$data/tokens.csv" --authorization-mode RBAC --service-cluster-ip-range 10.0.0.0/24 \
    --disable-admission-plugins ServiceAccount ${CONTROL_PLANE_FLAGS:-} >>"$data/kube-apiserver.log" 2>&1 </dev/null &
  pids[1]=$!
}
start_etcd
start_kube_apiserver

for _ in $(seq 900); do
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null || { echo "a server ended while starting:" >&2; tail -n 5 "$data"/*.log >&2; exit 1; }
  done
  if [ -f "$data/certs/apiserver.crt" ] &&
    curl --silent --fail --max-time 2 --cacert "$data/certs/apiserver.crt" --header "Authorization: Bearer $token" \
      "https://127.0.0.1:$api_port/readyz" >/dev/null; then
    ready=yes
    break
  fi
  sleep 0.1
done
[ "${ready:-}" = yes ] || { echo "kube-apiserver was not ready within 90 seconds:" >&2; tail -n 5 "$data"/*.log >&2; exit 1; }

cat >"$data/kubeconfig.new" <<YAML
apiVersion: v1
kind: Config
current-context: control-plane
clusters:
- name: control-plane
  cluster: {server: "https://127.0.0.1:$api_port", certificate-authority: "$data/certs/apiserver.crt"}
users:
- name: admin
  user: {token: "$token"}
contexts:
- name: control-plane
  context: {cluster: control-plane, user: admin, namespace: default}
YAML
mv "$data/kubeconfig.new" "$data/kubeconfig"
echo "$data/kubeconfig"

execute() {
  local which=0
  [ "${2:-}" = kube-apiserver ] && which=1
  case $1 in
    kill) kill -KILL "${pids[$which]}" && { wait "${pids[$which]}" 2>/dev/null || true; } ;;
    start) if [ "$which" = 1 ]; then start_kube_apiserver; else start_etcd; fi ;;
    freeze) kill -STOP "${pids[$which]}" ;;
    thaw) kill -CONT "${pids[$which]}" ;;
    save) rm -rf "$data/saved" && cp -r "$data/etcd" "$data/saved" ;;
    restore) rm -rf "$data/etcd" && cp -r "$data/saved" "$data/etcd" ;;
    *) echo "unknown command: $*" >&2 ;;
  esac
}

if [ "${CONTROL_PLANE_STAYS:-}" = yes ]; then
  # The caller may wait until standard output is closed.
  exec >/dev/null 2>&1
  # A signal interrupts `wait`, but not a command in the foreground.
  wait "${pids[1]}" || true
else
  while read -r command server; do
    execute "$command" "$server"
    echo done
  done
fi
