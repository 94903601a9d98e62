#!/usr/bin/env bash
# Tables of strong and weak scaling of the microscale; arguments are those of rve_scaling. One
# thread per rank. RANKS (default "1 2 4") are the numbers of ranks.
set -euo pipefail
program="$(dirname "$0")/../../build/release/bin/rve_scaling"
export OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
header=--header
for ranks in ${RANKS:-1 2 4}; do
  mpirun --oversubscribe -n "$ranks" "$program" $header "$@"
  header=
done
