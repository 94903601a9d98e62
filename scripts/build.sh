#!/usr/bin/env bash
# Configures the release and builds it in build/release: all of it, or the targets that are named.
#   scripts/build.sh [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== build: configuring"
log=$(mktemp)
cmake --preset release >"$log" 2>&1 || { cat "$log" >&2; echo "build: configuring failed" >&2; exit 1; }
rm -f "$log"
echo "== build: compiling (build/release)"
targets=()
[ $# -gt 0 ] && targets=(--target "$@")
cmake --build --preset release "${targets[@]}" -- --quiet
echo "== build: done"
