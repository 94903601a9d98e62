"""Homogenized stiffness with bounds."""
from dataclasses import dataclass, fields as _fields

import numpy as np

from . import _arrays, _show
from ._load import core
from ._settings import check_callback, engine_entries, tell
from .rve import Rve

import logging

_log = logging.getLogger("seco")


@dataclass(frozen=True, eq=False, repr=False)
class Homogenized:
    """The homogenized stiffness of an RVE: an estimate, and bounds that are guaranteed for the discrete voxel problem,
    lower <= C <= upper in the Loewner order, round-off included. Matrices are (m, m) in Mandel notation, in `unit`."""

    stiffness: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    #: Largest relative gap of the unit loads, max (upper_ii - lower_ii) / upper_ii.
    gap: float
    #: ok, not converged, unreliable, one-sided (voids: the lower bound is zero), or failed (matrices are NaN).
    status: str
    #: Why the result is not what was asked; empty if it is.
    message: str
    engine: str
    iterations: int
    #: Largest relative residual of the loads.
    residual: float
    #: Wall time; of a batch its share.
    seconds: float
    unit: str

    @property
    def ok(self):
        """Whether the result is what was asked."""
        return not self.message

    def to_dict(self):
        """All of it as lists and numbers, for JSON."""
        return {f.name: getattr(self, f.name).tolist() if isinstance(getattr(self, f.name), np.ndarray) else getattr(self, f.name)
                for f in _fields(self)}

    def plot(self, axes=None):
        """The diagonal with its bounds. Needs Matplotlib. Returns the axes."""
        axes = _show.axes(axes)
        middle = np.diagonal(self.stiffness)
        below, above = middle - np.diagonal(self.lower), np.diagonal(self.upper) - middle
        names = _show.components(len(middle))
        axes.errorbar(range(len(middle)), middle, [np.maximum(below, 0.), np.maximum(above, 0.)], fmt="_", capsize=6)
        axes.set_xticks(range(len(middle)), [f"{name}{name}" for name in names])
        axes.set_ylabel(f"stiffness, Mandel [{self.unit}]")
        axes.set_title(f"gap {self.gap:.2g}, {self.status}")
        return axes

    def __repr__(self):
        with np.printoptions(precision=5, suppress=False, linewidth=120):
            head = f"<seco.Homogenized [{self.unit}], Mandel, gap {self.gap:.3g}, {self.status}, engine {self.engine}"
            return f"{head}\n{self.stiffness}" + (f"\n{self.message}>" if self.message else ">")

    def _repr_html_(self):
        rows = [("gap", f"{self.gap:.3g}"), ("status", self.status), ("engine", self.engine), ("iterations", self.iterations)]
        rows += [("message", self.message)] if self.message else []
        caption = f"homogenized stiffness [{self.unit}], Mandel; below each entry of the diagonal its bounds"
        return _show.matrix(caption, self.stiffness, self.lower, self.upper) + _show.table("", rows)


def _handles(rve, function):
    if isinstance(rve, Rve):
        return [rve._core], True
    try:
        rves = list(rve)
    except TypeError:
        rves = [rve]
    for i, entry in enumerate(rves):
        if not isinstance(entry, Rve):
            raise TypeError(f"argument rve of seco.{function}: entry {i} has the type {type(entry).__name__}; allowed are seco.Rve "
                            "and lists of them")
    return [entry._core for entry in rves], False


def homogenize(rve, engine="certified", tolerance=1e-3, *, progress=None, strict=False, **settings):
    """Homogenized stiffness of an RVE, or of a list of RVEs as one batch, with guaranteed bounds.

    rve : an Rve, or a list of them, whose grids may differ
    engine : voigt, reuss, hill, fft, certified, auto, s-eco, or another that is registered (`seco.engines()`)
    tolerance : of certified and auto the largest relative gap of the bounds, of fft the relative residual; 1e-14 to 1
    progress : called with the number of finished RVEs
    strict : raise ResultError where a result is not what was asked, instead of a ResultWarning
    settings : keys of engines (docs/parameters.md, material `homogenized`) as arguments: model (a folder, `seco.model(name)`),
        max_iterations, device, precision, network_precision, chunk_memory, cache (a folder), largest_gap; those of one engine as
        a dictionary by its name, as certified={"first_check": 5}
    Returns a Homogenized, or a list of them in the order of the RVEs.
    Raises ValueError or TypeError for arguments that do not fit, KeyboardInterrupt after Ctrl-C.
    """
    handles, single = _handles(rve, "homogenize")
    check_callback(progress, "progress")
    contents, report = core.homogenize(handles, engine_entries(engine, tolerance, settings), progress)
    for line in report:
        _log.info(line)
    results = [Homogenized(**content) for content in contents]
    tell(results, strict)
    return results[0] if single else results


