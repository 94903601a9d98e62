#!/usr/bin/env bash
# DefDAP 1.3.0 and orix 0.15.0 (PyPI). One point without indexing gives every point of an .ang map another phase in DefDAP.
#
# In .ang files of one phase its points have the phase 0, in those of several phases they count from 1 and points that were not
# indexed have 0. DefDAP tells the two apart by the smallest value of the map: if it is 0, all are raised by one. So in a map of
# two phases a single point without indexing turns the points of the first phase into the second, those of the second into a
# third that does not exist, and the point itself into the first phase, without a word. orix reads the same file as it is meant.
# A second difference: DefDAP takes 90 degrees off phi1 of .ang files, for the axes of the specimen of EDAX; orix leaves the
# angles as they stand in the file. Orientations of one file by both differ by that rotation.
# Seen: "all indexed: DefDAP [1, 1, 2, 2], orix [1, 1, 2, 2]", "one not: DefDAP [2, 1, 3, 3], orix [1, -1, 2, 2]" and
# "phi1: 100.0 in the file, 10.0 in DefDAP, 100.0 in orix".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check DefDAP==1.3.0 orix==0.15.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import contextlib
import io as streams
import math

from defdap.ebsd import Map
from orix import io

PHASE = """# Phase {number}
# MaterialName    {name}
# Formula    {name}
# Info
# Symmetry    43
# LatticeConstants    {a} {a} {a} 90.000 90.000 90.000
# NumberFamilies    0
#
"""
HEADER = "# TEM_PIXperUM  1.000000\n# x-star 0.5\n# y-star 0.5\n# z-star 0.5\n# WorkingDistance 15.0\n#\n" + PHASE.format(
    number=1, name="Iron", a="2.870") + PHASE.format(number=2, name="Copper", a="3.610") + """# GRID: SqrGrid
# XSTEP: 0.500000
# YSTEP: 0.500000
# NCOLS_ODD: 2
# NCOLS_EVEN: 2
# NROWS: 2
#
"""

def read(phases):
    rows = []
    for n, phase in enumerate(phases):
        angles = (4 * math.pi,) * 3 if phase == 0 else (math.radians(100), 0.4, 0.5)
        rows.append("{:9.5f} {:9.5f} {:9.5f} {:12.5f} {:12.5f} {:6.1f} {:6.3f} {:2d} {:6d} {:6.3f}\n".format(
            *angles, 0.5 * (n % 2), 0.5 * (n // 2), 0. if phase == 0 else 100., -1. if phase == 0 else 0.9, phase, 1,
            180. if phase == 0 else 1.))
    with open("map.ang", "w") as stream:
        stream.write(HEADER + "".join(rows))
    with contextlib.redirect_stdout(streams.StringIO()):
        by_defdap = Map("map.ang")
        by_orix = io.load("map.ang")
    last = math.degrees(by_defdap.data.euler_angle[0].flat[-1])
    return by_defdap.data.phase.ravel().tolist(), by_orix.phase_id.tolist(), last, math.degrees(by_orix.rotations[-1].to_euler()[0, 0])

defdap, orix, *_ = read([1, 1, 2, 2])
print(f"all indexed: DefDAP {defdap}, orix {orix}")
assert defdap == [1, 1, 2, 2] and orix == [1, 1, 2, 2]

defdap, orix, phi1, phi1_orix = read([1, 0, 2, 2])
print(f"one not: DefDAP {defdap}, orix {orix}")
print(f"phi1: 100.0 in the file, {phi1:.1f} in DefDAP, {phi1_orix:.1f} in orix")
assert defdap == [2, 1, 3, 3] and orix == [1, -1, 2, 2]
assert abs(phi1 - 10) < 1e-3 and abs(phi1_orix - 100) < 1e-3
PY
