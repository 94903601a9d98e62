"""Draws the figures of a study from the tables that 'seco evaluate STUDY.prm' wrote.

Reads figures.json, summary.csv, rves.csv, spectrum.csv, wrong_moduli.csv and fields_CASE.h5 in the folder and writes
PNG files beside them.
"""
import csv
import json
import math
import pathlib

import h5py
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from .style import COLOURS, MARKERS, fail, log_scale, positive

# A model keeps its colour and marker through all figures and cases.
SOLVERS = {"CG": ("0.35", "-"), "block CG": ("0.6", "--")}


def add_arguments(parser):
    parser.add_argument("folder", type=pathlib.Path, metavar="STUDY_FOLDER")


class Study:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.index = json.loads((self.folder / "figures.json").read_text())
        self.summary = self.table("summary.csv")
        self.rves = self.table("rves.csv")
        self.spectrum = self.table("spectrum.csv")
        self.moduli = self.table("wrong_moduli.csv")
        self.style = {name: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)])
                      for i, name in enumerate(self.index["subjects"])}

    def table(self, name):
        with open(self.folder / name, newline="") as file:
            return list(csv.DictReader(file))

    def models(self, case, set_name):
        """Rows of the models of a case on a test set, in the order of the study file."""
        rows = {r["subject"]: r for r in self.summary
                if r["case"] == case["name"] and r["set"] == set_name and r["kind"] != "solver"}
        return [rows[m["name"]] for m in case["models"] if m["name"] in rows]

    def solvers(self, case, set_name):
        rows = [r for r in self.summary
                if r["case"] == case["name"] and r["set"] == set_name and r["kind"] == "solver"]
        result = {}
        for name in SOLVERS:
            chosen = [r for r in rows if r["subject"].startswith(name + ",")]
            if chosen:
                result[name] = sorted(chosen, key=lambda r: int(r["iterations"]))
        return result

    def save(self, figure, kind, case, dpi=150):
        figure.savefig(self.folder / f"{kind}_{case['slug']}.png", dpi=dpi)
        plt.close(figure)


def widen(axes, factor=10.0):
    """At least so wide a range of a logarithmic axis: small differences stay small, ticks readable."""
    low, high = axes.get_ylim()
    if high < factor * low:
        middle = math.sqrt(low * high)
        axes.set_ylim(middle / math.sqrt(factor), middle * math.sqrt(factor))


def legend_below(figure, handles, columns):
    """A legend under all axes, out of the way of the data."""
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0),
                  ncol=min(columns, len(handles)), frameon=False)


