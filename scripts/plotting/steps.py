"""Draws the load steps of runs of seco-macro with nonlinear materials (`force_displacement.csv`).

Reaction over displacement of a boundary, or over time, with its guaranteed band, and below what is certified of the
incremental energy in every step. The band is sqrt(2 (upper - lower) K): K is the elastic stiffness of the boundary against
a displacement of the component (`elastic_stiffness` in summary.json), and upper - lower the certified width of the
incremental potential, which bounds the error of the stresses in the norm of the elastic compliance (docs/macro_solver.md).
It is that of a step from the computed state at its begin. There is none where the displacement is not prescribed, nor of a
run that has not reached its end and has no summary.json. Forces and lengths are in the units of the run, which stand at the
axes if `Length unit` names them.
"""
import pathlib

import matplotlib.pyplot as plt
import numpy as np

from .style import COLOURS, MARKERS, fail, labels_of, log_scale, read_summary, read_table, save

NEEDED = {"time", "potential_lower", "potential_upper", "relative_gap"}


def add_arguments(parser):
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="RESULT_FOLDER")
    parser.add_argument("--boundary", help="by default the one that moves farthest")
    parser.add_argument("--component", choices=["x", "y", "z"], help="by default that of the largest displacement")
    parser.add_argument("--over", choices=["displacement", "time", "log-time"], default="displacement",
                        help="of the upper picture; log-time, also below, leaves out the begin")
    parser.add_argument("--labels", help="names of the runs, separated by commas; by default of the folders")
    parser.add_argument("--output", type=pathlib.Path, help="by default steps.png in the first folder")


def numbers(rows, column):
    return np.array([0.0] + [float(row[column]) if row[column] not in ("", None) else np.nan for row in rows])


class Run:
    def __init__(self, folder):
        self.rows = read_table(folder / "force_displacement.csv", NEEDED, "a run of seco-macro with load steps")
        self.folder = folder
        self.summary = read_summary(folder)
        if not self.summary:
            print(f"{folder} has no summary.json: its run has not reached its end, and the curve no band")
        self.places = [name[len("displacement_"):] for name in self.rows[0] if name.startswith("displacement_")]
        if not self.places:
            fail(f"{folder / 'force_displacement.csv'} has no boundary with displacements")

    def unit(self, quantity):
        """ [N], or nothing where the run does not know it."""
        unit = self.summary.get("units", {}).get(quantity, "length")
        return "" if "length" in unit else f" [{unit}]"

    def place(self, boundary, component):
        """Component and boundary, as "x_1"."""
        known = [p for p in self.places if (component is None or p.startswith(component + "_")) and
                 (boundary is None or p.split("_", 1)[1] == boundary)]
        if not known:
            fail(f"{self.folder}: no boundary of that name or component; there are {', '.join(self.places)}")
        return max(known, key=lambda p: np.nanmax(np.abs(numbers(self.rows, "displacement_" + p))))

    def stiffness(self, place):
        """Elastic stiffness of a boundary against a displacement of the component, as the run has written it; nan where
        it is not prescribed there, so that the force is known."""
        component, boundary = place.split("_", 1)
        for entry in self.summary.get("elastic_stiffness", []):
            if entry["boundary"].replace(" ", "_").replace(",", "_").replace('"', "_") == boundary:
                value = entry["stiffness"]["xyz".index(component)]
                return np.nan if value is None else value
        return np.nan

    def curve(self, place):
        displacement, force = (numbers(self.rows, kind + place) for kind in ("displacement_", "force_"))
        width = numbers(self.rows, "potential_upper") - numbers(self.rows, "potential_lower")
        return displacement, force, np.sqrt(2 * np.maximum(width, 0) * self.stiffness(place))


def draw(arguments):
    runs = [Run(folder) for folder in arguments.folders]
    labels = labels_of(arguments.labels, arguments.folders)
    place = runs[0].place(arguments.boundary, arguments.component)
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(4.8, 5.2), height_ratios=[2.2, 1])
    some_gap = False
    for i, (run, label) in enumerate(zip(runs, labels)):
        if place not in run.places:
            fail(f"{run.folder}: has no {place}; there are {', '.join(run.places)}")
        displacement, force, error = run.curve(place)
        time = numbers(run.rows, "time")
        if arguments.over == "log-time":
            time[0] = np.nan
        along = displacement if arguments.over == "displacement" else time
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        upper.plot(along, force, color=colour, marker=marker, markersize=3, linewidth=1.1, label=label)
        for k in range(1, len(force)):
            # Piece by piece, since curves that unload cross themselves.
            ends = slice(k - 1, k + 1)
            if np.all(np.isfinite(error[ends] + along[ends])):
                upper.fill_between(along[ends], force[ends] - error[ends], force[ends] + error[ends], color=colour,
                                   alpha=0.25, linewidth=0)
        gap = numbers(run.rows, "relative_gap")
        known = np.isfinite(gap) & (gap > 0)
        some_gap = some_gap or np.any(known)
        lower.plot(time[known], gap[known], color=colour, marker=marker, markersize=3, linewidth=1)
    component, boundary = place.split("_", 1)
    force_unit = runs[0].unit("force")
    if arguments.over == "displacement":
        upper.set_xlabel(f"mean displacement {component} of boundary {boundary}{runs[0].unit('length')}")
        upper.set_ylabel(f"reaction {component}{force_unit}, guaranteed band")
    else:
        upper.set_xlabel("time")
        upper.set_ylabel(f"reaction {component} of boundary {boundary}{force_unit},\nguaranteed band")
    upper.axhline(0, color="0.8", linewidth=0.6, zorder=0)
    if len(runs) > 1:
        upper.legend(frameon=False)
    lower.set_xlabel("time")
    lower.set_ylabel("certified width\nof the energy")
    if some_gap:
        log_scale(lower)
    if arguments.over == "log-time":
        log_scale(upper, "x")
        log_scale(lower, "x")
    figure.tight_layout()
    save(figure, arguments.output or arguments.folders[0] / "steps.png")
