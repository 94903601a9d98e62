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