def draw_accuracy(study, case):
    metrics = [("stress_fluctuation_error", "stress nRMSE (fluct.)"), ("stiffness_error", "stiffness error"),
               ("gap", "certified gap"), ("divergence", "divergence")]
    models = study.models(case, "test")
    rves = [r for r in study.rves if r["case"] == case["name"] and r["set"] == "test"]
    figure, all_axes = plt.subplots(1, len(metrics), figsize=(11, 0.9 + 0.34 * len(models)), sharey=True)
    for axes, (metric, title) in zip(all_axes, metrics):
        for i, row in enumerate(models):
            colour, _ = study.style[row["subject"]]
            values = positive([r[metric] for r in rves if r["subject"] == row["subject"]])
            spread = np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else [0.0]
            axes.plot(values, i + np.array(spread), ".", color=colour, markersize=3.5, alpha=0.7)
            axes.plot([positive(row[metric + "_mean"])] * 2, [i - 0.36, i + 0.36], color=colour, linewidth=2.5)
        axes.set_title(title)
        log_scale(axes, "x")
        axes.set_ylim(len(models) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
    all_axes[0].set_yticks(range(len(models)))
    all_axes[0].set_yticklabels([row["subject"] for row in models])
    figure.tight_layout(w_pad=1.2)
    study.save(figure, "accuracy", case)


def draw_time(study, case):
    metrics = [("stress_fluctuation_error", "stress nRMSE (fluct.)"), ("stiffness_error", "stiffness error"),
               ("gap", "certified gap")]
    models, solvers = study.models(case, "test"), study.solvers(case, "test")
    figure, all_axes = plt.subplots(1, 3, figsize=(11, 3.6))
    for axes, (metric, title) in zip(all_axes, metrics):
        for name, rows in solvers.items():
            colour, line = SOLVERS[name]
            x = [float(r["seconds_mean"]) for r in rows]
            y = positive([r[metric + "_mean"] for r in rows], 1e-9)
            axes.plot(x, y, line, color=colour, linewidth=1.2, marker=".", markersize=4, zorder=1)
            for r, px, py in list(zip(rows, x, y))[::2]:
                axes.annotate(r["iterations"], (px, py), textcoords="offset points", xytext=(3, 3),
                              fontsize=6.5, color=colour)
        for row in models:
            colour, marker = study.style[row["subject"]]
            axes.plot(float(row["seconds_mean"]), positive(row[metric + "_mean"], 1e-9), marker, color=colour,
                      markersize=7, markeredgecolor="white", markeredgewidth=0.6, zorder=3)
        log_scale(axes)
        log_scale(axes, "x")
        # Solvers go on to round-off; what lies far below the best model says no more about models.
        best = min(positive(row[metric + "_mean"], 1e-9) for row in models)
        axes.set_ylim(bottom=max(axes.get_ylim()[0], best / 300))
        axes.set_title(title)
        axes.set_xlabel("seconds per RVE, with certificate")
    handles = [Line2D([], [], color=study.style[r["subject"]][0], marker=study.style[r["subject"]][1],
                      linestyle="", label=r["subject"]) for r in models]
    handles += [Line2D([], [], color=SOLVERS[n][0], linestyle=SOLVERS[n][1], marker=".",
                       label=f"{n} (iterations)") for n in solvers]
    figure.tight_layout(w_pad=1.5)
    legend_below(figure, handles, 5)
    study.save(figure, "time", case)


def draw_spectrum(study, case):
    rows = [r for r in study.spectrum if r["case"] == case["name"] and r["set"] == "test"]

    def of(name):
        chosen = [r for r in rows if r["subject"] == name]
        return (np.array([int(r["wave_number"]) for r in chosen]),
                positive([r["energy"] for r in chosen], 1e-16))

    k, reference = of("reference")
    nyquist = case["sets"][0]["label_nyquist"]
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(7, 5.6), sharex=True,
                                          gridspec_kw={"height_ratios": [1.5, 1]})
    upper.plot(k, reference, color="black", linewidth=2.2, label="reference")
    for row in study.models(case, "test"):
        colour, _ = study.style[row["subject"]]
        _, energy = of(row["subject"])
        upper.plot(k, energy, color=colour, linewidth=1.1, label=row["subject"])
        lower.plot(k, energy / reference, color=colour, linewidth=1.1)
    for axes in (upper, lower):
        axes.axvline(nyquist, color="0.5", linewidth=0.9, linestyle=":")
        log_scale(axes)
        log_scale(axes, "x")
    upper.text(nyquist, 0.985, " Nyquist limit of the labels", transform=upper.get_xaxis_transform(),
               fontsize=7.5, color="0.35", va="top")
    upper.set_ylim(bottom=max(upper.get_ylim()[0], reference.min() / 1e4))
    upper.set_ylabel("energy of the stress fluctuation")
    lower.axhline(1, color="black", linewidth=1)
    low, high = lower.get_ylim()
    lower.set_ylim(max(low, 1e-3), min(high, 1e3))
    widen(lower)
    lower.set_ylabel("relative to the reference")
    lower.set_xlabel("wave number (cycles per edge)")
    figure.tight_layout()
    legend_below(figure, upper.get_legend_handles_labels()[0], 4)
    study.save(figure, "spectrum", case)


