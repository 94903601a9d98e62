#!/usr/bin/env bash
# Compiles the CUDA kernels without a GPU, LibTorch or a CUDA toolkit: with NVIDIA's compiler from PyPI, in a virtual
# environment of its own. Prints registers and spills of every kernel. What calls the kernels on tensors is not compiled.
#   scripts/compile_cuda.sh [--arch sm_80,sm_90] [--keep FOLDER]
# --keep names a folder for the environment, some 400 MB, which the next call finds again; else it is removed.
set -euo pipefail
cd "$(dirname "$0")/.."

version='13.0.*'
arches=sm_80,sm_90
folder=
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arches=${2:?--arch needs architectures, as sm_80,sm_90}; shift 2 ;;
    --keep) folder=${2:?--keep needs a folder}; shift 2 ;;
    *) echo "compile_cuda: '$1' is not known; usage: scripts/compile_cuda.sh [--arch sm_80,sm_90] [--keep FOLDER]" >&2; exit 1 ;;
  esac
done
if [ -z "$folder" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
if [ ! -x "$folder/bin/pip" ]; then python3 -m venv "$folder"; fi
# All of one version: a newer part of them is refused by the others.
"$folder/bin/pip" install -q "nvidia-cuda-nvcc==$version" "nvidia-cuda-runtime==$version" "nvidia-nvvm==$version" \
  "nvidia-cuda-crt==$version" "nvidia-cuda-cccl==$version"
cuda=$(ls -d "$folder"/lib/python3*/site-packages/nvidia/cu13)
object=$(mktemp)
for file in surrogate/operators/cuda/*.cu; do
  for arch in ${arches//,/ }; do
    echo "== $file, $arch"
    log=$(PATH=$cuda/bin:$PATH nvcc -std=c++17 -O3 -arch="$arch" -Xptxas -v -I surrogate/operators/cuda \
      -I surrogate/grid -I materials/laws -I materials/include --expt-relaxed-constexpr -c "$file" -o "$object" 2>&1) || { echo "$log" >&2; rm -f "$object"; exit 1; }
    echo "$log" | "$folder/bin/python" -c '
import re, subprocess, sys
text = sys.stdin.read()
for name, spills, registers in re.findall(
        r"entry function .(\S+?). for.*?(\d+) bytes spill stores.*?Used (\d+) registers", text, re.DOTALL):
    plain = subprocess.run(["c++filt", name], capture_output=True, text=True).stdout.strip()
    plain = re.sub(r"seco::surrogate::cuda::|\(anonymous namespace\)::|^void ", "", plain)
    print(f"{registers:>4} registers, {spills:>4} bytes spilled  {plain.split(chr(40))[0]}")'
  done
done
rm -f "$object"
