#!/usr/bin/env bash
# What only a machine with a GPU can do: builds materials and surrogate against the LibTorch of a Python package (or
# Torch_DIR), runs their tests, trains the shipped models from their .prm on the GPU and measures kernels and engines.
#   scripts/gpu_benchmark.sh OUT_FOLDER              everything, one part after the other
#   scripts/gpu_benchmark.sh OUT_FOLDER PART...      these parts only
# Parts, each under ten minutes on an H100:
#   build       cmake --preset gpu, log in build.log
#   test        tests of materials and surrogate, among them GPU = CPU; test.log
#   train [MODEL...]   datasets and training from prm/train_MODEL_gpu.prm; a part that is cut off goes on when run again;
#               models/, and the evaluation of each on both devices as JSON
#   benchmark   floors, kernels, engines at 32^3, 64^3, 128^3, with the models of this run or else the shipped ones, the
#               engines that certify a tolerance, and increments of nonlinear RVEs at 32^3, 64^3, as Markdown and JSON
#   pack        for the day before, on a Debian machine: copies the libraries other than LibTorch and CUDA into
#               OUT_FOLDER/dependencies.tar.xz; name that file in SECO_DEPENDENCIES on a machine that lacks them
# Needs cmake, ninja, a CUDA toolkit, a LibTorch with CUDA, and the small libraries of
# docs/dependencies.md. Environment, for smaller or other runs:
#   SECO_DEVICE (cuda), SECO_PYTHON (python3), SECO_GRIDS (32,64,128), SECO_VOXELS (voxels of a batch, 8388608),
#   SECO_SECONDS (of a measurement, 1), SECO_MODELS (polycrystal_3d pores_2d composite_3d), SECO_RVES (rows of the table
#   of engines, 64), SECO_LAW_GRIDS (32,64), SECO_LAW_RVES (nonlinear RVEs of a batch, 32),
#   SECO_TRAIN_SET (lines "subsection/key = value" that replace those of the .prm files)
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: scripts/gpu_benchmark.sh OUT_FOLDER [build|test|train|benchmark|pack]..." >&2; exit 1; }
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
device=${SECO_DEVICE:-cuda}
python=${SECO_PYTHON:-python3}
build=${SECO_BUILD:-build/gpu}
read -ra models <<<"${SECO_MODELS:-polycrystal_3d pores_2d composite_3d}"

run_build() {
  echo "== gpu: building, $(date +%T)"
  local torch=${Torch_DIR:-}
  [ -n "$torch" ] || torch=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path + "/Torch")') ||
    { echo "gpu: $python has no module torch; set SECO_PYTHON or Torch_DIR" >&2; exit 1; }
  local options=(-DTorch_DIR="$torch")
  if [ -n "${SECO_DEPENDENCIES:-}" ]; then
    local prefix
    if [ -f "$SECO_DEPENDENCIES" ]; then
      tar -C "$out" -xJf "$SECO_DEPENDENCIES"
      SECO_DEPENDENCIES=$out/dependencies
    fi
    prefix=$(cd "$SECO_DEPENDENCIES" && pwd)
    # Search paths of the old kind also hold for what these libraries need themselves.
    local libraries
    libraries=$(dirname "$(find "$prefix/lib" -name libhdf5.so)")
    local search="-Wl,--disable-new-dtags,-rpath-link,$libraries"
    options+=(-DCMAKE_PREFIX_PATH="$prefix" -DHDF5_ROOT="$prefix" -DHDF5_hdf5_LIBRARY_RELEASE="$libraries/libhdf5.so"
      -DCMAKE_SHARED_LINKER_FLAGS="$search" -DCMAKE_EXE_LINKER_FLAGS="$search" -DCMAKE_BUILD_RPATH="$libraries")
  fi
  if [ "$device" != cpu ]; then options+=(-DSECO_WITH_CUDA=ON); fi
  { cmake --preset gpu -B "$build" "${options[@]}" && cmake --build "$build" -j "${SECO_JOBS:-$(nproc)}"; } >"$out/build.log" 2>&1 ||
    { tail -n 30 "$out/build.log" >&2; echo "gpu: the build failed, see $out/build.log" >&2; exit 1; }
}

