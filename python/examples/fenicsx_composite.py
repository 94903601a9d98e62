#!/usr/bin/env python3
"""A strip with a composite at every point, in FEniCSx: stress and tangent of RVEs with a history, as an external operator.

    fenicsx_composite.py [--cells N] [--increments N]

Needs DOLFINx and dolfinx-external-operator. The strip, in plane strain, is stretched by 1 %; the phases of its RVEs are an
aluminium alloy that yields and stiff fibres. Printed are the mean stress and the largest guaranteed error of the stress of a point.
"""
import argparse

from mpi4py import MPI  # first: the wheel of DOLFINx finds its MPI so

import basix.ufl
import numpy as np
import ufl
from dolfinx import default_scalar_type, fem, mesh
from dolfinx.fem.petsc import apply_lifting, assemble_matrix, assemble_vector, set_bc
from dolfinx_external_operator import (FEMExternalOperator, evaluate_external_operators, evaluate_operands,
                                       replace_external_operators)
from petsc4py import PETSc

import seco


class Points:
    """The RVEs of all quadrature points of this process, each with its history."""

    def __init__(self, n_points):
        rve = seco.generate("inclusions", grid=(16, 16), lengths=(1, 1), seed=2, volume_fraction=0.3, number_of_inclusions=3,
                            matrix="73e3, 0.33", inclusion="400e3, 0.17")
        laws = {0: "2024-T351", 1: {"law": "linear elastic", "young modulus": 400e3, "poisson ratio": 0.17}}
        self.rves = [seco.Deformation(rve, laws, tolerance=1e-2, tangent="estimate") for _ in range(n_points)]
        self.begin = [rve.save() for rve in self.rves]
        self.end, self.error = list(self.begin), 0.

    def __call__(self, strain):
        """Stress (points, 3) and tangent (points, 3, 3) at the end of the increment, from the state at its beginning."""
        stress, tangent, errors = np.empty_like(strain), np.empty((*strain.shape, strain.shape[1])), []
        for i, rve in enumerate(self.rves):
            rve.restore(self.begin[i])
            answer = rve.advance(strain[i])
            stress[i], tangent[i] = answer["stress"], answer["tangent"]
            self.end[i] = rve.save()
            errors.append(answer["stress_error_bound"])
        self.error = max(errors, default=0.)
        return stress, tangent

    def accept(self):
        self.begin = list(self.end)


def mandel(tensor):
    return ufl.as_vector([tensor[0, 0], tensor[1, 1], np.sqrt(2.) * tensor[0, 1]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=2, help="over the height of the strip, which is half as long")
    parser.add_argument("--increments", type=int, default=4)
    options = parser.parse_args()

    strip = mesh.create_rectangle(MPI.COMM_WORLD, [[0., 0.], [2., 1.]], [2 * options.cells, options.cells], mesh.CellType.triangle)
    space = fem.functionspace(strip, ("Lagrange", 1, (2,)))
    u, v = fem.Function(space), ufl.TestFunction(space)
    left, right = fem.Constant(strip, default_scalar_type(0.)), fem.Constant(strip, default_scalar_type(0.))
    held = []
    for x, component, value in ((0., 0, left), (2., 0, right), (0., 1, left)):
        facets = mesh.locate_entities_boundary(strip, 1, lambda at, x=x: np.isclose(at[0], x))
        held.append(fem.dirichletbc(value, fem.locate_dofs_topological(space.sub(component), 1, facets), space.sub(component)))

    # One point in a cell: its strain is the argument of the operator.
    element = basix.ufl.quadrature_element(strip.basix_cell(), value_shape=(3,), degree=1)
    measure = ufl.dx(metadata={"quadrature_degree": 1, "quadrature_scheme": "default"})
    stress = FEMExternalOperator(mandel(ufl.sym(ufl.grad(u))), function_space=fem.functionspace(strip, element))
    n_cells = strip.topology.index_map(2).size_local + strip.topology.index_map(2).num_ghosts
    points = Points(n_cells)

    def stress_of(strain):
        answer, tangent = points(strain.reshape(-1, 3))
        return tangent.ravel(), answer.ravel()

    def external(derivatives):
        return {(1,): stress_of}[derivatives]

    stress.external_function = external
    residual = ufl.inner(stress, mandel(ufl.sym(ufl.grad(v)))) * measure
    tangent = ufl.algorithms.expand_derivatives(ufl.derivative(residual, u, ufl.TrialFunction(space)))
    residual, operators = replace_external_operators(residual)
    tangent, of_tangent = replace_external_operators(tangent)
    residual, tangent = fem.form(residual), fem.form(tangent)

    def evaluate():
        """Stress and tangent of all points of the present displacement."""
        (_, values), = evaluate_external_operators(of_tangent, evaluate_operands(operators))
        stress.ref_coefficient.x.array[:] = values

    mean_stress = fem.form(stress.ref_coefficient[0] * measure)
    solver = PETSc.KSP().create(strip.comm)
    solver.setType("preonly")
    solver.getPC().setType("lu")
    for increment in range(1, options.increments + 1):
        right.value = 0.02 * increment / options.increments
        for iteration in range(20):
            evaluate()
            matrix = assemble_matrix(tangent, bcs=held)
            matrix.assemble()
            vector = assemble_vector(residual)
            vector.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
            apply_lifting(vector, [tangent], [held], x0=[u.x.petsc_vec], alpha=-1.)
            set_bc(vector, held, x0=u.x.petsc_vec, alpha=-1.)
            if iteration and vector.norm() < 1e-3 * first:
                break
            first = vector.norm() if iteration == 0 else first
            step = u.x.petsc_vec.duplicate()
            solver.setOperators(matrix)
            solver.solve(vector, step)
            u.x.petsc_vec.axpy(-1., step)
            u.x.scatter_forward()
        points.accept()
        mean = strip.comm.allreduce(fem.assemble_scalar(mean_stress)) / 2.
        error = strip.comm.allreduce(points.error, MPI.MAX)
        if strip.comm.rank == 0:
            print(f"strain {right.value / 2:.4f}: stress {mean:.2f} MPa, of a point to {error:.1e}; {iteration} iterations")


if __name__ == "__main__":
    main()
