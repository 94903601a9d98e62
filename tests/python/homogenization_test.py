"""Bounds of arrays, files and generators."""
import json
import pickle
import warnings

import numpy as np
import pytest

import seco
from conftest import isotropic, laminate_stiffness


def in_order(lower, upper, slack=1e-9):
    return np.linalg.eigvalsh(upper - lower).min() >= -slack * np.abs(upper).max()


@pytest.mark.parametrize("engine", ["certified", "fft"])
def test_laminate_has_its_closed_form(engine):
    stiff, soft = isotropic(60e3, 25e3), isotropic(5e3, 2e3)
    phase = np.zeros((8, 4, 4), dtype=int)
    phase[:2] = 1
    rve = seco.Rve(phase, np.stack([soft, stiff]), (2., 1., 1.), unit="MPa")
    c = seco.homogenize(rve, engine=engine, tolerance=1e-6)
    exact = laminate_stiffness(stiff, soft, 0.25)
    assert np.allclose(c.stiffness, exact, rtol=1e-5, atol=1e-5 * exact.max())
    assert in_order(c.lower, exact) and in_order(exact, c.upper)
    assert c.gap <= 1e-6 if engine == "certified" else True
    assert c.ok and c.status == "ok" and c.unit == "MPa" and c.engine == engine


def test_bounds_narrow_to_the_tolerance_and_enclose(composite):
    reference = seco.homogenize(composite, engine="fft", tolerance=1e-10)
    voigt = seco.homogenize(composite, engine="voigt")
    reuss = seco.homogenize(composite, engine="reuss")
    for tolerance in (0.1, 1e-2, 1e-4):
        c = seco.homogenize(composite, tolerance=tolerance)
        assert c.gap <= tolerance
        assert in_order(c.lower, reference.stiffness) and in_order(reference.stiffness, c.upper)
        assert in_order(reuss.stiffness, c.lower) and in_order(c.upper, voigt.stiffness)


def test_a_list_is_one_batch_with_the_answers_of_single_rves():
    rves = [seco.generate("polycrystal", grid=(6, 6, 6), number_of_grains=5, seed=s) for s in range(3)]
    rves.append(seco.generate("laminate", grid=(8, 4, 4)))
    done = []
    results = seco.homogenize(rves, tolerance=1e-3, progress=done.append)
    assert len(results) == 4 and done[-1] == 4
    for rve, result in zip(rves, results):
        alone = seco.homogenize(rve, tolerance=1e-6)
        assert in_order(result.lower, alone.upper) and in_order(alone.lower, result.upper)
    assert seco.homogenize([]) == []
    assert isinstance(seco.homogenize(rves[:1]), list)


def test_unit_scales_results():
    phase = np.random.default_rng(3).integers(0, 2, (6, 6, 6))
    table = np.stack([isotropic(5., 2.), isotropic(60., 25.)])
    a = seco.homogenize(seco.Rve(phase, table, 1., unit="GPa"))
    b = seco.homogenize(seco.Rve(phase, 1000. * table, 1., unit="MPa"))
    assert np.allclose(1000. * a.upper, b.upper, rtol=1e-12) and (a.unit, b.unit) == ("GPa", "MPa")


def test_axes_of_the_phase_are_those_of_the_sample():
    stiff, soft = isotropic(60e3, 25e3), isotropic(5e3, 2e3)
    across = laminate_stiffness(stiff, soft, 0.5)[0, 0]
    for axis in range(3):
        phase = np.zeros((4, 4, 4), dtype=np.int8)
        phase[(slice(None),) * axis + (slice(0, 2),)] = 1
        for order in ("C", "F"):
            c = seco.homogenize(seco.Rve(np.asarray(phase, order=order), [soft, stiff]), tolerance=1e-6).stiffness
            assert np.isclose(c[axis, axis], across, rtol=1e-5)
            assert all(c[other, other] > 1.05 * across for other in range(3) if other != axis)


def test_stiffnesses_of_all_forms_agree():
    phase = np.arange(8).reshape(2, 2, 2) % 2
    rng = np.random.default_rng(5)
    a = rng.normal(size=(6, 6))
    c = a @ a.T + 6. * np.eye(6)
    voigt = c / np.outer(*[[1, 1, 1, np.sqrt(2), np.sqrt(2), np.sqrt(2)]] * 2)
    tensor = np.zeros((3, 3, 3, 3))
    pairs = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    for p, (i, j) in enumerate(pairs):
        for q, (k, l) in enumerate(pairs):
            for x, y in {(i, j), (j, i)}:
                for z, w in {(k, l), (l, k)}:
                    tensor[x, y, z, w] = voigt[p, q]
    mandel = seco.Rve(phase, [c, 2 * c], unit="GPa")
    assert np.allclose(seco.Rve(phase, [voigt, 2 * voigt], unit="GPa", notation="voigt").stiffness, mandel.stiffness)
    assert np.allclose(seco.Rve(phase, np.stack([tensor, 2 * tensor]), unit="GPa").stiffness, mandel.stiffness)
    with pytest.raises(ValueError, match="C_ijkl and C_jikl"):
        tensor[0, 1, 0, 0] += 1.
        seco.Rve(phase, np.stack([tensor, 2 * tensor]), unit="GPa")
    texts = seco.Rve(phase, {1: "void", 0: "Cu"}, unit="GPa")
    assert np.allclose(texts.stiffness[0], seco.stiffness("Cu", "GPa")) and not texts.stiffness[1].any()
    assert seco.Rve(phase, np.array(["Cu", "void"]), unit="GPa") == texts


