#!/usr/bin/env python3
"""Isotropic RVEs of solver_benchmark solved by muGrid, a grid library with fused finite elements and an FFT engine.

    mugrid_benchmark.py SOLVER.json [--cases sphere] [--grids 64] [--repetitions N] [--precisions double,single]

reads what `solver_benchmark --rve-folder FOLDER --json SOLVER.json` wrote and prints a Markdown table: wall seconds of
all six load cases against the relative error of the homogenized stiffness (Frobenius norm), and their ratio to the
time of engine `fft`, bounds included, within the same error. Set-up is not part of the seconds. Load cases are shared
among as many processes as solver_benchmark had threads; muGrid's wheel has neither threads nor MPI.

muGrid runs as fast as its public functions allow: fused kernels for stiffness, load and mean stress, conjugate gradients
with the Green operator of the mean Lame constants, its inverse blocks stored, Fourier plans and fields kept. Products that
a user can do without are left out: that with the zero first guess, and the one that checks the residual at the end. The
residual is that of muGrid, relative to the load. Two stiffnesses come out of the same fields, each with its own error and
ratio: the mean stress, as muGrid's examples take it, and the mean energy, whose error is of second order in that of the
fields, as in our engine. The latter costs one more product of the displacements with the residuals, part of the seconds.

Its elements are trilinear, fully integrated: errors are against its own solution to a residual of 1e-10, and the last
column says by how much that stiffness differs from ours. It must be symmetric and lie between the bounds of Voigt and Reuss.

Needs the Python packages muGrid (1.6.1) and h5py. Install muSpectre elsewhere: both bring a package muGrid.
"""
import peer_solvers as peers

import math
import multiprocessing

import muGrid
import numpy
from muGrid.Preconditioners import make_reference_stiffness_preconditioner
from muGrid.Solvers import conjugate_gradients

RESIDUALS = [0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4, 1e-6, 1e-8]
EXACT = 1e-10


def lame_constants(stiffness):
    """Lambda and mu of every phase, or nothing if one is not isotropic."""
    constants = []
    for matrix in stiffness:
        first, second = matrix[0, 1], matrix[3, 3] / 2
        isotropic = 2 * second * numpy.eye(6)
        isotropic[:3, :3] += first
        if numpy.abs(matrix - isotropic).max() > 1e-12 * numpy.abs(matrix).max():
            return None
        constants.append((first, second))
    return numpy.array(constants)


class Reached(Exception):
    """The residual is small enough."""


class Solver:
    def __init__(self, rve, shared, dtype):
        phase, stiffness, lengths = rve
        spacing = [length / n for length, n in zip(lengths, phase.shape)]
        self.volume = math.prod(lengths)
        element = muGrid.FEMElement.q1
        self.stiffness = muGrid.IsotropicStiffnessOperator(3, spacing, element)
        self.communicator = muGrid.Communicator()
        self.engine = muGrid.FFTEngine(list(phase.shape), self.communicator, ghosts=self.stiffness)
        self.lame = []
        for name, values in zip(("lambda", "mu"), lame_constants(stiffness).T):
            field = self.engine.real_space_field(name, dtype=dtype)
            field.p[...] = values[phase]
            self.engine.communicate_ghosts(field)
            self.lame.append(field)
        means = [float(numpy.mean(field.p, dtype=float)) for field in self.lame]
        self.green = make_reference_stiffness_preconditioner(
            self.engine,
            element=element,
            grid_spacing=spacing,
            lambda_ref=means[0],
            mu_ref=means[1],
            evaluate_symbol=False,
            dtype=dtype,
        )
        self.load = self.engine.real_space_field("load", components=(3,), dtype=dtype)
        self.displacement = self.engine.real_space_field("displacement", components=(3,), dtype=dtype)
        # Displacements of all load cases, common to the processes, and the residuals of those solved here.
        self.displacements = numpy.frombuffer(shared).reshape(6, -1)
        self.residuals = {}

    def product(self, source, result):
        if source is self.displacement:  # asked for once, for the first guess, which is zero
            result.set_zero()
            return
        self.engine.communicate_ghosts(source)
        self.stiffness.apply(source, *self.lame, result)

    def solve(self, load, residual):
        """Mean stress (Mandel) of a unit mean strain, and iterations."""
        strain = peers.unit_strain(load).ravel().tolist()
        self.stiffness.apply_macro_rhs(*self.lame, strain, self.load)
        muGrid.linalg.scal(-1.0, self.load)
        self.displacement.set_zero()
        limit = residual**2 * muGrid.linalg.norm_sq(self.load)
        iterations = 0

        def stop(iteration, state):
            nonlocal iterations
            iterations = iteration
            if state["rr"] <= limit:
                self.residuals[load] = state["r"].s.ravel(order="K").astype(float)
                raise Reached

        try:
            conjugate_gradients(
                self.communicator,
                self.engine.real_space_collection,
                self.load,
                self.displacement,
                hessp=self.product,
                prec=self.green,
                rtol=0.0,
                callback=stop,
            )
        except Reached:
            pass
        self.displacements[load] = self.displacement.s.ravel(order="K")
        self.engine.communicate_ghosts(self.displacement)
        stress = self.stiffness.average_stress(self.displacement, *self.lame, strain)
        return peers.mandel(numpy.reshape(stress, (3, 3))) / self.volume, iterations

    def residual_work(self, load):
        """Of the residual of a load case in the displacements of all, by which mean stress and energy differ."""
        return self.displacements @ self.residuals[load] / self.volume


