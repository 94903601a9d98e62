"""Strain and stress inside an RVE."""
from dataclasses import dataclass

import numpy as np

from . import _arrays, _show
from ._load import core
from ._settings import engine_entries, tell
from .homogenization import Homogenized
from .rve import Rve


@dataclass(frozen=True, eq=False, repr=False)
class Fields:
    """The fields of an RVE under one mean strain. Tensors are in Mandel notation, stresses in `unit`; arrays are the memory in
    which they were computed, and numpy.from_dlpack, torch.from_dlpack and others take them without a copy."""

    #: (m, n1, n2 [, n3]), compatible with the mean strain.
    strain: np.ndarray
    #: (m, n1, n2 [, n3]), C : strain in every voxel.
    stress: np.ndarray
    #: (n1, n2 [, n3]); in 2D of all stresses, or of those in the plane: `measure`.
    von_mises: np.ndarray
    #: (n1, n2 [, n3]), a third of the trace of the stress.
    hydrostatic: np.ndarray
    #: (m,)
    mean_strain: np.ndarray
    mean_stress: np.ndarray
    #: Guaranteed error of both fields against the exact discrete solution in the energy norm, root of the mean over the voxels,
    #: in the square root of the unit; and relative to the norm of the fields.
    field_error: float
    relative_field_error: float
    #: Value and voxel.
    largest_von_mises: tuple
    largest_hydrostatic: tuple
    smallest_hydrostatic: tuple
    #: spatial or in-plane.
    measure: str
    homogenized: Homogenized
    lengths: tuple
    unit: str

    def to_pyvista(self):
        """A pyvista.ImageData with all fields as cell data, tensors by component (no factor sqrt(2)). Needs pyvista."""
        data = {"von_mises": self.von_mises, "hydrostatic": self.hydrostatic}
        for name in ("strain", "stress"):
            for component, values in zip(_show.components(len(self.mean_strain)), getattr(self, name)):
                data[f"{name}_{component}"] = values * (1. if component[0] == component[1] else np.sqrt(0.5))
        return _show.grid(self.von_mises.shape, self.lengths, data)

    def plot(self, quantity="von_mises", axes=None, cut=0):
        """A picture of von_mises or hydrostatic: in 3D the plane `cut` of axis 2. Needs Matplotlib. Returns the axes."""
        if quantity not in ("von_mises", "hydrostatic"):
            raise ValueError(f"argument quantity is {quantity!r}; allowed are von_mises and hydrostatic")
        return _show.image(getattr(self, quantity), self.lengths, f"{quantity} [{self.unit}]", axes, cut)

    def __repr__(self):
        grid = " x ".join(str(n) for n in self.von_mises.shape)
        return (f"<seco.Fields on {grid} voxels, mean stress {np.array2string(self.mean_stress, precision=5)} {self.unit}, "
                f"relative error <= {self.relative_field_error:.2g}>")

    def _repr_html_(self):
        value, voxel = self.largest_von_mises
        vector = lambda v: ", ".join(f"{x:.5g}" for x in v)
        return _show.table("Fields of an RVE", [
            ("mean strain, Mandel", vector(self.mean_strain)), (f"mean stress [{self.unit}], Mandel", vector(self.mean_stress)),
            ("relative error of the fields, at most", f"{self.relative_field_error:.2g}"),
            (f"largest von Mises stress [{self.unit}]", f"{value:.5g} in voxel {voxel}")])


def fields(rve, strain, engine="certified", tolerance=1e-3, *, strict=False, **settings):
    """Strain and stress in every voxel of an RVE under mean strains.

    rve : an Rve
    strain : (m,) mean strain in Mandel notation, or (loads, m)
    engine, tolerance, strict, settings : as for `homogenize`; the engine has to have fields. The error of the fields is about the
        root of the gap, and `relative_field_error` is guaranteed.
    Returns Fields, or a list of them, one per load.
    Raises ValueError or TypeError for arguments that do not fit, ResultError where there is no answer.
    """
    if not isinstance(rve, Rve):
        raise TypeError(f"argument rve of seco.fields has the type {type(rve).__name__}; allowed is seco.Rve")
    strains = _arrays.finite(strain, "strain", (1, 2))
    content, measure, loads = core.fields(rve._core, np.atleast_2d(strains), engine_entries(engine, tolerance, settings))
    homogenized = Homogenized(**content)
    tell([homogenized], strict or homogenized.status == "failed")
    result = [Fields(**load, measure=measure, homogenized=homogenized, lengths=rve.lengths, unit=rve.unit) for load in loads]
    return result[0] if strains.ndim == 1 else result