built() {
  [ -x "$build/bin/seco" ] || { echo "gpu: there is no $build/bin/seco yet: run the part build first" >&2; exit 1; }
}

run_test() {
  built
  echo "== gpu: testing, $(date +%T)"
  ctest --test-dir "$build" --output-on-failure -j "${SECO_JOBS:-4}" ${SECO_TESTS:+-R "$SECO_TESTS"} >"$out/test.log" 2>&1 &&
    tail -n 3 "$out/test.log" || { tail -n 30 "$out/test.log" >&2; echo "gpu: tests failed, see $out/test.log" >&2; return 1; }
  if [ "$device" != cpu ]; then
    # A GPU that the tests do not see must not pass for one that they agree with.
    "$build"/bin/test_surrogate --gtest_filter='CudaKernels.*:Device.GpuAndCpuAgree' >"$out/test_gpu.log" 2>&1 ||
      { tail -n 30 "$out/test_gpu.log" >&2; echo "gpu: the GPU differs from the CPU, see $out/test_gpu.log" >&2; return 1; }
    if grep -q SKIPPED "$out/test_gpu.log"; then
      grep -A1 -i skipped "$out/test_gpu.log" | head -n 4 >&2
      echo "gpu: the tests on the GPU were skipped, see $out/test_gpu.log" >&2
      return 1
    fi
  fi
}

# Replaces "set KEY = ..." of a subsection in a parameter file.
replace_values() {
  local file=$1 line
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    "$python" - "$file" "$line" <<'PYTHON'
import re, sys
path, line = sys.argv[1:]
name, value = (part.strip() for part in line.split('=', 1))
section, key = name.split('/')
text = open(path).read()
pattern = re.compile(r'(subsection %s\n.*?set %s\s*=)[^\n]*' % (re.escape(section), re.escape(key)), re.S)
if not pattern.search(text):
    text = text.replace('subsection %s\n' % section, 'subsection %s\n  set %s = %s\n' % (section, key, value))
open(path, 'w').write(pattern.sub(lambda match: match.group(1) + ' ' + value, text, count=1))
PYTHON
  done <<<"${SECO_TRAIN_SET:-}"
}

run_train() {
  built
  local model target
  for model in "$@"; do
    echo "== gpu: training $model, $(date +%T)"
    [ -f "prm/train_${model}_gpu.prm" ] || { echo "gpu: there is no prm/train_${model}_gpu.prm" >&2; exit 1; }
    mkdir -p "$out/prm" "$out/results"
    # Paths in parameter files are relative to them: models and datasets go to the output folder.
    cp "prm/train_${model}_gpu.prm" "$out/prm/"
    replace_values "$out/prm/train_${model}_gpu.prm"
    "$build"/bin/seco train "$out/prm/train_${model}_gpu.prm" --device "$device" 2>&1 | tee -a "$out/train_$model.log"
    for target in "$device" cpu; do
      "$build"/bin/seco evaluate "$out/models/$model" "$out/results/${model}_gpu.h5" --device "$target" \
        --json "$out/$model.$target.json" >/dev/null
      [ "$device" != cpu ] || break
    done
  done
}

model_folder() {
  if [ -f "$out/models/$1/model.json" ]; then echo "$out/models/$1"; else echo "models/$1"; fi
}

run_benchmark() {
  built
  echo "== gpu: benchmark, $(date +%T)"
  if command -v nvidia-smi >/dev/null; then nvidia-smi >"$out/nvidia-smi.txt" || true; fi
  "$build"/bin/device_benchmark --device "$device" --parts floors,kernels --grids "${SECO_GRIDS:-32,64,128}" \
    --voxels "${SECO_VOXELS:-8388608}" --seconds "${SECO_SECONDS:-1}" ${SECO_ORDER:+--order "$SECO_ORDER"} \
    --json "$out/kernels.json" | tee "$out/kernels.md"
  "$build"/bin/device_benchmark --device "$device" --parts engines --grids "${SECO_GRIDS:-32,64,128}" \
    --voxels "${SECO_VOXELS:-8388608}" --seconds "${SECO_SECONDS:-1}" ${SECO_ORDER:+--order "$SECO_ORDER"} \
    --cases copper,spheres --models "$(model_folder polycrystal_3d),$(model_folder composite_3d)" \
    --json "$out/engines.json" | tee "$out/engines.md"
  "$build"/bin/engine_table --grid 32 --rves "${SECO_RVES:-64}" --tolerances 1e-2,1e-3 --device "$device" \
    ${SECO_CONTRASTS:+--contrasts "$SECO_CONTRASTS"} | tee "$out/engine_table.md"
  "$build"/bin/deformation_benchmark --device "$device" --grids "${SECO_LAW_GRIDS:-32,64}" --rves "${SECO_LAW_RVES:-32}" |
    tee "$out/laws.md"
}

