#!/usr/bin/env python3
"""Draws the relative width of the certified compliance against the micro work of seco-macro runs.

    plot_certification.py RESULTS_FOLDER... [--labels NAME,NAME] [--wall] [--output FILE]

Reads rounds.csv, and summary.json where there is one, in each folder. A run with an audit also shows
the work of homogenizing every RVE with its audit engine. The figure is certification.png in the first
folder unless --output names another file.
"""
import argparse
import csv
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = ["#1b6ca8", "#d1495b", "#3c9d5d", "#e09f3e", "#7b4ea3", "#2ab0b0", "#8c564b", "#c05a9a"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "<"]

plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
                     "axes.labelsize": 9, "legend.fontsize": 8, "figure.dpi": 120,
                     "savefig.bbox": "tight"})


def read_rounds(folder):
    path = folder / "rounds.csv"
    if not path.is_file():
        sys.exit(f"plot_certification: {path} is missing; a run of seco-macro with 'Compliance tolerance' in "
                 "section 'Certification' writes it")
    with open(path, newline="") as file:
        rounds = list(csv.DictReader(file))
    needed = {"relative_width", "micro_seconds", "micro_cpu_seconds", "polished_rves", "polished_fraction"}
    missing = needed - set(rounds[0] if rounds else [])
    if missing:
        sys.exit(f"plot_certification: {path} lacks the columns {', '.join(sorted(missing))}")
    return rounds


def read_summary(folder):
    path = folder / "summary.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def draw_run(axes, folder, label, colour, marker, work):
    # A round without a lower bound of the stiffness has no width.
    rounds = [r for r in read_rounds(folder) if r["relative_width"]]
    if not rounds:
        print(f"plot_certification: {folder} has no round with a width; left out", file=sys.stderr)
        return
    x = [float(r[work]) for r in rounds]
    y = [float(r["relative_width"]) for r in rounds]
    axes.plot(x, y, marker=marker, color=colour, markersize=5, label=label)
    last = rounds[-1]
    axes.annotate(f"{last['polished_rves']} RVEs polished ({100 * float(last['polished_fraction']):.2g} %)",
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="RESULTS_FOLDER")
    parser.add_argument("--labels", help="names of the runs, separated by commas; by default of the folders")
    parser.add_argument("--wall", action="store_true", help="elapsed instead of processor time")
    parser.add_argument("--output", type=pathlib.Path, help="file of the figure")
    options = parser.parse_args()
    labels = options.labels.split(",") if options.labels else [f.resolve().name for f in options.folders]
    if len(labels) != len(options.folders):
        sys.exit(f"plot_certification: --labels names {len(labels)} runs, there are {len(options.folders)}")

    work = "micro_seconds" if options.wall else "micro_cpu_seconds"
    figure, axes = plt.subplots(figsize=(5.2, 3.4))
    axes.set_xscale("log")
    axes.set_yscale("log")
    for i, (folder, label) in enumerate(zip(options.folders, labels)):
        draw_run(axes, folder, label, COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], work)
    axes.grid(True, which="major", color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("micro work: " + ("elapsed" if options.wall else "processor") + " seconds")
    axes.set_ylabel("relative width of the certified compliance")
    axes.legend(frameon=False, loc="lower left")
    output = options.output or options.folders[0] / "certification.png"
    figure.savefig(output, dpi=150)
    print(f"wrote {output}")


if __name__ == "__main__":
    main()
