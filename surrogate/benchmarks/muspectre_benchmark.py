#!/usr/bin/env python3
"""The RVEs of solver_benchmark solved by muSpectre, an established FFT code, in the same discretization.

    muspectre_benchmark.py SOLVER.json [--repetitions N]

reads what `solver_benchmark --rve-folder FOLDER --json SOLVER.json` wrote and prints a Markdown table: wall seconds of
all six load cases against the relative error of the homogenized stiffness (Frobenius norm), and their ratio to the
time of engine `fft` within the same error. Load cases are shared among as many processes as there are cores, each on
one thread; muSpectre's wheel has no threads. Its projected conjugate gradients iterate on strains, in double precision.
Errors are against its own solution to a residual of 1e-5: on even grids it treats the Nyquist frequencies in another
way, and the last column says by how much its stiffness differs from ours.

Needs the Python packages muSpectre (0.27) and h5py.
"""
import argparse
import json
import multiprocessing
import os
import statistics
import time

os.environ["OMP_NUM_THREADS"] = "1"

import h5py
import muFFT.Stencils3D
import muSpectre
import numpy

# Mandel components, 11 22 33 23 13 12.
PAIRS = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
WEIGHTS = numpy.array([1, 1, 1, 2**0.5, 2**0.5, 2**0.5])
TOLERANCES = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 3e-3, 1e-3, 3e-4, 1e-4]


def new_cell(path):
    with h5py.File(path) as file:
        phase, stiffness = file["phase"][...], file["stiffness"][...]
        lengths = [float(length) for length in file.attrs["lengths"]]
    cell = muSpectre.Cell(
        list(phase.shape), lengths, muSpectre.Formulation.small_strain, muFFT.Stencils3D.averaged_upwind, weights=[1]
    )
    # Voxels are numbered with the first axis fastest.
    phase = phase.flatten(order="F")
    for number, matrix in enumerate(stiffness):
        material = muSpectre.material.MaterialLinearElasticGeneric1_3d.make(
            cell, f"phase {number}", matrix / numpy.outer(WEIGHTS, WEIGHTS)
        )
        for voxel in numpy.flatnonzero(phase == number):
            material.add_pixel(int(voxel))
    cell.initialise()
    return cell


def solve_load(cell, load, tolerance):
    """Mean stress (Mandel) of a unit mean strain, and iterations."""
    strain = numpy.zeros((3, 3), order="F")
    i, j = PAIRS[load]
    strain[i, j] = strain[j, i] = 1 / WEIGHTS[load]
    solver = muSpectre.solvers.KrylovSolverCG(cell, tolerance, 10000, muSpectre.Verbosity.Silent)
    # The problem is linear: one step of Newton's method, whatever its tolerance.
    result = muSpectre.solvers.newton_cg(cell, strain, solver, 1e6, 0.0, muSpectre.Verbosity.Silent)
    stress = numpy.asarray(result.stress).reshape(3, 3, -1, order="F").mean(axis=2)
    return numpy.array([stress[pair] for pair in PAIRS]) * WEIGHTS, solver.counter


def serve(path, loads, connection):
    """Sets a cell up and solves its load cases for every tolerance that comes."""
    cell = new_cell(path)
    connection.send(True)
    for tolerance in iter(connection.recv, None):
        connection.send([solve_load(cell, load, tolerance) for load in loads])


def n_cores():
    return len(os.sched_getaffinity(0))


class Processes:
    def __init__(self, path):
        n = min(6, n_cores())
        self.loads = [list(range(6))[k::n] for k in range(n)]
        self.connections = []
        start = time.perf_counter()
        for loads in self.loads:
            ours, theirs = multiprocessing.Pipe()
            multiprocessing.Process(target=serve, args=(path, loads, theirs), daemon=True).start()
            self.connections.append(ours)
        for connection in self.connections:
            connection.recv()
        self.setup = time.perf_counter() - start

    def solve(self, tolerance):
        """Stiffness (Mandel), most iterations of a load case, wall seconds."""
        start = time.perf_counter()
        for connection in self.connections:
            connection.send(tolerance)
        answers = [connection.recv() for connection in self.connections]
        seconds = time.perf_counter() - start
        stiffness, iterations = numpy.zeros((6, 6)), 0
        for loads, columns in zip(self.loads, answers):
            for load, (column, count) in zip(loads, columns):
                stiffness[:, load] = column
                iterations = max(iterations, count)
        return stiffness, iterations, seconds

    def close(self):
        for connection in self.connections:
            connection.send(None)


def our_time(case, error):
    """Least median time of engine `fft` within the error, of either precision."""
    times = [
        row["seconds"]["median"]
        for precision in ("single", "double")
        for row in case.get(precision, {}).get("rows", [])
        if row["error"] <= error
    ]
    return min(times, default=None)


def relative_error(stiffness, exact):
    return numpy.linalg.norm(stiffness - exact) / numpy.linalg.norm(exact)


def main():
    parser = argparse.ArgumentParser(description="Solves the RVEs of solver_benchmark with muSpectre")
    parser.add_argument("values", help="JSON file of solver_benchmark")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--cases", default="", help="names, separated by commas; all by default")
    parser.add_argument("--grids", default="", help="voxels per edge, separated by commas; all by default")
    parser.add_argument("--error", type=float, default=1e-4, help="of the stiffness, to go a little beyond")
    arguments = parser.parse_args()
    with open(arguments.values) as file:
        cases = json.load(file)

    print(f"muSpectre {muSpectre.version.description()}, all six load cases, {min(6, n_cores())} processes.\n")
    print(
        "| case | tolerance | iterations | seconds | set-up, seconds | stiffness error | muSpectre / `fft` within this error "
        "| difference of converged stiffness |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for case in cases:
        if "file" not in case:
            raise SystemExit(f"muspectre_benchmark: {arguments.values} names no RVE file; run solver_benchmark with --rve-folder")
        if arguments.cases and case["case"] not in arguments.cases.split(","):
            continue
        if arguments.grids and str(case["grid"]) not in arguments.grids.split(","):
            continue
        processes = Processes(case["file"])
        exact = processes.solve(1e-5)[0]
        difference = relative_error(exact, numpy.array(case["exact"]).reshape(6, 6))
        for tolerance in TOLERANCES:
            runs = [processes.solve(tolerance) for _ in range(arguments.repetitions)]
            stiffness, iterations, _ = runs[0]
            seconds = sorted(run[2] for run in runs)
            error = relative_error(stiffness, exact)
            ours = our_time(case, error)
            ratio = f"{statistics.median(seconds) / ours:.1f}" if ours else ""
            print(
                f"| {case['case']} {case['grid']}^3 | {tolerance:g} | {iterations} | {statistics.median(seconds):.3f} "
                f"({seconds[0]:.3f} to {seconds[-1]:.3f}) | {processes.setup:.2f} | {error:.1e} | {ratio} "
                f"| {difference:.1e} |",
                flush=True,
            )
            if error < 0.1 * arguments.error:
                break
        processes.close()


if __name__ == "__main__":
    main()
