"""Names, stubs and docstrings say the same; the package behaves in a process as a guest should."""
import ast
import inspect
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

import seco

PACKAGE = pathlib.Path(seco.__file__).parent


def stub(name):
    return {node.name: node for node in ast.parse((PACKAGE / name).read_text()).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def arguments_of(function):
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def test_every_public_name_is_in_the_stub():
    written = stub("__init__.pyi")
    assert sorted(name for name in seco.__all__) == sorted(name for name in written if not name.startswith("_"))
    for name in seco.__all__:
        thing = getattr(seco, name)
        assert (thing.__doc__ or "").strip(), f"{name} has no docstring"
        if inspect.isfunction(thing):
            names = [p for p, kind in inspect.signature(thing).parameters.items() if kind.kind != kind.VAR_KEYWORD]
            assert arguments_of(written[name]) == names, name
            assert all(word in thing.__doc__ for word in names), f"the docstring of {name} does not name all of {names}"


@pytest.mark.parametrize("name", [name for name in seco.__all__ if inspect.isclass(getattr(seco, name))])
def test_every_public_member_is_in_the_stub(name):
    thing, written = getattr(seco, name), stub("__init__.pyi")[name]
    inside = {n.target.id for n in written.body if isinstance(n, ast.AnnAssign)} | {n.name for n in written.body
                                                                                   if isinstance(n, ast.FunctionDef)}
    if issubclass(thing, (Warning, Exception)):
        return
    members = {n for n in (*vars(thing), *getattr(thing, "__annotations__", {})) if not n.startswith("_")}
    if issubclass(thing, tuple):
        members = set(thing._fields)
    assert members - {"count", "index"} <= inside, f"missing in the stub: {members - inside}"
    assert {n for n in inside if not n.startswith("_")} - {"rve"} <= members | set(dir(thing))


def test_names_of_torch_are_in_its_stub():
    pytest.importorskip("torch")
    import seco.torch
    written = stub("torch.pyi")
    assert sorted(written) == sorted(seco.torch.__all__)
    for name in written:
        if inspect.isclass(getattr(seco.torch, name)):
            continue
        names = [p for p, kind in inspect.signature(getattr(seco.torch, name)).parameters.items() if kind.kind != kind.VAR_KEYWORD]
        assert arguments_of(written[name]) == names


def run(code, **environment):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, timeout=120)


def test_importing_leaves_the_environment_alone():
    code = "import os; before = dict(os.environ); import seco; assert dict(os.environ) == before; print('ok')"
    assert run(code).stdout == "ok\n"


def test_importing_needs_only_numpy():
    code = ("import sys; import seco; seco.homogenize(seco.generate('laminate', grid=(4, 2, 2)));"
            "print([m for m in ('matplotlib', 'pandas', 'pyvista') if m in sys.modules])")
    assert run(code).stdout == "[]\n"


@pytest.mark.skipif(seco._load._build.TORCH_OF_PACKAGE, reason="this build goes with the PyTorch that brings its LibTorch")
@pytest.mark.parametrize("order", ["torch, seco", "seco, torch"])
def test_another_libtorch_is_refused(tmp_path, order):
    """A PyTorch with libraries of its own would end the process; here a package that looks like one."""
    (tmp_path / "torch" / "lib").mkdir(parents=True)
    (tmp_path / "torch" / "__init__.py").write_text("")
    (tmp_path / "torch" / "lib" / "libtorch_cpu.so").write_text("")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    result = run(f"import {order}", PYTHONPATH=path)
    assert result.returncode == 1 and "cannot be in the same process" in result.stderr


@pytest.mark.parametrize("numpy, pybind11, fits", [("2.1.0", "2.10.3", False), ("2.4.6", "2.11.1", False), ("1.24.2", "2.10.3", True),
                                                   ("2.4.6", "2.12.0", True), ("2.4.6", "3.1.0", True)])
def test_a_numpy_that_would_be_read_wrongly_is_refused(monkeypatch, numpy, pybind11, fits):
    from seco import _load
    monkeypatch.setattr(_load.numpy, "__version__", numpy)
    monkeypatch.setattr(_load._build, "PYBIND11_VERSION", pybind11)
    if fits:
        _load._check_numpy()
    else:
        with pytest.raises(ImportError, match="numpy<2"):
            _load._check_numpy()


def test_readme_begins_with_what_works():
    """The first example for Python users is run as it stands there."""
    readme = (pathlib.Path(os.environ["SECO_SOURCE"]) / "README.md").read_text()
    blocks = [block for block in readme.split("## Python\n", 1)[1].split("\n\n") if block.startswith("    import")]
    code = textwrap.dedent(blocks[0])
    assert "import" in code and len(code.splitlines()) == 5
    scope = {}
    exec(code, scope)
    assert scope["c"].gap <= 1e-3
