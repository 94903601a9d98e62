"""Draws the relative width of the certified compliance against the micro work of runs of seco-macro.

Reads rounds.csv, and summary.json where there is one, in each folder. A run with an audit also shows the work of
homogenizing every RVE with its audit engine.
"""
import json
import pathlib
import sys

import matplotlib.pyplot as plt

from .style import curve, labels_of, log_scale, read_table, save

WRITTEN_BY = "a run of seco-macro with 'Compliance tolerance' in section 'Certification'"


def add_arguments(parser):
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="RESULT_FOLDER")
    parser.add_argument("--labels", help="names of the runs, separated by commas; by default of the folders")
    parser.add_argument("--wall", action="store_true", help="elapsed instead of processor time")
    parser.add_argument("--output", type=pathlib.Path, help="by default certification.png in the first folder")


def read_rounds(folder):
    return read_table(folder / "rounds.csv", ["relative_width", "micro_seconds", "micro_cpu_seconds", "refined_rves",
                                              "refined_fraction"], WRITTEN_BY)


def read_summary(folder):
    path = folder / "summary.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def draw_run(axes, folder, label, look, work):
    colour = look["color"]
    # A round without a lower bound of the stiffness has no width.
    rounds = [r for r in read_rounds(folder) if r["relative_width"]]
    if not rounds:
        print(f"plot: {folder} has no round with a width; left out", file=sys.stderr)
        return
    x = [float(r[work]) for r in rounds]
    y = [float(r["relative_width"]) for r in rounds]
    axes.plot(x, y, **look, markersize=5, label=label)
    last = rounds[-1]
    axes.annotate(f"{last['refined_rves']} RVEs refined ({100 * float(last['refined_fraction']):.2g} %)",
                  (x[-1], y[-1]), xytext=(6, -3), textcoords="offset points", fontsize=7, color=colour)
    summary = read_summary(folder)
    if tolerance := summary.get("certification", {}).get("compliance_tolerance"):
        axes.axhline(tolerance, color=colour, linewidth=0.7, linestyle=":")
    if audit := summary.get("audit"):
        scale = audit["of_rves"] / audit["rves"]
        total = audit["cpu_seconds_of_all_rves"] if work == "micro_cpu_seconds" else audit["seconds"] * scale
        axes.axvline(total, color=colour, linewidth=0.9, linestyle="--")
        text = "every RVE by the audit engine"
        if scale > 1.001:
            text += f"\n(from a sample of {audit['rves']})"
        axes.annotate(text, (total, 0.97), xycoords=("data", "axes fraction"), xytext=(-4, 0),
                      textcoords="offset points", fontsize=7, color=colour, ha="right", va="top")


def draw(options):
    labels = labels_of(options.labels, options.folders)
    work = "micro_seconds" if options.wall else "micro_cpu_seconds"
    figure, axes = plt.subplots(figsize=(5.2, 3.4))
    log_scale(axes, "x")
    log_scale(axes)
    for i, (folder, label) in enumerate(zip(options.folders, labels)):
        draw_run(axes, folder, label, curve(i), work)
    axes.set_xlabel("micro work: " + ("elapsed" if options.wall else "processor") + " seconds")
    axes.set_ylabel("relative width of the certified compliance")
    axes.margins(y=0.12)
    if len(labels) > 1:
        figure.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=3, frameon=False)
    save(figure, options.output or options.folders[0] / "certification.png")
