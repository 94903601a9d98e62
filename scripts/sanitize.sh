#!/usr/bin/env bash
# Builds tests with sanitizers and runs them.
#   scripts/sanitize.sh address [TARGET...]   address, leaks and undefined behaviour: test_materials, the corpus of
#                                             the fuzzers, test_surrogate, test_c_interface, test_plugin, or those named
#   scripts/sanitize.sh kernels               the kernels of the CPU with address and undefined behaviour
#   scripts/sanitize.sh thread                what works with threads of its own; this and kernels use build/release
set -euo pipefail
cd "$(dirname "$0")/.."
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

address() {
  local formats=() targets=("$@") target
  for target in tests/fuzz/corpus/*; do formats+=("replay_$(basename "$target")"); done
  [ ${#targets[@]} -gt 0 ] || targets=(test_materials "${formats[@]}" test_surrogate test_c_interface test_plugin)
  cmake --preset asan >/dev/null
  export ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1
  export LSAN_OPTIONS=suppressions=$PWD/tests/sanitizers/leaks.supp:print_suppressions=0
  export UBSAN_OPTIONS=print_stacktrace=1
  for target in "${targets[@]}"; do
    echo "== sanitize: $target"
    # The list of a program's tests comes from the program itself.
    ASAN_OPTIONS=detect_leaks=0 cmake --build --preset asan --target "$target" -- --quiet
    case "$target" in
      replay_*) build/asan/bin/"$target" tests/fuzz/corpus/"${target#replay_}" | tail -n 1 ;;
      # What MPI leaves behind at its end comes from libraries that are unloaded by then and have no names.
      test_plugin) ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 build/asan/bin/"$target" --gtest_brief=1 ;;
      test_surrogate)
        build/asan/bin/"$target" --gtest_brief=1 --gtest_filter=-DataParallelTraining.*
        ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 build/asan/bin/"$target" --gtest_brief=1 --gtest_filter=DataParallelTraining.* ;;
      *) build/asan/bin/"$target" --gtest_brief=1 ;;
    esac
  done
}

kernels() {
  cmake --preset release >/dev/null
  cmake --build --preset release --target test_kernels_address -- --quiet
  ASAN_OPTIONS=detect_leaks=0 build/release/bin/test_kernels_address --gtest_brief=1
}

threads() {
  cmake --preset release >/dev/null
  cmake --build --preset release --target test_threads test_threads_c_interface -- --quiet
  export OMP_NUM_THREADS=1 TSAN_OPTIONS=suppressions=$PWD/tests/sanitizers/threads.supp:print_suppressions=0
  build/release/bin/test_threads --gtest_brief=1
  build/release/bin/test_threads_c_interface --gtest_brief=1 --gtest_filter='*Threads*'
}

case "${1:-}" in
  address) shift; address "$@" ;;
  kernels) kernels ;;
  thread) threads ;;
  *) sed -n '2,6s/^# //p' "$0"; exit 1 ;;
esac
echo "== sanitize: nothing found"
