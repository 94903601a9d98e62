"""Micro simulations of preCICE's Micro Manager; with its own code where it is installed."""
import sys
import types

import numpy as np
import pytest

import seco
from seco.micro_manager import micro_simulation, switch_by_gap

PLASTIC = {"Law": "J2 plasticity", "Young modulus": 70e3, "Poisson ratio": 0.3, "Yield stress": 100, "Hardening modulus": 2000}
ELASTIC = {"Law": "linear elastic", "Young modulus": 400e3, "Poisson ratio": 0.2}
#: 11 22 33 12 13 23, Mandel.
STRAIN = np.array([1e-3, 2e-3, -1e-3, 3e-3, 4e-3, -2e-3])
DATA = {"strains1to3": STRAIN[:3], "strains4to6": STRAIN[3:].tolist()}


def tensor(components):
    """(3, 3) of Mandel components 11 22 33 12 13 23."""
    result = np.diag(components[:3]).astype(float)
    for value, (i, j) in zip(components[3:], ((0, 1), (0, 2), (1, 2))):
        result[i, j] = result[j, i] = value / np.sqrt(2.)
    return result


def stress_of(answer):
    return np.array([*answer["stresses1to3"], *answer["stresses4to6"]])


def tangent_of(answer):
    upper = np.zeros((6, 6))
    upper[np.triu_indices(6)] = np.concatenate([answer[f"cmat{i}"] for i in range(1, 8)])
    return upper + np.triu(upper, 1).T


def test_order_and_notation_are_those_of_fans():
    """An isotropic point: sigma = lambda tr(e) I + 2 mu e, component by component."""
    young, poisson = 70e3, 0.3
    shear = young / 2. / (1. + poisson)
    first = young * poisson / (1. + poisson) / (1. - 2. * poisson)
    rve = seco.Rve(np.zeros((2, 2, 2), dtype=int), ["70e3, 0.3"])
    answer = micro_simulation(rve)(0).solve(DATA, 1.)
    e = tensor(STRAIN)
    assert np.allclose(tensor(stress_of(answer)), first * np.trace(e) * np.eye(3) + 2. * shear * e, rtol=1e-9)
    assert np.allclose(tangent_of(answer) @ STRAIN, stress_of(answer), rtol=1e-12)


def test_shear_components_are_not_mixed_up():
    """A crystal whose shear stiffnesses all differ."""
    c = np.diag([200., 210., 220., 2 * 50., 2 * 60., 2 * 70.])  # 11 22 33 23 13 12
    answer = micro_simulation(seco.Rve(np.zeros((2, 2, 2), dtype=int), c[None], unit="GPa"))(0).solve(DATA, 1.)
    assert np.allclose(stress_of(answer), np.array([200., 210., 220., 140., 120., 100.]) * STRAIN)


def test_points_have_their_rves_and_gaps():
    made = []

    def rve(point):
        made.append(point)
        return seco.generate("polycrystal", grid=(6, 6, 6), number_of_grains=4, seed=point)

    simulation = micro_simulation(rve, tolerance=1e-2)
    a, b = simulation(1), simulation(2)
    assert not made
    first, second = a.solve(DATA, 1.), b.solve(DATA, 1.)
    a.solve(DATA, 1.)
    assert made == [1, 2] and 0. < first["gap"] <= 1e-2
    assert not np.allclose(stress_of(first), stress_of(second), rtol=1e-4)
    b.set_state(a.get_state())
    assert b.get_global_id() == 1 and stress_of(b.solve(DATA, 1.)).tolist() == stress_of(first).tolist()


def test_an_implicit_step_is_tried_again_from_its_begin(composite):
    simulation = micro_simulation(composite, {0: PLASTIC, 1: ELASTIC}, tolerance=1e-6)(0)
    simulation.solve(DATA, 0.5)
    state = simulation.get_state()
    more = {name: 2. * np.asarray(values) for name, values in DATA.items()}
    once = simulation.solve(more, 0.5)
    simulation.solve({name: -np.asarray(values) for name, values in more.items()}, 0.5)
    simulation.set_state(state)
    again = simulation.solve(more, 0.5)
    assert np.allclose(stress_of(once), stress_of(again), rtol=1e-8) and once["gap"] <= 1e-6
    elastic = seco.homogenize(seco.Rve(composite.phase, ["70e3, 0.3", "400e3, 0.2"]))
    assert np.trace(tangent_of(once)) < 0.9 * np.trace(elastic.stiffness)
    other = micro_simulation(composite, {0: PLASTIC, 1: ELASTIC}, tolerance=1e-6)(3)
    other.set_state(state)
    assert np.allclose(stress_of(other.solve(more, 0.5)), stress_of(once), rtol=1e-8)


@pytest.mark.parametrize("data, dt, words", [
    ({"strains1to3": [0, 0, 0]}, 1., "strains4to6"), ({**DATA, "strains1to3": [0, 0]}, 1., "3 components"),
    ({**DATA, "strains1to3": [0, 0, np.nan]}, 1., "nan"), (DATA, 0., "time step"),
])
def test_data_that_does_not_fit(composite, data, dt, words):
    with pytest.raises(ValueError, match=words):
        micro_simulation(composite, {0: PLASTIC, 1: ELASTIC})(0).solve(data, dt)


def test_switching_has_hysteresis():
    switch = switch_by_gap(1e-2, 1e-4)
    found = [switch(0, None, 0., {}, {"gap": gap}) for gap in (1., 1e-2, 1e-3, 1e-4, 1e-5, float("inf"), float("nan"))]
    assert found == [1, 0, 0, 0, -1, 1, 1]
    assert switch_by_gap(1e-2, finest="first")(0, None, 0., {}, {"gap": [1.]}) == -1
    assert switch(0, None, 0., {}, None) == 0
    with pytest.raises(ValueError):
        switch_by_gap(1e-4, 1e-2)


@pytest.fixture
def manager(monkeypatch):
    """The code of the Micro Manager, without the coupling library, which it imports and these tests do not call."""
    pytest.importorskip("mpi4py")
    for name in ("precice", "preciceadapterschema"):
        if name not in sys.modules:
            module = types.ModuleType(name)
            module.__getattr__ = lambda attribute: object
            monkeypatch.setitem(sys.modules, name, module)
    return pytest.importorskip("micro_manager")


def test_the_micro_manager_takes_the_class(manager, tmp_path, monkeypatch):
    from micro_manager import micro_simulation as loader
    (tmp_path / "micro_of_test.py").write_text(
        "import seco\nfrom seco.micro_manager import micro_simulation\n"
        "MicroSimulation = micro_simulation(lambda point: seco.generate('laminate', grid=(4, 2, 2)))\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    cls = loader.load_backend_class("micro_of_test")
    assert issubclass(cls, manager.MicroSimulationInterface)
    simulation = loader.create_simulation_class(None, cls, "micro_of_test", 1)(5)
    answer = simulation.solve(DATA, 1.)
    assert set(answer) == {"stresses1to3", "stresses4to6", *(f"cmat{i}" for i in range(1, 8)), "gap"}
    state = simulation.get_state()
    simulation.set_state(state)
    assert simulation.get_global_id() == 5 and not simulation.requires_initialize() and not simulation.requires_output()
