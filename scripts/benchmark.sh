#!/usr/bin/env bash
# Measures this machine and this build: floors, reference solver, networks, engines, macro runs, scaling.
#   scripts/benchmark.sh [OUT.md] [--quick]
# Builds the programs in build/release first and writes one Markdown page, results/benchmark.md unless named, and a
# folder of JSON values beside it. --quick takes under three minutes, the whole under forty, with muGrid a quarter of an hour more. Let nothing else run.
# PYTHON names a Python with the packages muSpectre and h5py, MUGRID_PYTHON (else PYTHON) one with muGrid 1.6 and h5py, whose
# solvers are then measured as well. They need environments of their own: muSpectre brings an old muGrid.
set -euo pipefail
here=$(pwd)
cd "$(dirname "$0")/.."

out=
quick=
for argument in "$@"; do
  case $argument in
    --quick) quick=1 ;;
    -*) echo "benchmark: the option '$argument' is not known; usage: scripts/benchmark.sh [OUT.md] [--quick]" >&2; exit 1 ;;
    *) [ -z "$out" ] || { echo "benchmark: more than one output file: '$out' and '$argument'" >&2; exit 1; }
       out=$argument ;;
  esac
done
case ${out:=$PWD/results/benchmark.md} in /*) ;; *) out=$here/$out ;; esac
values=${out%.md}.values
mkdir -p "$values"

bin=build/release/bin
python=${PYTHON:-python3}
mugrid_python=${MUGRID_PYTHON:-$python}
# Written by CMake where their libraries are found.
optional=(start_table deformation_benchmark network_benchmark macro_benchmark rve_scaling)
programs=(seco machine_benchmark solver_benchmark engine_table)

echo "== benchmark: building"
if [ ! -f build/release/build.ninja ]; then cmake --preset release >"$values/build.log" 2>&1 ||
  { tail -n 30 "$values/build.log" >&2; echo "benchmark: configuring failed, see $values/build.log" >&2; exit 1; }; fi
targets=("${programs[@]}")
for program in "${optional[@]}"; do
  if grep -q "^build bin/$program:" build/release/build.ninja; then targets+=("$program"); fi
done
cmake --build --preset release --target "${targets[@]}" >"$values/build.log" 2>&1 ||
  { tail -n 30 "$values/build.log" >&2; echo "benchmark: the build failed, see $values/build.log" >&2; exit 1; }
for program in "${targets[@]}"; do
  [ -x "$bin/$program" ] || { echo "benchmark: the program $bin/$program is missing" >&2; exit 1; }
done

# What was measured stays there if a program fails.
page=$out.part
: >"$page"
say() { echo "$*" >>"$page"; }
# section TITLE COMMAND...: the output of a program as a section.
section() {
  local title=$1
  shift
  echo "== benchmark: $title"
  local command=$*
  { say ""; say "## $title"; say ""; say "\`${command//$values/VALUES}\`"; say ""; }
  "$@" >>"$page" || { echo "benchmark: '$*' failed" >&2; exit 1; }
}

package_version() { dpkg-query -W -f='${Version}' "$1" 2>/dev/null || echo "not a Debian package here"; }
blas() {
  local library
  library=$(ldd build/release/lib/libseco_surrogate.so | awk '/libopenblas|libmkl|libblis|libblas/ {print $3}' | sort -r | head -n 1)
  readlink -f "${library:-unknown}" | sed 's|.*/||'
}
libtorch() {
  local folder
  folder=$(sed -n 's/^Torch_DIR:[A-Z]*=//p' build/release/CMakeCache.txt)
  case $folder in
    /usr/*) package_version libtorch-dev ;;
    *) sed -n 's/.*PACKAGE_VERSION "\([0-9.]*\)".*/\1/p' "$folder/TorchConfigVersion.cmake" | head -n 1 ;;
  esac
}
# Processor seconds: of all programs on this machine, and of those started here.
all_seconds() { awk -v hertz="$(getconf CLK_TCK)" '/^cpu / {print ($2 + $3 + $4 + $7 + $8 + $9) / hertz}' /proc/stat; }
own_seconds() { awk -v hertz="$(getconf CLK_TCK)" '{print ($14 + $15 + $16 + $17) / hertz}' /proc/$$/stat; }
machine_page() {
  say "# Benchmark"
  say ""
  say "Written by \`scripts/benchmark.sh${quick:+ --quick}\`."
  say ""
  say "| | |"
  say "|---|---|"
  say "| date | $(date -u +%Y-%m-%d) |"
  say "| revision | $(git describe --always --dirty 2>/dev/null || echo 'not a git checkout') |"
  lscpu | awk -F: '/^Model name|^Socket\(s\)|^Core\(s\) per socket|^Thread\(s\) per core|^L1d cache|^L2 cache|^L3 cache|^Hypervisor vendor/ {
    sub(/^ +/, "", $2); print "| " $1 " | " $2 " |"}' >>"$page"
  say "| cores this process may use | $(nproc) |"
  say "| memory | $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo) |"
  say "| load when started | $(cut -d' ' -f1 /proc/loadavg) |"
  say "| system | $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r) |"
  say "| compiler | $(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' build/release/CMakeCache.txt | xargs -I{} sh -c '{} --version | head -n 1') |"
  say "| seco | $($bin/seco --version 2>/dev/null | head -n 1 || echo unknown) |"
  say "| LibTorch | $(libtorch) |"
  say "| FFTW | $(package_version libfftw3-dev) |"
  say "| BLAS | $(blas) |"
  say "| deal.II | $(package_version libdeal.ii-dev) |"
}

