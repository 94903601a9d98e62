"""RVEs with nonlinear laws along load paths."""
import copy
import json
import os
import pathlib
import pickle
import signal
import threading

import numpy as np
import pytest

import seco

YOUNG, POISSON, YIELD, HARDENING = 70e3, 0.3, 100., 2000.
SHEAR = YOUNG / 2. / (1. + POISSON)
PLASTIC = {"Law": "J2 plasticity", "Young modulus": YOUNG, "Poisson ratio": POISSON, "Yield stress": YIELD,
           "Hardening modulus": HARDENING}
ELASTIC = {"Law": "linear elastic", "Young modulus": 400e3, "Poisson ratio": 0.2}
E11 = np.array([1., 0, 0, 0, 0, 0])
E12 = np.array([0., 0, 0, 0, 0, 1.])


@pytest.fixture(scope="module")
def uniform():
    return seco.Rve(np.zeros((2, 2, 2), dtype=int), ["70e3, 0.3"])


def test_shear_of_a_uniform_rve_has_its_closed_form(uniform):
    """tau = G (gamma - sqrt(3) p) with sqrt(3) tau = sigma_y + H p beyond the yield strain."""
    gamma = np.linspace(0.5e-3, 5e-3, 6)
    path = seco.deform(uniform, {0: PLASTIC}, gamma[:, None] / np.sqrt(2.) * E12, tolerance=1e-6)
    p = np.maximum(0., (np.sqrt(3.) * SHEAR * gamma - YIELD) / (3. * SHEAR + HARDENING))
    tau = SHEAR * (gamma - np.sqrt(3.) * p)
    assert p[0] == 0. < p[-1]
    assert np.allclose(path.stress[:, 5], np.sqrt(2.) * tau, rtol=1e-6)
    assert path.status == ("ok",) * 6 and (path.stress_error_bound <= 1e-6).all()
    assert path.tangent.shape == (6, 6, 6) and np.isclose(path.tangent[0, 5, 5], 2. * SHEAR, rtol=1e-6)
    state = [name for name in path.fields if path.fields[name].shape == (2, 2, 2)]
    assert any(np.allclose(path.fields[name], p[-1], rtol=1e-6) for name in state)
    assert np.allclose(path.fields["strain"][5], gamma[-1] / np.sqrt(2.)) and path.fields["stress"].shape == (6, 2, 2, 2)


def test_columns_prescribe_stresses(uniform):
    """Uniaxial tension: E below yield, the tangent modulus E H / (E + H) above it; frames and CSV files say the same."""
    strain = np.array([1e-3, 3e-3, 6e-3])
    columns = {"time": [1., 2., 3.], "E11": strain, **{f"S{c}": np.zeros(3) for c in ("22", "33", "23", "13", "12")}}
    path = seco.deform(uniform, {"all": PLASTIC}, columns, tolerance=1e-6)
    modulus = YOUNG * HARDENING / (YOUNG + HARDENING)
    expected = np.where(strain < YIELD / YOUNG, YOUNG * strain, YIELD + modulus * (strain - YIELD / YOUNG))
    assert np.allclose(path.stress[:, 0], expected, rtol=1e-6)
    assert np.abs(path.stress[:, 1:]).max() < 1e-5 * YIELD
    for strange in ({"E12": strain}, {"E44": strain}, {"E22": strain[:2]}):
        with pytest.raises(ValueError, match="path"):
            seco.deform(uniform, {0: PLASTIC}, {**columns, **strange})


def test_keys_and_files_are_paths(uniform, tmp_path):
    keys = seco.deform(uniform, {0: PLASTIC}, {"type": "tension", "direction": 11, "strain": 3e-3, "increments": 2})
    laws = tmp_path / "laws.prm"
    laws.write_text("subsection Phase 0\n" + "".join(f"  set {k} = {v}\n" for k, v in PLASTIC.items()) + "end\n")
    file = tmp_path / "path.csv"
    file.write_text("time,E11,S22,S33,S23,S13,S12\n" + "".join(f"{t},{float(e)!r},0,0,0,0,0\n" for t, e in zip(keys.time, keys.strain[:, 0])))
    again = seco.deform(uniform, laws, file)
    assert np.allclose(keys.stress, again.stress, rtol=1e-3, atol=1e-3)
    with pytest.raises(ValueError, match="Directon"):
        seco.deform(uniform, laws, {"type": "tension", "directon": 11, "strain": 1e-3})
    with pytest.raises(ValueError, match="no column 'typ'.* 'type' is one"):
        seco.deform(uniform, laws, {"typ": "tension", "direction": 11, "strain": 1e-3})


