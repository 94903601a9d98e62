"""Draws the spectrum of the stress fluctuation inside RVEs, or of its error against a reference.

FILE.vti comes from 'seco homogenize --strain E --fields FILE.vti'. E(k) is the energy of the fluctuation in all modes
whose wave number, in cycles per longest edge, rounds to k, summed over the components in Mandel notation; all E(k)
add up to the mean square of the fluctuation. Voxels are taken to have the same edge in all directions.
"""
import pathlib

import matplotlib.pyplot as plt
import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOXML import vtkXMLImageDataReader

from .style import curve, fail, labels_of, log_scale, save


def add_arguments(parser):
    parser.add_argument("files", nargs="+", type=pathlib.Path, metavar="FILE.vti")
    parser.add_argument("--field", choices=["stress", "strain"], default="stress")
    parser.add_argument("--reference", type=pathlib.Path, help="draws spectra of the difference from the field of this file")
    parser.add_argument("--labels", help="names of the fields, separated by commas; by default of the files")
    parser.add_argument("--output", type=pathlib.Path, help="by default spectrum.png beside the first file")


def read_field(path, name):
    """Field in Mandel notation, components first, then z, y, x."""
    if not path.is_file():
        fail(f"{path} is missing")
    reader = vtkXMLImageDataReader()
    reader.SetFileName(str(path))
    reader.Update()
    image = reader.GetOutput()
    array = image.GetCellData().GetArray(name)
    if array is None:
        fail(f"{path} has no field '{name}'; 'seco homogenize --strain E --fields' writes it")
    values = vtk_to_numpy(array).astype(float)
    n_normal = 3 if values.shape[1] == 6 else 2
    values[:, n_normal:] *= np.sqrt(2)
    shape = [n - 1 for n in image.GetDimensions()]
    return values.T.reshape(-1, *shape[::-1])


def spectrum(field):
    """Wave numbers from 1 and E(k); modes beyond the Nyquist limit of an axis, in the corners, included."""
    shape = field.shape[1:]
    longest = max(shape)
    modes = np.fft.fftn(field, axes=range(1, field.ndim)) / np.prod(shape)
    energy = (np.abs(modes) ** 2).sum(axis=0)
    # A mode n along an axis of that many voxels has n cycles along it, n longest / shape along the longest edge.
    axes = np.meshgrid(*(np.fft.fftfreq(n) * longest for n in shape), indexing="ij")
    number = np.rint(np.sqrt(sum(a**2 for a in axes))).astype(int)
    sums = np.bincount(number.ravel(), weights=energy.ravel())
    return np.arange(1, len(sums)), sums[1:]


def draw(options):
    reference = read_field(options.reference, options.field) if options.reference else None
    figure, axes = plt.subplots(figsize=(5.2, 3.6))
    log_scale(axes)
    log_scale(axes, "x")
    if reference is not None:
        k, energy = spectrum(reference)
        axes.plot(k, np.maximum(energy, 1e-30), color="black", linewidth=2, label="reference")
    for i, (path, label) in enumerate(zip(options.files, labels_of(options.labels, options.files))):
        field = read_field(path, options.field)
        if reference is not None:
            if field.shape != reference.shape:
                fail(f"{path} has {field.shape[1:]} voxels, {options.reference} has {reference.shape[1:]}")
            field, label = field - reference, f"{label}, error"
        k, energy = spectrum(field)
        axes.plot(k, np.maximum(energy, 1e-30), color=curve(i)["color"], linewidth=1.3, label=label)
    axes.set_xlabel("wave number (cycles per edge)")
    axes.set_ylabel(f"energy of the {options.field} fluctuation")
    axes.legend(frameon=False)
    save(figure, options.output or options.files[0].parent / "spectrum.png")
