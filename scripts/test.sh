#!/usr/bin/env bash
# Installs what is missing, builds the release and runs all tests.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh
echo "== test: running"
# Two tests at a time, each with one thread: waiting threads would take the core of the other test.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
ctest --preset release -j 2 "$@"
