#!/usr/bin/env bash
# What only a machine with a GPU can do: builds materials and surrogate against the LibTorch of a Python package
# (or Torch_DIR), runs their tests, trains the shipped models from their .prm on the GPU and measures them.
#   scripts/gpu_benchmark.sh OUT_FOLDER
# Leaves in OUT_FOLDER: models/, test.log, evaluation of each model on GPU and CPU as JSON, times of the engines that
# certify a tolerance as Markdown.
# Needs cmake, ninja, a CUDA toolkit and the headers of HDF5, Eigen, fmt, spdlog, CLI11, nlohmann-json and GoogleTest.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?usage: scripts/gpu_benchmark.sh OUT_FOLDER}
mkdir -p "$out"
out=$(cd "$out" && pwd)
torch=${Torch_DIR:-$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path + "/Torch")')}

echo "== gpu: building"
cmake --preset surrogate-only -DTorch_DIR="$torch" >"$out/build.log" 2>&1 &&
  cmake --build --preset surrogate-only >>"$out/build.log" 2>&1 ||
  { tail -n 30 "$out/build.log" >&2; echo "gpu: the build failed, see build.log" >&2; exit 1; }
seco=build/surrogate-only/bin/seco
echo "== gpu: testing"
ctest --test-dir build/surrogate-only --output-on-failure >"$out/test.log" 2>&1 || tail -n 30 "$out/test.log"
for model in polycrystal_3d pores_2d composite_3d; do
  echo "== gpu: training $model"
  mkdir -p "$out/prm"
  cp "prm/train_${model}_gpu.prm" "$out/prm/"
  "$seco" train "$out/prm/train_${model}_gpu.prm" --device cuda
  for device in cuda cpu; do
    "$seco" evaluate "$out/models/$model" "$out/results/${model}_gpu.h5" --device "$device" --json "$out/$model.$device.json" >/dev/null
  done
done
echo "== gpu: engines that certify a tolerance"
for device in cuda cpu; do
  build/surrogate-only/bin/engine_table --grid 32 --rves 64 --tolerances 1e-2,1e-3 --device "$device" >"$out/engine_table.$device.md"
done
echo "== gpu: done, results in $out"