machine_page
all_before=$(all_seconds) own_before=$(own_seconds) started=$SECONDS
if [ -n "$quick" ]; then
  section "Machine" $bin/machine_benchmark --seconds 0.2 --grids 32,64 --working-sets 2,32,256 --json "$values/machine.json"
  section "Reference solver" $bin/solver_benchmark --cases copper --grids 32,64 --precisions single --seconds 0.2 \
    --rve-folder "$values" --json "$values/solver.json"
  section "Reference solver, pores" $bin/solver_benchmark --cases pores --grids 32 --precisions single --seconds 0.1 \
    --rve-folder "$values" --json "$values/solver_pores.json"
  section "Reference solver, one thread" $bin/solver_benchmark --cases sphere --grids 32 --threads 1 --seconds 0.1 \
    --rve-folder "$values" --json "$values/solver_1.json"
else
  section "Machine" $bin/machine_benchmark --json "$values/machine.json"
  section "Reference solver" $bin/solver_benchmark --grids 32,64 --rve-folder "$values" --json "$values/solver.json"
  section "Reference solver, one thread" $bin/solver_benchmark --cases sphere --grids 64,128 --threads 1 --seconds 0.5 \
    --rve-folder "$values" --json "$values/solver_1.json"
  section "Reference solver, eight RVEs at a time" $bin/solver_benchmark --cases copper,pores --grids 32 --rves 8 \
    --precisions single --json "$values/solver_8.json"
fi

# peer NAME PYTHON VARIABLE CHECK PACKAGES COMMAND...: a section of another code, if its packages are there.
peer() {
  local name=$1 interpreter=$2 variable=$3 check=$4 packages=$5
  shift 5
  if "$interpreter" -c "$check" 2>/dev/null; then
    section "Another code: $name" "$interpreter" "$@"
  else
    say ""; say "## Another code: $name"; say ""
    say "Not measured: $interpreter has not $(sed 's/==[0-9.]*//g; s/ / and /' <<<"$packages") (\`pip install $packages\`, then"
    say "\`$variable=that/python3 scripts/benchmark.sh\`)."
  fi
}
peers=surrogate/benchmarks
peer muSpectre "$python" PYTHON 'import muSpectre, h5py' 'muSpectre==0.27.0 h5py' \
  $peers/muspectre_benchmark.py "$values/solver.json" --cases copper --grids $([ -n "$quick" ] && echo 32 || echo 32,64)
peer "muSpectre, plasticity" "$python" PYTHON 'import muSpectre, h5py' 'muSpectre==0.27.0 h5py' \
  $peers/muspectre_plasticity.py $bin/seco --json "$values/plasticity.json" \
  $([ -n "$quick" ] && echo --grid 15 --repetitions 1 || echo --grid 27 --repetitions 2)
mugrid() {
  peer "muGrid, $1" "$mugrid_python" MUGRID_PYTHON 'from muGrid import IsotropicStiffnessOperator; import h5py' \
    'muGrid==1.6.1 h5py' $peers/mugrid_benchmark.py "${@:2}" --cases sphere ${quick:+--repetitions 1}
}
mugrid "one thread" "$values/solver_1.json" $([ -n "$quick" ] || echo --grids 64,128 --repetitions 1)
[ -n "$quick" ] || mugrid "all cores" "$values/solver.json" --grids 64

if [ -n "$quick" ]; then
  section "Engines" $bin/engine_table --grid 16 --rves 4 --tolerances 1e-2 --contrasts 1e-2,100
else
  section "Engines" $bin/engine_table --grid 32 --rves 8 --tolerances 1e-2 --contrasts 1e-2,0.1,10,100
fi
# optional_section PROGRAM TITLE COMMAND...
optional_section() {
  local program=$1 title=$2
  shift 2
  if [ -x "$bin/$program" ]; then
    section "$title" "$@"
  else
    say ""; say "## $title"; say ""; say "Not measured: $program is not part of this build."
  fi
}
optional_section start_table "Starts" $bin/start_table --model models/polarization_composite_3d --rivals --tolerances 1e-2 \
  $([ -n "$quick" ] && echo --grid 16 --rves 2 --repetitions 1 --contrasts 1e-2,100)
optional_section deformation_benchmark "Nonlinear RVEs" $bin/deformation_benchmark $([ -n "$quick" ] && echo --grids 16,32 --rves 16 --seconds 1)
optional_section network_benchmark "Network" $bin/network_benchmark ${quick:+--quick}
optional_section macro_benchmark "Macroscale" $bin/macro_benchmark --solvers Trilinos PETSc matrix-free deal.II \
  ${quick:+--refinements 1}
optional_section rve_scaling "Many RVEs and ranks" env RANKS="1 2" plugin/benchmarks/scaling.sh --grid 16 --rves $([ -n "$quick" ] && echo 16 || echo 256)

others=$(awk -v all="$(all_seconds)" -v all_before="$all_before" -v own="$(own_seconds)" -v own_before="$own_before" \
  -v wall="$((SECONDS - started))" -v cores="$(nproc --all)" \
  'BEGIN {share = 100 * (all - all_before - own + own_before) / (wall * cores + 1); printf "%.0f", (share > 0 ? share : 0)}')
say ""
say "Measured in $((SECONDS - started)) s. Other programs took $others % of the processors' time meanwhile; beyond a few per"
say "cent the times above are too long."
[ "$others" -lt 5 ] || echo "benchmark: other programs took $others % of the processors' time; measure again without them" >&2

mv "$page" "$out"
echo "== benchmark: done, $out and $values"
