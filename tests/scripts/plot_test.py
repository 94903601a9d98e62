#!/usr/bin/env python3
"""scripts/plot.py on the files of small runs: figures show something, numbers are right, faults are told in one sentence.

    plot_test.py SECO SECO_MACRO SOURCE_FOLDER
"""
import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from matplotlib.image import imread

seco, seco_macro, sources = sys.argv[1:4]
script = pathlib.Path(sources) / "scripts/plot.py"

RUN = """
set Dimension        = 3
set Output directory = run
subsection Geometry
  set Cells = 2, 1, 1
end
subsection Boundary conditions
  set Displacement = 0: 0; 0; 0
  set Traction     = 1: 10; 0; 0
end
subsection Certification
  set Compliance tolerance = 0.05
end
subsection Local quantities
  set Whole fields at points = 0.3, 0.3, 0.3
end
subsection Material 0
  set Model = homogenized
  subsection homogenized
    set Engine   = fft
    set Tolerance = 0.2
    set Seed per = cell
    subsection Microstructure
      set Grid             = 8, 8, 8
      set Number of grains = 4
    end
  end
end
"""
TRAINING = """
subsection Microstructure
  set Type                 = inclusions
  set Grid                 = 8, 8
  set Number of inclusions = 1
end
subsection Dataset
  set File            = data.h5
  set Training RVEs   = 4
  set Validation RVEs = 2
end
subsection Network
  set Width  = 4
  set Levels = 2
end
subsection Training
  set Model               = model
  set Steps               = 6
  set Batch size          = 2
  set Validation interval = 3
end
"""
DEFORMATION = """
set Tangent = none
subsection Microstructure
  set Type                 = inclusions
  set Grid                 = 8, 8, 8
  set Number of inclusions = 1
end
subsection Phase 0
  set Law               = {law}
  set Young modulus     = 70000
  set Poisson ratio     = 0.3
end
subsection Phase 1
  set Young modulus = 400000
  set Poisson ratio = 0.2
end
subsection Loading
  set Type       = {type}
  set Increments = 4
end
"""
HARDENING = "J2 plasticity\n  set Yield stress = 100\n  set Kinematic modulus = 1000"
CREEP = "Norton creep\n  set Reference rate = 1e-4\n  set Reference stress = 10\n  set Exponent = 3"

STEPS = """
set Dimension        = 2
set Output directory = steps
subsection Geometry
  set Cells = 2, 1
end
subsection Boundary conditions
  set Displacement = 0: 0; 0 | 1: 1e-3*if(t < 0.5, t, 0.5); free
end
subsection Load steps
  set Steps = 12
end
subsection Material 0
  set Model = law
  subsection law
    set Law             = Norton creep
    set Young modulus   = 70000
    set Poisson ratio   = 0.3
    set Reference rate   = 1e-4
    set Reference stress = 10
    set Exponent         = 3
  end
end
"""


