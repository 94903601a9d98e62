#!/usr/bin/env bash
# Case C.
# Makes the datasets, trains the model of models/composite_3d and measures it on held-out RVEs.
#   scripts/case_composite_3d.sh          for two cores
#   scripts/case_composite_3d.sh gpu      for a GPU: more RVEs, wider network
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/train_case.sh
train_case composite_3d "${1:-}"
