"""Draws the results of 'seco deform RUN.prm --json RESULT.json'.

Stress over strain with the guaranteed band of every increment and, below, its half-width: for the state that the
increment starts from, and along the whole path where that is bounded. The lower panel is over the strain, or for paths
that turn back over the time. Paths that hold a stress (creep) are drawn as strain over time; strains have no band.
Components are those of tensors, E12 half of the engineering shear strain. Several results go into one picture; stresses
are in the unit of the first.
"""
import json
import pathlib

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from .style import COLOURS, MARKERS, fail, labels_of, log_scale, save

COMPONENTS = {6: ["11", "22", "33", "23", "13", "12"], 3: ["11", "22", "12"]}
PASCALS = {"Pa": 1, "kPa": 1e3, "MPa": 1e6, "GPa": 1e9}
KEYS = {"time", "strain", "stress", "stress_error_bound", "path_error_bound", "status"}
GREY = "0.45"


def add_arguments(parser):
    parser.add_argument("results", nargs="+", type=pathlib.Path, metavar="RESULT_JSON")
    parser.add_argument("--component", action="append", metavar="IJ",
                        help="11, 22, 33, 23, 13 or 12; may be given several times; by default that of the largest "
                             "stress of each result")
    parser.add_argument("--kind", choices=["auto", "stress-strain", "creep"], default="auto",
                        help="creep: strain over time; auto: creep where the stress is held, else stress-strain")
    parser.add_argument("--widen", type=float, default=1, metavar="FACTOR",
                        help="draws bands that many times wider, which the legend says")
    parser.add_argument("--labels", help="names of the results, separated by commas; by default of the files")
    parser.add_argument("--output", type=pathlib.Path, help="by default deform.png beside the first result")


class Result:
    """Increments of a load path with tensor components, after the point of zero load that all paths start from."""

    def __init__(self, path):
        try:
            content = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            fail(f"{path} cannot be read: {error}")
        increments = content.get("increments") if isinstance(content, dict) else None
        if not isinstance(increments, list) or content.get("unit") not in PASCALS:
            fail(f"{path} is no result of 'seco deform RUN.prm --json FILE'")
        if not increments:
            fail(f"{path} has no increments: the run failed in the first one")
        if missing := KEYS - set.intersection(*(set(i) for i in increments)):
            fail(f"{path} is no result of 'seco deform': increments lack {', '.join(sorted(missing))}")
        self.path, self.unit, self.tolerance = path, content["unit"], content.get("tolerance", 0)
        self.names = COMPONENTS.get(len(increments[0]["strain"]))
        if self.names is None:
            fail(f"{path}: strains have {len(increments[0]['strain'])} components; allowed are 6, and in 2D 3")
        # From Mandel to tensor components.
        factor = np.array([1 if name[0] == name[1] else np.sqrt(0.5) for name in self.names])

        def tensors(key):
            nothing = np.full(len(factor), np.nan)
            rows = [factor * np.array(i[key]) if i.get(key) is not None else nothing for i in increments]
            return np.array([0 * factor, *rows])

        def numbers(key):
            return np.array([0, *(np.nan if i[key] is None else i[key] for i in increments)], dtype=float)

        self.time = numbers("time")
        self.strain, self.stress, self.error = tensors("strain"), tensors("stress"), tensors("stress_error")
        bound, along_path = numbers("stress_error_bound"), numbers("path_error_bound")
        # Both bounds are of one norm, whose share of each component stress_error has.
        ratio = np.ones(len(bound))
        np.divide(along_path, bound, out=ratio, where=bound > 0)
        ratio[(bound == 0) & ~(along_path == 0)] = np.nan
        self.path_error = self.error * ratio[:, None]
        self.status = ["ok", *(i["status"] for i in increments)]

    def to_unit(self, unit):
        factor = PASCALS[self.unit] / PASCALS[unit]
        self.stress, self.error, self.path_error = (factor * x for x in (self.stress, self.error, self.path_error))

    def index(self, component):
        if component not in self.names:
            fail(f"--component {component}: {self.path} has {', '.join(self.names)}")
        return self.names.index(component)

    def main_component(self):
        return self.names[int(np.argmax(np.abs(self.stress).max(axis=0)))]

    def holds_stress(self, component):
        """Whether the path is creep: after the first increment the stress stays, while strain is no steady ramp."""
        c = self.index(component)
        stress, strain = self.stress[1:, c], self.strain[1:, c]
        if len(stress) < 3 or np.ptp(stress) > max(self.tolerance, 1e-6) * np.abs(stress).max():
            return False
        rate = strain / self.time[1:]
        return np.ptp(rate) > 1e-6 * np.abs(rate).max()


