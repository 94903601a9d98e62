"""RVEs with nonlinear laws along load paths."""
import copy
import hashlib
import os
import pathlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from . import _arrays, _show
from ._load import core
from ._settings import ResultError, check_callback, entries, tell
from .rve import Rve


class DeformationError(ResultError):
    """An increment has no answer. `path` has those before it, None if there are none."""

    def __init__(self, message, path=None):
        super().__init__(message)
        self.path = path


def _laws(laws):
    """Entries of sections, or a file."""
    if isinstance(laws, (str, os.PathLike)):
        return [], os.fspath(laws)
    if not isinstance(laws, Mapping):
        raise TypeError(f"argument laws has the type {type(laws).__name__}; allowed are the path of a file with sections 'Phase N' "
                        "and a dictionary of such sections")
    result = []
    for phase, law in laws.items():
        if isinstance(phase, (int, np.integer)):
            section = f"Phase {int(phase)}"
        elif phase in ("all", "All phases"):
            section = "All phases"
        else:
            raise ValueError(f"argument laws: {phase!r} is no phase; allowed are numbers of phases and 'all'")
        if isinstance(law, str):
            law = {"Constants": law}
        if not isinstance(law, Mapping):
            raise TypeError(f"argument laws: the law of phase {phase} has the type {type(law).__name__}; allowed are a dictionary of "
                            "its keys, as {'law': ..., 'yield stress': ...}, and the name of an entry of the table of constants")
        result += entries({_key(key): value for key, value in law.items()}, section)
    return result, ""


def _key(key):
    return key[:1].upper() + key[1:].replace("_", " ")


class Deformation:
    """An RVE with a law for each phase, deformed increment by increment (small strains, backward Euler).

    rve : an Rve
    laws : by phase number, or 'all' for phases without one of their own: a dictionary of the keys of its section in parameter
        files, as {"law": "J2 plasticity", "young's modulus": 70e3, ...} (`seco.laws(name)` tells the keys), or the name of an entry
        of the table of constants; or the path of a file with sections `Phase N`
    settings : tolerance (1e-3), stop_on, tangent (none, estimate, bounds), precision of the state (double, single), device,
        newton_steps, iterations, smallest_step: keys of `seco deform`
    It can be pickled and copied, with its history; a copy goes on independently.
    Raises ValueError for laws and settings that do not fit.
    """

    def __init__(self, rve, laws, **settings):
        if not isinstance(rve, Rve):
            raise TypeError(f"argument rve has the type {type(rve).__name__}; allowed is seco.Rve")
        self.rve = rve
        sections, file = _laws(laws)
        self._core = core.Deformation(rve._core, sections, file, entries(settings))
        self._arguments = copy.deepcopy((laws, settings))
        self._digest = _digest(file)
        self._time = 0.
        self._lock = threading.RLock()  # the time belongs to the state

    @property
    def depends_on_time(self):
        """Whether the answer depends on the length of increments."""
        return self._core.depends_on_time

    @property
    def notes(self):
        """Sentences on how the RVE is computed, as where laws stay on the processor although `device` is a GPU; often none."""
        return self._core.notes

    def advance(self, strain, time=None, *, stress=None, stress_is_prescribed=None):
        """Goes on to the end of an increment.

        strain : (m,) mean strain there, Mandel notation
        time : there; may be left out if no law depends on it
        stress : (m,) mean stress, of which the components count that are prescribed instead of those of the strain
        stress_is_prescribed : (m,) booleans
        Returns a dictionary of what `DeformedPath` has one row of. After an increment without answer, and after Ctrl-C, the state is
        that before the increment.
        Raises DeformationError where no equilibrium was found.
        """
        strain = _arrays.finite(strain, "strain", 1)
        if (stress is None) != (stress_is_prescribed is None):
            raise ValueError("arguments stress and stress_is_prescribed go together")
        if time is None and self.depends_on_time:
            raise ValueError("argument time is needed: a law depends on the length of increments")
        stress = np.zeros(len(strain)) if stress is None else _arrays.finite(stress, "stress", 1)
        mask = [False] * len(strain) if stress_is_prescribed is None else _mask(stress_is_prescribed)
        with self._lock:
            end = self._time + 1. if time is None else float(time)
            result = self._core.advance(end, mask, strain, stress)
            if result["status"] == "failed":
                raise DeformationError(result["message"])
            self._time = end
        return result

    def save(self):
        """Everything that later increments depend on, as an array."""
        with self._lock:
            return np.concatenate([[self._time], self._core.save()])

    def __reduce__(self):
        laws, settings = self._arguments
        return _restored, (self.rve, laws, settings, self._digest, self.save())

    def restore(self, numbers):
        """Goes back to what `save` has returned. Raises ValueError if the numbers are not those of such an RVE."""
        numbers = _arrays.doubles(numbers, "numbers", 1)
        if len(numbers) < 1:
            raise ValueError("argument numbers is empty; expected is what `save` returns")
        with self._lock:
            self._core.restore(np.ascontiguousarray(numbers[1:]))
            self._time = float(numbers[0])

    def fields(self):
        """Strain, stress and state of the voxels at the end of the last increment, by name: (m, n1, n2 [, n3]) in Mandel notation
        or (n1, n2 [, n3]), in the unit of the RVE; zeros in voxels whose law does not have a quantity. The stress is not there before the
        first increment and from `restore` to the next one."""
        return {name: values for name, _, values in self._core.fields()}


