"""Differentiable homogenization, operators, bounds and models for PyTorch.

Only this module imports torch. Numbers go to and fro as arrays or by DLPack, so that it works with any PyTorch that can be in
one process with the LibTorch of this package (docs/python.md).
"""
import os
from typing import NamedTuple

import numpy as np
import torch

from . import rve as _rve
from ._load import core
from .fields import fields
from .homogenization import certify
from .rve import Rve

__all__ = ["Bounds", "Model", "certified_bounds", "divergence_of", "equilibrated", "green_operator", "homogenized_stiffness", "model",
           "strain_of"]

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
    return stress - _isotropic_stress(strain, dimension, lame, shear)


def _isotropic_stress(strain, dimension, lame, shear):
    """lame tr(e) I + 2 shear e."""
    trace = strain.narrow(-dimension - 1, 0, dimension).sum(-dimension - 1, keepdim=True)
    unit = torch.tensor([1. if i == j else 0. for i, j in _PAIRS[dimension]], dtype=strain.dtype, device=strain.device)
    return 2. * shear * strain + lame * trace * unit.reshape(-1, *[1] * dimension)


class Bounds(NamedTuple):
    """Guaranteed bounds of a homogenized stiffness, in the unit of the RVE."""

    #: (m, m), Mandel notation, float64 on the CPU.
    lower: torch.Tensor
    upper: torch.Tensor

    @property
    def gap(self):
        """Largest relative gap of the unit loads, max (upper_ii - lower_ii) / upper_ii."""
        upper = self.upper.diagonal()
        return ((upper - self.lower.diagonal()) / upper).max()


def _mean_lame(rve):
    """Lame's constants of the isotropic part of the mean stiffness, the medium that `seco.certify` projects with."""
    d = rve.dimension
    mean = np.tensordot(rve.volume_fractions, rve.stiffness, 1)
    bulk = mean[:d, :d].sum() / d ** 2
    shear = (np.trace(mean) - d * bulk) / (2. * (len(mean) - 1))
    return bulk - 2. * shear / d, shear


def _per_voxel(table, rve, like):
    """(voxels, m, m) of a matrix for each phase."""
    index = torch.from_numpy(rve.phase.astype(np.int64).ravel()).to(like.device)
    return torch.from_numpy(table).to(like)[index]


def _energies(x, table, y):
    """<x_i . T : y_j> of fields (L, m, voxels) and a matrix for each voxel."""
    return torch.einsum("iax,xab,jbx->ij", x, table, y) / x.shape[-1]


def _inverse(gram):
    return torch.linalg.pinv(gram, rtol=1e-12, hermitian=True)


def _upper_bound(strain, stiffness):
    """The least energy over the unit strains and combinations of fluctuations (m, m, voxels), at fixed coefficients."""
    units = torch.eye(strain.shape[1]).to(strain)[..., None]
    with torch.no_grad():
        gram = _energies(strain, stiffness, strain)
        weight = -_energies(units.expand_as(strain), stiffness, strain) @ _inverse(gram)
    total = units + torch.einsum("ik,kax->iax", weight, strain)
    return _energies(total, stiffness, total)


def _lower_bound(stress, compliance, scale):
    """A M + (A M)^T - A H A^T for stresses in equilibrium (m, m, voxels) and the unit tensors, with the means M and the energies H,
    at the fixed coefficients that make it largest."""
    units = torch.eye(stress.shape[1]).to(stress)[..., None].expand_as(stress)
    fields_ = torch.cat([stress / scale, units])
    with torch.no_grad():
        weight = scale * (_inverse(_energies(fields_, scale * compliance, fields_)) @ fields_.mean(-1)).T
    total = torch.einsum("ik,kax->iax", weight, fields_)
    mean = total.mean(-1)
    return mean + mean.T - _energies(total, compliance, total)


