#!/usr/bin/env bash
# Configures and builds the release in build/release.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== build: configuring"
log=$(mktemp)
cmake --preset release >"$log" 2>&1 || { cat "$log" >&2; echo "build: configuring failed" >&2; exit 1; }
rm -f "$log"
echo "== build: compiling (build/release)"
cmake --build --preset release -- --quiet
echo "== build: done"
