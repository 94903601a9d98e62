"""The notebooks of the documentation: what they find is true, and they are kept without results."""
import json
import os
import pathlib

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")
FOLDER = pathlib.Path(os.environ["SECO_SOURCE"]) / "docs/notebooks"
NOTEBOOKS = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.ipynb")}


def executed(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    scope = {}
    for cell in NOTEBOOKS[name]["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), scope)
    return scope


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_are_kept_without_results(name):
    cells = [cell for cell in NOTEBOOKS[name]["cells"] if cell["cell_type"] == "code"]
    assert cells and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)


def test_ct_stack(tmp_path, monkeypatch):
    found = executed("ct_stack", tmp_path, monkeypatch)
    assert found["c"].ok and found["c"].gap <= 2e-2
    # The threshold moves the result beyond the bounds, as the text says, and a higher one means less glass.
    results = found["results"]
    assert all(a.lower[0, 0] > b.upper[0, 0] for a, b in zip(results, results[1:]))


def test_certify_a_network(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    found = executed("certify_a_network", tmp_path, monkeypatch)
    assert found["after"].mean() < 0.5 * found["before"].mean()
    for network, solver in zip(found["trained"], found["exact"]):
        slack = 1e-9 * solver.upper.max()
        assert np.linalg.eigvalsh(network.upper - solver.lower).min() > -slack
        assert np.linalg.eigvalsh(solver.upper - network.lower).min() > -slack
        assert solver.gap <= 1e-2 < network.gap
    assert found["wrong"].gap <= 1.0001 * found["averages"].gap


def test_tension_test(tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    found = executed("tension_test", tmp_path, monkeypatch)
    coarse, fine = found["coarse"], found["fine"]
    assert (coarse.stress_error_bound <= 2e-2).all() and (fine.stress_error_bound <= 2e-4).all()
    assert (np.abs(coarse.stress - fine.stress)[:, 0] <= coarse.stress_error[:, 0] + fine.stress_error[:, 0]).all()
    assert np.isinf(coarse.path_error_bound[-1])
