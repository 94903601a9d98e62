from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

__version__: str

_Doubles = NDArray[np.float64]
_Path = str | PathLike[str]
_Unit = Literal["Pa", "kPa", "MPa", "GPa"]
_Stiffness = ArrayLike | str | Sequence[str | ArrayLike] | Mapping[int, str | ArrayLike]
_Law = str | Mapping[str, Any]

class ResultWarning(UserWarning): ...
class ResultError(RuntimeError): ...

class Rve:
    notes: tuple[str, ...]
    format: str
    phase_names: tuple[str, ...]
    def __init__(self, phase: ArrayLike, stiffness: _Stiffness, lengths: ArrayLike | None = None, unit: _Unit = "MPa", *,
                 orientation: ArrayLike | None = None, notation: Literal["mandel", "voigt"] = "mandel") -> None: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def lengths(self) -> tuple[float, ...]: ...
    @property
    def unit(self) -> str: ...
    @property
    def phase(self) -> NDArray[np.uint16]: ...
    @property
    def stiffness(self) -> _Doubles: ...
    @property
    def orientation(self) -> _Doubles | None: ...
    @property
    def dimension(self) -> int: ...
    @property
    def volume_fractions(self) -> _Doubles: ...
    def save(self, path: _Path, description: str = "") -> None: ...
    def plot(self, axes: Any = None, cut: int = 0) -> Any: ...
    def to_pyvista(self) -> Any: ...

class Homogenized:
    stiffness: _Doubles
    lower: _Doubles
    upper: _Doubles
    gap: float
    status: str
    message: str
    engine: str
    iterations: int
    residual: float
    seconds: float
    unit: str
    @property
    def ok(self) -> bool: ...
    def to_dict(self) -> dict[str, Any]: ...
    def plot(self, axes: Any = None) -> Any: ...

class Fields:
    strain: _Doubles
    stress: _Doubles
    von_mises: _Doubles
    hydrostatic: _Doubles
    mean_strain: _Doubles
    mean_stress: _Doubles
    field_error: float
    relative_field_error: float
    largest_von_mises: tuple[float, tuple[int, ...]]
    largest_hydrostatic: tuple[float, tuple[int, ...]]
    smallest_hydrostatic: tuple[float, tuple[int, ...]]
    measure: str
    homogenized: Homogenized
    lengths: tuple[float, ...]
    unit: str
    def to_pyvista(self) -> Any: ...
    def plot(self, quantity: Literal["von_mises", "hydrostatic"] = "von_mises", axes: Any = None, cut: int = 0) -> Any: ...

class DeformationError(ResultError):
    path: DeformedPath | None
    def __init__(self, message: str, path: DeformedPath | None = None) -> None: ...

class Deformation:
    rve: Rve
    def __init__(self, rve: Rve, laws: _Path | Mapping[int | str, _Law], **settings: Any) -> None: ...
    @property
    def depends_on_time(self) -> bool: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    def advance(self, strain: ArrayLike, time: float | None = None, *, stress: ArrayLike | None = None,
                stress_is_prescribed: Sequence[bool] | None = None) -> dict[str, Any]: ...
    def save(self) -> _Doubles: ...
    def restore(self, numbers: ArrayLike) -> None: ...
    def fields(self) -> dict[str, _Doubles]: ...

class DeformedPath:
    time: _Doubles
    strain: _Doubles
    stress: _Doubles
    stress_error: _Doubles
    stress_error_bound: _Doubles
    path_error_bound: _Doubles
    tangent: _Doubles | None
    tangent_lower: _Doubles | None
    tangent_upper: _Doubles | None
    energy_lower: _Doubles
    energy_upper: _Doubles
    newton_steps: NDArray[np.int64]
    iterations: NDArray[np.int64]
    status: tuple[str, ...]
    message: str
    fields: dict[str, _Doubles]
    unit: str
    def to_pandas(self) -> Any: ...
    def plot(self, component: str | None = None, axes: Any = None) -> Any: ...

class TrainingProgress(NamedTuple):
    step: int
    n_steps: int
    loss: float
    best_gap: float

class TrainingResult:
    model: str
    steps: int
    seconds: float
    best_validation_gap: float
    diverged: bool

def read(path: _Path, dimension: Literal[2, 3] | None = None, **options: Any) -> Rve: ...
def generate(type: str, **settings: Any) -> Rve: ...
def model(name: str) -> str: ...
def stiffness(text: str, unit: _Unit = "MPa") -> _Doubles: ...
def rotate(stiffness: ArrayLike, orientation: ArrayLike) -> _Doubles: ...
def voigt_to_mandel(stiffness: ArrayLike) -> _Doubles: ...
@overload
def homogenize(rve: Rve, engine: str = "certified", tolerance: float = 1e-3, *, progress: Callable[[int], object] | None = None,
               strict: bool = False, **settings: Any) -> Homogenized: ...
@overload
def homogenize(rve: Iterable[Rve], engine: str = "certified", tolerance: float = 1e-3, *,
               progress: Callable[[int], object] | None = None, strict: bool = False, **settings: Any) -> list[Homogenized]: ...
def certify(rve: Rve, strain: ArrayLike | None = None, *, displacement: ArrayLike | None = None,
            mean_strain: ArrayLike | None = None, stress: ArrayLike | None = None) -> Homogenized: ...
def certify_continuum(rve: Rve, refinement: int = 1, tolerance: float | None = None, device: str = "auto") -> Homogenized: ...
def fields(rve: Rve, strain: ArrayLike, engine: str = "certified", tolerance: float = 1e-3, *, strict: bool = False,
           **settings: Any) -> Fields | list[Fields]: ...
def deform(rve: Rve, laws: _Path | Mapping[int | str, _Law], path: Any, time: ArrayLike | None = None, *,
           progress: Callable[[int, int], object] | None = None, strict: bool = False, **settings: Any) -> DeformedPath: ...
def train(parameters: _Path, *, device: str = "auto", replace: bool = False,
          progress: Callable[[TrainingProgress], object] | None = None,
          dataset_progress: Callable[[int, int], object] | None = None) -> TrainingResult: ...
def describe_model(folder: _Path) -> dict[str, Any]: ...
def engines() -> list[str]: ...
@overload
def laws(name: None = None) -> list[str]: ...
@overload
def laws(name: str) -> str: ...
def version_report() -> str: ...
