"""Differentiable homogenization for PyTorch.

Only this module imports torch. Numbers go to and fro as arrays, so that it works with any PyTorch that can be in one process
with the LibTorch of this package (docs/python.md).
"""
import numpy as np
import torch

from .fields import fields
from .rve import Rve

__all__ = ["divergence_of", "equilibrated", "green_operator", "homogenized_stiffness", "strain_of"]

#: Tensor indices of the Mandel components.
_PAIRS = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}


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


def _grid_of(field, lengths, components, name):
    """Dimension and edges of the voxels of a field (..., components, n1, n2 [, n3])."""
    for dimension in (3, 2):
        wanted = components(dimension)
        if field.dim() > dimension and field.shape[-dimension - 1] == wanted and (lengths is None or np.size(lengths) == dimension):
            edges = field.shape[-dimension:] if lengths is None else np.asarray(lengths, dtype=float)
            if not (np.isfinite(edges).all() and (np.asarray(edges) > 0).all()):
                raise ValueError(f"argument lengths is {lengths}; allowed are positive numbers")
            return dimension, [float(length) / n for length, n in zip(edges, field.shape[-dimension:])]
    raise ValueError(f"argument {name} has the shape {tuple(field.shape)} and lengths is {lengths}; expected is (..., "
                     f"{components(3)}, n1, n2, n3) with 3 lengths or (..., {components(2)}, n1, n2) with 2")


def _difference(field, j, spacing, dimension, step):
    """D_j for step -1, and its adjoint for step 1: across axis j the difference over h_j, along the others the mean."""
    for axis in range(dimension):
        other = torch.roll(field, step, dims=axis - dimension)
        if axis == j:
            field = (other - field) / spacing[j]
        else:
            field = 0.5 * (other + field)
    return field


def strain_of(displacement, lengths=None):
    """The strain of a periodic displacement in the discretization of seco, sym D u, differentiable.

    displacement : tensor (..., d, n1, n2 [, n3]) at the corners of the voxels; corner v of voxel v is the one nearest to the origin
    lengths : edges of the RVE, d numbers; None for voxels of size 1
    Returns (..., m, n1, n2 [, n3]) at the centres of the voxels, Mandel notation, with zero mean.
    """
    dimension, spacing = _grid_of(displacement, lengths, lambda d: d, "displacement")
    u = displacement.unbind(-dimension - 1)
    components = []
    for i, j in _PAIRS[dimension]:
        if i == j:
            components.append(_difference(u[i], i, spacing, dimension, -1))
        else:
            both = _difference(u[i], j, spacing, dimension, -1) + _difference(u[j], i, spacing, dimension, -1)
            components.append(both * 0.5 ** 0.5)
    return torch.stack(components, dim=-dimension - 1)


def divergence_of(stress, lengths=None):
    """The adjoint of `strain_of`, D^T s (minus the divergence), differentiable; zero is equilibrium at every node.

    stress : tensor (..., m, n1, n2 [, n3]) at the centres of the voxels, Mandel notation
    lengths : edges of the RVE, d numbers; None for voxels of size 1
    Returns (..., d, n1, n2 [, n3]) at the corners: sum(s * strain_of(u)) = sum(divergence_of(s) * u).
    """
    dimension, spacing = _grid_of(stress, lengths, lambda d: d * (d + 1) // 2, "stress")
    s = stress.unbind(-dimension - 1)
    force = [0.] * dimension
    for component, (i, j) in zip(s, _PAIRS[dimension]):
        if i == j:
            force[i] = force[i] + _difference(component, i, spacing, dimension, 1)
        else:
            force[i] = force[i] + _difference(component, j, spacing, dimension, 1) * 0.5 ** 0.5
            force[j] = force[j] + _difference(component, i, spacing, dimension, 1) * 0.5 ** 0.5
    return torch.stack(force, dim=-dimension - 1)


def green_operator(force, lengths=None, *, lame=0., shear=1.):
    """The displacement, zero mean, that balances forces in a homogeneous isotropic medium, D^T C0 D u = f; differentiable.

    force : tensor (..., d, n1, n2 [, n3]) at the corners of the voxels; what of it no stress can balance is left out
    lengths : edges of the RVE, d numbers; None for voxels of size 1
    lame, shear : Lame's constants of C0, shear > 0 and lame + 2 shear > 0
    Returns (..., d, n1, n2 [, n3]). With the real symbol k of the differences, u = (f - (lame + shear) / (lame + 2 shear)
    k (k . f) / k^2) / (shear k^2).
    """
    dimension, spacing = _grid_of(force, lengths, lambda d: d, "force")
    if not (shear > 0 and lame + 2. * shear > 0):
        raise ValueError(f"arguments lame and shear are {lame} and {shear}; allowed are shear > 0 and lame + 2 shear > 0")
    axes = tuple(range(-dimension, 0))
    shape = force.shape[-dimension:]
    real = {"dtype": force.dtype, "device": force.device}
    half = [np.pi * (torch.fft.rfftfreq if axis == dimension - 1 else torch.fft.fftfreq)(n, **real) for axis, n in enumerate(shape)]
    half = torch.meshgrid(*half, indexing="ij")
    k = torch.stack([torch.stack([2. * half[l].sin() / spacing[l] if l == j else half[l].cos() for l in range(dimension)]).prod(0)
                     for j in range(dimension)])
    # At the highest frequency of an axis with an even number of voxels the mean of neighbours is zero, up to round-off.
    for axis, n in enumerate(shape):
        if n % 2 == 0:
            at = [slice(None)] * (dimension + 1)
            at[axis + 1] = n // 2
            for j in range(dimension):
                if j != axis:
                    k[(j, *at[1:])] = 0.
    square = (k * k).sum(0)
    inverse = torch.where(square > 0, 1. / torch.where(square > 0, square, torch.ones_like(square)), torch.zeros_like(square))
    f = torch.fft.rfftn(force, dim=axes)
    along = (k * f).sum(-dimension - 1, keepdim=True) * inverse
    u = (f - (lame + shear) / (lame + 2. * shear) * k * along) * inverse / shear
    return torch.fft.irfftn(u, s=shape, dim=axes)


def equilibrated(stress, lengths=None, *, lame=0., shear=1.):
    """The part of a stress that is in equilibrium, s - C0 : sym D G0 D^T s, differentiable; its mean is that of the stress.

    stress : tensor (..., m, n1, n2 [, n3]) at the centres of the voxels, Mandel notation
    lengths, lame, shear : as for `green_operator`; best are those of the mean stiffness
    """
    dimension, _ = _grid_of(stress, lengths, lambda d: d * (d + 1) // 2, "stress")
    strain = strain_of(green_operator(divergence_of(stress, lengths), lengths, lame=lame, shear=shear), lengths)
    trace = strain.narrow(-dimension - 1, 0, dimension).sum(-dimension - 1, keepdim=True)
    unit = torch.tensor([1. if i == j else 0. for i, j in _PAIRS[dimension]], dtype=stress.dtype, device=stress.device)
    return stress - 2. * shear * strain - lame * trace * unit.reshape(-1, *[1] * dimension)