def _loads(array, name, own_axes):
    """An array with an axis of loads in front."""
    if array is None:
        return None
    array = _arrays.finite(array, name)
    return array[None] if array.ndim == own_axes else array


def certify(rve, strain=None, *, displacement=None, mean_strain=None, stress=None):
    """Guaranteed bounds of the homogenized stiffness from fields that anybody has computed, such as a network of another project.

    The fields are made admissible by projections and then bound both energies: bad fields make the bounds wide, never wrong, and
    no wider than Voigt's and Reuss's. One of strain and displacement is needed.

    rve : an Rve, on whose grid the fields are
    strain : (loads, m, n1, n2 [, n3]) total strains at the centres of the voxels, Mandel notation; or one load without its axis
    displacement : (loads, d, n1, n2 [, n3]) periodic fluctuations at the corners of the voxels (corner v of voxel v is the one
        nearest to the origin), in the unit of the lengths
    mean_strain : (loads, m). None: the means of the strains, and of m displacements the unit strains in order. With fewer loads
        than m the bounds are narrow for the strains that these span.
    stress : (loads, m, n1, n2 [, n3]) stresses of the same loads in the unit of the RVE; None for C : strain
    NumPy arrays of float64 in C order are not copied. Tensors of PyTorch, CuPy and others are taken by DLPack, of any floating type,
    and everything is computed on the device where they are, without a copy of those of float64.
    Returns a Homogenized; its estimate is the mean of the bounds.
    Raises ValueError or TypeError for shapes that do not fit and numbers that are not finite.
    """
    if not isinstance(rve, Rve):
        raise TypeError(f"argument rve of seco.certify has the type {type(rve).__name__}; allowed is seco.Rve")
    if (strain is None) == (displacement is None):
        raise ValueError("seco.certify: one of the arguments strain and displacement is needed, and only one")
    axes = 1 + rve.dimension
    mean_strain = _loads(mean_strain, "mean_strain", 1)
    given = {"strain": strain, "displacement": displacement, "stress": stress}
    if all(field is None or _arrays.is_tensor(field) for field in given.values()):
        tensors = {name: _arrays.on_device(field, name, axes) for name, field in given.items()}
        content = core.certify_tensors(rve._core, tensors["strain"], tensors["displacement"], mean_strain, tensors["stress"])
    else:
        arrays = {name: _loads(field, name, axes) for name, field in given.items()}
        content = core.certify(rve._core, arrays["strain"], arrays["displacement"], mean_strain, arrays["stress"])
    return Homogenized(**content)


def certify_continuum(rve, refinement=1, tolerance=None, device="auto"):
    """Guaranteed bounds for the voxels as a continuum, not only for their discretization.

    rve : an Rve
    refinement : parts of a voxel's edge; more parts narrow the gap
    tolerance : relative gap at which tightening ends; None to go on while it pays
    device : auto, cpu, cuda or cuda:N
    Returns a Homogenized whose estimate is the mean of the bounds.
    """
    if not isinstance(rve, Rve):
        raise TypeError(f"argument rve of seco.certify_continuum has the type {type(rve).__name__}; allowed is seco.Rve")
    if isinstance(refinement, bool) or not isinstance(refinement, (int, np.integer)):
        raise TypeError(f"argument refinement is {refinement!r}; allowed are integers from 1")
    if tolerance is not None and not (isinstance(tolerance, (int, float, np.number)) and 0 < tolerance < 1):
        raise ValueError(f"argument tolerance is {tolerance!r}; allowed are numbers above 0 and below 1")
    return Homogenized(**core.certify_continuum(rve._core, refinement, tolerance or 0., device))
