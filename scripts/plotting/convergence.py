"""Draws a convergence study.

Folders of runs of seco-macro: compliance with its certified interval over the unknowns of the mesh. JSON files of
solver_benchmark (scripts/benchmark.sh leaves solver.json): error of the stiffness, certified gap and residual over the
iterations of the reference solver, one panel per case.
"""
import json
import pathlib

import matplotlib.pyplot as plt

from .style import COLOURS, curve, fail, labels_of, log_scale, save


def add_arguments(parser):
    parser.add_argument("results", nargs="+", type=pathlib.Path, metavar="FOLDER_OR_JSON")
    parser.add_argument("--labels", help="names of the files of a solver, separated by commas")
    parser.add_argument("--output", type=pathlib.Path, help="by default convergence.png beside the first result")


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        fail(f"{path} cannot be read: {error}")


def draw_meshes(folders):
    runs = []
    for folder in folders:
        summary = read(folder / "summary.json")
        compliance = summary.get("compliance")
        if not compliance:
            fail(f"{folder}/summary.json has no compliance: displacements of that run are not homogeneous")
        runs.append((summary["unknowns"], compliance))
    runs.sort(key=lambda run: run[0])
    figure, axes = plt.subplots(figsize=(5.2, 3.4))
    x = [unknowns for unknowns, _ in runs]
    axes.plot(x, [c["estimate"] for _, c in runs], **curve(0), markersize=5, label="estimate")
    bounded = [(n, c) for n, c in runs if c.get("lower") is not None and c.get("upper") is not None]
    if bounded:
        axes.fill_between([n for n, _ in bounded], [c["lower"] for _, c in bounded], [c["upper"] for _, c in bounded],
                          color=COLOURS[0], alpha=0.18, linewidth=0, label="certified interval on that mesh")
    log_scale(axes, "x")
    axes.set_xlabel("unknowns")
    axes.set_ylabel("compliance")
    axes.legend(frameon=False)
    return figure


def draw_solver(files, labels):
    panels = {}
    for path, label in zip(files, labels):
        entries = read(path)
        for entry in entries if isinstance(entries, list) else []:
            title = f"{entry.get('case')}, {entry.get('grid')} voxels along each edge"
            for precision in ("double", "single"):
                if rows := entry.get(precision, {}).get("rows"):
                    panels.setdefault(title, {}).setdefault(label, rows)
    if not panels:
        fail(f"{files[0]} is no JSON file of solver_benchmark")
    figure, all_axes = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 3.4), squeeze=False)
    for axes, (title, rows_of) in zip(all_axes[0], panels.items()):
        log_scale(axes)
        for line, (label, rows) in zip(("-", "--", ":", "-."), rows_of.items()):
            for i, (key, meaning) in enumerate((("residual", "residual"), ("gap", "certified gap"),
                                                ("error", "error of the stiffness"))):
                name = meaning if len(rows_of) == 1 else f"{meaning}, {label}"
                axes.plot([row["iterations"] for row in rows], [row[key] for row in rows], **curve(i), linestyle=line,
                          markersize=4, linewidth=1.2, label=name)
        axes.set_title(title)
        axes.set_xlabel("iterations")
        axes.set_ylabel("relative")
        axes.legend(frameon=False)
    figure.tight_layout(w_pad=2)
    return figure


def draw(options):
    folders = [path for path in options.results if path.is_dir()]
    if folders and len(folders) < len(options.results):
        fail("results are either folders of seco-macro or JSON files of solver_benchmark, not both")
    if folders:
        draw_to, figure = folders[0], draw_meshes(folders)
    else:
        draw_to = options.results[0].parent
        figure = draw_solver(options.results, labels_of(options.labels, options.results))
    save(figure, options.output or draw_to / "convergence.png")
