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


def small_rve(shape, seed=5):
    phase = np.random.default_rng(seed).integers(0, 2, shape)
    table = np.stack([isotropic(5., 2.), isotropic(60., 25.)])
    return seco.Rve(phase, table, tuple(1. + 0.3 * i for i in range(len(shape))))


@pytest.mark.parametrize("shape", [(3, 4, 2), (4, 5)])
@pytest.mark.parametrize("given", ["displacement", "strain", "displacement and stress"])
def test_gradients_of_bounds_are_those_of_finite_differences(shape, given):
    """Of the certified values, which another program computes than the derivatives."""
    rve = small_rve(shape)
    d, m = len(shape), len(shape) * (len(shape) + 1) // 2
    torch.manual_seed(3)
    u = 0.05 * torch.randn(m, d, *shape, dtype=torch.float64)
    strain = torch.eye(m, dtype=torch.float64).reshape(m, m, *[1] * d) + seco.torch.strain_of(u, rve.lengths)
    per_voxel = torch.tensor(rve.stiffness[rve.phase.astype(int)])
    # Nearer to equilibrium than C : strain, so that the lower bound is made from it.
    solved = torch.tensor(np.stack([f.stress for f in seco.fields(rve, np.eye(m), engine="fft", tolerance=1e-10)]))
    stress = solved + 0.1 * torch.randn_like(solved) * solved.abs().mean()
    weights = [symmetric_direction((), m, seed) for seed in (1, 2)]
    arguments = {"displacement": {"displacement": u}, "strain": {"strain": strain},
                 "displacement and stress": {"displacement": u, "stress": stress}}[given]

    def value(fields):
        lower, upper = seco.torch.certified_bounds(rve, **fields)
        return (weights[0] * lower).sum() + (weights[1] * upper).sum()

    leaves = {name: field.clone().requires_grad_() for name, field in arguments.items()}
    value(leaves).backward()
    for name, leaf in leaves.items():
        direction = torch.randn_like(leaf)
        if name == "strain":
            direction -= direction.mean(tuple(range(2, 2 + d)), keepdim=True)
        direction *= 1e-5 * leaf.detach().norm() / direction.norm()
        numeric = (value({**arguments, name: arguments[name] + direction}) - value({**arguments, name: arguments[name] - direction})) / 2.
        assert abs(float(numeric)) > 0. and np.isclose(float((leaf.grad * direction).sum()), float(numeric), rtol=1e-4)
    plain = seco.certify(rve, **arguments)
    bounds = seco.torch.certified_bounds(rve, **arguments)
    assert np.allclose(bounds.upper.numpy(), plain.upper, rtol=1e-10) and np.isclose(float(bounds.gap), plain.gap, rtol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_bounds_take_strains_of_half_precision(dtype):
    rve = small_rve((4, 4, 4))
    strain = torch.eye(6).reshape(6, 6, 1, 1, 1).repeat(1, 1, 4, 4, 4)
    strain[0, 0, ::2] += 0.25
    strain[0, 0, 1::2] -= 0.25  # exact in any precision
    expected = seco.torch.certified_bounds(rve, strain=strain)
    half = strain.to(dtype).requires_grad_()
    bounds = seco.torch.certified_bounds(rve, strain=half)
    assert torch.allclose(bounds.upper, expected.upper) and torch.allclose(bounds.lower, expected.lower)
    bounds.gap.backward()
    assert half.grad.dtype == dtype and float(half.grad.norm()) > 0.


def test_a_gap_is_a_loss(composite):
    """No labels and no energies: the certified gap itself is learnt down."""
    torch.manual_seed(0)
    u = (0.01 * torch.randn(6, 3, *composite.shape)).requires_grad_()
    optimizer = torch.optim.Adam([u], lr=1e-3)
    gaps = []
    for _ in range(60):
        optimizer.zero_grad()
        gap = seco.torch.certified_bounds(composite, displacement=u).gap
        gap.backward()
        optimizer.step()
        gaps.append(float(gap))
    assert gaps[-1] < 0.7 * gaps[0], gaps


@pytest.mark.parametrize("arguments, words", [
    ({}, "only one"),
    ({"displacement": torch.zeros(6, 3, 8, 8, 4)}, "shape"),
    ({"displacement": torch.zeros(6, 3, 8, 8, 8, dtype=torch.int64)}, "floating"),
    ({"strain": torch.zeros(6, 6, 8, 8, 8)}, "unit strains"),
    ({"displacement": torch.full((6, 3, 8, 8, 8), float("nan"))}, "not finite"),
    ({"displacement": torch.zeros(6, 3, 8, 8, 8), "stress": torch.zeros(3, 6, 8, 8, 8)}, "stress has the shape"),
])
def test_refusals_of_bounds(composite, arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        seco.torch.certified_bounds(composite, **arguments)


def test_bounds_of_voids_are_not_differentiated():
    rve = seco.Rve(np.arange(8).reshape(2, 2, 2) // 7, ["70e3, 0.3", "void"])
    with pytest.raises(ValueError, match="voids"):
        seco.torch.certified_bounds(rve, displacement=torch.zeros(6, 3, 2, 2, 2))


MODELS = {"composite_3d": (16, 16, 16), "polarization_composite_3d": (16, 16, 16), "pores_2d": (32, 32)}


def rve_for(name, seed=3):
    shape = MODELS[name]
    return seco.generate("inclusions", grid=shape, lengths=(1.,) * len(shape), seed=seed, volume_fraction=0.2,
                         number_of_inclusions=3, matrix="3000, 0.35", inclusion="60000, 0.25" if len(shape) == 3 else "3, 0.35")


@pytest.mark.parametrize("name", MODELS)
def test_a_model_predicts_what_its_engine_certifies(name):
    rve, other = rve_for(name), rve_for(name, 4)
    network = seco.torch.model(name)
    strain, stress = network([rve, other])
    assert not strain.requires_grad and strain.shape == (2, len(rve.stiffness[0]), len(rve.stiffness[0]), *rve.shape)
    engine = seco.homogenize([rve, other], engine="s-eco", model=seco.model(name))
    for k, own in enumerate((rve, other)):
        c = seco.certify(own, strain[k], stress=stress[k])
        size = np.abs(c.upper).max()
        assert np.allclose(c.upper, engine[k].upper, atol=1e-5 * size)
        # The lower bound is the better one of the two fields.
        assert np.linalg.eigvalsh(c.lower - engine[k].lower).min() > -1e-5 * size
        assert c.gap < engine[k].gap * 1.001 + 1e-6
    assert torch.allclose(network(rve)[0], strain[0], atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_a_model_are_those_of_finite_differences(name):
    rve = rve_for(name)
    network = seco.torch.model(name).double().train()
    torch.manual_seed(2)
    weights = [torch.randn_like(field) for field in network(rve)]
    scale = [float(w.norm() * f.detach().norm()) for w, f in zip(weights, network(rve))]

    def value():
        return sum((w * f).sum() / s for w, f, s in zip(weights, network(rve), scale))

    value().backward()
    directions = [torch.randn_like(p) * p.detach().abs().mean() for p in network.parameters()]
    slope = sum(float((p.grad * d).sum()) for p, d in zip(network.parameters(), directions))
    with torch.no_grad():
        moved = []
        for h in (1e-5, -2e-5):
            for p, d in zip(network.parameters(), directions):
                p += h * d
            moved.append(float(value()))
    assert slope != 0. and np.isclose((moved[0] - moved[1]) / 2e-5, slope, rtol=1e-4)


def test_a_model_is_a_module_like_any_other(tmp_path):
    import copy
    import pickle
    name = "polarization_composite_3d"
    rve, network = rve_for(name), seco.torch.model(name)
    before = network(rve)[0]
    assert sum(p.numel() for p in network.parameters()) == seco.describe_model(seco.model(name))["parameters"]
    others = [copy.deepcopy(network), pickle.loads(pickle.dumps(network))]
    with torch.no_grad():
        for p in network.parameters():
            p.mul_(1.1)
    after = network(rve)[0]
    assert (after - before).abs().max() > 1e-4  # the network reads the parameters where they are
    for other in others:
        assert torch.equal(other(rve)[0], before)
        other.load_state_dict(network.state_dict())
        assert torch.equal(other(rve)[0], after)
    for p in network.parameters():
        p.data.div_(1.1)  # which PyTorch does not count
    assert torch.allclose(network(rve)[0], before, atol=1e-5 * float(before.abs().max()))
    for p in network.parameters():
        p.data = 1.1 * p.data  # other memory
    assert torch.allclose(network(rve)[0], after, atol=1e-5 * float(before.abs().max()))
    for p in network.parameters():
        p.data = p.data / 1.1
    assert torch.allclose(network(rve)[0], before, atol=1e-5 * float(before.abs().max()))
    network.load_state_dict(others[0].state_dict())
    network.save(tmp_path / "mine")
    assert torch.equal(seco.torch.model(tmp_path / "mine")(rve)[0], after)
    engine = seco.homogenize(rve, engine="s-eco", model=tmp_path / "mine")
    assert np.allclose(engine.upper, seco.certify(rve, after).upper, rtol=1e-5, atol=1e-5 * engine.upper.max())
    with pytest.raises(ValueError, match="single precision"):
        network.double().save(tmp_path / "mine")
    first = next(iter(network.parameters())).requires_grad_(False)
    with torch.no_grad():
        first += 1e-12
    twin = copy.deepcopy(network.train())
    assert twin.training and torch.equal(next(iter(twin.parameters())), first)
    assert [p.requires_grad for p in twin.parameters()] == [p.requires_grad for p in network.parameters()]


@pytest.mark.parametrize("name", ["polarization_composite_3d", "pores_2d"])
def test_gradients_of_several_predictions_add_up(name):
    """Before one backward pass, and not across a change of the parameters, as for any module."""
    network, rves = seco.torch.model(name).train(), [rve_for(name, seed) for seed in (3, 4)]

    def gradients(*losses):
        network.zero_grad()
        sum(losses).backward()
        return [p.grad.clone() for p in network.parameters()]

    def loss(rve):
        return network(rve)[0].square().mean()

    apart = [gradients(loss(rve)) for rve in rves]
    both = gradients(*(loss(rve) for rve in rves))
    batch = gradients(2. * network(rves)[0].square().mean())
    scale = max(float(g.abs().max()) for g in both)
    for a, b, sum_, of_batch in zip(*apart, both, batch):
        assert torch.allclose(a + b, sum_, atol=1e-5 * scale) and torch.allclose(sum_, of_batch, atol=1e-3 * scale)
    early = loss(rves[0])
    with torch.no_grad():
        for p in network.parameters():
            p.mul_(1.01)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        early.backward()


def test_threads_share_a_model():
    from concurrent.futures import ThreadPoolExecutor
    network = seco.torch.model("polarization_composite_3d")
    rves = [rve_for("polarization_composite_3d", seed) for seed in (3, 4)] * 4
    alone = [network(rve) for rve in rves]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(network, rves)):
            assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


def test_a_model_goes_on_learning(composite):
    """A few steps on the certified gap of one RVE narrow its bounds, and the engine has them with the saved model."""
    network = seco.torch.model("polarization_composite_3d").train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    before = seco.certify(composite, network(composite)[0].detach()).gap
    for _ in range(12):
        optimizer.zero_grad()
        seco.torch.certified_bounds(composite, network(composite)[0]).gap.backward()
        optimizer.step()
    assert seco.certify(composite, network(composite)[0].detach()).gap < 0.95 * before


def test_refusals_of_models(composite, tmp_path):
    with pytest.raises(ValueError, match="allowed are .*composite_3d"):
        seco.torch.model("nobody")
    with pytest.raises(ValueError, match="model.json"):
        seco.torch.model(tmp_path)
    network = seco.torch.model("composite_3d")
    with pytest.raises(ValueError, match="3D"):
        network(seco.generate("homogeneous", grid=(8, 8), lengths=(1, 1)))
    with pytest.raises(TypeError, match="entry 1 has the type"):
        network([composite, 3])
    with pytest.raises(ValueError, match="no RVE"):
        network([])
    with pytest.raises(ValueError):
        network([composite, seco.generate("homogeneous", grid=(4, 4, 4))])
