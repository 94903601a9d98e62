"""Draws loss and certified gap over the steps of trainings.

Reads training_log.csv, which 'seco train' writes into the model folder. The gap of step 0 is that before training: of
the solver steps alone, where the model has some.
"""
import pathlib

import matplotlib.pyplot as plt
import numpy as np

from .style import curve, labels_of, log_scale, plain_ticks, read_table, save


def add_arguments(parser):
    parser.add_argument("logs", nargs="+", type=pathlib.Path, metavar="MODEL_FOLDER_OR_LOG")
    parser.add_argument("--labels", help="names of the trainings, separated by commas; by default of the folders")
    parser.add_argument("--seconds", action="store_true", help="over seconds instead of steps")
    parser.add_argument("--output", type=pathlib.Path, help="by default training.png beside the first log")


def smoothed(values, width):
    """Running mean over that many steps, shorter at the ends."""
    kernel = np.ones(width)
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")


def draw(options):
    logs = [path / "training_log.csv" if path.is_dir() else path for path in options.logs]
    labels = labels_of(options.labels, [log.parent for log in logs])
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    log_scale(left)
    log_scale(right)
    for i, (log, label) in enumerate(zip(logs, labels)):
        rows = read_table(log, ["step", "seconds", "loss", "validation_gap"], "seco train")
        look = curve(i)
        steps = [r for r in rows if int(r["step"]) > 0]
        if steps:
            x = [float(r["seconds" if options.seconds else "step"]) for r in steps]
            loss = np.array([float(r["loss"]) for r in steps])
            left.plot(x, loss, color=look["color"], linewidth=0.5, alpha=0.35)
            left.plot(x, smoothed(loss, max(1, len(loss) // 25)), color=look["color"], linewidth=1.4, label=label)
        validated = [r for r in rows if r["validation_gap"]]
        right.plot([float(r["seconds" if options.seconds else "step"]) for r in validated],
                   [float(r["validation_gap"]) for r in validated], **look, markersize=4, linewidth=1.2, label=label)
    for axes, title in ((left, "loss, and its running mean"), (right, "certified gap, mean over validation RVEs")):
        axes.set_xlabel("seconds" if options.seconds else "step")
        axes.set_ylabel(title)
        plain_ticks(axes.yaxis)
    figure.tight_layout(w_pad=2)
    handles, names = right.get_legend_handles_labels()
    figure.legend(handles, names, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=min(4, len(names)), frameon=False)
    save(figure, options.output or logs[0].parent / "training.png")
