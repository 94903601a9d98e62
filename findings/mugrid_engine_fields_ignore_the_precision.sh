#!/usr/bin/env bash
# muGrid 1.6.1 (PyPI). FFTEngine.real_space_field and fourier_space_field ignore precision and shape if the name exists.
#
# Asked for a name that exists in single precision (dtype float32, complex64), they return the field as it is: double
# precision instead of single, three components instead of six. Asked in double precision they refuse both, and so do the same
# requests to a field collection, real_field and complex_field, in either precision ("would hand a float32 caller a float64
# field" says a comment there). Code that runs one problem in both precisions, with names that say nothing of them,
# runs the second in the first one's precision, or writes six components into three.
# Seen: "engine: float64, 3 components" for a request of float32 and 6, "collection: refused".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check muGrid==1.6.1
"$folder/venv/bin/python" - <<'PY'
import muGrid
import numpy as np

engine = muGrid.FFTEngine([4, 4, 4])

def outcome(request):
    try:
        field = request()
    except (RuntimeError, ValueError):
        return "refused"
    return f"{field.dtype}, {field.nb_components} components"

engine.real_space_field("u", components=(3,))
single = outcome(lambda: engine.real_space_field("u", components=(6,), dtype=np.float32))
double = outcome(lambda: engine.real_space_field("u", components=(6,)))
collection = muGrid.GlobalFieldCollection((4, 4, 4))
collection.real_field("u", (3,))
other = outcome(lambda: collection.real_field("u", (6,), dtype=np.float32))
print(f"engine: {single}; in double precision: {double}; collection: {other}")
assert (single, double, other) == ("float64, 3 components", "refused", "refused"), "the behaviour has changed"

engine.fourier_space_field("u", components=(3,))
spectrum = outcome(lambda: engine.fourier_space_field("u", components=(3,), dtype=np.complex64))
print(f"engine, spectra: {spectrum}")
assert spectrum == "complex128, 3 components", "the behaviour has changed"
PY
echo "as described: precision and shape of a field that exists are not compared"