def test_the_path_of_an_independent_code():
    """Loading, unloading and reversal of shear on 16^3 voxels; the tolerance is relative in the energy norm."""
    data = pathlib.Path(os.environ["SECO_SOURCE"]) / "tests" / "data"
    answer = json.loads((data / "j2_stiff_inclusions_16_answer.json").read_text())["increments"]
    laws = {0: {**PLASTIC, "Hardening modulus": 700}, 1: ELASTIC}
    path = seco.deform(seco.read(data / "j2_stiff_inclusions_16.h5"), laws, [i["strain"] for i in answer], tolerance=1e-4)
    expected = np.array([i["stress"] for i in answer])
    assert (np.linalg.norm(path.stress - expected, axis=1) < 1e-3 * np.linalg.norm(expected, axis=1)).all()


def test_composites_harden_and_their_bounds_hold(composite):
    rough = seco.deform(composite, {0: PLASTIC, 1: ELASTIC}, np.outer([1e-3, 3e-3], E11), tolerance=3e-2)
    fine = seco.deform(composite, {0: PLASTIC, 1: ELASTIC}, np.outer([1e-3, 3e-3], E11), tolerance=1e-5)
    assert (rough.stress_error_bound <= 3e-2).all() and (fine.stress_error_bound <= 1e-5).all()
    # Both begin at rest, so the error of the first increment bounds the distance to the exact answer.
    assert (np.abs(rough.stress - fine.stress)[0] <= rough.stress_error[0] + fine.stress_error[0]).all()
    assert (fine.energy_lower <= fine.energy_upper).all()


def test_time_is_asked_for_where_it_matters(uniform):
    creep = {"Law": "Norton creep", "Young modulus": 30e3, "Poisson ratio": 0.35, "Reference rate": 1e-6,
             "Reference stress": 10, "Exponent": 5}
    strains = np.outer([1e-3, 1e-3], E12)
    with pytest.raises(ValueError, match="time is needed"):
        seco.deform(uniform, {0: creep}, strains)
    relaxed = seco.deform(uniform, {0: creep}, strains, time=[1., 1e4]).stress[:, 5]
    assert 0 < relaxed[1] < 0.9 * relaxed[0]
    with pytest.raises(ValueError, match="increase"):
        seco.deform(uniform, {0: creep}, strains, time=[2., 1.])


def test_state_is_saved_and_restored(composite):
    """A step that is tried twice from one state has one answer, also in another object."""
    first = seco.Deformation(composite, {0: PLASTIC, 1: ELASTIC}, tolerance=1e-6)
    first.advance(2e-3 * E11)
    state = first.save()
    a = first.advance(3e-3 * E11 + 1e-3 * E12)
    first.restore(state)
    b = first.advance(3e-3 * E11 + 1e-3 * E12)
    second = seco.Deformation(composite, {0: PLASTIC, 1: ELASTIC}, tolerance=1e-6)
    second.restore(state)
    c = second.advance(3e-3 * E11 + 1e-3 * E12)
    assert np.allclose(a["stress"], b["stress"], rtol=1e-9) and np.allclose(a["stress"], c["stress"], rtol=1e-9)
    for numbers in (state[:-1], state[:1], state[:0], np.zeros(3)):
        with pytest.raises(ValueError):
            second.restore(numbers)


def test_failed_increments_keep_those_before(composite):
    with pytest.raises(seco.DeformationError, match="increment 2 of 2") as caught:
        seco.deform(composite, {0: PLASTIC, 1: ELASTIC}, np.outer([1e-4, 2e-2], E11), newton_steps=4, smallest_step=1, tolerance=1e-5)
    assert caught.value.path.stress.shape == (1, 6)


def test_interrupt_leaves_the_state_before(composite):
    rve = seco.generate("inclusions", grid=(32, 32, 32), seed=4, volume_fraction=0.2, number_of_inclusions=3)
    deformation = seco.Deformation(rve, {0: PLASTIC, 1: ELASTIC}, tolerance=1e-9, tangent="bounds")
    assert deformation.notes == ()  # all laws are where the fields are
    before = deformation.save()
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        deformation.advance(1e-2 * E11)
    timer.join()
    assert (deformation.save() == before).all()


