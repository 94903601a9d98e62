#!/usr/bin/env bash
# vtk 9.5.2 (PyPI). Image data with a direction matrix lose it in a legacy file, in its newest version too, without a word.
#
# Since VTK 9.0 images may be turned: readers of ITK and DICOM set a direction matrix, and filters and the XML format honour it.
# The legacy writer stores dimensions, spacing and origin only, and says nothing, where it could refuse: the volume comes
# back with its axes along x, y and z. A scan whose first axis is z on disk becomes another microstructure, with the same number
# of voxels and plausible fields; for anisotropic phases the stiffness belongs to other axes.
# Seen: "x axis of the image: (0.0, 1.0, 0.0); from .vtk 5.1: (1.0, 0.0, 0.0); from .vti: (0.0, 1.0, 0.0); messages: 0".
# Way out: .vti, or resample before writing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check vtk==9.5.2 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import numpy
import vtk
from vtk.util.numpy_support import numpy_to_vtk

messages = []

def written_and_read(writer, reader, name, image):
    for each in (writer, reader):
        for event in ("ErrorEvent", "WarningEvent"):
            each.AddObserver(event, lambda *_: messages.append(name))
    writer.SetFileName(name)
    writer.SetInputData(image)
    assert writer.Write() == 1
    reader.SetFileName(name)
    reader.Update()
    return reader.GetOutput()

def first_axis(image):
    """Direction from the first point of a row to the second."""
    a, b = numpy.array(image.GetPoint(0)), numpy.array(image.GetPoint(1))
    return tuple(float(x) for x in numpy.round((b - a) / numpy.linalg.norm(b - a), 6) + 0.0)

image = vtk.vtkImageData()
image.SetDimensions(4, 3, 2)
image.SetSpacing(0.5, 0.25, 1.0)
image.SetDirectionMatrix((0, -1, 0, 1, 0, 0, 0, 0, 1))
phase = numpy_to_vtk(numpy.arange(24, dtype=numpy.int32), deep=True)
phase.SetName("phase")
image.GetPointData().SetScalars(phase)

legacy = vtk.vtkStructuredPointsWriter()
legacy.SetFileVersion(vtk.vtkDataWriter.VTK_LEGACY_READER_VERSION_5_1)
legacy = written_and_read(legacy, vtk.vtkStructuredPointsReader(), "image.vtk", image)
xml = written_and_read(vtk.vtkXMLImageDataWriter(), vtk.vtkXMLImageDataReader(), "image.vti", image)
print(f"x axis of the image: {first_axis(image)}; from .vtk 5.1: {first_axis(legacy)}; from .vti: {first_axis(xml)}; "
      f"messages: {len(messages)}")
assert open("image.vtk").readline().strip() == "# vtk DataFile Version 5.1"
assert first_axis(image) == (0, 1, 0) and first_axis(legacy) == (1, 0, 0) and first_axis(xml) == (0, 1, 0)
assert not messages
PY
