"""Arguments as the texts of parameter files, so that every key that the library knows is one that functions take, with the
same checks and the same sentences."""
import os
import warnings

import numpy as np

from . import _arrays


class ResultWarning(UserWarning):
    """A result is not what was asked: its bounds hold, but they are wider, or there is no answer."""


class ResultError(RuntimeError):
    """A result is not what was asked, and `strict=True` forbids that."""


def text(value, name):
    """A value in the syntax of parameter files. @raises TypeError for what has none."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, slice):
        if value.step not in (None, 1):
            raise ValueError(f"argument {name}: the step of a slice is {value.step}; allowed is 1")
        return f"{'' if value.start is None else value.start}:{'' if value.stop is None else value.stop}"
    if isinstance(value, dict):
        return "; ".join(f"{key} = {text(entry, name)}" for key, entry in value.items())
    if isinstance(value, np.ndarray) and value.ndim == 2:
        matrix = _arrays.doubles(value, name)
        return "matrix mandel: " + ", ".join(repr(x) for x in matrix.ravel().tolist())
    if isinstance(value, (list, tuple, np.ndarray)):
        parts = [text(entry, name) for entry in value]
        several = any(isinstance(entry, (str, np.ndarray, list, tuple)) for entry in value)
        return ("; " if several else ", ").join(parts)
    raise TypeError(f"argument {name} has the type {type(value).__name__}; allowed are texts, numbers, paths and lists of them")


def key_of(name, former=None):
    """The key of a parameter file that an argument stands for: `number_of_grains` is `Number of grains`."""
    name = (former or {}).get(name, name)
    if " " in name or not name[:1].islower():
        return name
    name = name.replace("_", " ")
    return name[:1].upper() + name[1:]


def entries(arguments, section="", aliases=None):
    """Section, key and value of every argument that is not None. Dictionaries are subsections of their name, but for the
    stiffnesses of phases."""
    result = []
    for name, value in arguments.items():
        if value is None:
            continue
        if isinstance(value, dict) and name not in ("phase_stiffness", "Phase stiffness"):
            below = name.replace("_", "-")
            result += entries(value, f"{section}/{below}" if section else below)
        else:
            result.append((section, key_of(name, aliases), text(value, name)))
    return result


ENGINE_ALIASES = {"max_iterations": "largest_number_of_iterations", "model": "surrogate_model", "cache": "result_cache"}


def engine_entries(engine, tolerance, settings):
    for name, value in (("engine", engine), ("tolerance", tolerance)):
        if value is None:  # the defaults of parameter files are others than those of functions
            raise TypeError(f"argument {name} is None; leave it out for its default")
    cache = settings.get("cache")
    if cache is not None and not isinstance(cache, (str, os.PathLike)):
        raise TypeError(f"argument cache is {cache!r}; allowed is the path of a folder")
    return entries({"engine": engine, "tolerance": tolerance, **settings}, aliases=ENGINE_ALIASES)


def check_callback(function, name):
    if function is not None and not callable(function):
        raise TypeError(f"argument {name} has the type {type(function).__name__}; allowed are functions and None")


def tell(results, strict):
    """Warns of results that are not as asked, or refuses them."""
    bad = [(i, result) for i, result in enumerate(results) if result.message]
    if not bad:
        return
    number, result = bad[0]
    message = result.message if len(results) == 1 else f"RVE {number}: {result.message}"
    if len(bad) > 1:
        message += f" (and {len(bad) - 1} more of {len(results)})"
    if strict:
        raise ResultError(message)
    warnings.warn(message, ResultWarning, stacklevel=3)
