#!/usr/bin/env bash
# VTK 9.5.2 and pynrrd 1.1.3 (PyPI). vtkNrrdReader takes the first axis of a 3D scalar image for the components of a voxel.
#
# 6 x 5 x 4 labels that pynrrd writes become 5 x 4 x 1 voxels of 6 components, without a warning: whoever asks for the first
# component sees one sixth of the labels, in two dimensions. Fields that say what the axes are change nothing: neither
# `kinds: domain domain domain` nor `space dimension` with `space directions` nor `spacings`. pynrrd reads all of them
# as 6 x 5 x 4.
# Seen: "(5, 4, 1) x 6" for each of the four.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check vtk==9.5.2 pynrrd==1.1.3 numpy
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import nrrd
import numpy as np
from vtkmodules.vtkIOImage import vtkNrrdReader

labels = np.arange(120, dtype=np.uint8).reshape(6, 5, 4)
headers = {
    "plain": {},
    "kinds": {"kinds": ["domain"] * 3},
    "space directions": {"space dimension": 3, "space directions": np.eye(3), "kinds": ["domain"] * 3},
    "spacings": {"spacings": [0.5, 0.25, 1.0]},
}
for name, header in headers.items():
    nrrd.write("labels.nrrd", labels, header)
    back, _ = nrrd.read("labels.nrrd")
    assert (back == labels).all()
    reader = vtkNrrdReader()
    reader.SetFileName("labels.nrrd")
    reader.Update()
    image = reader.GetOutput()
    size, components = image.GetDimensions(), image.GetNumberOfScalarComponents()
    print(f"{name}: {size} x {components}")
    assert (size, components) == ((5, 4, 1), 6), "the behaviour has changed"
PY
echo "as described: the first axis is taken for components"
