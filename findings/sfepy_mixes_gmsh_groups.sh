#!/usr/bin/env bash
# sfepy 2026.3, gmsh 4.15.2 and meshio 5.3.5 (PyPI). SfePy gives cells of gmsh meshes other materials than their physical groups.
#
# Two boxes, the groups "matrix" with tag 7 and "fibre" with tag 9, 100 tetrahedra each. From format 2.2 all 200 cells are in
# group 1. From 4.1 the tags are replaced by the places of the names in alphabetical order, and a set counts that is none:
# meshio lists the numbers of the surfaces around each volume under the name "gmsh:bounding_entities", and SfePy takes them, signs
# and all, for numbers of cells. Six cells inside of the fibre become material 2, and matrix and fibre are 3 and 1. There is
# no warning. One would expect 7 and 9 from either file, which meshio has read correctly under "gmsh:physical".
# So "cells of group 9" is empty, and who takes the groups as they come computes with a few cells of a wrong material.
# Seen (2026-12-01): "2.2: {1: 200}", "4.1: {1: 94, 2: 6, 3: 100}".
# Way out: store the tags as cell data "mat_id" in a legacy VTK file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sfepy==2026.3 gmsh==4.15.2 meshio==5.3.5
cd "$folder"
"$folder/venv/bin/python" - 2>/dev/null <<'PY'
import collections

import gmsh
import meshio
import numpy as np
from sfepy.base.base import output
from sfepy.discrete.fem import Mesh

output.set_output(quiet=True)
gmsh.initialize()
gmsh.option.setNumber("General.Terminal", 0)
boxes = [(3, gmsh.model.occ.addBox(x, 0, 0, 1, 1, 1)) for x in (0, 1)]
gmsh.model.occ.fragment(boxes[:1], boxes[1:])
gmsh.model.occ.synchronize()
for (_, volume), tag, name in zip(gmsh.model.getEntities(3), (7, 9), ("matrix", "fibre"), strict=True):
    gmsh.model.addPhysicalGroup(3, [volume], tag, name)
gmsh.option.setNumber("Mesh.MeshSizeMin", 0.5)
gmsh.option.setNumber("Mesh.MeshSizeMax", 0.5)
gmsh.model.mesh.generate(3)
for version in (2.2, 4.1):
    gmsh.option.setNumber("Mesh.MshFileVersion", version)
    gmsh.write(f"{version}.msh")
gmsh.finalize()


def counts(numbers):
    return {int(k): n for k, n in sorted(collections.Counter(np.asarray(numbers).tolist()).items())}


groups = {}
for version in ("2.2", "4.1"):
    read = meshio.read(f"{version}.msh")
    tags = np.concatenate(read.cell_data["gmsh:physical"])
    cells = Mesh.from_file(f"{version}.msh").cmesh
    groups[version] = counts(cells.cell_groups)
    print(f"{version}: meshio {counts(tags)}, SfePy {groups[version]}")
    n = len(tags) // 2
    assert counts(tags) == {7: n, 9: n}
assert groups["2.2"] == {1: 2 * n}, "the behaviour has changed"

places = cells.get_centroids(3)[:, 0]
print(f"4.1: material 2 is found at x from {places[cells.cell_groups == 2].min():.2f} to {places[cells.cell_groups == 2].max():.2f}, "
      "inside of the fibre")
assert groups["4.1"] == {1: n - 6, 2: 6, 3: n}, "the behaviour has changed"
assert (places[cells.cell_groups == 3] < 1).all() and (places[cells.cell_groups < 3] > 1).all()

points, blocks = read.points, [("tetra", np.vstack([block.data for block in read.cells]))]
meshio.write("tags.vtk", meshio.Mesh(points, blocks, cell_data={"mat_id": [tags.astype(np.int32)]}), file_format="vtk42")
way_out = counts(Mesh.from_file("tags.vtk").cmesh.cell_groups)
print(f"mat_id in a VTK file: {way_out}")
assert way_out == {7: n, 9: n}
PY
echo "as described: SfePy does not take the physical groups"
