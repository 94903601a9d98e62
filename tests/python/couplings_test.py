"""From objects of other packages to bounds; conventions of orientations are asserted, not assumed."""
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import seco

VOXELS = np.array([0, 0, 0, 1, 1, 2, 2, 3]).reshape(2, 2, 2)


def turned(stiffness, to_sample):
    """The definition: C'_ijkl = R_ip R_jq R_kr R_ls C_pqrs, Mandel."""
    pairs = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    factor = [1., 1., 1.] + [np.sqrt(2.)] * 3
    c = np.zeros((3, 3, 3, 3))
    for p, (i, j) in enumerate(pairs):
        for q, (k, l) in enumerate(pairs):
            c[i, j, k, l] = c[j, i, k, l] = c[i, j, l, k] = c[j, i, l, k] = stiffness[p, q] / factor[p] / factor[q]
    c = np.einsum("ip,jq,kr,ls,pqrs->ijkl", *[to_sample] * 4, c)
    return np.array([[c[i, j, k, l] * factor[p] * factor[q] for q, (k, l) in enumerate(pairs)] for p, (i, j) in enumerate(pairs)])


def crystal():
    """All components differ, so that no mistake of an axis goes unseen."""
    a = np.random.default_rng(9).normal(size=(6, 6))
    return a @ a.T + 10. * np.eye(6)


def test_bunge_angles_turn_about_z_x_z():
    phi1, big_phi, phi2 = angles = np.array([0.3, 1.1, 2.5])

    def z(a):
        return np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])

    x = np.array([[1, 0, 0], [0, np.cos(big_phi), -np.sin(big_phi)], [0, np.sin(big_phi), np.cos(big_phi)]])
    to_sample = z(phi1) @ x @ z(phi2)
    expected = turned(crystal(), to_sample)
    assert np.allclose(seco.rotate(crystal(), angles), expected)
    assert np.allclose(seco.rotate(crystal(), np.stack([to_sample, np.eye(3)])), [expected, crystal()])
    with pytest.raises(ValueError, match="matrix 0 is no rotation"):
        seco.rotate(crystal(), -np.eye(3)[None])
    with pytest.raises(ValueError, match="expected are"):
        seco.rotate(crystal(), np.zeros((2, 4)))


def test_orix():
    """Orientations of orix take sample axes to crystal axes; their Euler angles are Bunge's."""
    pytest.importorskip("orix")
    from orix.quaternion import Orientation
    orientations = Orientation.from_euler([[0.3, 1.1, 2.5], [1., 0.2, 0.4], [2., 2., 1.], [0.1, 0.6, 3.]])
    by_matrix = seco.rotate(crystal(), np.swapaxes(orientations.to_matrix(), 1, 2))
    by_angles = seco.rotate(crystal(), orientations.to_euler())
    for c, a, to_crystal in zip(by_matrix, by_angles, orientations.to_matrix()):
        assert np.allclose(c, turned(crystal(), to_crystal.T)) and np.allclose(c, a)
    # The vector product of orix says the same: an axis of the sample seen in the crystal.
    from orix.vector import Vector3d
    assert np.allclose((orientations[0] * Vector3d.xvector()).data, orientations[0].to_matrix()[0][:, 0])
    rve = seco.Rve(VOXELS, by_angles, orientation=orientations.to_euler(), unit="GPa")
    assert seco.homogenize(rve).ok


