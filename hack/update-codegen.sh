#!/usr/bin/env bash
# The name that Kubernetes repositories give it; `make codegen` does the work.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec make codegen
