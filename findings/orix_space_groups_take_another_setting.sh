#!/usr/bin/env bash
# orix 0.15.0 with diffpy.structure 3.3.1 (PyPI). Phase(space_group=N) may have two-fold axes that the space group does not have.
#
# The point group that orix derives from a space group is that of another setting where one class has two. Space group 12, C2/m, has its
# two-fold axis along b in the standard setting, and the lattice of sanidine, beta = 116 degrees, has no other one; the point group becomes
# 2/m with the axis along c. 149 (P312) and 162 (P-31m) have theirs 30 degrees beside a, but get 32 and -3m with axes along a, those
# of 150 and 164. So misorientations of monoclinic minerals, as feldspar, and of such trigonal crystals are reduced by rotations that
# the crystal does not have, and not by those that it has: two equivalent orientations are 180 degrees apart, two others are the same.
# Seen: "C2/m, half a turn about b: 180, about c: 0" and "P312: 32, P-31m: -3m, P-3m1: -3m".
# Way out: name the point group with its setting, as point_group="121", "1m1", "312" or "-31m".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check orix==0.15.0 diffpy.structure==3.3.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
from diffpy.structure import Lattice, Structure
from orix.crystal_map import Phase
from orix.quaternion import Orientation

sanidine = Phase(space_group=12, structure=Structure(lattice=Lattice(8.60, 13.03, 7.18, 90, 116, 90)))


def angle(group, axis):
    """Between a crystal and the same after half a turn about an axis of the crystal."""
    first = Orientation.identity()
    first.symmetry = group
    second = Orientation.from_axes_angles(axis, np.pi, symmetry=group)
    return float(np.degrees(first.angle_with(second))[0])


about_b, about_c = (angle(sanidine.point_group, axis) for axis in ([0, 1, 0], [0, 0, 1]))
print(f"C2/m, half a turn about b: {about_b:.0f}, about c: {about_c:.0f}")
assert round(about_b) == 180 and round(about_c) == 0, "the behaviour has changed"

names = {number: Phase(space_group=number).point_group.name for number in (149, 162, 164)}
print(f"P312: {names[149]}, P-31m: {names[162]}, P-3m1: {names[164]}")
assert names == {149: "32", 162: "-3m", 164: "-3m"}, "the behaviour has changed"

named = Phase(point_group="121").point_group
print(f"point group 121, half a turn about b: {angle(named, [0, 1, 0]):.0f}")
assert round(angle(named, [0, 1, 0])) == 0
PY
echo "as described: point groups of space groups are those of another setting"
