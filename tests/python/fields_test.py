"""Fields inside RVEs, and bounds of fields that others have computed."""
import numpy as np
import pytest

import seco
from conftest import isotropic

E = np.array([1e-3, -2e-4, 0., 3e-4, 0., 1e-4])


def strain_of(displacement, lengths):
    """sym D u of the rotated scheme: (loads, 6, n...) at the centres of the voxels of (loads, 3, n...) at their corners."""
    shape = displacement.shape[2:]
    gradient = np.empty((len(displacement), 3, 3, *shape))
    for j in range(3):
        field = displacement
        for axis in range(3):
            ahead = np.roll(field, -1, axis=2 + axis)
            field = (ahead - field) * shape[j] / lengths[j] if axis == j else 0.5 * (ahead + field)
        gradient[:, :, j] = field
    e = 0.5 * (gradient + gradient.swapaxes(1, 2))
    r = np.sqrt(2.)
    return np.stack([e[:, 0, 0], e[:, 1, 1], e[:, 2, 2], r * e[:, 1, 2], r * e[:, 0, 2], r * e[:, 0, 1]], axis=1)


def uniform(rve, strains):
    return np.broadcast_to(np.reshape(strains, (-1, 6, 1, 1, 1)), (len(np.atleast_2d(strains)), 6, *rve.shape)).copy()


def test_fields_obey_the_equations(composite):
    f = seco.fields(composite, E, engine="fft", tolerance=1e-10)
    assert np.allclose(f.strain.mean(axis=(1, 2, 3)), E, atol=1e-15)
    stress = np.einsum("xyzij,jxyz->ixyz", composite.stiffness[composite.phase], f.strain)
    assert np.allclose(f.stress, stress, rtol=1e-10, atol=1e-10 * np.abs(stress).max())
    assert np.allclose(f.stress.mean(axis=(1, 2, 3)), f.homogenized.stiffness @ E, rtol=1e-6, atol=1e-8)
    hill = (f.stress * f.strain).sum(axis=0).mean()
    assert np.isclose(hill, E @ f.mean_stress, rtol=1e-9)
    deviator = f.stress.copy()
    deviator[:3] -= f.stress[:3].mean(axis=0)
    assert np.allclose(f.von_mises, np.sqrt(1.5 * (deviator ** 2).sum(axis=0)), rtol=1e-9)
    assert np.allclose(f.hydrostatic, f.stress[:3].mean(axis=0), rtol=1e-9, atol=1e-12)
    value, voxel = f.largest_von_mises
    assert value == f.von_mises.max() == f.von_mises[voxel]


def test_the_error_bound_of_fields_holds(composite):
    exact = seco.fields(composite, E, engine="fft", tolerance=1e-11)
    rough = seco.fields(composite, E, tolerance=0.05)
    difference = rough.strain - exact.strain
    error = np.sqrt(np.einsum("ixyz,xyzij,jxyz->", difference, composite.stiffness[composite.phase], difference)
                    / composite.phase.size)
    assert 0 < error <= rough.field_error
    assert rough.relative_field_error > exact.relative_field_error


def test_loads_are_a_list(composite):
    loads = seco.fields(composite, np.eye(6)[:2], tolerance=1e-6)
    both = seco.fields(composite, [2., -3., 0, 0, 0, 0], tolerance=1e-6)
    assert np.allclose(2. * loads[0].strain - 3. * loads[1].strain, both.strain, atol=1e-2)


def test_arrays_are_the_memory_of_the_fields(composite):
    f = seco.fields(composite, E)
    for array in (f.strain, f.stress, f.von_mises, f.hydrostatic):
        assert array.flags.c_contiguous and not array.flags.owndata and array.dtype == np.float64
        # The numbers belong to a capsule of the compiled part: no array of NumPy is between.
        assert type(array.base).__name__ == "PyCapsule"
        address = array.__array_interface__["data"][0]
        assert np.from_dlpack(array).__array_interface__["data"][0] == address
        try:
            import torch
        except ImportError:
            continue
        assert torch.from_dlpack(array).data_ptr() == address


def test_given_fields_are_not_copied(composite, monkeypatch):
    from seco import homogenization
    strain = uniform(composite, np.eye(6))
    seen = []

    class Spy:
        @staticmethod
        def certify(rve, *arrays):
            seen.extend(arrays)
            return core.certify(rve, *arrays)

    core = homogenization.core
    monkeypatch.setattr(homogenization, "core", Spy)
    seco.certify(composite, strain)
    assert seen[0].__array_interface__["data"][0] == strain.__array_interface__["data"][0]


