#!/usr/bin/env bash
# Installs the Debian packages that are missing. Safe to run again.
set -euo pipefail

packages=(
  build-essential gfortran cmake ninja-build ccache git
  libdeal.ii-dev libtorch-dev libopenblas0-pthread
  libhdf5-dev libeigen3-dev libfmt-dev nlohmann-json3-dev libcli11-dev
  libpugixml-dev libyaml-cpp-dev libpng-dev libtiff-dev libzip-dev zlib1g-dev liblz4-dev liblzma-dev
  libfftw3-dev libgtest-dev openmpi-bin
  clang-format clang-tidy
  pybind11-dev python3-dev python3-pytest python3-pandas python3-torch
  python3 python3-numpy python3-matplotlib python3-vtk9 python3-h5py xvfb
  doxygen python3-sphinx python3-myst-parser furo libjs-katex python3-nbconvert python3-ipykernel
)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this script installs packages on Debian only; elsewhere install the libraries of" \
       "docs/dependencies.md and run cmake --preset release" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  echo "== setup: all packages are there"
  exit 0
fi
echo "== setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: needs root or sudo to install packages" >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
for attempt in 1 2 3; do
  if "${as_root[@]}" apt-get update >"$log" 2>&1 &&
     "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    rm -f "$log"
    echo "== setup: done"
    exit 0
  fi
  echo "== setup: attempt $attempt failed" >&2
  sleep $((attempt * 5))
done
tail -n 20 "$log" >&2
echo "setup: the packages could not be installed; see above" >&2
exit 1