def draw_fields(study, case):
    with h5py.File(study.folder / f"fields_{case['slug']}.h5") as file:
        phase, stress = file["phase"][...], file["stress"][...]
        names, unit = json.loads(file.attrs["subjects"]), file.attrs["unit"]
    names = [n.decode() if isinstance(n, bytes) else n for n in names]
    unit = unit.decode() if isinstance(unit, bytes) else unit
    panels(study, case, "fields", phase, stress, names, unit)
    # The surroundings of the largest stress, where labels resolve least.
    size = max(8, min(stress.shape[1:]) // 4)
    peak = np.unravel_index(np.argmax(np.abs(stress[0] - stress[0].mean())), stress.shape[1:])
    rows = (np.arange(size) + peak[0] - size // 2) % stress.shape[1]
    columns = (np.arange(size) + peak[1] - size // 2) % stress.shape[2]
    panels(study, case, "zoom", phase[np.ix_(rows, columns)], stress[np.ix_(range(len(stress)), rows, columns)],
           names, unit)


def panels(study, case, kind, phase, stress, names, unit):
    """Reference and predictions above, errors below; in blocks of models where they are many."""
    per_row = 5
    n_models = len(names) - 1
    blocks = max(1, math.ceil(n_models / per_row))
    columns = 1 + min(per_row, n_models)
    figure, all_axes = plt.subplots(2 * blocks, columns, squeeze=False, layout="constrained",
                                    figsize=(1.95 * columns + 0.7, 4.1 * blocks))
    low, high = np.percentile(stress[0], [0.5, 99.5])
    if not low < high:
        low, high = low - 1, high + 1
    errors = stress[1:] - stress[0]
    # One symmetric scale for all errors, so that colours compare: that of the model in the middle. Worse
    # models saturate, or they would hide the patterns of the better ones.
    limit = max(np.median([np.percentile(np.abs(e), 99) for e in errors]), 1e-12) if n_models else 1.0

    def show(axes, image, **options):
        axes.imshow(image.T, origin="lower", interpolation="none", **options)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)

    for axes in all_axes.ravel():
        axes.set_axis_off()
    for block in range(blocks):
        upper, lower = all_axes[2 * block], all_axes[2 * block + 1]
        for axes in (upper[0], lower[0]):
            axes.set_axis_on()
        show(upper[0], stress[0], cmap="viridis", vmin=low, vmax=high)
        upper[0].set_title("reference")
        show(lower[0], phase, cmap="Greys" if phase.max() < 2 else "tab20")
        lower[0].set_title("phases")
        for column in range(1, columns):
            i = block * per_row + column
            if i > n_models:
                break
            upper[column].set_axis_on()
            lower[column].set_axis_on()
            show(upper[column], stress[i], cmap="viridis", vmin=low, vmax=high)
            upper[column].set_title(names[i], color=study.style[names[i]][0], fontsize=8.5)
            show(lower[column], errors[i - 1], cmap="RdBu_r", vmin=-limit, vmax=limit)
            norm = np.linalg.norm(stress[0] - stress[0].mean())
            error = np.linalg.norm(errors[i - 1]) / norm if norm > 0 else 0.0
            lower[column].set_title(f"error, {100 * error:.3g} %", fontsize=8)
        figure.colorbar(plt.cm.ScalarMappable(plt.Normalize(low, high), "viridis"), ax=list(upper), pad=0.01,
                        aspect=18, label=f"stress 11 [{unit}]")
        figure.colorbar(plt.cm.ScalarMappable(plt.Normalize(-limit, limit), "RdBu_r"), ax=list(lower), pad=0.01,
                        aspect=18, label=f"error [{unit}]")
    # A few pixels per voxel, or the pixels of the picture would draw patterns of their own.
    study.save(figure, kind, case, dpi=int(np.clip(2 * max(stress.shape[1:]), 150, 300)))


def draw_moduli(study, case):
    rows = [r for r in study.moduli if r["case"] == case["name"]]
    if not rows:
        return
    names = [m["name"] for m in case["models"] if any(r["model"] == m["name"] for r in rows)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5))
    exact, handles = {}, []
    for name in names:
        colour, marker = study.style[name]
        chosen = sorted((r for r in rows if r["model"] == name), key=lambda r: float(r["shear_error"]))
        x = [100 * float(r["shear_error"]) for r in chosen]
        exact.update({a: float(r["exact_solver_error_mean"]) for a, r in zip(x, chosen)})
        handles.append(Line2D([], [], color=colour, marker=marker, linewidth=1.2, label=name))
        for axes, key in ((left, "stiffness_error_mean"), (right, "gap_mean")):
            y = positive([r[key] for r in chosen])
            axes.plot(x, y, color=colour, linewidth=1.2)
            for r, px, py in zip(chosen, x, y):
                outside = int(r["rves_outside_bounds"]) > 0
                axes.plot(px, py, marker, color=colour, markersize=7,
                          markerfacecolor="white" if outside else colour)
    x = [a for a in sorted(exact) if exact[a] > 0]
    left.plot(x, [exact[a] for a in x], color="black", linewidth=1.2, linestyle="--")
    handles.append(Line2D([], [], color="black", linewidth=1.2, linestyle="--",
                          label="exact solver, same wrong moduli"))
    for axes, title in ((left, "error of the homogenized stiffness"), (right, "certified gap")):
        log_scale(axes)
        widen(axes)
        ticks = sorted({100 * float(r["shear_error"]) for r in rows})
        axes.set_xticks(ticks)
        axes.set_xticklabels([f"{t:g}" for t in ticks])
        axes.set_title(title)
        axes.set_xlabel("error of the assumed shear moduli [%]")
    handles.append(Line2D([], [], color="0.3", marker="o", markerfacecolor="white", linestyle="",
                          label="true stiffness outside the bounds of some RVE"))
    figure.tight_layout(w_pad=2)
    legend_below(figure, handles, 3)
    study.save(figure, "moduli", case)


def draw_sets(study, case):
    names = [s["name"] for s in case["sets"]]
    if len(names) < 2:
        return
    metrics = [("stress_fluctuation_error", "stress nRMSE (fluct.)"), ("stiffness_error", "stiffness error"),
               ("gap", "certified gap")]
    figure, all_axes = plt.subplots(1, 3, figsize=(11, 3.6))
    models = [m["name"] for m in case["models"] if study.models(case, names[0]) and any(
        r["subject"] == m["name"] for s in names for r in study.models(case, s))]
    for axes, (metric, title) in zip(all_axes, metrics):
        for i, model in enumerate(models):
            colour, marker = study.style[model]
            points = []
            for position, set_name in enumerate(names):
                row = next((r for r in study.models(case, set_name) if r["subject"] == model), None)
                if row:
                    points.append((position + 0.5 * ((i + 0.5) / len(models) - 0.5), float(row[metric + "_mean"]),
                                   float(row[metric + "_worst"])))
            x, mean, worst = (np.array(v) for v in zip(*points))
            axes.vlines(x, positive(mean), positive(worst), color=colour, linewidth=1)
            axes.plot(x, positive(mean), marker, color=colour, markersize=5)
        axes.set_xticks(range(len(names)))
        axes.set_xticklabels(names, rotation=25, ha="right", rotation_mode="anchor")
        for position in range(1, len(names)):
            axes.axvline(position - 0.5, color="0.9", linewidth=0.8, zorder=0)
        log_scale(axes)
        axes.set_title(title + ", mean to worst")
    handles = [Line2D([], [], color=study.style[m][0], marker=study.style[m][1], linestyle="", label=m)
               for m in models]
    figure.tight_layout(w_pad=1.5)
    legend_below(figure, handles, 5)
    study.save(figure, "sets", case)


def draw(options):
    if not (options.folder / "figures.json").exists():
        fail(f"there is no figures.json in {options.folder}; run seco evaluate STUDY.prm first")
    study = Study(options.folder)
    for case in study.index["cases"]:
        if not study.models(case, "test"):
            continue
        for draw_kind in (draw_accuracy, draw_time, draw_spectrum, draw_fields, draw_moduli, draw_sets):
            draw_kind(study, case)
