#!/usr/bin/env bash
# pymatgen 2026.10.24, ASE 3.29.0, diffpy.structure 3.3.1, orix 0.15.0 and damask 3.1.0 (PyPI). The same CIF, or the same six lattice
# parameters, give Cartesian axes that stand differently in the crystal.
#
# ASE, orix and DAMASK lay a along x and b into the plane x y; pymatgen lays c along z and a into the plane x z, diffpy.structure c
# along z and b into y z. orix reads its files with diffpy.structure and turns the lattice afterwards. For right angles all five
# agree, and pymatgen also for hexagonal cells, so it goes unnoticed until a crystal is monoclinic or triclinic (for
# diffpy.structure: hexagonal or trigonal). C11 of a stiffness is along x of the Cartesian axes: a stiffness from a calculation in
# the axes of one, used with orientations in those of another, is turned; for a monoclinic cell by beta - 90 degrees about b.
# One would expect the axes to belong to the file, or the libraries to ask.
# Seen (2026-12-01), the angle from ASE's axes: "monoclinic: pymatgen 28.0, diffpy.structure 28.0, orix 0.0, damask 0.0",
# "hexagonal: pymatgen 0.0, diffpy.structure 30.0, orix 0.0, damask 0.0", "triclinic: pymatgen 12.3, diffpy.structure 22.9, orix 0.0,
# damask 0.0", these two 18.8 from each other.
# Way out: pass the base vectors along with a stiffness.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pymatgen==2026.10.24 pymatgen-core==2026.10.16 ase==3.29.0 \
  diffpy.structure==3.3.1 orix==0.15.0 damask==3.1.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import ase.io
import damask
import numpy as np
import pymatgen.core
from diffpy.structure import loadStructure
from orix.crystal_map import Phase

CIF = """data_crystal
_cell_length_a {}
_cell_length_b {}
_cell_length_c {}
_cell_angle_alpha {}
_cell_angle_beta {}
_cell_angle_gamma {}
_symmetry_space_group_name_H-M '{}'
_symmetry_Int_Tables_number {}
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Fe1 Fe 0 0 0
"""
# Cell, space group, lattice of DAMASK and the parameters that it takes.
CRYSTALS = {
    "orthorhombic": ((5.0, 6.0, 7.0, 90, 90, 90), ("P m m m", 47), "oP", ("a", "b", "c")),
    "hexagonal": ((3.0, 3.0, 5.0, 90, 90, 120), ("P 6/m m m", 191), "hP", ("a", "c")),
    "monoclinic": ((5.0, 6.0, 7.0, 90, 118, 90), ("P 1 2/m 1", 10), "mP", ("a", "b", "c", "beta")),
    "triclinic": ((5.0, 6.0, 7.0, 80, 100, 110), ("P -1", 2), "aP", ("a", "b", "c", "alpha", "beta", "gamma")),
}


def bases(cell, group, lattice, names):
    """Base vectors of the cell, one a row, by each of the five."""
    with open("crystal.cif", "w") as stream:
        stream.write(CIF.format(*cell, *group))
    values = dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), (*cell[:3], *np.radians(cell[3:]))))
    return np.asarray(ase.io.read("crystal.cif").cell), {
        "pymatgen": pymatgen.core.Structure.from_file("crystal.cif").lattice.matrix,
        "diffpy.structure": loadStructure("crystal.cif").lattice.base,
        "orix": Phase.from_cif("crystal.cif").structure.lattice.base,
        "damask": damask.Orientation(lattice=lattice, **{name: values[name] for name in names}).basis_real.T,
    }


def angle(first, second):
    """Of the rotation between two sets of base vectors of one cell."""
    rotation = np.linalg.solve(first, second)
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6) and np.linalg.det(rotation) > 0
    return round(float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)))), 1)


seen = {}
for name, crystal in CRYSTALS.items():
    reference, others = bases(*crystal)
    seen[name] = {library: angle(reference, base) for library, base in others.items()}
    print(f"{name}: " + ", ".join(f"{library} {turn}" for library, turn in seen[name].items()))
    if name == "triclinic":
        apart = angle(others["pymatgen"], others["diffpy.structure"])
        print(f"triclinic: pymatgen and diffpy.structure {apart} from each other")
assert set(seen["orthorhombic"].values()) == {0.0}
assert list(seen["hexagonal"].values()) == [0.0, 30.0, 0.0, 0.0], "the behaviour has changed"
assert list(seen["monoclinic"].values()) == [28.0, 28.0, 0.0, 0.0], "the behaviour has changed"
assert seen["triclinic"]["orix"] == seen["triclinic"]["damask"] == 0.0, "the behaviour has changed"
assert min(seen["triclinic"]["pymatgen"], seen["triclinic"]["diffpy.structure"], apart) > 5, "the behaviour has changed"
PY
echo "as described: one crystal, several frames"
