"""Derivatives of the homogenized stiffness."""
import numpy as np
import pytest

torch = pytest.importorskip("torch")

import seco
import seco.torch
from conftest import isotropic


def random_stiffnesses(shape, m, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(*shape, m, m))
    return torch.tensor(a @ a.swapaxes(-1, -2) + m * np.eye(m))


def symmetric_direction(shape, m, seed):
    d = np.random.default_rng(seed).normal(size=(*shape, m, m))
    return torch.tensor(d + d.swapaxes(-1, -2))


@pytest.mark.parametrize("grid, m", [((3, 4, 2), 6), ((5, 4), 3)])
def test_gradients_are_those_of_finite_differences(grid, m):
    field = random_stiffnesses(grid, m, 1)
    lengths = (1.5, 1., 2.)[:len(grid)]
    weight = torch.tensor(np.random.default_rng(2).normal(size=(m, m)))

    def value(c):
        return (weight * seco.torch.homogenized_stiffness(c, lengths=lengths, tolerance=1e-11)).sum()

    field.requires_grad_()
    value(field).backward()
    for seed in (3, 4):
        direction = symmetric_direction(grid, m, seed)
        h = 1e-4
        numeric = (value(field.detach() + h * direction) - value(field.detach() - h * direction)) / (2. * h)
        assert np.isclose(float((field.grad * direction).sum()), float(numeric), rtol=1e-6)


def test_gradients_by_phase_are_sums_of_those_by_voxel():
    phase = np.random.default_rng(6).integers(0, 3, (4, 4, 4))
    table = torch.tensor(np.stack([isotropic(5., 2.), isotropic(60., 25.), isotropic(20., 20.)]))
    by_phase = table.clone().requires_grad_()
    seco.torch.homogenized_stiffness(by_phase, phase).trace().backward()
    by_voxel = table[torch.tensor(phase)].clone().requires_grad_()
    seco.torch.homogenized_stiffness(by_voxel).trace().backward()
    for p in range(3):
        assert torch.allclose(by_phase.grad[p], by_voxel.grad[torch.tensor(phase == p)].sum(0), rtol=1e-6, atol=1e-9)


def test_stiffness_is_homogeneous_of_degree_one():
    """Euler: C = sum of dC/dC_x : C_x, exact for exact fields."""
    field = random_stiffnesses((3, 3, 3), 6, 8).requires_grad_()
    c = seco.torch.homogenized_stiffness(field, tolerance=1e-11)
    c[0, 0].backward()
    assert np.isclose(float((field.grad * field).sum()), float(c[0, 0]), rtol=1e-9)


def test_types_and_values():
    phase = np.arange(27).reshape(3, 3, 3) % 2
    table = torch.tensor(np.stack([isotropic(5., 2.), isotropic(60., 25.)]), dtype=torch.float32, requires_grad=True)
    c = seco.torch.homogenized_stiffness(table, torch.tensor(phase))
    assert c.dtype == torch.float32 and c.requires_grad
    c.sum().backward()
    assert table.grad.dtype == torch.float32 and table.grad.shape == table.shape
    reference = seco.homogenize(seco.Rve(phase, table.detach().numpy().astype(float)), engine="fft", tolerance=1e-8)
    assert np.allclose(c.detach().numpy(), reference.stiffness, rtol=1e-5)
    assert np.allclose(seco.torch.homogenized_stiffness(torch.eye(6).expand(2, 2, 2, 6, 6)).numpy(), np.eye(6), atol=1e-6)


@pytest.mark.parametrize("stiffness, phase, words", [
    (np.eye(6), None, "torch.Tensor"),
    (torch.eye(6), None, "shape"),
    (torch.zeros(2, 2, 2, 6, 5), None, "shape"),
    (torch.zeros(2, 2, 6, 6), None, "shape"),
    (torch.eye(6).expand(2, 6, 6), np.zeros((2, 2), dtype=int), "3 axes"),
    (-torch.eye(6).expand(2, 2, 2, 6, 6), None, "positive definite"),
    (torch.full((2, 2, 2, 6, 6), float("nan")), None, "NaN"),
])
def test_refusals(stiffness, phase, words):
    with pytest.raises((ValueError, TypeError), match=words):
        seco.torch.homogenized_stiffness(stiffness, phase)


def test_design_meets_its_target():
    """Inverse design in a few lines: the volume fractions of three layers that give a stiffness along them."""
    weak, strong = torch.tensor(isotropic(5., 2.)), torch.tensor(isotropic(60., 25.))
    phase = np.repeat(np.arange(3), 2)[:, None, None] * np.ones((6, 2, 2), dtype=int)
    share = torch.full((3,), 0.5, dtype=torch.float64, requires_grad=True)
    target = 40.
    for _ in range(20):
        table = weak + share[:, None, None] * (strong - weak)
        misfit = seco.torch.homogenized_stiffness(table, phase)[1, 1] - target
        gradient, = torch.autograd.grad(misfit, share)
        with torch.no_grad():
            share -= misfit * gradient / (gradient ** 2).sum()
    assert abs(float(misfit)) < 1e-3 * target