def test_plane_strain_of_spatial_stiffnesses():
    phase = np.zeros((4, 4), dtype=int)
    phase[0] = 1
    spatial = np.stack([isotropic(5e3, 2e3), isotropic(60e3, 25e3)])
    plane = spatial[:, [0, 1, 5]][:, :, [0, 1, 5]]
    assert np.allclose(seco.homogenize(seco.Rve(phase, spatial)).upper, seco.homogenize(seco.Rve(phase, plane)).upper)
    f = seco.fields(seco.Rve(phase, spatial), [1e-3, 0., 0.])
    assert f.measure == "spatial" and seco.fields(seco.Rve(phase, plane), [1e-3, 0., 0.]).measure == "in-plane"


def test_voids_have_two_bounds_and_one_across_a_gap():
    phase = np.zeros((6, 6, 6), dtype=int)
    phase[2:4, 2:4, 2:4] = 1
    pore = seco.homogenize(seco.Rve(phase, ["Cu", "void"]), tolerance=1e-3)
    assert pore.ok and pore.gap <= 1e-3 and (np.linalg.eigvalsh(pore.upper - pore.lower) > 0).all()
    phase[2:4] = 1  # nothing holds the plates together
    with pytest.warns(seco.ResultWarning, match="one-sided"):
        c = seco.homogenize(seco.Rve(phase, ["Cu", "void"]))
    assert c.status == "one-sided" and not c.lower.any() and not c.ok
    with pytest.raises(seco.ResultError):
        seco.homogenize(seco.Rve(phase, ["Cu", "void"]), strict=True)


def test_what_misses_the_tolerance_says_so(composite):
    with pytest.warns(seco.ResultWarning, match="not converged"):
        c = seco.homogenize(composite, tolerance=1e-8, max_iterations=2)
    assert c.status == "not converged" and c.gap > 1e-8
    with pytest.warns(seco.ResultWarning, match="1 of 2|RVE 0"):
        seco.homogenize([composite, composite], engine="voigt", largest_gap=1e-3)


def test_files_go_round(tmp_path, composite):
    composite.save(tmp_path / "rve.h5")
    again = seco.read(tmp_path / "rve.h5")
    assert again == composite and hash(again) == hash(composite) and again.format == "seco"
    assert pickle.loads(pickle.dumps(composite)) == composite
    plane = seco.Rve(np.eye(3, dtype=int), ["Cu", "Al"])
    assert pickle.loads(pickle.dumps(plane)) == plane
    cut = seco.read(tmp_path / "rve.h5", crop=[slice(0, 4), slice(4, None), (2, 8)])
    assert cut.shape == (4, 4, 6) and (cut.phase == composite.phase[:4, 4:, 2:]).all()


def test_cache_and_own_parameters(tmp_path, composite):
    first = seco.homogenize(composite, cache=tmp_path / "cache", certified={"first_check": 3})
    assert any((tmp_path / "cache").rglob("*"))
    again = seco.homogenize(composite, cache=tmp_path / "cache", certified={"first_check": 3})
    assert (first.upper == again.upper).all()
    with pytest.raises(ValueError, match="First chek"):
        seco.homogenize(composite, certified={"first_chek": 3})


def test_continuum_bounds_overlap_those_of_the_voxels():
    rve = seco.generate("laminate", grid=(4, 2, 2), layers=["5000, 0.3", "60000, 0.25"])
    discrete, continuum = seco.homogenize(rve, tolerance=1e-6), seco.certify_continuum(rve)
    assert in_order(continuum.lower, discrete.upper, 1e-4) and in_order(discrete.lower, continuum.upper, 1e-4)


def test_results_print_readably(composite):
    c = seco.homogenize(composite, tolerance=1e-2)
    assert "MPa" in repr(c) and "certified" in repr(c) and f"{c.stiffness[0, 0]:.5g}" in c._repr_html_()
    json.dumps(c.to_dict())
    assert "8 x 8 x 8" in repr(composite) and "8 × 8 × 8" in composite._repr_html_()
    pytest.importorskip("matplotlib").use("Agg")
    c.plot()
    composite.plot(cut=3)


def test_no_warning_where_all_is_well(composite):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seco.homogenize(composite)


def test_shipped_models_are_found_by_name():
    rve = seco.generate("inclusions", grid=(16, 16), matrix="Al", inclusion="Al", inclusion_factor=1e-3, number_of_inclusions=3)
    c = seco.homogenize(rve, engine="s-eco", model=seco.model("pores_2d"))
    exact = seco.homogenize(rve, engine="fft", tolerance=1e-8)
    assert in_order(c.lower, exact.upper) and in_order(exact.lower, c.upper) and c.gap < 1.
