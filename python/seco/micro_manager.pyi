from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, Literal

from . import Rve

def micro_simulation(rve: Rve | Callable[[int], Rve], laws: str | PathLike[str] | Mapping[int | str, Any] | None = None, *,
                     engine: str = "certified", tolerance: float = 1e-3, **settings: Any) -> type: ...
def switch_by_gap(largest: float, smallest: float = 0.0, *,
                  finest: Literal["first", "last"] = "last") -> Callable[..., int]: ...
