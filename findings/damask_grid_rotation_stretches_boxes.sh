#!/usr/bin/env bash
# damask 3.1.0 (PyPI). GeomGrid.rotate turns the array but not the size of its voxels: a grid of non-cubic voxels comes out distorted.
#
# The spacing along x, y and z stays what it was, whatever axis the voxels had before. Where the voxels are no cubes, as in serial
# sections or maps with another step between the layers, a quarter turn of a body of 40 x 40 makes one of 20 x 80, and a turn by
# 45 degrees shears it: grains change their shapes and lengths, without a word. One would expect a turn to keep lengths, as it does
# for cubic voxels; the documentation of the function says that the box may be extended, and nothing of voxels. A turn by 180
# degrees about an axis is right. Whoever turns a measured volume into the axes of a load gets an RVE of other shape, and other
# stiffness, than was measured.
# Seen (2026-12-01), for voxels of 1 x 2 x 1: "quarter turn: 40 x 40 becomes 20 x 80" and "45 degrees: ... 40.0 x 80.0", where cubic
# voxels give 40 x 40 and 55.0 x 55.0, the diagonals of a square but for the last voxel.
# Way out: GeomGrid.scale to cubic voxels first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check damask==3.1.0 numpy==2.4.6 scipy==1.17.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import damask
import numpy as np


def about_z(angle):
    return damask.Rotation.from_axis_angle([0, 0, 1, angle], degrees=True)


def turned(cells, angle):
    """Extent in x and y of the box of a body 40 x 40 x 2 of one material after a turn about z."""
    grid = damask.GeomGrid(np.zeros(cells, int), [40.0, 40.0, 2.0]).rotate(about_z(angle))
    filled = np.argwhere(grid.material == 0)
    extent = (np.ptp(filled, axis=0) + 1) * grid.size / grid.cells
    return tuple(float(x) for x in extent[:2])


cubic, flat, half = turned((40, 40, 2), 90), turned((40, 20, 2), 90), turned((40, 20, 2), 180)
print("cubic voxels, quarter turn: 40 x 40 becomes {:.0f} x {:.0f}".format(*cubic))
print("voxels 1 x 2 x 1, quarter turn: 40 x 40 becomes {:.0f} x {:.0f}; half turn: {:.0f} x {:.0f}".format(*flat, *half))
assert np.allclose(cubic, (40, 40)) and np.allclose(half, (40, 40))
assert np.allclose(flat, (20, 80)), "the behaviour has changed"

right, sheared = turned((40, 40, 2), 45), turned((40, 20, 2), 45)
print("45 degrees: cubic voxels {:.1f} x {:.1f}, voxels 1 x 2 x 1 {:.1f} x {:.1f}, the diagonal is {:.1f}".format(
    *right, *sheared, 40 * np.sqrt(2)))
assert np.allclose(right, 40 * np.sqrt(2), atol=2)
assert sheared[0] < 46 and sheared[1] > 75, "the behaviour has changed"
PY
echo "as described: only cubic voxels keep their shape when the grid is turned"