class Curve:
    """What is drawn of a component of a result."""

    def __init__(self, result, component, label, index):
        c = result.index(component)
        self.result, self.component, self.label = result, component, label
        self.colour, self.marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
        self.strain, self.stress = 100 * result.strain[:, c], result.stress[:, c]
        self.error, self.path_error = result.error[:, c], result.path_error[:, c]
        self.time = result.time
        self.bounded = np.isfinite(self.error)
        self.missed = np.array([status == "not converged" for status in result.status])

    def turns_back(self):
        steps = np.diff(self.strain)
        return np.any(steps > 0) and np.any(steps < 0)

    def draw(self, axes, x, y):
        """Line and markers; dotted where the increment at its end has no bound."""
        for i in range(1, len(x)):
            axes.plot(x[i - 1:i + 1], y[i - 1:i + 1], color=self.colour, linewidth=1.2,
                      linestyle="-" if self.bounded[i] else ":", zorder=3)
        size = 3.5 if len(x) < 60 else 2
        for which, face in ((self.bounded, self.colour), (~self.bounded, "white")):
            axes.plot(x[which], y[which], linestyle="", marker=self.marker, markersize=size, color=self.colour,
                      markerfacecolor=face, markeredgewidth=0.8, zorder=4)
        axes.plot(x[self.missed], y[self.missed], linestyle="", marker="x", markersize=7, color="black", zorder=5)

    def draw_band(self, axes, widen):
        for error, alpha in ((self.path_error, 0.15), (self.error, 0.3)):
            for i in range(1, len(self.strain)):
                # Piece by piece, since loops cross themselves.
                ends = slice(i - 1, i + 1)
                if np.all(np.isfinite(error[ends])):
                    low, high = self.stress[ends] - widen * error[ends], self.stress[ends] + widen * error[ends]
                    axes.fill_between(self.strain[ends], low, high, color=self.colour, alpha=alpha, linewidth=0)
                    if abs(np.diff(self.strain[ends])[0]) < 1e-3 * np.ptp(self.strain):
                        # The stress changes at one strain, and the piece above has no area.
                        axes.vlines(self.strain[i], low[1], high[1], color=self.colour, alpha=alpha, linewidth=2)


def explain(figure, curves, widen=None):
    """Legend below: the curves, if there are several, and what lines, bands and marks mean.

    @param widen None if no bands are drawn
    """
    handles, names = [], []

    def add(name, *handle):
        handles.append(handle)
        names.append(name)

    if len(curves) > 1:
        for c in curves:
            add(c.label, Line2D([], [], color=c.colour, marker=c.marker, markersize=4, linewidth=1.2))
    if widen is not None:
        wider = f" (drawn {widen:g} times wider)" if widen != 1 else ""
        if any(np.any(c.bounded[1:]) for c in curves):
            add("guaranteed for each increment" + wider, Patch(color=GREY, alpha=0.45, linewidth=0),
                Line2D([], [], color=GREY, linewidth=1))
        if any(np.any(np.isfinite(c.path_error[1:])) for c in curves):
            add("guaranteed along the path" + wider, Patch(color=GREY, alpha=0.2, linewidth=0),
                Line2D([], [], color=GREY, linewidth=1, linestyle="--"))
    if any(np.any(~c.bounded) for c in curves):
        add("no lower bound",
            Line2D([], [], color=GREY, linestyle=":", marker="o", markersize=4, markerfacecolor="white"))
    if any(np.any(c.missed) for c in curves):
        add("not converged", Line2D([], [], color="black", linestyle="", marker="x"))
    if handles:
        figure.legend(handles, names, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=2, frameon=False)


