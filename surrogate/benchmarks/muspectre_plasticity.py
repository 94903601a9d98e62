#!/usr/bin/env python3
"""A composite with a plastic matrix on a load path: `seco deform` against muSpectre, an established FFT code.

    muspectre_plasticity.py SECO [--grid N] [--repetitions N] [--json OUT.json]

SECO is the program `seco`. Both codes deform the same RVE in the same discretization on one thread: stiff elastic
spheres in a matrix with J2 plasticity and linear hardening, 20 increments of an isochoric mean strain. Prints a Markdown
table: processor and wall seconds (the least of the repetitions) against the largest relative error of the mean stress on
the path, in the norm of `<C>^-1`, and ratios to the time of seco within the same error. seco is timed as a whole
program, muSpectre without its set-up.

muSpectre has J2 plasticity only for finite strains (MaterialHyperElastoPlastic1: logarithmic strains), seco only for small
ones. So errors of a code are against its own run to a tight tolerance, and the line below the table says how far the two
tight runs are apart. An iteration of muSpectre takes as long for small strains as for finite ones, so that this costs it
nothing but the logarithms in the law.

Needs the Python packages muSpectre (0.27) and h5py.
"""
import argparse
import json
import os
import subprocess
import tempfile
import time

import peer_solvers as peers

import h5py
import muFFT.Stencils3D
import muSpectre
import numpy

# Young's modulus, Poisson's ratio of matrix and spheres in MPa; yield stress and hardening modulus of the matrix.
ELASTIC = [(70000.0, 0.3), (400000.0, 0.2)]
YIELD, HARDENING = 100.0, 700.0
STRAIN, INCREMENTS = 0.005, 20
# Of seco: guaranteed errors. Of muSpectre: of its Newton steps, and of the conjugate gradients in each.
SECO_TOLERANCES = [1e-2, 1e-3, 1e-4]
NEWTON_TOLERANCES = [1e-5, 1e-6]
KRYLOV_TOLERANCES = [0.3, 0.1]
SECO_TIGHT, NEWTON_TIGHT, KRYLOV_TIGHT = 1e-7, 1e-8, 1e-2


def stiffness(young, poisson):
    """Mandel."""
    mu = young / (2 * (1 + poisson))
    result = 2 * mu * numpy.eye(6)
    result[:3, :3] += young * poisson / ((1 + poisson) * (1 - 2 * poisson))
    return result


def spheres(n, number=8, radius=0.19, seed=1):
    """Phase of every voxel: spheres that do not overlap, periodic."""
    generator = numpy.random.default_rng(seed)
    centres = []
    while len(centres) < number:
        centre = generator.random(3)
        if all(numpy.linalg.norm((centre - other + 0.5) % 1 - 0.5) > 2.05 * radius for other in centres):
            centres.append(centre)
    points = numpy.stack(numpy.meshgrid(*[(numpy.arange(n) + 0.5) / n] * 3, indexing="ij"), axis=-1)
    phase = numpy.zeros((n, n, n), numpy.uint16)
    for centre in centres:
        phase[numpy.linalg.norm((points - centre + 0.5) % 1 - 0.5, axis=-1) < radius] = 1
    return phase


def placement_gradient(part):
    """Of a part of the path: its logarithmic strain is the small strain of seco."""
    return numpy.diag(numpy.exp(part * STRAIN * numpy.array([1.0, -0.5, -0.5])))


class Run:
    """Mean stresses of a path (Mandel), steps of Newton, iterations, seconds."""

    def __init__(self, stress, newton, iterations, processor=0.0, wall=0.0):
        self.stress, self.newton, self.iterations = numpy.array(stress), newton, iterations
        self.processor, self.wall = processor, wall


