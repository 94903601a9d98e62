#!/usr/bin/env bash
# Installs what is missing, builds the release and runs the main job: a notched beam of polycrystal RVEs,
# homogenized by the trained s-ECO network. Another parameter file may be given.
set -euo pipefail
given=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
parameters=${given:-prm/beam_polycrystal_3d.prm}

scripts/setup.sh
scripts/build.sh seco seco-macro
echo "== demo: seco-macro $parameters"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
build/release/bin/seco-macro "$parameters" | tee "$log"
results=$(sed -n 's/^== output: //p' "$log")
echo "== demo: drawing"
/usr/bin/python3 scripts/plot.py structure "$results" --output "$results/picture.png"
echo "== demo: done; results in $results, for ParaView open $results/solution.pvd"