@pytest.mark.parametrize("laws, words", [
    ({0: {**PLASTIC, "Yeld stress": 1}}, "Yeld stress"),
    ({0: {"Law": "J2 plasticity"}}, "Yield stress.*law needs it"),
    ({0: {"Law": "rubber"}}, "rubber"),
    ({0: PLASTIC, 1: ELASTIC}, "Phase 1"),
    ({"matrix": PLASTIC}, "'matrix' is no phase"),
    ({}, "Phase"),
])
def test_laws_that_do_not_fit(uniform, laws, words):
    with pytest.raises(ValueError, match=words):
        seco.deform(uniform, laws, 1e-3 * E11[None])


@pytest.mark.parametrize("path, words", [
    (np.zeros((2, 5)), "expected is \\(increments, 6\\)"), (np.zeros(6), "axes"), (np.full((1, 6), np.nan), "nan"),
    (np.zeros((0, 6)), "increments"), ("/nowhere.csv", "/nowhere.csv"), ({"type": "twist"}, "twist"),
])
def test_paths_that_do_not_fit(uniform, path, words):
    with pytest.raises(ValueError, match=words):
        seco.deform(uniform, {0: PLASTIC}, path)


def test_frames_and_pictures(uniform):
    path = seco.deform(uniform, {0: PLASTIC}, np.outer([1e-3, 2e-3], E12))
    assert "2 increments" in repr(path) and "load path" in path._repr_html_()
    pandas = pytest.importorskip("pandas")
    frame = path.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 2
    assert np.allclose(frame["S12"], path.stress[:, 5] / np.sqrt(2.)) and np.allclose(frame["E12"], [1e-3 / np.sqrt(2.), 2e-3 / np.sqrt(2.)])
    again = seco.deform(uniform, {0: PLASTIC}, frame[["time", "E11", "E22", "E33", "E23", "E13", "E12"]])
    assert np.allclose(again.stress, path.stress, rtol=1e-6)
    pytest.importorskip("matplotlib").use("Agg")
    path.plot()
    path.plot("12")


def test_copies_go_on_independently(uniform, tmp_path):
    """A copy and a pickle have the history and do not share it."""
    laws = tmp_path / "laws.prm"
    laws.write_text("subsection Phase 0\n" + "".join(f"  set {k} = {v}\n" for k, v in PLASTIC.items()) + "end\n")
    deformation = seco.Deformation(uniform, laws, tolerance=1e-6)
    deformation.advance(5e-3 * E11)
    before = deformation.save()
    others = [copy.copy(deformation), copy.deepcopy(deformation), pickle.loads(pickle.dumps(deformation))]
    expected = deformation.advance(2e-3 * E11)["stress"]
    for other in others:
        assert (other.save() == before).all()
        assert np.allclose(other.advance(2e-3 * E11)["stress"], expected, rtol=1e-9)
    pickled = pickle.dumps(deformation)
    laws.write_text(laws.read_text().replace("Yield stress = 100", "Yield stress = 90"))
    with pytest.raises(ValueError, match="laws.prm.*changed"):
        pickle.loads(pickled)


def test_fields_are_those_of_the_state(uniform):
    """After an increment without answer, which is beyond the limit load, fields are those before it; after going back no stress is
    said to belong to them until there is one."""
    deformation = seco.Deformation(uniform, {0: {**PLASTIC, "Hardening modulus": 0.}}, tangent="none")
    assert set(deformation.fields()) >= {"strain"} and "stress" not in deformation.fields()
    tension = {"stress_is_prescribed": [True] * 6}
    deformation.advance(0. * E11, stress=50. * E11, **tension)
    before = deformation.save()
    with pytest.raises(seco.DeformationError):
        deformation.advance(0. * E11, stress=1.2 * YIELD * E11, **tension)
    fields = deformation.fields()
    assert np.allclose(fields["stress"][0], 50., rtol=1e-3) and np.allclose(fields["strain"][0], 50. / YOUNG, rtol=1e-3)
    # It goes on from there.
    assert np.allclose(deformation.advance(0. * E11, stress=80. * E11, **tension)["strain"][0], 80. / YOUNG, rtol=1e-3)
    deformation.restore(before)
    fields = deformation.fields()
    assert "stress" not in fields and np.allclose(fields["strain"][0], 50. / YOUNG, rtol=1e-3)
    deformation.advance(0. * E11, stress=20. * E11, **tension)
    assert np.allclose(deformation.fields()["stress"][0], 20., rtol=1e-3)


def test_threads_share_a_deformation(uniform):
    deformation, errors = seco.Deformation(uniform, {0: PLASTIC}), []

    def work():
        try:
            for _ in range(5):
                deformation.advance(1e-3 * E11)
        except Exception as error:  # an assertion in a thread would not reach pytest
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and deformation.save()[0] == 20.
