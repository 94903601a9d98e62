#!/usr/bin/env bash
# Draws the pictures in docs/images: the layers, and the examples from runs of the shipped parameter files. Runs whose
# results are there are not repeated; remove their folder in results/ to run them anew. About four minutes on one core
# from nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=build/release/bin
images=docs/images
plot() { /usr/bin/python3 -B scripts/plot.py "$@"; }

for run in beam_polycrystal_3d plate_pores_2d hinge_copper_3d block_composite_3d beam_local_stress_3d \
           notched_bar_composite_3d plate_hole_porous_2d solder_layer_creep_2d beam_copper_crystals_3d; do
  if [ ! -f "results/$run/summary.json" ]; then
    echo "== pictures: running prm/$run.prm"
    $bin/seco-macro "prm/$run.prm" >"results/$run.log" 2>&1 || { tail -n 5 "results/$run.log" >&2; exit 1; }
  fi
done

echo "== pictures: drawing"
/usr/bin/python3 -B docs/site/layers.py .
plot structure results/beam_polycrystal_3d --output $images/beam.png
plot structure results/plate_pores_2d --output $images/plate.png
plot structure results/block_composite_3d --output $images/block.png
plot structure results/hinge_copper_3d --field mean_gap --field share_of_width --output $images/hinge.png
plot certification results/hinge_copper_3d --output $images/certified_hinge.png
plot structure results/beam_local_stress_3d --field largest_micro_von_mises --output $images/local_stress.png
plot voxels results/beam_local_stress_3d/micro_fields_0.vti --output $images/local_fields.png

# Load steps with RVEs that have laws.
plot steps results/notched_bar_composite_3d --output $images/notched_bar_composite.png
plot steps results/plate_hole_porous_2d --boundary end --output $images/plate_hole_force.png
plot structure results/plate_hole_porous_2d --step 16 --linear --field equivalent_plastic_strain --field micro_iterations \
  --output $images/plate_hole_fields.png
plot steps results/solder_layer_creep_2d --over log-time --output $images/solder_force.png
plot structure results/solder_layer_creep_2d --step 4 --linear --field stress_xy --field micro_iterations \
  --output $images/solder_fields.png
plot steps results/beam_copper_crystals_3d --boundary 1 --output $images/beam_crystals_force.png
plot structure results/beam_copper_crystals_3d --step 16 --linear --field von_mises_stress --field micro_iterations \
  --output $images/beam_crystals_fields.png

# Tension tests of single RVEs; the band is drawn wider, as the legend says.
for run in composite copper; do
  case $run in composite) name=deform_aluminium_composite_3d ;; copper) name=deform_copper_polycrystal_3d ;; esac
  if [ ! -f "results/$name.json" ]; then $bin/seco deform "prm/$name.prm" --json "results/$name.json" >"results/$name.log"; fi
  plot deform "results/$name.json" --widen 20 --output $images/deform_$run.png
done

# Fields inside the RVEs of the largest gaps, which the runs keep where they are larger than asked.
if [ ! -f results/plate_strict/summary.json ]; then
  sed 's/set Largest gap .*/set Largest gap = 0.05/; s#results/plate_pores_2d$#results/plate_strict#' \
    prm/plate_pores_2d.prm >results/plate_strict.prm
  $bin/seco-macro results/plate_strict.prm >results/plate_strict.log 2>&1
fi
fields=$(mktemp -d)
trap 'rm -rf "$fields"' EXIT
worst() { /usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["unconverged_rve_files"][0])' \
  "results/$1/summary.json"; }
$bin/seco homogenize "$(worst plate_strict)" --strain 1e-3,0,0 --fields "$fields/pores.vti" >"$fields/log"
plot voxels "$fields/pores.vti" --output $images/plate_rve.png
$bin/seco homogenize "$(worst block_composite_3d)" --strain 1e-3,0,0,0,0,0 --fields "$fields/spheres.vti" >"$fields/log"
plot voxels "$fields/spheres.vti" --output $images/block_rve.png

# How the reference solver converges, and where in the spectrum its error is.
$bin/solver_benchmark --grids 32 --precisions double --seconds 0.02 --json "$fields/solver.json" >"$fields/log"
plot convergence "$fields/solver.json" --output $images/convergence.png
for steps in 1 2 4 2000; do
  $bin/seco homogenize tests/data/cu_32.h5 --max-iterations $steps --tolerance 1e-8 --strain 1e-3,0,0,0,0,0 \
    --fields "$fields/$steps.vti" >"$fields/log" 2>&1
done
plot spectrum "$fields"/{1,2,4}.vti --reference "$fields/2000.vti" --labels "1 iteration,2 iterations,4 iterations" \
  --output $images/spectrum.png

# Trainings and figures of the study, where seco evaluate prm/study.prm has made them.
models=results/study/models/pores
if [ -d $models ]; then
  plot study results/study
  cp results/study/fields_polycrystal.png $images/study_polycrystal.png
  cp results/study/time_pores.png $images/study_time.png
  plot training $models/s_eco $models/w_eco $models/unet --labels "s-ECO,w-ECO,UNet" --output $images/training.png
fi
