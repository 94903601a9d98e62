#!/usr/bin/env python3
"""The RVEs of solver_benchmark solved by muSpectre, an established FFT code, in the same discretization.

    muspectre_benchmark.py SOLVER.json [--repetitions N]

reads what `solver_benchmark --rve-folder FOLDER --json SOLVER.json` wrote and prints a Markdown table: wall seconds of
all six load cases against the relative error of the homogenized stiffness (Frobenius norm), and their ratio to the
time of engine `fft` within the same error. Load cases are shared among as many processes as solver_benchmark had threads,
each on one thread; muSpectre's wheel has no threads. Its projected conjugate gradients iterate on strains, in double
precision. Errors are against its own solution to a residual of 1e-5: on even grids it treats the Nyquist frequencies in
another way, and the last column says by how much its stiffness differs from ours.

Needs the Python packages muSpectre (0.27) and h5py.
"""
import peer_solvers as peers

import muFFT.Stencils3D
import muSpectre
import numpy

TOLERANCES = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 3e-3, 1e-3, 3e-4, 1e-4]


class Solver:
    def __init__(self, path):
        phase, stiffness, lengths = peers.read_rve(path)
        self.cell = muSpectre.Cell(
            list(phase.shape), lengths, muSpectre.Formulation.small_strain, muFFT.Stencils3D.averaged_upwind, weights=[1]
        )
        # Voxels are numbered with the first axis fastest.
        phase = phase.flatten(order="F")
        for number, matrix in enumerate(stiffness):
            material = muSpectre.material.MaterialLinearElasticGeneric1_3d.make(
                self.cell, f"phase {number}", matrix / numpy.outer(peers.WEIGHTS, peers.WEIGHTS)
            )
            for voxel in numpy.flatnonzero(phase == number):
                material.add_pixel(int(voxel))
        self.cell.initialise()

    def solve(self, load, tolerance):
        """Mean stress (Mandel) of a unit mean strain, and iterations."""
        solver = muSpectre.solvers.KrylovSolverCG(self.cell, tolerance, 10000, muSpectre.Verbosity.Silent)
        # The problem is linear: one step of Newton's method, whatever its tolerance.
        result = muSpectre.solvers.newton_cg(
            self.cell, peers.unit_strain(load), solver, 1e6, 0.0, muSpectre.Verbosity.Silent
        )
        stress = numpy.asarray(result.stress).reshape(3, 3, -1, order="F").mean(axis=2)
        return peers.mandel(stress), solver.counter


def solve(processes, tolerance):
    """Stiffness (Mandel), most iterations of a load case."""
    columns, iterations = zip(*processes.call("solve", tolerance))
    return numpy.column_stack(columns), max(iterations)


def main():
    parser = peers.argument_parser("Solves the RVEs of solver_benchmark with muSpectre")
    parser.add_argument("--error", type=float, default=1e-4, help="of the stiffness, to go a little beyond")
    arguments = parser.parse_args()

    print(f"muSpectre {muSpectre.version.description()}, all six load cases.\n")
    print(
        "| case | processes | tolerance | iterations | seconds | set-up, seconds | stiffness error "
        "| muSpectre / `fft` within this error | difference of converged stiffness |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for case in peers.chosen_cases(arguments):
        processes = peers.Processes(lambda: Solver(case["file"]), case["threads"])
        exact = solve(processes, 1e-5)[0]
        difference = peers.relative_error(exact, peers.our_stiffness(case))
        for tolerance in TOLERANCES:
            (stiffness, iterations), seconds = peers.repeat(lambda: solve(processes, tolerance), arguments.repetitions)
            error = peers.relative_error(stiffness, exact)
            print(
                f"| {case['case']} {case['grid']}^3 | {len(processes.loads)} | {tolerance:g} | {iterations} | {seconds} "
                f"| {processes.setup:.2f} | {error:.1e} | {peers.ratio_to_ours(case, seconds.median, error)} "
                f"| {difference:.1e} |",
                flush=True,
            )
            if error < 0.1 * arguments.error:
                break
        processes.close()


if __name__ == "__main__":
    main()