def test_damask(tmp_path):
    """Grid and material files of DAMASK's own classes, and the arrays in these."""
    damask = pytest.importorskip("damask")
    rotations = damask.Rotation.from_Euler_angles(phi=[[0.3, 1.1, 2.5], [1., 0.2, 0.4], [2., 2., 1.], [0.1, 0.6, 3.]])
    # Rotations of DAMASK take the sample to the crystal.
    stiffness = seco.stiffness("Cu", "Pa")
    table = seco.rotate(stiffness, np.swapaxes(rotations.as_matrix(), 1, 2))
    assert np.allclose(table, seco.rotate(stiffness, rotations.as_Euler_angles()), atol=1e-3)
    grid = damask.GeomGrid(material=VOXELS, size=[1e-3, 2e-3, 1e-3])
    in_memory = seco.Rve(grid.material, table, grid.size, unit="Pa")
    config = damask.ConfigMaterial()
    config["phase"] = {"Copper": {"lattice": "cF", "mechanical": {
        "output": ["F"], "elastic": {"type": "Hooke", "C_11": 168.4e9, "C_12": 121.4e9, "C_44": 75.4e9}}}}
    config["homogenization"] = {"SX": {"N_constituents": 1, "mechanical": {"type": "pass"}}}
    config = config.material_add(O=rotations, phase="Copper", homogenization="SX")
    grid.save(tmp_path / "grid.vti")
    config.save(tmp_path / "material.yaml")
    from_files = seco.read(tmp_path / "grid.vti", material_file=tmp_path / "material.yaml", unit="Pa")
    assert from_files.shape == (2, 2, 2) and np.allclose(from_files.lengths, grid.size)
    a, b = seco.homogenize(in_memory, tolerance=1e-5), seco.homogenize(from_files, tolerance=1e-5)
    scale = np.trace(a.stiffness) / np.trace(b.stiffness)
    assert np.isclose(scale, 1., rtol=0.02) and np.allclose(a.stiffness, b.stiffness, atol=0.02 * a.stiffness.max())


def test_porespy():
    porespy = pytest.importorskip("porespy")
    image = porespy.generators.blobs(shape=[16, 16, 16], porosity=0.2, seed=3)  # True is void
    rve = seco.Rve(image, {0: "70e3, 0.3", 1: "void"}, 1.)
    assert np.isclose(rve.volume_fractions[1], image.mean())
    c = seco.homogenize(rve, tolerance=1e-2)
    solid = seco.stiffness("70e3, 0.3")
    assert c.ok and 0. < c.lower[0, 0] < c.upper[0, 0] < (1. - image.mean()) * solid[0, 0]


def test_pyvista_there_and_back():
    pyvista = pytest.importorskip("pyvista")
    rve = seco.Rve(VOXELS, ["Cu", "Al", "Ti", "Ni"], (1., 2., 3.))
    grid = rve.to_pyvista()
    assert isinstance(grid, pyvista.ImageData) and np.allclose(np.array(grid.bounds)[1::2], rve.lengths)
    shape = tuple(n - 1 for n in grid.dimensions)
    assert (grid.cell_data["phase"].reshape(shape, order="F") == rve.phase).all()


def test_fenicsx():
    """The example with RVEs at the points of a strip: Newton's method converges with their tangents, and the strip yields."""
    pytest.importorskip("mpi4py")
    pytest.importorskip("dolfinx")
    pytest.importorskip("dolfinx_external_operator")
    example = pathlib.Path(os.environ["SECO_SOURCE"]) / "python/examples/fenicsx_composite.py"
    done = subprocess.run([sys.executable, example], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = np.array([[float(x) for x in re.findall(r"[-+]?\d[\d.e+-]*\d|\d", line)] for line in done.stdout.splitlines()])
    strain, stress, error, iterations = rows.T
    assert np.allclose(strain, [0.0025, 0.005, 0.0075, 0.01]) and (error <= 1e-2).all() and (iterations <= 5).all()
    slope = np.diff(np.concatenate([[0.], stress])) / np.diff(np.concatenate([[0.], strain]))
    elastic = seco.homogenize(seco.generate("inclusions", grid=(16, 16), lengths=(1, 1), seed=2, volume_fraction=0.3,
                                            number_of_inclusions=3, matrix="73e3, 0.33", inclusion="400e3, 0.17"))
    assert slope[0] < elastic.upper[0, 0] and (np.diff(slope) < 0.).all() and slope[-1] < 0.3 * slope[0]
