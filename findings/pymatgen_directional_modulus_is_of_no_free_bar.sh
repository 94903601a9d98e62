#!/usr/bin/env bash
# pymatgen 2026.10.24 (PyPI). ElasticTensor.directional_elastic_mod(n) is not Young's modulus along n.
#
# The method, described as "directional elastic modulus for a specific vector", returns C_nnnn, the ratio of stress and strain of a
# sample that cannot contract sideways; directional_poisson_ratio, right above it, uses the compliance of a free bar. For steel-like
# 200 GPa and a Poisson ratio of 0.3 it gives 269.2 GPa in all directions. For copper it gives 168.4 along [100] and 237.6 along
# [111], where a free bar has 66.7 and 191.1: two and a half times too stiff, and an anisotropy of 1.4 instead of 2.9.
# Units: in property_dict the bulk modulus is in the unit of the input and y_mod in Pa if that is GPa (its description says SI).
# Seen (2026-12-01): "copper [100]: 168.4, free bar 66.7", "copper [111]: 237.6, free bar 191.1", "isotropic: 269.2, free bar 200.0".
# Way out: 1 / compliance_tensor.einsum_sequence([n] * 4).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pymatgen==2026.10.24 pymatgen-core==2026.10.16 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
from pymatgen.analysis.elasticity import ElasticTensor


def cubic(c11, c12, c44):
    stiffness = np.diag([c11 - c12] * 3 + [c44] * 3).astype(float)
    stiffness[:3, :3] += c12
    return stiffness


def moduli(stiffness, direction):
    """What pymatgen returns, the stiffness C_nnnn, and the modulus of a free bar from the inverse of the 6 x 6 matrix."""
    n = np.array(direction) / np.linalg.norm(direction)
    stress = np.array([n[0] ** 2, n[1] ** 2, n[2] ** 2, n[1] * n[2], n[0] * n[2], n[0] * n[1]])
    strain = stress * [1, 1, 1, 2, 2, 2]
    tensor = ElasticTensor.from_voigt(stiffness)
    free = 1 / (stress @ np.linalg.inv(stiffness) @ stress)
    way_out = 1 / tensor.compliance_tensor.einsum_sequence([n] * 4)
    assert np.isclose(free, way_out)
    return tensor.directional_elastic_mod(direction), strain @ stiffness @ strain, free


copper, young, poisson = cubic(168.4, 121.4, 75.4), 200.0, 0.3
lame, shear = young * poisson / (1 + poisson) / (1 - 2 * poisson), young / 2 / (1 + poisson)
steel = cubic(lame + 2 * shear, lame, shear)
for name, stiffness, direction, expected in (
    ("copper [100]", copper, [1, 0, 0], (168.4, 66.7)),
    ("copper [111]", copper, [1, 1, 1], (237.6, 191.1)),
    ("isotropic", steel, [1, 2, 3], (269.2, 200.0)),
):
    returned, held, free = moduli(stiffness, direction)
    print(f"{name}: {returned:.1f}, no contraction {held:.1f}, free bar {free:.1f}")
    assert np.isclose(returned, held) and (round(float(returned), 1), round(float(free), 1)) == expected, "the behaviour has changed"
properties = ElasticTensor.from_voigt(steel).property_dict
print(f"isotropic, property_dict: k_vrh {properties['k_vrh']:.1f}, y_mod {properties['y_mod']:.3g}")
PY
echo "as described: the directional elastic modulus is C_nnnn"
