"""Look of all figures, and what every command needs."""
import csv
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FormatStrFormatter

COLOURS = ["#1b6ca8", "#d1495b", "#3c9d5d", "#e09f3e", "#7b4ea3", "#2ab0b0", "#8c564b", "#c05a9a",
           "#7a7a2e", "#4a4a4a", "#90be6d", "#577590", "#f94ca4", "#b8860b", "#0b3d2e", "#9db4ff"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*", "d", "8", "H"]

plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
                     "axes.titlesize": 9, "axes.labelsize": 9, "legend.fontsize": 8,
                     "figure.dpi": 120, "savefig.bbox": "tight"})


def fail(message):
    """Ends the program with one sentence."""
    sys.exit(f"plot: {message}")


def curve(index):
    """Colour and marker of the curve of that number."""
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}


def read_table(path, needed, written_by):
    """Rows of a CSV file as dictionaries; ends the program if the file or one of the columns is missing. Units in brackets
    are no part of the names of columns."""
    path = pathlib.Path(path)
    if not path.is_file():
        fail(f"{path} is missing; {written_by} writes it")
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        reader.fieldnames = [name.split(" [")[0] for name in reader.fieldnames or []]
        rows = list(reader)
    if not rows:
        fail(f"{path} has no rows")
    if missing := set(needed) - set(rows[0]):
        fail(f"{path} lacks the columns {', '.join(sorted(missing))}")
    return rows


def read_summary(folder):
    """summary.json of a run of seco-macro; empty where there is none, since the run has not reached its end."""
    path = pathlib.Path(folder) / "summary.json"
    try:
        return json.loads(path.read_text()) if path.is_file() else {}
    except (OSError, ValueError) as error:
        fail(f"{path} cannot be read: {error}")


def labels_of(text, files):
    """Names for the legend: those given, separated by commas, or the last parts of the paths that tell files apart."""
    if text:
        labels = text.split(",")
        if len(labels) != len(files):
            fail(f"--labels names {len(labels)} curves, there are {len(files)}")
        return labels
    paths = [pathlib.Path(file).resolve() for file in files]
    for n in range(1, max(len(path.parts) for path in paths)):
        labels = ["/".join(path.parts[-n:]) for path in paths]
        if len(set(labels)) == len(set(paths)):
            return labels
    return [str(path) for path in paths]


def log_scale(axes, which="y"):
    (axes.set_yscale if which == "y" else axes.set_xscale)("log")
    axes.grid(True, which="major", axis=which, color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)


def plain_ticks(axis):
    """Numbers without powers of ten on a logarithmic axis that spans less than a decade."""
    low, high = axis.get_view_interval()
    if high < 10 * low:
        axis.set_major_formatter(FormatStrFormatter("%.3g"))
        axis.set_minor_formatter(FormatStrFormatter("%.3g"))


def positive(values, floor=1e-12):
    return np.maximum(np.asarray(values, dtype=float), floor)


def save(figure, path, dpi=150):
    """Writes a figure and says where."""
    try:
        figure.savefig(path, dpi=dpi, **({"pil_kwargs": {"optimize": True}} if str(path).endswith(".png") else {}))
    except (OSError, ValueError) as error:
        fail(f"{path} cannot be written: {error}")
    plt.close(figure)
    print(f"wrote {path}")