def run(*command, code=0):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != code:
        raise AssertionError(f"{command} ended with code {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


def plot(*arguments, code=0):
    return run(sys.executable, "-B", script, *arguments, code=code)


class Plots(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        here = cls.here = pathlib.Path(cls.folder.name)
        (here / "run.prm").write_text(RUN)
        (here / "training.prm").write_text(TRAINING)
        run(seco_macro, here / "run.prm")
        run(seco, "train", here / "training.prm")
        (here / "steps.prm").write_text(STEPS)
        run(seco_macro, here / "steps.prm")
        (here / "sparse.prm").write_text(STEPS.replace("= steps", "= sparse") +
                                         "subsection Output\n  set VTU every = 5\nend\n")
        run(seco_macro, here / "sparse.prm")
        for name, iterations in (("rough", 1), ("fine", 2000)):
            run(seco, "homogenize", pathlib.Path(sources) / "tests/data/fibres_32.h5", "--strain", "1e-3,0,0,0,0,0",
                "--max-iterations", iterations, "--fields", here / f"{name}.vti")
        for name, law, loading in (("loop", HARDENING, "cyclic"), ("shear", HARDENING, "shear"),
                                   ("creep", CREEP, "creep\n  set Stress = 10\n  set Duration = 100")):
            (here / f"{name}.prm").write_text(DEFORMATION.format(law=law, type=loading))
            run(seco, "deform", here / f"{name}.prm", "--json", here / f"{name}.json", "--csv", here / f"{name}.csv")
        # The same loop as if half of its increments had no bound, and one had missed the tolerance.
        content = json.loads((here / "loop.json").read_text())
        for increment in content["increments"][::2]:
            increment.update(status="no lower bound", stress_error_bound=None, path_error_bound=None, energy_lower=None)
            del increment["stress_error"]
        content["increments"][3]["status"] = "not converged"
        (here / "unbounded.json").write_text(json.dumps(content))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def assert_picture(self, path, colours):
        """A picture that is mostly filled by more than some lines of text."""
        pixels = (255 * imread(path)[..., :3]).astype(int)
        self.assertGreater(min(pixels.shape[:2]), 200)
        self.assertGreater(len(np.unique(pixels.reshape(-1, 3), axis=0)), colours)

    def test_structure_shows_the_fields_of_a_run(self):
        plot("structure", self.here / "run", "--field", "von_mises_stress", "--field", "share_of_width")
        self.assert_picture(self.here / "run/structure.png", 100)
        unknown = plot("structure", self.here / "run", "--field", "temperature", code=1)
        self.assertIn("has no field 'temperature'; it has", unknown.stderr)
        self.assertIn("von_mises_stress", unknown.stderr)

    def test_structure_numbers_steps_and_not_files(self):
        for step in (5, 10, 12):
            plot("structure", self.here / "sparse", "--field", "stress_xx", "--limits", "-1", "50", "--step", step,
                 "--output", self.here / f"sparse_{step}.png")
        plot("structure", self.here / "sparse", "--field", "stress_xx", "--limits", "-1", "50",
             "--output", self.here / "last_step.png")
        pictures = [imread(self.here / f"{name}.png") for name in ("sparse_5", "sparse_10", "sparse_12", "last_step")]
        # It relaxes from step 6 on.
        self.assertFalse(np.array_equal(pictures[0], pictures[1]))
        self.assertTrue(np.array_equal(pictures[2], pictures[3]))
        missing = plot("structure", self.here / "sparse", "--step", 2, code=1)
        self.assertIn("the steps 5, 10, 12, not of step 2", missing.stderr)

    def test_steps_draw_the_reaction_over_displacement_and_time(self):
        for over in ("displacement", "time", "log-time"):
            plot("steps", self.here / "steps", "--over", over, "--output", self.here / f"{over}.png")
            self.assert_picture(self.here / f"{over}.png", 20)
        self.assertFalse(np.array_equal(imread(self.here / "time.png"), imread(self.here / "log-time.png")))

    def test_a_run_that_did_not_reach_its_end_is_drawn_without_band(self):
        stopped = self.here / "stopped"
        shutil.copytree(self.here / "steps", stopped)
        (stopped / "summary.json").unlink()
        done = plot("steps", stopped)
        self.assertIn("has not reached its end", done.stdout)
        self.assert_picture(stopped / "steps.png", 20)
        plot("structure", stopped, "--step", 10)
        self.assert_picture(stopped / "structure.png", 20)
        (stopped / "solution_3.pvtu").unlink()
        self.assertIn("solution_3.pvtu is missing", plot("structure", stopped, code=1).stderr)

    def test_structure_draws_any_load_step_and_else_the_last(self):
        """Numbers, and not names, have an order: the tenth of twelve steps is not the last."""
        pictures = {}
        for step in (None, 10, 12):
            file = self.here / f"step_{step}.png"
            plot("structure", self.here / "steps", "--field", "stress_xx", "--output", file,
                 *([] if step is None else ["--step", step]))
            pictures[step] = imread(file)
        self.assertTrue(np.array_equal(pictures[None], pictures[12]))
        self.assertFalse(pictures[10].shape == pictures[12].shape and np.array_equal(pictures[10], pictures[12]))
        missing = plot("structure", self.here / "steps", "--step", 13, code=1)
        self.assertIn("11, 12, not of step 13", missing.stderr)

    def test_voxels_show_fields_inside_an_rve(self):
        plot("voxels", self.here / "run/micro_fields_0.vti", "--output", self.here / "voxels.png")
        self.assert_picture(self.here / "voxels.png", 300)
        component = plot("voxels", self.here / "fine.vti", "--field", "stress", code=1)
        self.assertIn("stress:XX", component.stderr)

    def test_certification_and_convergence_of_runs(self):
        plot("certification", self.here / "run")
        self.assert_picture(self.here / "run/certification.png", 20)
        plot("convergence", self.here / "run", "--output", self.here / "meshes.png")
        self.assert_picture(self.here / "meshes.png", 20)
        missing = plot("certification", self.here, code=1)
        self.assertIn("rounds.csv is missing", missing.stderr)
        self.assertIn("'Compliance tolerance'", missing.stderr)

    def test_training_shows_the_log(self):
        plot("training", self.here / "model")
        self.assert_picture(self.here / "model/training.png", 20)
        (self.here / "no_log.csv").write_text("step,seconds\n1,2\n")
        self.assertIn("lacks the columns loss, validation_gap",
                      plot("training", self.here / "no_log.csv", code=1).stderr)

    def read_deformation(self, name):
        sys.path.insert(0, str(script.parent))
        sys.dont_write_bytecode = True
        from plotting.deform import Curve, Result

        result = Result(self.here / f"{name}.json")
        return result, Curve(result, result.main_component(), name, 0)

    def test_deform_draws_curves_loops_and_creep(self):
        for name in ("loop", "unbounded", "creep", "shear"):
            plot("deform", self.here / f"{name}.json", "--output", self.here / f"deform_{name}.png")
            self.assert_picture(self.here / f"deform_{name}.png", 20)
        plot("deform", self.here / "loop.json", self.here / "unbounded.json", "--component", "11", "--component", "22",
             "--widen", "20", "--labels", "with,without")
        self.assert_picture(self.here / "deform.png", 100)

    def test_deform_shows_tensor_components_as_the_csv_file_has_them(self):
        for name, component in (("loop", "11"), ("shear", "12")):
            result, curve = self.read_deformation(name)
            self.assertEqual(curve.component, component)
            with open(self.here / f"{name}.csv", newline="") as file:
                rows = list(csv.DictReader(file))
            for column, values in ((f"E{component}", curve.strain / 100), (f"S{component}", curve.stress),
                                   (f"error_S{component}", curve.error), ("time", curve.time)):
                np.testing.assert_allclose(values[1:], [float(row[column]) for row in rows], rtol=1e-12)
                self.assertEqual(values[0], 0)
            ratio = [float(row["path_error_bound"]) / float(row["stress_error_bound"]) for row in rows]
            np.testing.assert_allclose(curve.path_error[1:] / curve.error[1:], ratio, rtol=1e-12)
            self.assertGreaterEqual(min(ratio), 1)
            result.to_unit("GPa")
            np.testing.assert_allclose(1000 * result.stress[1:, result.index(component)], curve.stress[1:], rtol=1e-12)

    def test_deform_tells_creep_loops_and_missing_bounds_apart(self):
        kinds = {}
        for name in ("loop", "unbounded", "creep", "shear"):
            result, curve = self.read_deformation(name)
            kinds[name] = (result.holds_stress(curve.component), curve.turns_back(), bool(np.all(curve.bounded)))
        self.assertEqual(kinds, {"loop": (False, True, True), "unbounded": (False, True, False),
                                 "creep": (True, False, True), "shear": (False, False, True)})

    def test_deform_refuses_files_and_options_that_do_not_fit(self):
        self.assertIn("allowed are numbers above 0",
                      plot("deform", self.here / "loop.json", "--widen", "0", code=1).stderr)
        self.assertIn("--component 21", plot("deform", self.here / "loop.json", "--component", "21", code=1).stderr)
        self.assertIn("cannot be read", plot("deform", self.here / "none.json", code=1).stderr)
        (self.here / "other.json").write_text("[1]")
        self.assertIn("is no result of 'seco deform", plot("deform", self.here / "other.json", code=1).stderr)
        (self.here / "empty.json").write_text('{"unit": "MPa", "increments": []}')
        self.assertIn("has no increments", plot("deform", self.here / "empty.json", code=1).stderr)

    def test_spectrum_adds_up_to_the_mean_square_of_the_fluctuation(self):
        sys.path.insert(0, str(script.parent))
        sys.dont_write_bytecode = True
        from plotting.spectrum import read_field, spectrum

        field, fine = (read_field(self.here / f"{name}.vti", "stress") for name in ("rough", "fine"))
        wave_numbers, energy = spectrum(field)
        mean = field.mean(axis=(1, 2, 3), keepdims=True)
        self.assertEqual(wave_numbers[0], 1)
        self.assertAlmostEqual(energy.sum() / ((field - mean) ** 2).mean(axis=(1, 2, 3)).sum(), 1, places=10)
        # One wave along y and nothing else.
        waves = np.sin(2 * np.pi * 3 * np.arange(16) / 16)[None, None, :, None] * np.ones((1, 16, 16, 16))
        np.testing.assert_allclose(spectrum(waves)[1][:4], [0, 0, 0.5, 0], atol=1e-14)
        self.assertLess(spectrum(fine - field)[1].sum(), energy.sum())
        plot("spectrum", self.here / "rough.vti", "--reference", self.here / "fine.vti")
        self.assert_picture(self.here / "spectrum.png", 20)

    def test_a_command_that_does_not_exist_is_refused(self):
        self.assertIn("choose from 'structure'", plot("picture", code=2).stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