def solve(processes, residual):
    """Stiffness by mean stress and by energy (Mandel), most iterations of a load case."""
    columns, iterations = zip(*processes.call("solve", residual))
    by_stress = numpy.column_stack(columns)
    return by_stress, by_stress - numpy.column_stack(processes.call("residual_work")), max(iterations)


def check(stiffness, rve):
    """Symmetric, and between Reuss and Voigt."""
    phase, phases, _ = rve
    fractions = numpy.bincount(phase.ravel(), minlength=len(phases)) / phase.size
    voigt = numpy.tensordot(fractions, phases, 1)
    reuss = numpy.linalg.inv(numpy.tensordot(fractions, numpy.linalg.inv(phases), 1))
    small = 1e-8 * numpy.linalg.norm(stiffness)
    if numpy.abs(stiffness - stiffness.T).max() > small:
        raise SystemExit("mugrid_benchmark: the stiffness of muGrid is not symmetric")
    for difference in (voigt - stiffness, stiffness - reuss):
        if numpy.linalg.eigvalsh(difference).min() < -small:
            raise SystemExit("mugrid_benchmark: the stiffness of muGrid is not between the bounds of Voigt and Reuss")


def new_processes(case, rve, dtype):
    shared = multiprocessing.RawArray("d", 18 * rve[0].size)
    return peers.Processes(lambda: Solver(rve, shared, dtype), case["threads"])


def print_rows(case, rve, precision, exact, repetitions):
    processes = new_processes(case, rve, {"double": numpy.float64, "single": numpy.float32}[precision])
    difference = peers.relative_error(exact, peers.our_stiffness(case))
    for residual in RESIDUALS:
        # Beyond this the residuals of single precision are round-off.
        if precision == "single" and residual < 1e-6:
            break
        (by_stress, by_energy, iterations), seconds = peers.repeat(lambda: solve(processes, residual), repetitions)
        comparison = ""
        for stiffness in (by_stress, by_energy):
            error = peers.relative_error(stiffness, exact)
            comparison += f"| {error:.1e} | {peers.ratio_to_ours(case, seconds.median, error)} "
        print(
            f"| {case['case']} {case['grid']}^3 | {precision} | {len(processes.loads)} | {residual:g} | {iterations} "
            f"| {seconds} | {processes.setup:.2f} {comparison}| {difference:.1e} |",
            flush=True,
        )
    processes.close()


def main():
    parser = peers.argument_parser("Solves the isotropic RVEs of solver_benchmark with muGrid")
    parser.add_argument("--precisions", default="double", help="of muGrid, separated by commas: double, single")
    arguments = parser.parse_args()
    cases = [(case, peers.read_rve(case["file"])) for case in peers.chosen_cases(arguments)]
    cases = [(case, rve) for case, rve in cases if lame_constants(rve[1]) is not None]
    if not cases:
        raise SystemExit(f"mugrid_benchmark: {arguments.values} has no such case of isotropic phases")

    print(f"{muGrid.version_string()}, all six load cases.\n")
    print(
        "| case | precision | processes | residual | iterations | seconds | set-up, seconds "
        "| error of the mean stress | muGrid / `fft` within it | error of the energy | muGrid / `fft` within it "
        "| difference of converged stiffness |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for case, rve in cases:
        processes = new_processes(case, rve, numpy.float64)
        exact = solve(processes, EXACT)[1]
        processes.close()
        check(exact, rve)
        for precision in arguments.precisions.split(","):
            print_rows(case, rve, precision, exact, arguments.repetitions)


if __name__ == "__main__":
    main()
