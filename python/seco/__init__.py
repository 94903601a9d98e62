"""Homogenized stiffness of voxel microstructures with guaranteed two-sided bounds.

    import seco
    rve = seco.Rve(phase, stiffness, lengths, unit="MPa")
    c = seco.homogenize(rve, tolerance=1e-3)
    c.lower, c.upper

Symmetric tensors are in Mandel notation, component order 11 22 33 23 13 12 in 3D and 11 22 12 in 2D (plane strain); shear
components of strains and stresses carry a factor sqrt(2), so that products of tensors are those of vectors. A stiffness is
a matrix of m x m with m = 6 (2D: 3). Axes of fields: component first, then the axes of the grid, as those of `phase`.
"""
import logging as _logging

from ._load import core as _core
from ._settings import ResultError, ResultWarning
from .deformation import Deformation, DeformationError, DeformedPath, deform
from .fields import Fields, fields
from .homogenization import Homogenized, certify, certify_continuum, homogenize
from .rve import Rve, generate, model, read, rotate, stiffness, voigt_to_mandel
from .training import TrainingProgress, TrainingResult, describe_model, train

__version__ = _core.__version__
__all__ = [
    "Deformation", "DeformationError", "DeformedPath", "Fields", "Homogenized", "ResultError", "ResultWarning", "Rve",
    "TrainingProgress", "TrainingResult", "certify", "certify_continuum", "deform", "describe_model", "engines", "fields",
    "generate", "homogenize", "laws", "model", "read", "rotate", "stiffness", "train", "version_report", "voigt_to_mandel",
]

_logging.getLogger("seco").addHandler(_logging.NullHandler())


def engines():
    """Names of the engines that `homogenize` takes."""
    return _core.engine_names()


def laws(name=None):
    """Names of the constitutive laws that `deform` takes, or the documented keys of one.

    name : of a law; None for the list of names
    Raises ValueError for an unknown name.
    """
    return _core.law_names() if name is None else _core.law_documentation(name)


def version_report():
    """Versions of this package and of the libraries it computes with, threads and devices, for reports of errors."""
    return _core.version_report()
