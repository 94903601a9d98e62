#!/usr/bin/env bash
# vtk 9.5.2 (PyPI). Labels of the type unsigned char are no integers in an ASCII legacy file.
#
# If the active scalars of an image are bytes, the legacy writer stores them as COLOR_SCALARS, which the format defines as
# colours between 0 and 1 in ASCII: phase 3 of a segmented volume becomes 0.0117647. The type of the array is lost with it;
# VTK's own reader multiplies by 255 and gives the bytes back, but every other reader of the format finds fractions with six
# digits where the labels were. The same array is written as integers if it is not the active one, or of the type int.
# Seen: "bytes: COLOR_SCALARS phase 1, 0.0117647" and "ints: SCALARS phase int, 3".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check vtk==9.5.2 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import numpy
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

labels = numpy.array([3, 43, 83, 123, 163, 203])

def written(values, name, active=True):
    """Header and first value of the labels in an ASCII legacy file, and the labels as VTK reads them back."""
    image = vtk.vtkImageData()
    image.SetDimensions(4, 3, 2)
    array = numpy_to_vtk(values, deep=True)
    array.SetName("phase")
    if active:
        image.GetCellData().SetScalars(array)
    else:
        image.GetCellData().AddArray(array)
    writer = vtk.vtkStructuredPointsWriter()
    writer.SetFileName(name)
    writer.SetInputData(image)
    writer.SetFileTypeToASCII()
    writer.Write()
    lines = open(name).read().split("\n")
    header = next(i for i, line in enumerate(lines) if "phase" in line)
    first = next(word for line in lines[header + 1 :] for word in line.split() if word[0].isdigit())
    reader = vtk.vtkStructuredPointsReader()
    reader.SetFileName(name)
    reader.ReadAllFieldsOn()
    reader.Update()
    back = vtk_to_numpy(reader.GetOutput().GetCellData().GetArray("phase"))
    return lines[header].strip(), first, back

header, first, back = written(labels.astype(numpy.uint8), "bytes.vtk")
print(f"bytes: {header}, {first}")
assert header == "COLOR_SCALARS phase 1" and first == "0.0117647", (header, first)
assert (back == labels).all(), back

header, first, back = written(labels.astype(numpy.int32), "ints.vtk")
print(f"ints: {header}, {first}")
assert header == "SCALARS phase int" and first == "3", (header, first)
assert (back == labels).all(), back

header, first, back = written(labels.astype(numpy.uint8), "inactive.vtk", active=False)
print(f"not active: {header}, {first}")
assert header == "phase 1 6 unsigned_char" and first == "3", (header, first)
PY