run_pack() {
  local to=$out/dependencies package file libraries
  # CMake files of Debian name their libraries in this folder.
  libraries=$to/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
  echo "== gpu: packing libraries into $to"
  rm -rf "$to"
  mkdir -p "$libraries"
  for package in libhdf5-dev libhdf5-103-1 libeigen3-dev libfmt-dev libfmt9 nlohmann-json3-dev \
    libcli11-dev libgtest-dev libpugixml-dev libpugixml1v5 libyaml-cpp-dev libyaml-cpp0.7 libpng-dev libpng16-16 \
    libtiff-dev libtiff6 libdeflate0 libjbig0 libjpeg62-turbo liblerc4 liblzma5 libwebp7 libzstd1 \
    libzip-dev libzip4 libbz2-1.0 libssl3 zlib1g-dev zlib1g liblz4-dev liblz4-1 liblzma-dev \
    libfftw3-dev libfftw3-double3 libfftw3-single3; do
    dpkg -s "$package" >/dev/null 2>&1 || { echo "gpu: package $package is not installed here; run scripts/setup.sh" >&2; exit 1; }
    while IFS= read -r file; do
      [ -f "$file" ] || continue
      case $file in
        */hdf5/openmpi/* | *fortran* | *_cpp.* | *.mod | *.a.* | */fftw3*/*) ;;
        /usr/include/hdf5/serial/*) install -D -m 644 "$file" "$to/include/${file#/usr/include/hdf5/serial/}" ;;
        /usr/include/*) install -D -m 644 "$file" "$to/include/${file#/usr/include/}" ;;
        /usr/share/*cmake*) install -D -m 644 "$file" "$to/${file#/usr/}" ;;
        /usr/lib/*/cmake/*) install -D -m 644 "$file" "$libraries/cmake/${file#/usr/lib/*/cmake/}" ;;
        */hdf5/serial/libhdf5.so | */libhdf5_serial.so.103) cp -Ln "$file" "$libraries/" ;;
        */libfmt.so* | */libg*.a | \
          */libpugixml* | */libyaml-cpp.so* | */libpng16.so* | */libz.so* | */libfftw3.so* | */libfftw3f.so*) cp -P "$file" "$libraries/" ;;
      esac
    done < <(dpkg -L "$package")
  done
  # What they need themselves, but for the C and C++ libraries that every machine has.
  ldd "$libraries"/*.so* | awk '/=> \//{print $3}' | sort -u |
    grep -vE '/lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s)\.so' | xargs -r cp -Ln -t "$libraries"
  ln -sf libhdf5_serial.so.103 "$libraries/libhdf5.so"
  tar -C "$out" -cJf "$to.tar.xz" dependencies
  du -sh "$to" "$to.tar.xz"
}

[ $# -gt 0 ] || set -- build test train benchmark
while [ $# -gt 0 ]; do
  part=$1
  shift
  case $part in
    build | test | benchmark | pack) "run_$part" ;;
    train)
      asked=()
      while [ $# -gt 0 ] && [ -f "prm/train_${1}_gpu.prm" ]; do asked+=("$1"); shift; done
      [ ${#asked[@]} -gt 0 ] || asked=("${models[@]}")
      run_train "${asked[@]}" ;;
    *) echo "gpu: the part '$part' is not known; allowed are build, test, train, benchmark, pack" >&2; exit 1 ;;
  esac
done
echo "== gpu: done, results in $out"
