#!/usr/bin/env bash
# Installs what is missing, builds the release and runs all tests.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh
echo "== test: running"
ctest --preset release -j 2 "$@"
