"""RVEs as micro simulations of preCICE's Micro Manager (0.12), and its model switching by the certified gap.

The file that its configuration names as `micro_file_names` holds

    from seco.micro_manager import micro_simulation
    MicroSimulation = micro_simulation(lambda point: seco.generate("polycrystal", seed=point), tolerance=1e-3)

Names of the coupling data, their order 11 22 33 12 13 23 and Mandel notation are those of the adapter of FANS: strains1to3,
strains4to6; stresses1to3, stresses4to6, cmat1 to cmat7, the upper triangle of the tangent row by row. In addition there is `gap`, so
that a macro participant can read how good a point is, and the Micro Manager can switch models by it.
"""

import numpy as np

from . import _arrays
from .deformation import Deformation
from .homogenization import homogenize
from .rve import Rve

__all__ = ["micro_simulation", "switch_by_gap"]

#: Places of the components 11 22 33 12 13 23 in 11 22 33 23 13 12.
_ORDER = np.array([0, 1, 2, 5, 4, 3])


def _interface():
    """The Micro Manager's base class, or what stands for it where the Micro Manager is not there."""
    try:
        from micro_manager import MicroSimulationInterface
    except ImportError:
        return object
    return MicroSimulationInterface


def _strain(macro_data):
    missing = [name for name in ("strains1to3", "strains4to6") if name not in macro_data]
    if missing:
        raise ValueError(f"the macro data has no {missing[0]!r}; it has {', '.join(sorted(map(str, macro_data)))}")
    parts = [_arrays.finite(macro_data[name], name, 1) for name in ("strains1to3", "strains4to6")]
    if any(len(part) != 3 for part in parts):
        raise ValueError("strains1to3 and strains4to6 are expected to have 3 components each")
    return np.concatenate(parts)[_ORDER]


def _answer(stress, tangent, gap):
    stress, tangent = stress[_ORDER], tangent[np.ix_(_ORDER, _ORDER)]
    triangle = tangent[np.triu_indices(6)].reshape(7, 3)
    return {"stresses1to3": stress[:3].tolist(), "stresses4to6": stress[3:].tolist(),
            **{f"cmat{i + 1}": row.tolist() for i, row in enumerate(triangle)}, "gap": float(gap)}


def micro_simulation(rve, laws=None, *, engine="certified", tolerance=1e-3, **settings):
    """A class `MicroSimulation` for the Micro Manager.

    rve : an Rve in 3D for all points, or a function of the number of the point that returns one
    laws : None for linear elastic points, which are homogenized once, at their first `solve`; else as for `seco.Deformation`: points
        with a history. A `solve` then answers the increment from the state that was set, or solved for, last.
    engine, tolerance, settings : as for `seco.homogenize` and `seco.Deformation`
    The gap of a linear point is that of its stiffness; that of a point with a history is the guaranteed relative error of its stress
    in this increment, infinite where none is known.
    `solve` raises ValueError for macro data that does not fit, seco.ResultError where there is no answer.
    """
    if not isinstance(rve, Rve) and not callable(rve):
        raise TypeError(f"argument rve has the type {type(rve).__name__}; allowed are seco.Rve and functions that return one")

    class MicroSimulation(_interface()):
        def __init__(self, sim_id):
            self._id = sim_id
            self._made = self._linear = self._deformation = None

        def _rve(self):
            if self._made is None:
                made = rve if isinstance(rve, Rve) else rve(self._id)
                if not isinstance(made, Rve) or made.dimension != 3:
                    raise TypeError(f"the RVE of point {self._id} is {made!r}; expected is a seco.Rve in 3D")
                self._made = made
            return self._made

        def _history(self):
            if self._deformation is None:
                self._deformation = Deformation(self._rve(), laws, tolerance=tolerance, **settings)
            return self._deformation

        def solve(self, macro_data, dt):
            strain = _strain(macro_data)
            if laws is not None:
                history = self._history()
                if not dt > 0:
                    raise ValueError(f"the time step is {dt}; allowed are positive numbers")
                result = history.advance(strain, history._time + float(dt))
                return _answer(result["stress"], result["tangent"], result["stress_error_bound"])
            if self._linear is None:
                c = homogenize(self._rve(), engine, tolerance, **settings)
                if c.status == "failed":
                    from ._settings import ResultError
                    raise ResultError(f"point {self._id}: {c.message}")
                self._linear = c.stiffness, c.gap
            stiffness, gap = self._linear
            return _answer(stiffness @ strain, stiffness, gap)

        def get_state(self):
            """All of it: the number of the point decides which RVE it has."""
            return {"id": self._id, "linear": self._linear, "history": None if laws is None else self._history().save()}

        def set_state(self, state):
            if state["id"] != self._id:
                self.set_global_id(state["id"])
            self._linear = state["linear"]
            if laws is not None:
                self._history().restore(state["history"])

        def get_global_id(self):
            return self._id

        def set_global_id(self, global_id):
            if global_id != self._id:
                self._made = self._linear = self._deformation = None
            self._id = global_id

    if laws is not None and settings.get("tangent", "estimate") == "none":
        raise ValueError("argument tangent is 'none'; the Micro Manager's macro participants need one")
    return MicroSimulation


def switch_by_gap(largest, smallest=0., *, finest="last"):
    """A `switching_function` of the Micro Manager: a point goes to a finer model while the guaranteed gap of its answer is above
    `largest`, and to a coarser one where it is below `smallest`; between the two it stays.

    largest, smallest : relative gaps, 0 <= smallest < largest
    finest : whether the finest model is the first or the last of `micro_file_names`
    """
    if not 0. <= smallest < largest:
        raise ValueError(f"arguments smallest and largest are {smallest} and {largest}; allowed are 0 <= smallest < largest")
    if finest not in ("first", "last"):
        raise ValueError(f"argument finest is {finest!r}; allowed are first and last")
    finer = 1 if finest == "last" else -1

    def switching_function(resolution, location, t, input, prev_output):
        if prev_output is None:
            return 0
        gap = float(np.ravel(prev_output["gap"])[0])
        return finer if not gap <= largest else -finer if gap < smallest else 0

    return switching_function