def _digest(file):
    """What tells whether a file of laws has changed; empty without one."""
    return hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest() if file else ""


def _restored(rve, laws, settings, digest, numbers):
    result = Deformation(rve, laws, **settings)
    if result._digest != digest:
        raise ValueError(f"the laws in {laws} have changed since this seco.Deformation was copied or pickled; its state belongs to the "
                         "former ones")
    result.restore(numbers)
    return result


def _mask(values):
    """Booleans of booleans, or of 0 and 1."""
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "biu" or not np.isin(array, (0, 1)).all():
        raise TypeError(f"argument stress_is_prescribed is {values!r}; allowed is True or False for each component")
    return array.astype(bool).tolist()


@dataclass(frozen=True, eq=False, repr=False)
class DeformedPath:
    """The answer along a load path of N increments; Mandel notation, stresses in `unit`."""

    time: np.ndarray  #: (N,)
    strain: np.ndarray  #: (N, m), mean
    stress: np.ndarray  #: (N, m), mean
    #: (N, m), guaranteed error of each component for the state at the beginning of its increment; infinite where none is known.
    stress_error: np.ndarray
    #: (N,), guaranteed error relative to the stress in the norm of the mean elastic compliance: of the increment, and of the path.
    stress_error_bound: np.ndarray
    path_error_bound: np.ndarray
    #: (N, m, m), or None if not wanted; bounds with tangent="bounds".
    tangent: np.ndarray
    tangent_lower: np.ndarray
    tangent_upper: np.ndarray
    energy_lower: np.ndarray  #: (N,)
    energy_upper: np.ndarray  #: (N,)
    newton_steps: np.ndarray  #: (N,)
    iterations: np.ndarray  #: (N,)
    status: tuple  #: (N,) of ok, no_lower_bound, not_converged
    message: str  #: why the first increment that is not ok is not; else empty
    #: By name, fields at the end: strain, stress and state of the voxels, (m, n1, n2 [, n3]) or (n1, n2 [, n3]).
    fields: dict
    unit: str

    def to_pandas(self):
        """A DataFrame with a row per increment and tensor components (no factor sqrt(2)), columns as those of `seco deform --csv`.
        Needs pandas."""
        import pandas
        names = _show.components(self.strain.shape[1])
        columns = {"time": self.time}
        for prefix, values in (("E", self.strain), ("S", self.stress), ("error_S", self.stress_error)):
            for i, name in enumerate(names):
                columns[prefix + name] = values[:, i] * (1. if name[0] == name[1] else np.sqrt(0.5))
        for name in ("stress_error_bound", "path_error_bound", "energy_lower", "energy_upper", "newton_steps", "iterations", "status"):
            columns[name] = list(getattr(self, name))
        return pandas.DataFrame(columns)

    def plot(self, component=None, axes=None):
        """Stress over strain of a component with its guaranteed band; None for the one that is loaded most. Needs Matplotlib."""
        names = _show.components(self.strain.shape[1])
        c = int(np.abs(self.stress).max(axis=0).argmax()) if component is None else names.index(component)
        factor = 1. if names[c][0] == names[c][1] else np.sqrt(0.5)
        axes = _show.axes(axes)
        x, y, error = (values[:, c] * factor for values in (self.strain, self.stress, self.stress_error))
        axes.plot(x, y, marker=".")
        if np.isfinite(error).all():
            axes.fill_between(x, y - error, y + error, alpha=0.3)
        axes.set_xlabel(f"strain {names[c]}")
        axes.set_ylabel(f"stress {names[c]} [{self.unit}]")
        return axes

    def __repr__(self):
        return (f"<seco.DeformedPath of {len(self.time)} increments to stress {np.array2string(self.stress[-1], precision=5)} {self.unit}, "
                f"relative error <= {self.stress_error_bound.max():.2g} of an increment, {self.path_error_bound[-1]:.2g} of the path>")

    def _repr_html_(self):
        names = _show.components(self.strain.shape[1])
        head = ("time", *(f"S{name}" for name in names), "error at most", "status")
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in (
            f"{t:g}", *(f"{x:.5g}" for x in s * [1. if n[0] == n[1] else np.sqrt(0.5) for n in names]), f"{e:.2g}", status)) + "</tr>"
            for t, s, e, status in zip(self.time, self.stress, self.stress_error_bound, self.status))
        return (f"<table><caption>load path, stress [{self.unit}], tensor components</caption><tr>"
                + "".join(f"<th>{name}</th>" for name in head) + f"</tr>{body}</table>")


