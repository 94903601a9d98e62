"""Arrays as the compiled part takes them: converted where nothing is lost, otherwise refused with a sentence."""
import numpy as np

from ._load import core

#: Numbers of DLPack for devices.
_CPU, _CUDA, _CUDA_HOST = 1, 2, 3


def _refuse_gradients(value, name):
    if getattr(value, "requires_grad", False):
        raise ValueError(f"argument {name} requires gradients, which end here; pass its .detach(), or use seco.torch")


def is_tensor(value):
    """Whether this is an array of another library than NumPy, which hands it over by DLPack."""
    return hasattr(value, "__dlpack__") and hasattr(value, "__dlpack_device__") and not isinstance(value, np.ndarray)


def on_device(value, name, own_axes):
    """What `__dlpack__` of a tensor returns, on the device where it is, with an axis of loads in front; None for None."""
    if value is None:
        return None
    _refuse_gradients(value, name)
    kind = int(value.__dlpack_device__()[0])
    if kind not in (_CPU, _CUDA, _CUDA_HOST) or (kind == _CUDA and core.n_cuda_devices() == 0):
        raise ValueError(f"argument {name} is on a device ({getattr(value, 'device', kind)}) that the LibTorch of seco does not have; "
                         "pass a copy in main memory, such as its .cpu()")
    if value.ndim == own_axes:
        value = value[None]
    # 1: of the legacy default stream, on which seco works.
    return value.__dlpack__(stream=1) if kind == _CUDA else value.__dlpack__()


def _array(value, name):
    """A NumPy array of anything that is one: also of objects with DLPack in main memory, without a copy."""
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.getmaskarray(value).any():
            raise ValueError(f"argument {name} is a masked array with entries that are masked; fill them first")
        return np.asarray(value.data)
    if isinstance(value, np.ndarray) or not hasattr(value, "__dlpack__"):
        try:
            return np.asarray(value)
        except ValueError as error:
            raise ValueError(f"argument {name} is no array: {error}") from error
    if hasattr(value, "__dlpack_device__"):
        kind = int(value.__dlpack_device__()[0])
        if kind not in (_CPU, _CUDA_HOST):
            raise ValueError(f"argument {name} is on a device ({getattr(value, 'device', kind)}); allowed are arrays in main "
                             "memory, such as its .cpu()")
    _refuse_gradients(value, name)
    return np.from_dlpack(value)


def doubles(value, name, ndim=None):
    """A C-contiguous array of float64; the same memory where the argument is one."""
    array = _array(value, name)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"argument {name} has the type {array.dtype}; allowed are real numbers")
    if ndim is not None and array.ndim not in np.atleast_1d(ndim):
        raise ValueError(f"argument {name} has the shape {array.shape}; expected are "
                         f"{' or '.join(str(n) for n in np.atleast_1d(ndim))} axes")
    return np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)


def finite(value, name, ndim=None):
    array = doubles(value, name, ndim)
    good = np.isfinite(array)
    if not good.all():
        where = tuple(int(i) for i in np.argwhere(~good)[0])
        raise ValueError(f"argument {name}: entry {where} is {array[where]}; allowed are finite numbers")
    return array


def phases(value):
    """Phase numbers as uint16 in C order."""
    array = _array(value, "phase")
    if array.dtype.kind not in "iub":
        raise TypeError(f"argument phase has the type {array.dtype}; allowed are integers, the numbers of phases (if these are, "
                        "pass phase.astype(int))")
    if array.ndim not in (2, 3):
        raise ValueError(f"argument phase has the shape {array.shape}; allowed are 2 or 3 axes, the grid of voxels")
    if array.size == 0:
        raise ValueError(f"argument phase has the shape {array.shape}, which has no voxels")
    if array.dtype.kind != "b" and array.dtype != np.uint16:
        smallest, largest = int(array.min()), int(array.max())
        if smallest < 0 or largest > 65535:
            bad = smallest if smallest < 0 else largest
            where = tuple(int(i) for i in np.argwhere(array == bad)[0])
            raise ValueError(f"argument phase: entry {where} is {bad}; allowed are numbers of phases from 0 to 65535")
    return np.ascontiguousarray(array, dtype=np.uint16)
