#!/usr/bin/env bash
# Formats all C++ sources in place; with --check only reports files that are not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v clang-format >/dev/null || { echo "format: needs clang-format (Debian package clang-format)" >&2; exit 1; }
arguments=(-i)
[ "${1:-}" = --check ] && arguments=(--dry-run --Werror)
find simd materials surrogate c_interface python plugin macro_examples tests \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 clang-format "${arguments[@]}"