class Seco:
    def __init__(self, program, phase, folder):
        self.program, self.folder = program, folder
        with h5py.File(f"{folder}/rve.h5", "w") as file:
            file["phase"] = phase
            file["stiffness"] = numpy.array([stiffness(*constants) for constants in ELASTIC])
            file.attrs["lengths"] = numpy.ones(3)
            file.attrs["unit"] = "MPa"
        with open(f"{folder}/path.csv", "w") as file:
            file.write("time,E11,E22,E33,E23,E13,E12\n")
            file.write(f"1,{STRAIN!r},{-STRAIN / 2!r},{-STRAIN / 2!r},0,0,0\n")

    def parameters(self, tolerance):
        name = f"{self.folder}/run_{tolerance:g}.prm"
        with open(name, "w") as file:
            file.write(
                f"set Tolerance = {tolerance:g}\nset Tangent = none\n"
                f"subsection Microstructure\n  set File = {self.folder}/rve.h5\nend\n"
                f"subsection Phase 0\n  set Law = J2 plasticity\n"
                f"  set Young modulus = {ELASTIC[0][0]}\n  set Poisson ratio = {ELASTIC[0][1]}\n"
                f"  set Yield stress = {YIELD}\n  set Hardening modulus = {HARDENING}\nend\n"
                f"subsection Phase 1\n"
                f"  set Young modulus = {ELASTIC[1][0]}\n  set Poisson ratio = {ELASTIC[1][1]}\nend\n"
                f"subsection Loading\n  set File = {self.folder}/path.csv\n"
                f"  set Increments per row = {INCREMENTS}\nend\n"
            )
        return name

    def call(self, *arguments):
        """Processor and wall seconds of the whole program."""
        start = time.perf_counter()
        process = subprocess.Popen([self.program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        # 2: a tolerance that round-off does not allow, as the tight one may be.
        if os.waitstatus_to_exitcode(status) not in (0, 2):
            raise SystemExit(f"'{self.program} {' '.join(arguments)}' failed")
        return usage.ru_utime + usage.ru_stime, wall

    def answer(self, tolerance):
        name = f"{self.folder}/run.json"
        self.call("deform", self.parameters(tolerance), "--json", name)
        with open(name) as file:
            increments = json.load(file)["increments"]
        run = Run(
            [i["stress"] for i in increments], sum(i["newton"] for i in increments), sum(i["iterations"] for i in increments)
        )
        run.guaranteed = max(i["stress_error_bound"] for i in increments)
        return run

    def seconds(self, tolerance):
        return self.call("deform", self.parameters(tolerance))


class MuSpectre:
    def __init__(self, phase):
        self.phase = phase.flatten(order="F")  # the first axis fastest

    def cell(self):
        cell = muSpectre.Cell(
            [round(self.phase.size ** (1 / 3))] * 3,
            [1.0] * 3,
            muSpectre.Formulation.finite_strain,
            muFFT.Stencils3D.averaged_upwind,
            weights=[1],
        )
        matrix = muSpectre.material.MaterialHyperElastoPlastic1_3d.make(cell, "matrix", *ELASTIC[0], YIELD, HARDENING)
        inclusions = muSpectre.material.MaterialLinearElastic1_3d.make(cell, "spheres", *ELASTIC[1])
        for voxel, number in enumerate(self.phase):
            (inclusions if number else matrix).add_pixel(voxel)
        cell.initialise()
        return cell

    def solve(self, newton_tolerance, krylov_tolerance, limit=float("inf")):
        """None if it does not converge or takes more processor time than `limit`."""
        cell = self.cell()
        stress, newton, iterations = [], 0, 0
        start, processor = time.perf_counter(), time.process_time()
        for increment in range(INCREMENTS):
            before, after = (placement_gradient(k / INCREMENTS) for k in (increment, increment + 1))
            krylov = muSpectre.solvers.KrylovSolverCG(cell, krylov_tolerance, 2000, muSpectre.Verbosity.Silent)
            strained = muSpectre.solvers.IsStrainInitialised
            try:
                result = muSpectre.solvers.newton_cg(
                    cell,
                    numpy.asfortranarray(after - before),
                    krylov,
                    newton_tolerance,
                    0.0,
                    muSpectre.Verbosity.Silent,
                    strained.No if increment == 0 else strained.Yes,
                )
            except RuntimeError:
                return None
            # From the mean first Piola-Kirchhoff stress that of Kirchhoff.
            first = numpy.asarray(result.stress).reshape(3, 3, -1, order="F").mean(axis=2)
            stress.append(peers.mandel(first @ after.T))
            newton += result.nb_it
            iterations += krylov.counter
            if time.process_time() - processor > limit:
                return None
        return Run(stress, newton, iterations, time.process_time() - processor, time.perf_counter() - start)


def relative_error(run, exact, compliance):
    def norms(values):
        return numpy.sqrt(numpy.einsum("ki,ij,kj->k", values, compliance, values))

    return float((norms(run.stress - exact.stress) / norms(exact.stress)).max())


def main():
    parser = argparse.ArgumentParser(description="Compares seco deform with muSpectre")
    parser.add_argument("seco", help="the program seco")
    parser.add_argument("--grid", type=int, default=33, help="voxels per edge; odd, on even grids muSpectre diverges")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--json", help="file for all values")
    arguments = parser.parse_args()

    phase = spheres(arguments.grid)
    fraction = phase.mean()
    mean = (1 - fraction) * stiffness(*ELASTIC[0]) + fraction * stiffness(*ELASTIC[1])
    compliance = numpy.linalg.inv(mean)
    rows = []

    def say(code, settings, run, error, guaranteed, ratio):
        rows.append(
            {
                "code": code, "settings": settings, "newton": run.newton, "iterations": run.iterations,
                "processor": run.processor, "wall": run.wall, "error": error, "guaranteed": guaranteed, "ratio": ratio,
            }
        )  # fmt: skip
        print(
            f"| {code} | {settings} | {run.newton} | {run.iterations} | {run.processor:.2f} | {run.wall:.2f} | {error:.1e} "
            f"| {'' if guaranteed is None else f'{guaranteed:.1e}'} | {'' if ratio is None else f'{ratio:.1f}'} |",
            flush=True,
        )

    print(
        f"muSpectre {muSpectre.version.description()}; {arguments.grid}^3, {100 * fraction:.1f} % spheres, {INCREMENTS} "
        f"increments to E11 = {STRAIN:g}; one thread, least of {arguments.repetitions}.\n"
    )
    print(
        "| code | tolerance | Newton steps | CG iterations | processor seconds | wall seconds | stress error | guaranteed "
        "| muSpectre / seco within this error |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        seco = Seco(arguments.seco, phase, folder)
        peer = MuSpectre(phase)
        ours = seco.answer(SECO_TIGHT)
        theirs = peer.solve(NEWTON_TIGHT, KRYLOV_TIGHT)
        if theirs is None:
            raise SystemExit("muSpectre does not converge to the tight tolerance")
        candidates = []
        for tolerance in SECO_TOLERANCES:
            run = seco.answer(tolerance)
            times = [seco.seconds(tolerance) for _ in range(arguments.repetitions)]
            run.processor, run.wall = (min(values) for values in zip(*times))
            candidates.append((relative_error(run, ours, compliance), run))
            say("seco", f"{tolerance:g}", run, candidates[-1][0], run.guaranteed, None)
        for krylov in KRYLOV_TOLERANCES:
            least = None
            for newton in NEWTON_TOLERANCES:
                run = peer.solve(newton, krylov)
                if run is None:
                    continue
                error = relative_error(run, theirs, compliance)
                # Rows that differ from the last one in nothing, or are of no use.
                if least is not None and error >= 0.9 * least:
                    continue
                least = error
                repeated = [peer.solve(newton, krylov) for _ in range(arguments.repetitions - 1)] + [run]
                run.processor = min(other.processor for other in repeated)
                run.wall = min(other.wall for other in repeated)
                as_good = [our.processor for our_error, our in candidates if our_error <= error]
                say(
                    "muSpectre", f"{newton:g}, {krylov:g}", run, error, None,
                    run.processor / min(as_good) if as_good else None,
                )  # fmt: skip
                if error < candidates[-1][0]:
                    break
        print(
            f"\nThe tight runs (finite and small strains) differ by {relative_error(theirs, ours, compliance):.1e}. "
            f"Tolerances of muSpectre are of Newton's method and of the conjugate gradients. Of the seconds of seco "
            f"{min(seco.call('--version')[0] for _ in range(3)):.2f} are the start of the program."
        )
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"grid": arguments.grid, "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
