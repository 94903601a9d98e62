"""Draws fields of an RVE: in 3D a cube with one corner cut out, in 2D the square.

FILE.vti is what 'seco homogenize --fields', 'seco generate --vti' and 'seco import --vti' write, and seco-macro for
'Whole fields at points'.
"""
import pathlib

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import hsv_to_rgb
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkDataObject
from vtkmodules.vtkFiltersCore import vtkFeatureEdges, vtkThreshold
from vtkmodules.vtkFiltersGeometry import vtkGeometryFilter
from vtkmodules.vtkIOXML import vtkXMLImageDataReader

from . import scene
from .style import fail, save

MEANINGS = {"von_mises": "von Mises stress", "hydrostatic": "hydrostatic stress", "phase": "phase",
            "von_mises_in_plane": "von Mises stress in the plane", "mean_in_plane": "mean stress in the plane"}


def add_arguments(parser):
    parser.add_argument("file", type=pathlib.Path, metavar="FILE.vti")
    parser.add_argument("--field", action="append", metavar="NAME[:COMPONENT]",
                        help="may be repeated; by default phase and von Mises stress, where there is one")
    parser.add_argument("--unit", default="MPa", help="of the stresses, for the colour bars")
    parser.add_argument("--limits", type=float, nargs=2, metavar=("LOW", "HIGH"), help="of the colour bars, not of phases; by default the few largest and smallest values are beyond")
    parser.add_argument("--output", type=pathlib.Path, help="by default the name of the file with .png")


def read_image(path):
    if not path.is_file():
        fail(f"{path} is missing")
    reader = vtkXMLImageDataReader()
    reader.SetFileName(str(path))
    reader.Update()
    image = reader.GetOutput()
    if image.GetNumberOfCells() == 0:
        fail(f"{path} is no image data with cells")
    return image


def field_of(image, name, path):
    """Values of a field, or of one component of it, one per voxel."""
    name, _, component = name.partition(":")
    array = image.GetCellData().GetArray(name)
    known = [image.GetCellData().GetArrayName(i) for i in range(image.GetCellData().GetNumberOfArrays())]
    if array is None:
        fail(f"{path} has no field '{name}'; it has {', '.join(known)}")
    values = vtk_to_numpy(array).astype(float)
    if values.ndim == 1:
        return values
    names = [array.GetComponentName(i) or str(i) for i in range(values.shape[1])]
    if component not in names:
        fail(f"the field '{name}' has components: name one as {name}:{names[0]}, of {', '.join(names)}")
    return values[:, names.index(component)]


def is_flat(image):
    return min(n - 1 for n in image.GetDimensions()) == 1


def look_of(name, values, options):
    """Colours of voxels, scale and label of the colour bar; phases have colours without an order and no bar."""
    if name == "phase":
        n = int(values.max()) + 1
        if n <= 2:
            table = np.array([[0.86, 0.86, 0.86], [0.32, 0.45, 0.6]])
        else:
            # Phases of neighbouring numbers are far apart in hue, and all are light, unlike stresses.
            number = np.arange(n)
            table = hsv_to_rgb(np.stack([(number * 0.61803398875) % 1, 0.25 + 0.2 * (number % 3) / 2,
                                         0.95 - 0.25 * (number % 4) / 3], axis=1))
        return (255 * table[values.astype(int)]).astype(np.uint8), None, ""
    norm = scene.norm_of(values, False, options.limits, percentile=0.3)
    label = MEANINGS.get(name.partition(":")[0], name.replace("_", " ").replace(":", " "))
    if "strain" not in name:
        label += f" [{options.unit}]"
    return scene.colours_of(values, norm, "inferno"), norm, label


def picture_of_cube(image, rgb):
    """Cube without the octant nearest to the eye."""
    shape = [n - 1 for n in image.GetDimensions()]
    x, y, z = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    keep = ~((x >= shape[0] / 2) & (y >= shape[1] / 2) & (z >= shape[2] / 2))
    kept = numpy_to_vtk(keep.ravel(order="F").astype(np.uint8), deep=True)
    kept.SetName("kept")
    image.GetCellData().AddArray(kept)
    colours = numpy_to_vtk(rgb, deep=True)
    colours.SetName("rgb")
    image.GetCellData().AddArray(colours)
    part, faces, edges = vtkThreshold(), vtkGeometryFilter(), vtkFeatureEdges()
    part.SetInputData(image)
    part.SetInputArrayToProcess(0, 0, 0, vtkDataObject.FIELD_ASSOCIATION_CELLS, "kept")
    part.SetLowerThreshold(1)
    part.SetUpperThreshold(1)
    faces.SetInputConnection(part.GetOutputPort())
    edges.SetInputConnection(faces.GetOutputPort())
    edges.SetFeatureAngle(45)
    edges.ColoringOff()
    edges.Update()
    surface = faces.GetOutput()
    visible = vtk_to_numpy(surface.GetCellData().GetArray("rgb"))
    actors = [scene.coloured_actor(surface, visible, False),
              scene.line_actor(edges.GetOutput(), (0.2, 0.2, 0.2))]
    return scene.render(actors, (-1, -0.8, -0.75), (0, 0, 1))


def picture_of_square(image, rgb):
    n1, n2 = [n - 1 for n in image.GetDimensions() if n > 2] if is_flat(image) else (0, 0)
    pixels = rgb.reshape(n2, n1, 3)[::-1]
    times = max(1, 800 // max(n1, n2))
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def draw(options):
    scene.need_screen()
    image = read_image(options.file)
    known = [image.GetCellData().GetArrayName(i) for i in range(image.GetCellData().GetNumberOfArrays())]
    fields = options.field or [name for name in known if name == "phase" or name.startswith("von_mises")]
    pictures = []
    for name in fields:
        rgb, norm, label = look_of(name, field_of(image, name, options.file), options)
        pixels = picture_of_square(image, rgb) if is_flat(image) else picture_of_cube(image, rgb)
        pictures.append((pixels, norm, label))
    figure, all_axes = plt.subplots(1, len(fields), figsize=(4.0 * len(fields), 3.4), squeeze=False)
    # Room for the colour bars of all but the last.
    figure.subplots_adjust(wspace=0.06 if all(norm is None for _, norm, _ in pictures[:-1]) else 0.45)
    for axes, (pixels, norm, label) in zip(all_axes[0], pictures):
        scene.show_with_bar(figure, axes, pixels, norm, "inferno", label)
    save(figure, options.output or options.file.with_suffix(".png"), dpi=110)
