#!/usr/bin/env python3
"""What a call from Python costs beside the work, and the throughput of the package beside that of the program, in one run.

    throughput.py [--program build/release/bin/seco] [--grid N] [--rves N] [--tolerance T] [--repeats N]

Overhead: wall time of seco.homogenize() of a batch, less the time that the engine reports. Throughput: of that batch; of the same
RVEs one call after the other; and of the program, which takes one RVE from a file: its time is the one that it reports, so that its
start and the reading of the file do not count, but plans of Fourier transforms and fresh memory do, which a process of Python has
once. They take turns; numbers are medians of the repeats.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import seco


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program")
    parser.add_argument("--grid", type=int, default=32)
    parser.add_argument("--rves", type=int, default=64)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()

    rves = [seco.generate("polycrystal", grid=(arguments.grid,) * 3, number_of_grains=32, seed=s) for s in range(arguments.rves)]
    seco.homogenize(rves, tolerance=arguments.tolerance)
    walls, engines, singles, programs = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / f"{i}.h5" for i in range(len(rves))] if arguments.program else []
        for rve, file in zip(rves, files):
            rve.save(file)
        for _ in range(arguments.repeats):
            start = time.perf_counter()
            results = seco.homogenize(rves, tolerance=arguments.tolerance)
            walls.append(time.perf_counter() - start)
            engines.append(sum(result.seconds for result in results))
            start = time.perf_counter()
            for rve in rves:
                seco.homogenize(rve, tolerance=arguments.tolerance)
            singles.append(time.perf_counter() - start)
            seconds = 0.
            for file in files:
                answer = file.with_suffix(".json")
                subprocess.run([arguments.program, "homogenize", file, "--engine", "certified", "--tolerance", str(arguments.tolerance),
                                "--json", answer], check=True, stdout=subprocess.DEVNULL)
                seconds += json.loads(answer.read_text())["seconds"]
            programs.append(seconds)

    wall, engine = statistics.median(walls), statistics.median(engines)
    overhead = statistics.median([(w - e) / e for w, e in zip(walls, engines)])
    print(f"{len(rves)} RVEs of {arguments.grid}^3, gap {arguments.tolerance:g}: {1e3 * wall:.1f} ms, of which the engine {1e3 * engine:.1f} ms")
    print(f"overhead of the call: {1e6 * overhead * engine / len(rves):.0f} us per RVE, {100. * overhead:.2f} % of the engine's time")
    single = statistics.median(singles)
    print(f"throughput: {len(rves) / wall:.2f} RVEs per second as a batch, {len(rves) / single:.2f} one by one")
    if arguments.program:
        program = statistics.median(programs)
        print(f"of the program: {len(rves) / program:.2f} RVEs per second; the calls one by one reach {100. * program / single:.0f} % of it")


if __name__ == "__main__":
    main()
