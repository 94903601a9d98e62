"""Differentiable homogenization for PyTorch.

Only this module imports torch. Numbers go to and fro as arrays, so that it works with any PyTorch that can be in one process
with the LibTorch of this package (docs/python.md).
"""
import numpy as np
import torch

from .fields import fields
from .rve import Rve

__all__ = ["homogenized_stiffness"]


def _symmetric(matrix):
    return 0.5 * (matrix + matrix.transpose(-1, -2))


def _table_of(stiffness_field):
    """Phases (n...), int64, and their stiffnesses (P, m, m) of a stiffness per voxel."""
    grid, m = stiffness_field.shape[:-2], stiffness_field.shape[-1]
    rows = np.ascontiguousarray(stiffness_field.reshape(-1, m * m))
    # Equal bytes are equal stiffnesses; zeros have one sign only.
    keys = (rows + 0.).view(np.dtype((np.void, rows.dtype.itemsize * m * m))).ravel()
    _, first, phase = np.unique(keys, return_index=True, return_inverse=True)
    if len(first) > 65536:
        raise ValueError(f"argument stiffness has {len(first)} different stiffnesses; allowed are 65536. Give a table (P, m, m) and "
                         "the argument phase, or fewer voxels")
    return phase.reshape(grid), rows[first].reshape(-1, m, m)


class _Homogenize(torch.autograd.Function):
    """The homogenized stiffness is the least energy, C_ij = <e_i : C : e_j>, so that its derivative is that of the energy at the
    fields, dC_ij = <e_i : dC : e_j> (Hellmann-Feynman): the solver is not differentiated."""

    @staticmethod
    def forward(ctx, stiffness, phase, lengths, settings):
        table = stiffness.detach().to("cpu", torch.float64).numpy()
        m = table.shape[-1]
        if phase is None:
            numbers, table = _table_of(table)
        else:
            numbers = phase
        rve = Rve(numbers, table, lengths)
        loads = fields(rve, np.eye(m), **settings)
        if stiffness.requires_grad:
            ctx.save_for_backward(torch.from_numpy(np.stack([load.strain.reshape(m, -1) for load in loads])))
        ctx.phase = None if phase is None else torch.from_numpy(rve.phase.astype(np.int64).ravel())
        ctx.like = stiffness.detach().new_empty(0), stiffness.shape
        mean = torch.from_numpy(np.stack([load.mean_stress for load in loads]))
        return _symmetric(mean).to(stiffness)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        strain, = ctx.saved_tensors
        like, shape = ctx.like
        weight = _symmetric(gradient.to("cpu", torch.float64))
        n_voxels = strain.shape[-1]
        # sum_ij G_ij e_i e_j of every voxel.
        of_voxels = torch.einsum("jkx,jlx->xkl", torch.einsum("ij,ikx->jkx", weight, strain), strain) / n_voxels
        if ctx.phase is not None:
            of_voxels = torch.zeros(shape, dtype=torch.float64).index_add_(0, ctx.phase, of_voxels)
        return of_voxels.reshape(shape).to(like), None, None, None


def homogenized_stiffness(stiffness, phase=None, lengths=None, *, engine="fft", tolerance=1e-8, **settings):
    """The homogenized stiffness of a periodic RVE as a differentiable function of the stiffnesses in it.

    stiffness : tensor (n1, n2 [, n3], m, m), the stiffness of every voxel, or with `phase` (P, m, m), that of every phase; Mandel
        notation, any floating type and device. Its symmetric part counts, which has to be positive definite or zero (a void).
    phase : integers (n1, n2 [, n3]), or None
    lengths : edges of the RVE as for Rve; None for voxels of size 1
    engine, tolerance, settings : as for `seco.fields`; the error of value and gradient is that of the fields
    Returns a tensor (m, m) of the type and on the device of `stiffness`, in its unit: <e_i : C : e_j> of the solved strains of the
    unit loads, an upper bound. Its gradient is exact for exact fields and has no error of the first order in value; computing it
    costs a product of the strains in each voxel.
    Raises ValueError or TypeError for arguments that do not fit, seco.ResultError where there is no answer.
    """
    if not isinstance(stiffness, torch.Tensor) or not stiffness.is_floating_point():
        raise TypeError("argument stiffness is expected to be a torch.Tensor of a floating type")
    m = stiffness.shape[-1] if stiffness.dim() >= 3 else 0
    dimension = {3: 2, 6: 3}.get(m)
    axes = 3 if phase is not None else (dimension or 0) + 2
    if dimension is None or stiffness.shape[-2] != m or stiffness.dim() != axes:
        raise ValueError(f"argument stiffness has the shape {tuple(stiffness.shape)}; expected is "
                         + ("(phases, 6, 6) or (phases, 3, 3)" if phase is not None else "(n1, n2, n3, 6, 6) or (n1, n2, 3, 3)"))
    if isinstance(phase, torch.Tensor):
        phase = phase.detach().cpu().numpy()
    if phase is not None and np.ndim(phase) != dimension:
        raise ValueError(f"argument phase has the shape {np.shape(phase)}; expected are {dimension} axes with stiffnesses of {m} x {m}")
    return _Homogenize.apply(_symmetric(stiffness), phase, lengths, {"engine": engine, "tolerance": tolerance, **settings})
