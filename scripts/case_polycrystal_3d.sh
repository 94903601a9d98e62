#!/usr/bin/env bash
# Case B.
# Makes the datasets, trains the model of models/polycrystal_3d and measures it on held-out RVEs.
#   scripts/case_polycrystal_3d.sh          for two cores
#   scripts/case_polycrystal_3d.sh gpu      for a GPU: more RVEs, wider network
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/train_case.sh
train_case polycrystal_3d "${1:-}" start
