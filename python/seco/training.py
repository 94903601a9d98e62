"""Training of networks."""
import json
import os
import warnings
from dataclasses import dataclass
from typing import NamedTuple

from ._load import core
from ._settings import ResultWarning, check_callback


class TrainingProgress(NamedTuple):
    """Where a training is."""

    step: int
    n_steps: int
    loss: float
    #: Smallest mean certified gap of the validation RVEs so far.
    best_gap: float


@dataclass(frozen=True)
class TrainingResult:
    """What a training has come to."""

    model: str  #: folder, for `model=` of engines
    steps: int
    seconds: float
    best_validation_gap: float
    diverged: bool


def train(parameters, *, device="auto", replace=False, progress=None, dataset_progress=None):
    """Trains a network as `seco train` does: makes its dataset if it is missing, and goes on from a checkpoint.

    parameters : a parameter file (docs/training.md)
    device : auto, cpu, cuda or cuda:N
    replace : train anew where the folder holds a model whose training has come to its end
    progress : called after every step with a TrainingProgress
    dataset_progress : called with the number of RVEs of the dataset that are labelled, and their total
    Returns a TrainingResult. Ctrl-C, or an exception of `progress`, ends the training with a checkpoint, from which the next
    call goes on.
    Raises ValueError naming file, section, key, value and what is allowed.
    """
    check_callback(progress, "progress")
    check_callback(dataset_progress, "dataset_progress")

    def step(*numbers):
        progress(TrainingProgress(*numbers))

    content = core.train(os.fspath(parameters), device, replace, None if progress is None else step, dataset_progress)
    for note in (*content.pop("notes"), content.pop("message")):
        if note:
            warnings.warn(note, ResultWarning, stacklevel=2)
    return TrainingResult(**content)


def describe_model(folder):
    """What a model folder says of itself, as a dictionary: settings of the network, training, accuracy, range.

    Raises ValueError naming what is wrong with the folder.
    """
    return json.loads(core.describe_model(os.fspath(folder)))