def _path(path, time, dimension, depends_on_time):
    """Times, whether stresses are prescribed, strains and stresses."""
    m = dimension * (dimension + 1) // 2
    if isinstance(path, (str, os.PathLike)):
        path = {"type": "file", "file": os.fspath(path)}
    if isinstance(path, Mapping) and any(str(key).lower() == "type" for key in path):
        if time is not None:
            raise ValueError("argument time goes with an array of strains only; this path has times of its own")
        return core.load_path(entries({_key(str(key)): value for key, value in path.items()}, "Loading"), dimension)
    if hasattr(path, "keys"):
        return _columns(path, time, dimension)
    strain = _arrays.finite(path, "path", 2)
    n = len(strain)
    if strain.shape[1] != m or n < 1:
        raise ValueError(f"argument path has the shape {strain.shape}; expected is (increments, {m}), mean strains in Mandel notation")
    if time is None:
        if depends_on_time:
            raise ValueError("argument time is needed: a law depends on the length of increments")
        time = np.arange(1., n + 1.)
    time = _arrays.finite(time, "time", 1)
    if time.shape != (n,):
        raise ValueError(f"argument time has the shape {time.shape}; expected is ({n},), one for each increment")
    return time, np.zeros((n, m), dtype=bool), strain, np.zeros((n, m))


def _columns(path, time, dimension):
    """A table with the columns of load path files: time and E.. or S.. of every component, tensor components."""
    names = _show.components(dimension * (dimension + 1) // 2)
    known = {"time", *(prefix + name for prefix in "ES" for name in names)}
    if unknown := [str(key) for key in path.keys() if str(key) not in known]:
        raise ValueError(f"argument path: there is no column {unknown[0]!r}; allowed are {', '.join(sorted(known))}, or the keys of the "
                         "section 'Loading', of which 'type' is one")
    columns = {str(key): _arrays.finite(path[key], f"path[{key!r}]", 1) for key in path.keys()}
    if time is not None:
        columns.setdefault("time", _arrays.finite(time, "time", 1))
    if columns and not any(len(values) for values in columns.values()):
        raise ValueError("argument path has no increments")
    if len({len(values) for values in columns.values()}) != 1:
        raise ValueError("argument path: its columns have different lengths")
    if "time" not in columns:
        raise ValueError("argument path: there is no column 'time'")
    mask, strain, stress = [], [], []
    for name in names:
        both = [prefix + name for prefix in "ES" if prefix + name in columns]
        if len(both) != 1:
            raise ValueError(f"argument path: of E{name} and S{name} one is needed, and only one")
        values = columns[both[0]] * (1. if name[0] == name[1] else np.sqrt(2.))
        is_stress = both[0][0] == "S"
        mask.append(np.full(len(values), is_stress))
        strain.append(np.zeros(len(values)) if is_stress else values)
        stress.append(values if is_stress else np.zeros(len(values)))
    return columns["time"], np.stack(mask, 1), np.stack(strain, 1), np.stack(stress, 1)


_ROWS = ("time", "strain", "stress", "stress_error", "stress_error_bound", "path_error_bound", "tangent", "tangent_lower",
         "tangent_upper", "energy_lower", "energy_upper", "newton_steps", "iterations")


def deform(rve, laws, path, time=None, *, progress=None, strict=False, **settings):
    """The stress of an RVE with nonlinear laws along a load path, with guaranteed errors.

    rve, laws, settings : as for `Deformation`
    path : one of
        (N, m), mean strains at the ends of N increments, Mandel notation;
        a dictionary or DataFrame with the columns `time` and for every component E11 (mean strain) or S11 (mean stress) and so on,
        tensor components (no factor sqrt(2)), or a CSV file with them;
        keys of the section `Loading` of `seco deform`, as {"type": "tension", "direction": 11, ...}
    time : (N,) ends of the increments, for an array of strains; may be left out if no law depends on it
    progress : called with the number of increments that are done, and their total
    strict : raise ResultError unless all increments are ok, instead of a ResultWarning
    Returns a DeformedPath.
    Raises DeformationError where an increment has no answer, with those before it; KeyboardInterrupt after Ctrl-C.
    """
    check_callback(progress, "progress")
    deformation = Deformation(rve, laws, **settings)
    times, mask, strain, stress = _path(path, time, rve.dimension, deformation.depends_on_time)
    rows = []
    for i in range(len(times)):
        try:
            rows.append(deformation.advance(strain[i], times[i], stress=stress[i], stress_is_prescribed=mask[i]))
        except DeformationError as error:
            raise DeformationError(f"increment {i + 1} of {len(times)}: {error}", _gathered(rows, deformation) if rows else None) from None
        if progress is not None:
            progress(i + 1, len(times))
    result = _gathered(rows, deformation, deformation.fields())
    tell([result], strict)
    return result


def _gathered(rows, deformation, fields=None):
    """@param fields at the end of a path that was gone to its end"""
    columns = {name: np.array([row[name] for row in rows]) for name in _ROWS}
    for name in ("tangent", "tangent_lower", "tangent_upper"):
        if columns[name].size == 0:
            columns[name] = None
    bad = next((f"increment {i + 1}: {row['message'] or row['status']}" for i, row in enumerate(rows) if row["status"] != "ok"), "")
    return DeformedPath(**columns, status=tuple(row["status"] for row in rows), message=bad, fields=fields or {}, unit=deformation.rve.unit)
