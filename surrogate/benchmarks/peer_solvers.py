"""What the comparisons with other FFT codes share: RVE files, load cases, processes, and the times of engine `fft`.

Import before NumPy: it keeps the libraries of every process on one thread.
"""
import argparse
import json
import multiprocessing
import os
import statistics
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import h5py
import numpy

# Mandel components, 11 22 33 23 13 12.
PAIRS = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
WEIGHTS = numpy.array([1, 1, 1, 2**0.5, 2**0.5, 2**0.5])


def read_rve(path):
    """Phase of every voxel, stiffness of every phase (Mandel), edge lengths."""
    with h5py.File(path) as file:
        return file["phase"][...], file["stiffness"][...], [float(length) for length in file.attrs["lengths"]]


def unit_strain(load):
    """The mean strain of a load case, its Mandel component 1."""
    strain = numpy.zeros((3, 3), order="F")
    i, j = PAIRS[load]
    strain[i, j] = strain[j, i] = 1 / WEIGHTS[load]
    return strain


def mandel(stress):
    return numpy.array([stress[pair] for pair in PAIRS]) * WEIGHTS


def serve(new_solver, loads, connection):
    """Sets a solver up and calls the method that comes, once for every load case."""
    solver = new_solver()
    connection.send(True)
    for method, arguments in iter(connection.recv, None):
        connection.send([getattr(solver, method)(load, *arguments) for load in loads])


class Processes:
    """Load cases shared among processes, each with a solver of its own."""

    def __init__(self, new_solver, n):
        # Forked, so that new_solver may be any function.
        context = multiprocessing.get_context("fork")
        n = min(6, n)
        self.loads = [list(range(6))[k::n] for k in range(n)]
        self.connections = []
        start = time.perf_counter()
        for loads in self.loads:
            ours, theirs = context.Pipe()
            context.Process(target=serve, args=(new_solver, loads, theirs), daemon=True).start()
            self.connections.append(ours)
        for connection in self.connections:
            connection.recv()
        self.setup = time.perf_counter() - start

    def call(self, method, *arguments):
        """What the method returns for the six load cases."""
        for connection in self.connections:
            connection.send((method, arguments))
        answers = [None] * 6
        for loads, connection in zip(self.loads, self.connections):
            for load, answer in zip(loads, connection.recv()):
                answers[load] = answer
        return answers

    def close(self):
        for connection in self.connections:
            connection.send(None)


class Times:
    """Wall seconds of repeated runs."""

    def __init__(self, seconds):
        self.seconds = sorted(seconds)
        self.median = statistics.median(seconds)

    def __str__(self):
        return f"{self.median:.3f} ({self.seconds[0]:.3f} to {self.seconds[-1]:.3f})"


def repeat(run, repetitions):
    """Result of the first run, and the times of all."""
    results, seconds = [], []
    for _ in range(repetitions):
        start = time.perf_counter()
        results.append(run())
        seconds.append(time.perf_counter() - start)
    return results[0], Times(seconds)


def relative_error(stiffness, exact):
    return numpy.linalg.norm(stiffness - exact) / numpy.linalg.norm(exact)


def our_stiffness(case):
    return numpy.array(case["exact"]).reshape(6, 6)


def ratio_to_ours(case, seconds, error):
    """Of a time to the least median time of engine `fft` within the error, of either precision; empty without one."""
    times = [
        row["seconds"]["median"]
        for precision in ("single", "double")
        for row in case.get(precision, {}).get("rows", [])
        if row["error"] <= error
    ]
    return f"{seconds / min(times):.1f}" if times else ""


def argument_parser(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("values", help="JSON file of solver_benchmark")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--cases", default="", help="names, separated by commas; all by default")
    parser.add_argument("--grids", default="", help="voxels per edge, separated by commas; all by default")
    return parser


def chosen_cases(arguments):
    """Cases of the JSON file, each with the file of its RVE."""
    with open(arguments.values) as file:
        cases = json.load(file)
    if any("file" not in case for case in cases):
        raise SystemExit(f"{arguments.values} names no RVE file; run solver_benchmark with --rve-folder")
    return [
        case
        for case in cases
        if case["case"] in (arguments.cases or case["case"]).split(",")
        and str(case["grid"]) in (arguments.grids or str(case["grid"])).split(",")
    ]