def test_exact_fields_give_narrow_bounds(composite):
    loads = seco.fields(composite, np.eye(6), engine="fft", tolerance=1e-8)
    c = seco.certify(composite, np.stack([f.strain for f in loads]), stress=np.stack([f.stress for f in loads]))
    reference = seco.homogenize(composite, engine="fft", tolerance=1e-8)
    assert c.gap < 1e-6 and c.engine == "given fields"
    assert np.allclose(c.stiffness, reference.stiffness, rtol=1e-6)


def test_uniform_fields_give_the_bounds_of_voigt_and_reuss(composite):
    c = seco.certify(composite, uniform(composite, np.eye(6)))
    voigt = seco.homogenize(composite, engine="voigt")
    assert np.allclose(c.upper, voigt.upper, rtol=1e-9)
    assert np.linalg.eigvalsh(c.lower - voigt.lower).min() >= -1e-9 * np.abs(c.lower).max()


@pytest.mark.parametrize("noise", [0., 0.02, 0.3, 10.])
def test_any_field_is_certified(composite, noise):
    """Somebody else's prediction, here a solution with noise: bounds enclose whatever it is, and are as good as it is."""
    rng = np.random.default_rng(11)
    exact = np.stack([f.strain for f in seco.fields(composite, np.eye(6), engine="fft", tolerance=1e-8)])
    reference = seco.homogenize(composite, engine="fft", tolerance=1e-10).stiffness
    c = seco.certify(composite, exact + noise * rng.normal(size=exact.shape))
    slack = 1e-7 * np.abs(reference).max()
    assert np.linalg.eigvalsh(c.upper - reference).min() > -slack
    assert np.linalg.eigvalsh(reference - c.lower).min() > -slack
    averages = seco.homogenize(composite, engine="voigt")
    assert c.gap < 1e-5 if noise == 0. else c.gap <= averages.gap * 1.0001
    if noise == 0.02:
        assert c.gap < 0.3 * averages.gap


def test_displacements_and_their_strains_have_the_same_bounds(composite):
    rng = np.random.default_rng(2)
    u = rng.normal(size=(6, 3, *composite.shape)) * 0.01
    strain = strain_of(u, composite.lengths) + uniform(composite, np.eye(6))
    a, b = seco.certify(composite, displacement=u), seco.certify(composite, strain)
    assert np.allclose(a.upper, b.upper, rtol=1e-6) and np.allclose(a.lower, b.lower, rtol=1e-6)


def test_one_load_bounds_its_energy(composite):
    f = seco.fields(composite, E, engine="fft", tolerance=1e-8)
    for arguments in ({"strain": f.strain}, {"strain": f.strain[None], "stress": f.stress}, {"strain": 2. * f.strain}):
        c = seco.certify(composite, **arguments)
        exact = E @ f.mean_stress
        assert E @ c.lower @ E <= exact * (1. + 1e-9) and exact <= E @ c.upper @ E * (1. + 1e-9)
        assert E @ (c.upper - c.lower) @ E < 1e-5 * exact


def test_a_better_stress_helps_a_poor_strain(composite):
    loads = seco.fields(composite, np.eye(6), engine="fft", tolerance=1e-8)
    poor = uniform(composite, np.eye(6))
    without = seco.certify(composite, poor)
    with_stress = seco.certify(composite, poor, stress=np.stack([f.stress for f in loads]))
    reference = seco.homogenize(composite, engine="fft", tolerance=1e-8).stiffness
    assert np.allclose(with_stress.lower, reference, rtol=1e-5)
    assert np.trace(without.lower) < 0.999 * np.trace(reference)


def test_plane_strain_fields():
    phase = (np.add.outer(np.arange(8), np.arange(6)) % 3 == 0).astype(int)
    rve = seco.Rve(phase, np.stack([isotropic(5e3, 2e3), isotropic(60e3, 25e3)]), (2., 1.5))
    loads = seco.fields(rve, np.eye(3), engine="fft", tolerance=1e-8)
    c = seco.certify(rve, np.stack([f.strain for f in loads]))
    assert c.gap < 1e-6 and c.stiffness.shape == (3, 3) and loads[0].strain.shape == (3, 8, 6)


def test_fields_print_and_plot(composite):
    f = seco.fields(composite, E)
    assert "8 x 8 x 8" in repr(f) and "von Mises" in f._repr_html_()
    pytest.importorskip("matplotlib").use("Agg")
    f.plot(cut=2)
    with pytest.raises(ValueError, match="von_mises and hydrostatic"):
        f.plot("pressure")