class _Enclose(torch.autograd.Function):
    """The values are those of `seco.certify`, with all round-off. Both bounds are stationary in the coefficients by which the
    fields of the loads are combined, so that the derivatives are those at fixed coefficients."""

    @staticmethod
    def forward(ctx, rve, displacement, stress):
        ctx.rve = rve
        ctx.save_for_backward(displacement, stress)
        c = certify(rve, displacement=displacement.detach(), stress=None if stress is None else stress.detach())
        return torch.from_numpy(c.lower), torch.from_numpy(c.upper)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, by_lower, by_upper):
        rve, (displacement, stress) = ctx.rve, ctx.saved_tensors
        lame, shear = _mean_lame(rve)
        leaves = [field.detach().double().requires_grad_() for field in (displacement, stress) if field is not None]
        with torch.enable_grad():
            u = leaves[0]
            strain = strain_of(u, rve.lengths).flatten(2)
            stiffness = _per_voxel(rve.stiffness, rve, u)
            compliance = _per_voxel(np.linalg.pinv(rve.stiffness, hermitian=True), rve, u)
            scale = float(np.abs(rve.stiffness).max())
            units = torch.eye(strain.shape[1]).to(u)[..., None]
            candidates = [torch.einsum("xab,ibx->iax", stiffness, units + strain).reshape(*strain.shape[:2], *rve.shape), *leaves[1:]]
            lower = [_lower_bound(equilibrated(s, rve.lengths, lame=lame, shear=shear).flatten(2), compliance, scale) for s in candidates]
            best = max(lower, key=lambda bound: float(bound.trace()))
            value = (by_upper.to(u) * _upper_bound(strain, stiffness)).sum() + (by_lower.to(u) * best).sum()
        gradients = torch.autograd.grad(value, leaves, allow_unused=True)
        gradients = [None if g is None else g.to(field) for g, field in zip(gradients, (displacement, stress))]
        return None, gradients[0], gradients[1] if len(gradients) > 1 else None


def certified_bounds(rve, strain=None, *, displacement=None, stress=None):
    """The bounds of `seco.certify` as differentiable functions of the fields, to train networks on.

    rve : an Rve without voids, on whose grid the fields are
    strain : tensor (m, m, n1, n2 [, n3]), total strains of the unit loads in order; what of them is not compatible is left out
    displacement : in its place (m, d, n1, n2 [, n3]), periodic fluctuations at the corners of the voxels
    stress : (m, m, n1, n2 [, n3]) total stresses of the same loads in the unit of the RVE, or None for C : strain; what of them is
        not in equilibrium is left out. The lower bound is made from them or from the strains, whichever is better.
    Returns Bounds, with `gap`. Their values hold with all round-off; their derivatives leave it out. The fluctuations of all loads
    are combined by the best coefficients, so that the bounds do not depend on their size: where all of them are zero the upper bound
    has no derivative, and gives none; that of the lower bound is returned.
    Raises ValueError or TypeError for arguments that do not fit, and for voids: train on the energy of the strains there.
    """
    if not isinstance(rve, Rve):
        raise TypeError(f"argument rve of seco.torch.certified_bounds has the type {type(rve).__name__}; allowed is seco.Rve")
    if (strain is None) == (displacement is None):
        raise ValueError("seco.torch.certified_bounds: one of the arguments strain and displacement is needed, and only one")
    d, m = rve.dimension, len(rve.stiffness[0])
    if not np.abs(rve.stiffness[np.unique(rve.phase)]).max(axis=(1, 2)).all():
        raise ValueError("seco.torch.certified_bounds: the RVE has voids, whose lower bound is not differentiated; train on the energy of "
                         "the strains (docs/python.md), which is the upper bound")
    for name, field, components in (("strain", strain, m), ("displacement", displacement, d), ("stress", stress, m)):
        if field is None:
            continue
        if not isinstance(field, torch.Tensor) or not field.is_floating_point():
            raise TypeError(f"argument {name} is expected to be a torch.Tensor of a floating type")
        if field.shape != (m, components, *rve.shape):
            raise ValueError(f"argument {name} has the shape {tuple(field.shape)}; expected is {(m, components, *rve.shape)}: unit loads, "
                             "components, voxels")
    if strain is not None:
        mean = strain.detach().mean(tuple(range(2, 2 + d)))
        if not torch.allclose(mean, torch.eye(m).to(mean), atol=1e-4):
            raise ValueError("argument strain: the means are not the unit strains; expected are total strains of these, in order")
        lame, shear = _mean_lame(rve)
        if strain.dtype in (torch.float16, torch.bfloat16):
            strain = strain.float()  # the Green operator needs sines
        displacement = green_operator(divergence_of(_isotropic_stress(strain, d, lame, shear), rve.lengths), rve.lengths, lame=lame,
                                      shear=shear)
    return Bounds(*_Enclose.apply(rve, displacement, stress))


