#!/usr/bin/env bash
# Installs what is missing, builds the release and runs the main job: a notched beam of polycrystal RVEs,
# homogenized by the trained s-ECO network. Another parameter file may be given.
set -euo pipefail
cd "$(dirname "$0")/.."
parameters=${1:-prm/beam_polycrystal_3d.prm}

scripts/setup.sh
scripts/build.sh
echo "== demo: seco-macro $parameters"
build/release/bin/seco-macro "$parameters"
results=results/$(basename "$parameters" .prm)
echo "== demo: drawing"
/usr/bin/python3 scripts/draw_results.py "$results" "$results/picture.png"
echo "== demo: done; for ParaView open $results/solution.pvd"
