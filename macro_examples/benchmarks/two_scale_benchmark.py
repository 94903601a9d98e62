#!/usr/bin/env python3
"""What a structure of nonlinear RVEs costs: brute force, each way to save work alone, and those that keep the bounds
as narrow together.

    two_scale_benchmark.py SECO_MACRO RUN.prm [--set "KEY = VALUE"]... [--ways N,...] [--ranks N] [--json OUT.json]

Runs the program `seco-macro` on a parameter file whose first material is `homogenized laws`, in several ways one after
the other, and prints a Markdown table: iterations of one load case on increments, on tangents, and evaluations of residual
and certificate, per point and load step; their sum against brute force; wall time; the largest relative gap of the
incremental potential over the steps; and how far the force-displacement curve is from that of brute force.

Brute force answers every point in every iteration by its own solve, from its last fields, to the same guaranteed error, with a
new tangent each time.
"""
import argparse
import csv
import json
import os
import re
import subprocess
import tempfile
import time

SECTION = "Material 0/homogenized laws"
ALL_OFF = {"Superpose elastic fields": "false", "Keep tangent fields": "false", "Tangent change": "0", "Share tangents": "false"}
KEPT = {"Keep tangent fields": "true"}
# Without kept fields answers are as rough as their tolerance, and Newton's method of the structure may not end: tangents are
# answered again only where fields are kept.
WAYS = [
    ("brute force", {}),
    ("elastic points superposed", {"Superpose elastic fields": "true"}),
    ("fields of tangents kept", KEPT),
    ("kept, and tangents answered again", {**KEPT, "Tangent change": "0.1"}),
    ("elastic, kept, answered again", {**KEPT, "Superpose elastic fields": "true", "Tangent change": "0.1"}),
    ("the same, and tangents shared", {**KEPT, "Superpose elastic fields": "true", "Tangent change": "0.1",
                                       "Share tangents": "true"}),
]


def with_values(text, values):
    """The parameter file with more sections at its end, which override what is above."""
    lines = [text]
    for path, value in values.items():
        *sections, key = path.split("/")
        lines += [f"subsection {s}" for s in sections] + [f"set {key} = {value}"] + ["end"] * len(sections)
    return "\n".join(lines) + "\n"


def run(program, parameters, values, ranks):
    folder = os.path.dirname(os.path.abspath(parameters))
    with tempfile.TemporaryDirectory() as results:
        # Beside the original, so that relative paths hold.
        file = os.path.join(folder, f".two_scale_benchmark_{os.getpid()}.prm")
        with open(parameters) as stream:
            text = stream.read()
        with open(file, "w") as stream:
            stream.write(with_values(text, {**values, "Output directory": results, "Output/Write VTU": "false"}))
        command = ["mpiexec", "-n", str(ranks)] if ranks > 1 else []
        begin = time.monotonic()
        try:
            subprocess.run(command + [program, file], check=True, stdout=subprocess.DEVNULL)
        finally:
            os.remove(file)
        seconds = time.monotonic() - begin
        with open(os.path.join(results, "summary.json")) as stream:
            summary = json.load(stream)
        with open(os.path.join(results, "force_displacement.csv")) as stream:
            curve = list(csv.DictReader(stream))
    return summary, curve, seconds


def work_of(summary):
    """Evaluations, elastic ones, and iterations, as the material says."""
    pattern = (r"(\d+) evaluations of points, (\d+) of them by superposed elastic fields; (\d+) iterations of one load case "
               r"on increments, (\d+) on (\d+) tangents, (\d+) residuals")
    found = re.search(pattern, json.dumps(summary))
    if not found:
        raise SystemExit("the summary does not tell the work of the points")
    return [int(n) for n in found.groups()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("parameters")
    parser.add_argument("--set", action="append", default=[], help="'Section/Key = value', for all ways")
    parser.add_argument("--ways", type=lambda text: [int(n) for n in text.split(",")], default=list(range(len(WAYS))),
                        help="numbers of the ways, from 0; ratios are to the first one")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    common = dict(map(str.strip, entry.split("=", 1)) for entry in arguments.set)
    print("| | increments | tangents | residuals | work per point and step | of brute force | s | largest gap | force off by |")
    print("|---|---|---|---|---|---|---|---|---|")
    results, first = [], None
    for name, keys in (WAYS[n] for n in arguments.ways):
        values = {**common, **{f"{SECTION}/{key}": value for key, value in {**ALL_OFF, **keys}.items()}}
        summary, curve, seconds = run(arguments.program, arguments.parameters, values, arguments.ranks)
        n_evaluations, n_elastic, increments, tangents, n_tangents, residuals = work_of(summary)
        steps = summary["load_steps"]
        n_points = summary["quadrature_points"]
        scale = 1.0 / (n_points * len(steps))
        work = (increments + tangents + residuals) * scale
        gap = max(step["relative_gap"] for step in steps)
        forces = [key for key in curve[0] if key.startswith("force_")]
        if first is None:
            first = (work, curve)
        largest = max(abs(float(row[key])) for row in first[1] for key in forces)
        off = max(abs(float(a[key]) - float(b[key])) for a, b in zip(curve, first[1]) for key in forces) / largest
        print(f"| {name} | {increments * scale:.1f} | {tangents * scale:.1f} | {residuals * scale:.1f} | {work:.1f} | "
              f"{work / first[0]:.3f} | {seconds:.0f} | {gap:.1e} | {off:.1e} |", flush=True)
        results.append({"name": name, "points": n_points, "steps": len(steps), "evaluations": n_evaluations,
                        "elastic": n_elastic, "increments": increments, "tangents": tangents, "new_tangents": n_tangents,
                        "residuals": residuals,
                        "seconds": seconds, "largest_gap": gap, "force_difference": off})
    if arguments.json:
        with open(arguments.json, "w") as stream:
            json.dump(results, stream, indent=1)


if __name__ == "__main__":
    main()
