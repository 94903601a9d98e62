#!/usr/bin/env bash
# Case A.
# Makes the datasets, trains the model of models/pores_2d and measures it on held-out RVEs.
#   scripts/case_pores_2d.sh          for two cores
#   scripts/case_pores_2d.sh gpu      for a GPU: more RVEs, wider network
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/train_case.sh
train_case pores_2d "${1:-}" start
