#!/usr/bin/env bash
# ciclope 2.0.3 (PyPI). The node sets of the faces of a voxel model hold two levels of nodes each, one of them inside.
#
# vol2ugrid makes hexahedra of a CT volume and the sets NODES_Z0, NODES_Z1 and so on, described as the nodes on the bottom and the
# top surface; boundary conditions are given on them. By default (locking_strategy="plane") they hold all nodes of the first and
# last layer of voxels, those one voxel inside too. So displacements given on top and bottom keep two layers rigid, and a
# column of 10 layers comes out 10/8 times as stiff, for a Poisson ratio of zero; coarser models more. One would expect
# one level of nodes, which locking_strategy="exact" gives; but then all sets of cells are empty. (The option is described as locking
# "the entire strip of cells", the sets as the nodes on the surface.)
# The sets of cells count from one, those of nodes from zero, in the same meshio mesh, where both should count from zero: the last
# layer has a cell whose number does not exist.
# Seen (2026-12-01): "plane: NODES_Z0 at z = [0.0, 1.0], NODES_Z1 at z = [9.0, 10.0], apparent modulus 1.25",
# "exact: [0.0] and [10.0], apparent modulus 1.00, cells in sets 0" and "CELLS_Z1: 55 to 60 of 60 cells".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ciclope==2.0.3 meshio==5.0.0 numpy==1.26.4 \
  opencv-python-headless==4.11.0.86
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from ciclope.core.voxelFE import vol2ugrid

LAYERS = 10
volume = np.ones((LAYERS, 3, 2), np.uint8)


def apparent_modulus(bottom, top):
    """Of a column of layers of modulus 1 in series, the levels of the sets displaced by 0 and 1."""
    soft = [z for z in range(LAYERS) if not ({z, z + 1} <= bottom or {z, z + 1} <= top)]
    return LAYERS / len(soft)


for strategy, expected in (("plane", ({0, 1}, {LAYERS - 1, LAYERS})), ("exact", ({0}, {LAYERS}))):
    mesh = vol2ugrid(volume, [1, 1, 1], locking_strategy=strategy)
    points = np.asarray(mesh.points)
    bottom, top = ({float(z) for z in points[mesh.point_sets[name]][:, 2]} for name in ("NODES_Z0", "NODES_Z1"))
    cells = mesh.cell_sets["CELLS_Z1"]
    print(f"{strategy}: NODES_Z0 at z = {sorted(bottom)}, NODES_Z1 at z = {sorted(top)}, "
          f"apparent modulus {apparent_modulus(bottom, top):.2f}, cells in CELLS_Z1: {len(cells)}")
    assert (bottom, top) == expected, "the behaviour has changed"
    if strategy == "plane":
        n = len(mesh.cells[0].data)
        print(f"CELLS_Z1: {min(cells)} to {max(cells)} of {n} cells")
        assert max(cells) == n, "the behaviour has changed"
    else:
        assert len(cells) == 0, "the behaviour has changed"
PY
echo "as described: by default the sets of the faces hold two levels of nodes"
