#!/usr/bin/env bash
# Builds the wheel of the Python package and tests it in a bare virtual environment.
#   python/build_wheel.sh [--python PYTHON] [--torch VERSION] [--out FOLDER]
# --torch VERSION: with the LibTorch of this PyTorch of the package index (some 5 GB with the CUDA libraries that it brings);
# without, with that of the system. Wheels go to FOLDER, results/wheels if it is not named.
set -euo pipefail
cd "$(dirname "$0")/.."

python=/usr/bin/python3 torch="" out=results/wheels
while [ $# -gt 0 ]; do
  case "$1" in
    --python) python=$2; shift 2 ;;
    --torch) torch=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    *) echo "build_wheel: unknown option $1; allowed are --python, --torch and --out" >&2; exit 1 ;;
  esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

echo "== wheel: building with $python, LibTorch ${torch:-of the system}"
"$python" -m venv "$work/build"
"$work/build/bin/pip" --quiet install scikit-build-core pybind11 numpy ${torch:+"torch==$torch"}
"$work/build/bin/pip" --quiet wheel . --no-deps --no-build-isolation --wheel-dir "$out" \
  --config-settings build-dir="$work/objects"  # the pip of Debian 12 has no -C
wheel=$(ls -t "$out"/seco-*.whl | head -n 1)

echo "== wheel: testing $wheel in a bare environment"
"$python" -m venv "$work/bare"
"$work/bare/bin/pip" --quiet install "$wheel" pytest ${torch:+"torch==$torch"}
# What is tested is what was installed: nothing of the source tree is on the path but the tests.
(cd "$work" && env -u PYTHONPATH SECO_SOURCE="$OLDPWD" "$work/bare/bin/python" -B -m pytest -q -p no:cacheprovider "$OLDPWD/tests/python")
echo "== wheel: $wheel passes"