def test_grids_of_pyvista(composite):
    pytest.importorskip("pyvista")
    f = seco.fields(composite, E)
    grid = f.to_pyvista()
    assert grid.n_cells == composite.phase.size
    i, j, k = 1, 2, 3
    cell = grid.find_containing_cell([(n + 0.5) * length / size for n, length, size in zip((i, j, k), composite.lengths, composite.shape)])
    assert grid.cell_data["stress_12"][cell] == f.stress[5, i, j, k] * np.sqrt(0.5)
    assert composite.to_pyvista().cell_data["phase"][cell] == composite.phase[i, j, k]


def test_exact_fields_bound_a_porous_solid_from_below():
    """A closed pore: the solid carries every load, so that good fields give two bounds; poor ones give the upper one."""
    phase = np.zeros((8, 8, 8), dtype=int)
    phase[2:5, 2:5, 2:5] = 1
    rve = seco.Rve(phase, ["70e3, 0.3", "void"], 1.)
    reference = seco.homogenize(rve, engine="fft", tolerance=1e-10)
    exact = np.stack([f.strain for f in seco.fields(rve, np.eye(6), engine="fft", tolerance=1e-10)])
    c = seco.certify(rve, exact)
    assert c.ok and c.status == "ok" and c.gap < 1e-4
    slack = 1e-9 * reference.stiffness.max()
    assert np.linalg.eigvalsh(c.upper - reference.lower).min() > -slack
    assert np.linalg.eigvalsh(reference.upper - c.lower).min() > -slack
    poor = seco.certify(rve, uniform(rve, np.eye(6)))
    assert poor.status == "one-sided" and not poor.lower.any() and np.allclose(poor.stiffness, poor.upper)


def test_tensors_are_certified_where_they_are(composite):
    torch = pytest.importorskip("torch")
    loads = seco.fields(composite, np.eye(6), engine="fft", tolerance=1e-8)
    strain, stress = np.stack([f.strain for f in loads]), np.stack([f.stress for f in loads])
    reference = seco.certify(composite, strain, stress=stress)
    by_tensor = seco.certify(composite, torch.tensor(strain), stress=torch.tensor(stress))
    assert np.array_equal(by_tensor.lower, reference.lower) and np.array_equal(by_tensor.upper, reference.upper)
    # In any layout and precision; what single precision loses widens the bounds.
    strided = torch.tensor(np.moveaxis(strain, 1, -1).copy()).movedim(-1, 1)
    assert not strided.is_contiguous() and np.array_equal(seco.certify(composite, strided).upper, reference.upper)
    single = seco.certify(composite, torch.tensor(strain, dtype=torch.float32))
    assert reference.gap < single.gap < 1e-5 and np.linalg.eigvalsh(single.upper - reference.lower).min() > 0.
    one = seco.certify(composite, torch.tensor(strain[0]))
    assert np.array_equal(one.upper, seco.certify(composite, strain[0]).upper)
    # Beside an array of NumPy it is one, too.
    assert np.array_equal(seco.certify(composite, torch.tensor(strain), stress=stress).lower, reference.lower)


class OnDevice:
    """A tensor of another library on a GPU."""
    device, ndim = "cuda:0", 5

    def __dlpack_device__(self):
        return 2, 0

    def __dlpack__(self, stream=None):
        raise AssertionError("was asked for its memory")


def test_tensors_that_do_not_fit_are_refused(composite):
    torch = pytest.importorskip("torch")
    good = torch.eye(6, dtype=torch.float64).reshape(6, 6, 1, 1, 1).repeat(1, 1, *composite.shape)
    bad = good.clone()
    bad[2, 1, 0, 3, 4] = float("nan")
    refused = [({"strain": bad}, "not finite"), ({"strain": good.long()}, "floating"), ({"strain": good.to(torch.complex64)}, "floating"),
               ({"strain": good[:, :, :4]}, "shape"), ({"strain": good[:, :3]}, "shape"), ({"strain": good[:0]}, "shape"),
               ({"strain": good, "stress": good[:2]}, "loads"), ({"displacement": good[:5, :3]}, "mean_strain"),
               ({"strain": good, "displacement": good[:, :3]}, "only one"), ({"strain": good, "mean_strain": np.eye(6)[:2]}, "loads"),
               ({"strain": 1e-12 * good + torch.arange(8.) - 3.5}, "fluctuations"), ({"strain": good.clone().requires_grad_()}, "detach")]
    if seco._load.core.n_cuda_devices() == 0:
        refused.append(({"strain": OnDevice()}, "on a device"))
    for arguments, words in refused:
        with pytest.raises(ValueError, match=words):
            seco.certify(composite, **arguments)
