#!/usr/bin/env bash
# Runs clang-tidy with the checks of .clang-tidy on our sources: all of them, or those named.
#   scripts/tidy.sh [--quick | FILE.cc...]
# --quick is what the tests run: the folders whose sources include neither LibTorch nor deal.II, without the checks of the
# static analyzer, which take two thirds of the time. All sources with all checks take about an hour and a half of
# processor time.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v clang-tidy >/dev/null || { echo "tidy: needs clang-tidy (Debian package clang-tidy)" >&2; exit 1; }

# Compile commands without the precompiled headers of GCC, which clang cannot read. Nothing is built.
build=build/tidy
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset release -B $build -DCMAKE_CXX_COMPILER_LAUNCHER= -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
  -DSECO_UNITY_BUILD=OFF -DSECO_WARNINGS_AS_ERRORS=OFF >"$log" 2>&1 ||
  { cat "$log" >&2; echo "tidy: configuring failed" >&2; exit 1; }

all=(materials surrogate c_interface python plugin macro_examples tests)
compiled() {  # of the files on standard input, those that are compiled; the others have no command
  grep -E '\.cc$' | while read -r file; do
    if grep -q "\"file\": \"$PWD/$file\"" $build/compile_commands.json; then echo "$file"; fi
  done
}
case "${1:-}" in
  "") files=$(find "${all[@]}" -name '*.cc' | compiled) ;;
  --quick)
    files=$(find materials c_interface -name '*.cc' | compiled)
    export TIDY_CHECKS='-clang-analyzer-*'
    ;;
  *) files=$(printf '%s\n' "$@" | compiled) ;;
esac
[ -n "$files" ] || { echo "tidy: none of these files is compiled" >&2; exit 1; }

check() {
  local options=(--extra-arg=-Wno-unknown-warning-option ${TIDY_CHECKS:+"--checks=$TIDY_CHECKS"})
  # Clang needs this type complete before LibTorch's headers use it in C++20.
  case "$1" in surrogate/* | tests/surrogate/*) options+=(--extra-arg=-include --extra-arg=ATen/core/ivalue.h) ;; esac
  clang-tidy -p "$2" --quiet --warnings-as-errors='*' "${options[@]}" "$1" 2>/dev/null ||
    { echo "tidy: $1 does not pass" >&2; return 1; }
}
export -f check
echo "$files" | xargs -P "${TIDY_JOBS:-$(nproc)}" -I{} bash -c 'check "$1" "$2"' _ {} $build
echo "== tidy: $(echo "$files" | wc -l) files pass"
