"""Representative volume elements: from arrays, files and generators."""
import os
import pathlib

import numpy as np

from . import _arrays, _show
from ._load import core
from ._settings import entries

_UNITS = ("Pa", "kPa", "MPa", "GPa")
_PAIRS = {6: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)), 3: ((0, 0), (1, 1), (0, 1))}


def voigt_to_mandel(stiffness):
    """Stiffnesses in Mandel notation of those in Voigt notation (engineering shear strains), order 11 22 33 23 13 12.

    stiffness : (..., m, m) with m = 6 or 3
    Returns an array of the same shape and unit: rows and columns of shear times sqrt(2).
    """
    stiffness = _arrays.doubles(stiffness, "stiffness")
    m = stiffness.shape[-1] if stiffness.ndim >= 2 else 0
    if m not in _PAIRS or stiffness.shape[-2] != m:
        raise ValueError(f"argument stiffness has the shape {stiffness.shape}; expected is (..., 6, 6) or (..., 3, 3)")
    factor = np.array([1. if i == j else np.sqrt(2.) for i, j in _PAIRS[m]])
    return stiffness * factor[:, None] * factor


def _of_tensors(tensors):
    """Mandel matrices (P, m, m) of tensors (P, d, d, d, d)."""
    d = tensors.shape[-1]
    scale = np.abs(tensors).max(initial=0.)
    for axes, name in (((0, 2, 1, 3, 4), "C_ijkl and C_jikl"), ((0, 1, 2, 4, 3), "C_ijkl and C_ijlk")):
        if np.abs(tensors - tensors.transpose(axes)).max(initial=0.) > 1e-8 * scale:
            raise ValueError(f"argument stiffness: {name} differ; allowed are tensors with minor symmetries")
    pairs = _PAIRS[d * (d + 1) // 2]
    voigt = np.stack([np.stack([tensors[:, i, j, k, l] for k, l in pairs], -1) for i, j in pairs], -2)
    return voigt_to_mandel(voigt)


def stiffness(text, unit="MPa"):
    """The stiffness that a text describes, (6, 6) in Mandel notation and in `unit`.

    text : a name of the table of elastic constants as "Cu"; Young's modulus and Poisson's ratio as "70e3, 0.34"; a class with
        its constants as "cubic: 168e3, 121e3, 75e3"; "void" for zeros; all forms: docs/parameters.md
    unit : Pa, kPa, MPa or GPa, of the constants in the text and of the result
    Raises ValueError for what is not understood, not symmetric or not positive definite.
    """
    _check_unit(unit)
    if not isinstance(text, str):
        raise TypeError(f"argument text has the type {type(text).__name__}; allowed are texts")
    if text.strip() == "void":
        return np.zeros((6, 6))
    return core.stiffness_from_text(text, unit, 3)


def rotate(stiffness, orientation):
    """Stiffnesses of crystals in the axes of the sample, (P, 6, 6), Mandel notation.

    stiffness : (6, 6) or (P, 6, 6) in crystal axes, Mandel notation
    orientation : (P, 3), Bunge Euler angles phi1, Phi, phi2 in radians, or (P, 3, 3), rotations R that take crystal axes to sample
        axes, v_sample = R v_crystal = Rz(phi1) Rx(Phi) Rz(phi2) v_crystal (Bunge's matrix g is the transpose). Three
        angles (3,) give (6, 6); one matrix is (1, 3, 3).
    Raises ValueError for shapes that do not fit and matrices that are no rotations.
    """
    stiffness, orientation = _arrays.finite(stiffness, "stiffness", (2, 3)), _arrays.finite(orientation, "orientation", (1, 2, 3))
    if orientation.shape == (3, 3) and np.allclose(orientation @ orientation.T, np.eye(3), atol=1e-6):
        raise ValueError("argument orientation is a rotation matrix of the shape (3, 3), which would be taken for three triples of angles; "
                         "pass it as (1, 3, 3), such as orientation[None]")
    if orientation.ndim < 3:
        _check_angles(orientation)
    single = orientation.ndim == 1
    if single:
        orientation = orientation[None]
    if stiffness.ndim == 2:
        stiffness = np.broadcast_to(stiffness, (len(orientation), *stiffness.shape))
    turned = core.rotate(np.ascontiguousarray(stiffness), orientation)
    return turned[0] if single else turned


def _check_angles(orientation):
    """Degrees can hardly be radians: of several turns."""
    if orientation.size and np.abs(orientation).max() > 4. * np.pi:
        largest = orientation.flat[np.abs(orientation).argmax()]
        raise ValueError(f"argument orientation holds the angle {largest:g}; allowed are radians, up to 4 pi; for degrees pass "
                         "np.deg2rad(orientation)")


def _check_unit(unit):
    if unit not in _UNITS:
        raise ValueError(f"argument unit is {unit!r}; allowed are {', '.join(_UNITS)}")


def _table(stiffness_of, unit, dimension, notation):
    """(P, m, m) of whatever names stiffnesses."""
    if notation not in ("mandel", "voigt"):
        raise ValueError(f"argument notation is {notation!r}; allowed are mandel and voigt")
    if isinstance(stiffness_of, dict):
        expected = list(range(len(stiffness_of)))
        if set(stiffness_of) != set(expected):
            found = ", ".join(sorted(map(repr, stiffness_of)))
            raise ValueError(f"argument stiffness has the phases [{found}]; expected are {expected}")
        stiffness_of = [stiffness_of[p] for p in expected]
    if isinstance(stiffness_of, str):
        stiffness_of = [stiffness_of]
    if isinstance(stiffness_of, np.ndarray) and stiffness_of.dtype.kind in "UO" and stiffness_of.ndim == 1:
        stiffness_of = stiffness_of.tolist()
    if isinstance(stiffness_of, (list, tuple)) and any(isinstance(entry, str) for entry in stiffness_of):
        if notation != "mandel" and not all(isinstance(entry, str) for entry in stiffness_of):
            raise ValueError("argument stiffness: texts and Voigt matrices do not go together; convert these with "
                             "seco.voigt_to_mandel")
        notation = "mandel"
        stiffness_of = [stiffness(entry, unit) if isinstance(entry, str) else _arrays.doubles(entry, "stiffness", 2)
                        for entry in stiffness_of]
        if len({entry.shape for entry in stiffness_of}) > 1:
            raise ValueError("argument stiffness holds matrices of different sizes; beside texts they are 6 x 6")
    table = _arrays.doubles(stiffness_of, "stiffness")
    if table.ndim < 3 and table.shape[-1:] == (2,):
        raise ValueError("argument stiffness holds pairs of numbers; Young's modulus and Poisson's ratio are given as texts, such as "
                         f"\"{', '.join(f'{x:g}' for x in table.reshape(-1, 2)[0])}\"")
    if table.ndim == 5 and table.shape[1:] in ((dimension,) * 4, (3,) * 4):
        if notation != "mandel":
            raise ValueError("argument notation is 'voigt', and the stiffnesses are tensors; leave it out")
        return _of_tensors(table)
    return voigt_to_mandel(table) if notation == "voigt" else table


class Rve:
    """A representative volume element: a periodic grid of voxels with a phase each, and a stiffness per phase.

    phase : integers (n1, n2) or (n1, n2, n3), from 0; axis 0 is x. Two axes are plane strain.
    stiffness : in `unit`, one of
        (P, m, m) in Mandel notation, m = 6, or in 2D 3 or 6; with notation="voigt" in Voigt notation;
        (P, 3, 3, 3, 3), tensors;
        a list, or a dictionary by phase, of texts as for `seco.stiffness` ("Cu", "70e3, 0.34", "void") and (6, 6) matrices.
        Zeros are a void.
    lengths : edges along the axes in any unit of length; one number for a cube or square. None: voxels of size 1.
    unit : of the stiffness and of all stresses: Pa, kPa, MPa or GPa
    orientation : (P, 3) Bunge Euler angles of the crystals of the phases in radians, for networks and laws; the stiffnesses are
        already turned
    Everything is copied, and an RVE does not change. Equal ones have equal hashes.
    Raises ValueError or TypeError for what does not fit, naming argument, value and what is allowed.
    """

    __slots__ = ("_core", "notes", "format", "phase_names")

    def __init__(self, phase, stiffness, lengths=None, unit="MPa", *, orientation=None, notation="mandel"):
        _check_unit(unit)
        phase = _arrays.phases(phase)
        if lengths is None:
            lengths = phase.shape
        lengths = _arrays.finite(lengths, "lengths", (0, 1))
        if lengths.ndim == 0:
            if len(set(phase.shape)) > 1:
                raise ValueError(f"argument lengths is one number for the grid {phase.shape}; expected is one for each axis")
            lengths = np.full(phase.ndim, float(lengths))
        table = _table(stiffness, unit, phase.ndim, notation)
        if orientation is not None:
            orientation = _arrays.finite(orientation, "orientation", 2)
            _check_angles(orientation)
        self._set(core.Rve(phase, table, lengths.tolist(), unit, orientation))

    def _set(self, handle, notes=(), file_format="", phase_names=()):
        self._core, self.notes, self.format, self.phase_names = handle, tuple(notes), file_format, tuple(phase_names)
        return self

    @classmethod
    def _of(cls, *parts):
        return cls.__new__(cls)._set(*parts)

    shape = property(lambda self: self._core.shape, doc="Voxels along the axes.")
    lengths = property(lambda self: self._core.lengths, doc="Edges along the axes.")
    unit = property(lambda self: self._core.unit, doc="Unit of the stiffness.")
    phase = property(lambda self: self._core.phase, doc="Phase of every voxel, (n1, n2 [, n3]), uint16; a view, read-only.")
    stiffness = property(lambda self: self._core.stiffness, doc="(P, m, m), Mandel notation, a copy.")
    orientation = property(lambda self: self._core.orientation, doc="(P, 3) Bunge angles in radians, or None.")
    dimension = property(lambda self: len(self._core.shape), doc="2 or 3.")

    @property
    def volume_fractions(self):
        """Share of the voxels of each phase, (P,)."""
        return np.bincount(self.phase.ravel(), minlength=len(self.stiffness)) / self.phase.size

    def save(self, path, description=""):
        """Writes an HDF5 file that `seco.read` and the programs read; a file of this name is always complete."""
        self._core.save(os.fspath(path), description)

    def plot(self, axes=None, cut=0):
        """A picture of the phases: in 3D the plane `cut` of axis 2. Needs Matplotlib. Returns the axes."""
        return _show.image(self.phase, self.lengths, "phase", axes, cut, cmap="tab20", interpolation="nearest")

    def to_pyvista(self):
        """A pyvista.ImageData with the cell data `phase`. Needs pyvista."""
        return _show.grid(self.shape, self.lengths, {"phase": self.phase})

    def __eq__(self, other):
        return isinstance(other, Rve) and self._core == other._core

    def __hash__(self):
        return hash(self._core)

    def __reduce__(self):
        stiffness_of = self._core.stiffness_3d
        if stiffness_of is None:
            stiffness_of = self.stiffness
        return _rebuilt, (np.array(self.phase), stiffness_of, self.lengths, self.unit, self.orientation, self.notes, self.format,
                          self.phase_names)

    def __repr__(self):
        grid = " x ".join(str(n) for n in self.shape)
        return f"<seco.Rve {grid} voxels, {len(self.stiffness)} phases, {self.unit}>"

    def _repr_html_(self):
        rows = [("voxels", " × ".join(str(n) for n in self.shape)), ("lengths", ", ".join(f"{x:g}" for x in self.lengths)),
                ("phases", len(self.stiffness)), ("unit", self.unit)]
        return _show.table("RVE", rows + [("note", note) for note in self.notes])


def _rebuilt(phase, stiffness_of, lengths, unit, orientation, *about):
    return Rve._of(core.Rve(phase, stiffness_of, list(lengths), unit, orientation), *about)


def read(path, dimension=None, **options):
    """An RVE from a microstructure file of any format that `seco import` reads: DREAM.3D, DAMASK, VTK, images, and others.

    path : of the file
    dimension : 2 (plane strain) or 3; None for 2 where the grid has one voxel along axis 2
    options : keys of the section `Microstructure file` of parameter files (docs/parameters.md) as arguments, as in
        phase_stiffness={"Copper": "Cu", 2: "void"}, unit="GPa", thresholds=[120], crop=[slice(0, 32), slice(8, 40)],
        coarsen=2, mirror=[0], array="FeatureIds", material_file="material.yaml"
    Returns an Rve, whose `notes` say what was assumed.
    Raises RuntimeError naming file, array or line, and ValueError naming an option, its value and what is allowed.
    """
    path = os.fspath(path)
    if dimension not in (None, 2, 3):
        raise ValueError(f"argument dimension is {dimension!r}; allowed are 2, 3 and None")
    if "crop" in options and isinstance(options["crop"], (list, tuple)):
        options["crop"] = ", ".join(_interval(part) for part in options["crop"])
    handle, notes, file_format, names = core.read(path, entries(options), dimension or 0)
    return Rve._of(handle, notes, file_format, names)


def _interval(part):
    if isinstance(part, slice):
        if part.step not in (None, 1):
            raise ValueError(f"argument crop: the step of a slice is {part.step}; allowed is 1")
        part = ("" if part.start is None else part.start, "" if part.stop is None else part.stop)
    return part if isinstance(part, str) else f"{part[0]}:{part[1]}"


def generate(type, **settings):
    """A periodic RVE of a generator, determined by its settings and the seed.

    type : polycrystal, inclusions, overlapping, grains, fibres, laminate or homogeneous
    settings : keys of the section `Microstructure` of parameter files (docs/parameters.md) as arguments, as in
        grid=(32, 32, 32), lengths=(1, 1, 1), seed=3, volume_fraction=0.2, number_of_inclusions=8, matrix="epoxy",
        inclusion="E-glass", number_of_grains=64, crystal="Cu", unit="MPa"; a stiffness is a text or a (6, 6) Mandel matrix
    Returns an Rve, whose `notes` say how anisotropic phases lie and which fractions the voxels reach.
    Raises ValueError naming the setting, its value and what is allowed.
    """
    handle, notes = core.generate(entries({"type": type, **settings}))
    return Rve._of(handle, notes, type)


def model(name):
    """Path of a model folder that comes with the package, as polycrystal_3d, for `model=` of engines.

    Raises ValueError for an unknown name, listing those there are.
    """
    here = pathlib.Path(core.__file__).parent
    folders = [here / "models", *(parent / "models" for parent in here.parents[1:4])]
    folder = next((f for f in folders if any(f.glob("*/model.json"))), None)
    names = sorted(path.parent.name for path in folder.glob("*/model.json")) if folder else []
    if name not in names:
        raise ValueError(f"there is no model {name!r}; allowed are {', '.join(names) or 'none: no model is installed'}")
    return str(folder / name)