class _Predict(torch.autograd.Function):
    """Computed by the network of the library, and so are its derivatives with respect to the weights."""

    @staticmethod
    def forward(ctx, network, rves, training, differentiable, *weights):
        ctx.prediction = network.predict(rves, training, differentiable)
        ctx.save_for_backward(*weights)
        return tuple(torch.utils.dlpack.from_dlpack(field) for field in (ctx.prediction.strain(), ctx.prediction.stress()))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, by_strain, by_stress):
        ctx.saved_tensors  # refuses parameters that were changed meanwhile
        derivatives = ctx.prediction.derivatives(*(torch.utils.dlpack.to_dlpack(field.contiguous()) for field in (by_strain, by_stress)))
        return None, None, None, None, *(torch.utils.dlpack.from_dlpack(derivative) for derivative in derivatives)


class Model(torch.nn.Module):
    """A trained model of seco as a module of PyTorch: `model(rve)` are its fields.

    Its parameters are those of the file, under their names. What computes is the network of the library, which reads them from where
    they are: an optimizer, `load_state_dict`, `double()` and `cuda()` work as for any module. In evaluation mode, as after loading, the
    fields are those that the engine `s-eco` certifies, and they have no gradients; in training mode (`train()`) those that the loss of
    `seco train` sees, with gradients with respect to the parameters.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = os.fspath(folder)
        self._network = core.Network(self.folder)
        self._names = self._network.weight_names
        for name, capsule in zip(self._names, self._network.weights()):
            module, *path = self, *name.split(".")
            for part in path[:-1]:
                if part not in module._modules:
                    module.add_module(part, torch.nn.Module())
                module = module._modules[part]
            module.register_parameter(path[-1], torch.nn.Parameter(torch.utils.dlpack.from_dlpack(capsule)))
        self.eval()

    def _weights(self):
        """The parameters, handed to the network."""
        weights = [self.get_parameter(name) for name in self._names]
        self._network.set_weights([torch.utils.dlpack.to_dlpack(weight.detach()) for weight in weights])
        return weights

    def forward(self, rve):
        """Strain and stress of an RVE under all unit strains.

        rve : an Rve, or a list of them on one grid
        Returns two tensors (m, m, n1, n2 [, n3]): unit strain, component, voxel; for a list (B, m, m, n1, n2 [, n3]). Total strains
        in Mandel notation, compatible, and total stresses in the unit of the RVE, in equilibrium; of the type and on the device of
        the parameters.
        Raises ValueError or TypeError for RVEs that do not fit the model.
        """
        rves = [rve] if isinstance(rve, Rve) else list(rve)
        for i, entry in enumerate(rves):
            if not isinstance(entry, Rve):
                raise TypeError(f"argument rve: entry {i} has the type {type(entry).__name__}; allowed are seco.Rve and lists of them")
        strain, stress = _Predict.apply(self._network, [entry._core for entry in rves], self.training,
                                        self.training and torch.is_grad_enabled(), *self._weights())
        if not self.training:
            strain, stress = strain.detach(), stress.detach()
        return (strain[0], stress[0]) if isinstance(rve, Rve) else (strain, stress)

    def save(self, folder):
        """Writes a model folder with the present parameters, for `model=` of engines. What was measured of the former ones is left out.
        Raises RuntimeError if it cannot be written, ValueError for parameters that are not of single precision."""
        if any(weight.dtype != torch.float32 for weight in self._weights()):
            raise ValueError("parameters of models are saved in single precision; call float() first")
        self._network.save(os.fspath(folder))

    def _parts(self):
        frozen = [name for name, parameter in self.named_parameters() if not parameter.requires_grad]
        return self.folder, self.state_dict(), frozen, self.training

    def __deepcopy__(self, memo):
        return _restored_model(*self._parts())

    def __reduce__(self):
        return _restored_model, self._parts()


def _restored_model(folder, state, frozen, training):
    result = Model(folder)
    result.to(next(iter(state.values())))  # before the numbers, which else lose digits
    result.load_state_dict(state)
    for name in frozen:
        result.get_parameter(name).requires_grad_(False)
    return result.train(training)


def model(name):
    """A trained model as a module of PyTorch, a Model.

    name : of a model that comes with the package, as polycrystal_3d, or a folder
    Raises ValueError for an unknown name, and naming what is wrong with the folder.
    """
    return Model(name if os.path.isdir(name) else _rve.model(name))