def test_certify_takes_tensors(composite):
    """A network of somebody else: what it predicts is certified as it is."""
    strain = torch.eye(6, dtype=torch.float64).reshape(6, 6, 1, 1, 1).expand(6, 6, *composite.shape)
    assert np.allclose(seco.certify(composite, strain).upper, seco.homogenize(composite, engine="voigt").upper)
    with pytest.raises(ValueError, match="detach"):
        seco.certify(composite, strain.clone().requires_grad_())


@pytest.mark.parametrize("shape", [(4, 5, 6), (3, 2, 4), (1, 4, 3), (6, 5), (4, 4)])
def test_operators_are_a_pair_and_their_inverse(shape):
    torch.manual_seed(1)
    d, m, lengths = len(shape), len(shape) * (len(shape) + 1) // 2, (1., 1.5, 0.7)[:len(shape)]
    u = torch.randn(2, d, *shape, dtype=torch.float64)
    s = torch.randn(2, m, *shape, dtype=torch.float64)
    assert torch.isclose((s * seco.torch.strain_of(u, lengths)).sum(), (seco.torch.divergence_of(s, lengths) * u).sum())
    balanced = seco.torch.equilibrated(s, lengths, lame=1.3, shear=0.4)
    assert seco.torch.divergence_of(balanced, lengths).abs().max() < 1e-11
    axes = tuple(range(-d, 0))
    assert torch.allclose(balanced.mean(axes), s.mean(axes), atol=1e-14)
    assert torch.allclose(seco.torch.equilibrated(balanced, lengths, lame=1.3, shear=0.4), balanced, atol=1e-12)
    if u.shape[2:].numel() < 20:
        assert torch.autograd.gradcheck(lambda x: seco.torch.equilibrated(x, lengths, shear=2.), s[:1].requires_grad_())


def test_operators_are_those_of_the_solver(composite):
    """Solved fields: the stress is in equilibrium, and the strain is that of a displacement."""
    f = seco.fields(composite, [1e-3, 0, 0, 2e-3, 0, 0], engine="fft", tolerance=1e-10)
    strain, stress = torch.from_dlpack(f.strain), torch.from_dlpack(f.stress)
    size = stress.abs().max() * 8
    assert seco.torch.divergence_of(stress, composite.lengths).abs().max() < 1e-7 * size
    assert torch.allclose(seco.torch.equilibrated(stress, composite.lengths, lame=3e3, shear=2e3), stress, atol=1e-6 * float(size))
    shear = 1.
    u = seco.torch.green_operator(seco.torch.divergence_of(2. * shear * strain, composite.lengths), composite.lengths, shear=shear)
    again = seco.torch.strain_of(u, composite.lengths) + strain.mean((1, 2, 3), keepdim=True)
    assert torch.allclose(again, strain, atol=1e-12)
    c = seco.certify(composite, displacement=u.numpy()[None], mean_strain=[1e-3, 0, 0, 2e-3, 0, 0])
    e = f.mean_strain
    assert e @ (c.upper - c.lower) @ e < 1e-6 * (e @ c.upper @ e)


def test_a_network_is_trained_to_narrower_bounds(composite):
    """Twenty lines: a displacement that is learnt from the energy, certified before and after."""
    c = torch.tensor(composite.stiffness[composite.phase.astype(int)])
    units = torch.eye(6, dtype=torch.float64).reshape(6, 6, 1, 1, 1)
    u = torch.zeros(6, 3, *composite.shape, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([u], max_iter=30, line_search_fn="strong_wolfe")

    def energy():
        optimizer.zero_grad()
        strain = units + seco.torch.strain_of(u, composite.lengths)
        value = torch.einsum("aixyz,xyzij,ajxyz->", strain, c, strain) / composite.phase.size / 1e4
        value.backward()
        return value

    before = seco.certify(composite, displacement=u.detach()).gap
    optimizer.step(energy)
    after = seco.certify(composite, displacement=u.detach()).gap
    assert after < 0.2 * before


def test_shapes_of_operators():
    with pytest.raises(ValueError, match="displacement has the shape"):
        seco.torch.strain_of(torch.zeros(4, 5, 5, 5))
    with pytest.raises(ValueError, match="lengths"):
        seco.torch.strain_of(torch.zeros(3, 5, 5, 5), (1., -1., 1.))
    with pytest.raises(ValueError, match="shear"):
        seco.torch.green_operator(torch.zeros(2, 4, 4), shear=0.)
