#!/usr/bin/env bash
# damask 3.1.0 (PyPI). GeomGrid.rotate(R) turns a microstructure against the sense in which R @ v turns vectors.
#
# With R = 90 degrees about z, the voxel at +x of a grid goes to +y; the vector +x becomes -y. The rotations of DAMASK are passive:
# R @ v are the components of an unchanged v in turned axes. The grid is turned actively, with the same R and no note about it.
# Who turns a microstructure and its orientations, loads or stiffness by one R with the same library turns them apart by twice the
# angle; that nothing looks wrong for half turns and for cubic crystals turned by 90 degrees makes it easy to miss.
# The same holds for 120 degrees about [111]: the voxel at +x goes to +y, the vector to +z.
# Seen (2026-12-01): "90 degrees about z: voxel at +x to [0, 1, 0], vector +x to [0, -1, 0]".
# Way out: ~R for one of the two.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check damask==3.1.0 numpy==2.4.6 scipy==1.17.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import damask
import numpy as np


def both(axis, angle):
    """Where the marked voxel at +x of 3 x 3 x 3, and the vector +x, go by one rotation."""
    rotation = damask.Rotation.from_axis_angle([*axis, angle], degrees=True, normalize=True)
    marked = np.zeros((3, 3, 3), int)
    marked[2, 1, 1] = 1
    grid = damask.GeomGrid(marked, [1.0, 1.0, 1.0]).rotate(rotation)
    (voxel,) = np.argwhere(grid.material == 1) - 1
    vector = np.rint(rotation @ np.array([1.0, 0, 0])).astype(int)
    return voxel.tolist(), vector.tolist()


for name, axis, angle, expected in (
    ("90 degrees about z", (0, 0, 1), 90, ([0, 1, 0], [0, -1, 0])),
    ("90 degrees about y", (0, 1, 0), 90, ([0, 0, -1], [0, 0, 1])),
    ("120 degrees about [111]", (1, 1, 1), 120, ([0, 1, 0], [0, 0, 1])),
    ("180 degrees about z", (0, 0, 1), 180, ([-1, 0, 0], [-1, 0, 0])),
):
    voxel, vector = both(axis, angle)
    print(f"{name}: voxel at +x to {voxel}, vector +x to {vector}")
    assert (voxel, vector) == expected, "the behaviour has changed"
PY
echo "as described: grid and vectors turn in opposite senses"