def draw_errors(axes, curves, over_time):
    """Half-widths of the bands, and at the upper edge the increments that have none."""
    log_scale(axes)
    some = False
    for c in curves:
        x = c.time if over_time else c.strain
        for error, look in ((c.error, {"marker": c.marker, "markersize": 3}), (c.path_error, {"linestyle": "--"})):
            positive = np.isfinite(error) & (error > 0)
            some = some or np.any(positive)
            axes.plot(x, np.where(positive, error, np.nan), color=c.colour, linewidth=1, **look)
        if np.any(~c.bounded):
            axes.plot(x[~c.bounded], np.full((~c.bounded).sum(), 0.97), transform=axes.get_xaxis_transform(),
                      linestyle="", marker=c.marker, markersize=3.5, color=c.colour, markerfacecolor="white")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** 0.15)
    if high < 300 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 3) if high > 30 * low else (1, 2, 5)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if not some:
        axes.set_yticks([])
        axes.minorticks_off()


def axis_name(quantity, curves, letter, unit):
    names = sorted({c.component for c in curves})
    which = f" {letter}{names[0]}" if len(names) == 1 else ""
    return f"{quantity}{which} [{unit}]"


def draw_stress_strain(curves, unit, widen):
    figure, (axes, errors) = plt.subplots(2, 1, figsize=(5.2, 4.8), gridspec_kw={"height_ratios": [2.6, 1]})
    over_time = any(c.turns_back() for c in curves)
    if not over_time:
        errors.sharex(axes)
    for c in curves:
        c.draw_band(axes, widen)
        c.draw(axes, c.strain, c.stress)
    if any(np.any(c.stress < 0) and np.any(c.stress > 0) for c in curves):
        axes.axhline(0, color="0.8", linewidth=0.6, zorder=0)
        axes.axvline(0, color="0.8", linewidth=0.6, zorder=0)
    axes.set_xlabel(axis_name("strain", curves, "E", "%"))
    axes.set_ylabel(axis_name("stress", curves, "S", unit))
    draw_errors(errors, curves, over_time)
    errors.set_xlabel("time [unit of the load path]" if over_time else axis_name("strain", curves, "E", "%"))
    errors.set_ylabel(f"guaranteed\nerror [{unit}]")
    figure.tight_layout()
    figure.align_ylabels()
    explain(figure, curves, widen)
    return figure


def draw_creep(curves, unit):
    figure, axes = plt.subplots(figsize=(5.2, 3.4))
    for c in curves:
        c.draw(axes, c.time, c.strain)
    axes.set_xlabel("time [unit of the load path]")
    axes.set_ylabel(axis_name("strain", curves, "E", "%"))
    held = {f"S{c.component} = {c.stress[-1]:.4g} {unit}" for c in curves}
    if len(held) == 1 and all(c.result.holds_stress(c.component) for c in curves):
        axes.set_title(f"{held.pop()}; strains have no guaranteed band")
    explain(figure, curves)
    return figure


def draw(options):
    if not 0 < options.widen < np.inf:
        fail(f"--widen {options.widen:g}: allowed are numbers above 0")
    results = [Result(path) for path in options.results]
    unit = results[0].unit
    curves = []
    for result, label in zip(results, labels_of(options.labels, options.results)):
        result.to_unit(unit)
        for component in options.component or [result.main_component()]:
            curves.append(Curve(result, component, label.removesuffix(".json"), len(curves)))
    if len({c.component for c in curves}) > 1:
        for c in curves:
            c.label = f"{c.label}, {c.component}" if len(results) > 1 else c.component
    if options.kind == "creep" or (options.kind == "auto"
                                   and all(c.result.holds_stress(c.component) for c in curves)):
        figure = draw_creep(curves, unit)
    else:
        figure = draw_stress_strain(curves, unit, options.widen)
    save(figure, options.output or options.results[0].parent / "deform.png")
