from typing import Any

import torch
from numpy.typing import ArrayLike

def homogenized_stiffness(stiffness: torch.Tensor, phase: ArrayLike | torch.Tensor | None = None, lengths: ArrayLike | None = None, *,
                          engine: str = "fft", tolerance: float = 1e-8, **settings: Any) -> torch.Tensor: ...
