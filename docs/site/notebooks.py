"""Executes the notebooks of docs/notebooks and writes them as pages of the site, with their results."""
import json
import os
import subprocess
import sys
import tempfile


def write_notebooks(sources, target, python, package):
    """TARGET/NAME.md and its pictures for every notebook.

    python : an interpreter with nbconvert and ipykernel, for which the package was built
    package : the folder to import seco from
    Raises RuntimeError with what Python said where a cell fails.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # A kernel of this interpreter, whatever others are installed.
        kernel = f"{folder}/kernels/seco/kernel.json"
        os.makedirs(os.path.dirname(kernel))
        with open(kernel, "w") as file:
            json.dump({"argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python",
                       "display_name": "seco"}, file)
        environment = {**os.environ, "JUPYTER_PATH": folder, "JUPYTER_PLATFORM_DIRS": "1", "IPYTHONDIR": f"{folder}/ipython",
                       "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONPATH": str(package)}
        for notebook in sorted((sources / "docs/notebooks").glob("*.ipynb")):
            # Beside the page in the tree, so that what the cells write does not end in the sources.
            copy = target / notebook.name
            copy.write_text(notebook.read_text())
            done = subprocess.run([python, "-m", "nbconvert", "--execute", "--to", "markdown", "--log-level", "ERROR",
                                   "--ExecutePreprocessor.kernel_name=seco", "--ExecutePreprocessor.timeout=120", copy],
                                  env=environment, capture_output=True, text=True)
            copy.unlink()
            if done.returncode != 0:
                sys.stderr.write(done.stderr)
                raise RuntimeError(f"{notebook.relative_to(sources)} cannot be executed, see above")
