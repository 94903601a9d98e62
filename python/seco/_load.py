"""Loads the compiled part.

Its libraries read their settings when they are loaded: threads that wait for work sleep instead of spinning, unless the user says
otherwise, which costs a factor of three where cores are shared.

Two LibTorches in one process end it: their inline variables are shared under the same names, and their layouts differ. So where this
package was built with the LibTorch of a PyTorch, that one is imported first; where it was built with that of the system, a PyTorch
that brings another one is refused, whichever comes first.
"""
import contextlib
import importlib.abc
import importlib.machinery
import os
import pathlib
import sys

import numpy

from . import _build


@contextlib.contextmanager
def _variables(**defaults):
    """These variables of the environment, where they are not set."""
    missing = [name for name in defaults if name not in os.environ]
    os.environ.update({name: defaults[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


def _brings_its_own(torch_file):
    """Whether a PyTorch, by its file, has a LibTorch of its own; that of Debian has links to the system's."""
    folder = (pathlib.Path(torch_file).parent / "lib").resolve()
    return any(library.resolve().parent == folder for library in folder.glob("libtorch_cpu*"))


def _refusal(torch_file):
    return ImportError(
        f"seco was built with the LibTorch {_build.TORCH_VERSION} of the system, and {torch_file} brings another one, which cannot be "
        "in the same process. Build seco with that PyTorch: pip install . in an environment where it is installed (docs/python.md)",
        name="torch")


class _Guard(importlib.abc.MetaPathFinder):
    """Refuses a PyTorch that would end the process."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname == "torch":
            spec = importlib.machinery.PathFinder.find_spec(fullname, path)
            if spec is not None and spec.origin and _brings_its_own(spec.origin):
                raise _refusal(spec.origin)
        return None


def _numbers(version):
    return [int(part) for part in version.split(".")[:2]]


def _check_numpy():
    """Arrays of NumPy 2 lie otherwise in memory than those that pybind11 before 2.12 knows, which reads other numbers there."""
    if _numbers(numpy.__version__)[0] >= 2 and _numbers(_build.PYBIND11_VERSION) < [2, 12]:
        raise ImportError(
            f"seco was built with pybind11 {_build.PYBIND11_VERSION}, which reads arrays of NumPy 2 wrongly, and here is NumPy "
            f"{numpy.__version__}; install numpy<2, or build seco with pybind11 2.12 or newer, as pip install . does", name="numpy")


def _prepare():
    _check_numpy()
    if _build.TORCH_OF_PACKAGE:
        advice = f"seco was built with the LibTorch of PyTorch {_build.TORCH_VERSION}; install that: pip install torch=={_build.TORCH_VERSION}"
        try:
            import torch
        except ModuleNotFoundError as error:
            raise ImportError(advice, name="torch") from error
        if torch.__version__.partition("+")[0] != _build.TORCH_VERSION:
            raise ImportError(f"{advice}, or build seco anew for PyTorch {torch.__version__}", name="torch")
        return
    torch_file = getattr(sys.modules.get("torch"), "__file__", None)
    if torch_file and _brings_its_own(torch_file):
        raise _refusal(torch_file)
    sys.meta_path.insert(0, _Guard())


def _load():
    _prepare()
    settings = {} if "GOMP_SPINCOUNT" in os.environ else {"OMP_WAIT_POLICY": "passive"}
    with _variables(OPENBLAS_THREAD_TIMEOUT="16", **settings):
        from . import _core
    return _core


core = _load()
