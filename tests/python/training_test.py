"""Training from Python: progress, results, an interruption that leaves a checkpoint."""
import os
import signal

import pytest

import seco

PARAMETERS = """
subsection Microstructure
  set Type                 = inclusions
  set Grid                 = 16, 16
  set Matrix               = 3000, 0.35
  set Inclusion            = 60000, 0.25
  set Volume fraction      = 0.2
  set Number of inclusions = 3
end
subsection Dataset
  set File            = {folder}/rves.h5
  set Training RVEs   = 4
  set Validation RVEs = 2
end
subsection Network
  set Width  = 4
  set Levels = 2
end
subsection Training
  set Model               = {folder}/model
  set Steps               = {steps}
  set Batch size          = 2
  set Validation interval = 10
  set Checkpoint interval = 1000
end
"""


def parameter_file(folder, steps=20):
    path = folder / "train.prm"
    path.write_text(PARAMETERS.format(folder=folder, steps=steps))
    return path


def test_a_trained_model_certifies(tmp_path):
    seen, labelled = [], []
    result = seco.train(parameter_file(tmp_path), progress=seen.append, dataset_progress=lambda done, of: labelled.append((done, of)))
    assert [p.step for p in seen] == list(range(1, 21)) and {p.n_steps for p in seen} == {20}
    assert labelled[-1] == (6, 6) and result.steps == 20 and not result.diverged
    assert seen[-1].best_gap == result.best_validation_gap < 1.
    assert "held_out" in seco.describe_model(result.model)
    rve = seco.generate("inclusions", grid=(16, 16), matrix="3000, 0.35", inclusion="60000, 0.25", number_of_inclusions=3, seed=99)
    c = seco.homogenize(rve, engine="s-eco", model=result.model)
    exact = seco.homogenize(rve, engine="fft", tolerance=1e-8)
    assert (c.upper - exact.stiffness).diagonal().min() > 0 < (exact.stiffness - c.lower).diagonal().min()
    with pytest.raises(ValueError, match="replace=True"):
        os.remove(tmp_path / "model" / "checkpoint.safetensors")
        seco.train(tmp_path / "train.prm")


def test_interrupt_leaves_a_checkpoint(tmp_path):
    def stop(progress):
        if progress.step == 5:
            os.kill(os.getpid(), signal.SIGINT)

    path = parameter_file(tmp_path, steps=100000)
    with pytest.raises(KeyboardInterrupt):
        seco.train(path, progress=stop)
    assert (tmp_path / "model" / "checkpoint.safetensors").exists()
    steps = []

    def stop_again(progress):
        steps.append(progress.step)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        seco.train(path, progress=stop_again)
    assert steps == [6]


def test_files_that_do_not_fit(tmp_path):
    path = tmp_path / "wrong.prm"
    path.write_text(PARAMETERS.format(folder=tmp_path, steps=3).replace("set Levels", "set Lewels"))
    with pytest.raises(ValueError, match="wrong.prm.*Lewels.*Levels"):
        seco.train(path)
    path.write_text(PARAMETERS.format(folder=tmp_path, steps=-3))
    with pytest.raises(ValueError, match="Steps"):
        seco.train(path)


def test_what_only_shows_later_is_refused_before(tmp_path):
    """The checks of `seco train`, before a dataset is made."""
    path = parameter_file(tmp_path)
    text = path.read_text()
    for old, new, words in (("Training RVEs   = 4", "Training RVEs   = 0", "'Training RVEs': 0 is allowed only with 'Fresh samples'"),
                            ("  set Model ", "  set Initial model = nowhere\n  set Model ", "nowhere"),
                            ("Batch size          = 2", "Batch size          = 0", "Batch size")):
        path.write_text(text.replace(old, new))
        with pytest.raises(ValueError, match=words):
            seco.train(path)
        assert not (tmp_path / "rves.h5").exists()
