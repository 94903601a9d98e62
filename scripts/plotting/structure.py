"""Draws the deformed structure of a run of seco-macro, one picture per field, and its undeformed outline.

Fields are those of solution.pvd: von_mises_stress, stress_xx, gap, share_of_width, largest_micro_von_mises, ...
Cells without a value are grey.
"""
import pathlib
import xml.etree.ElementTree

import matplotlib.pyplot as plt
import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkFeatureEdges
from vtkmodules.vtkFiltersExtraction import vtkExtractEdges
from vtkmodules.vtkFiltersGeometry import vtkGeometryFilter
from vtkmodules.vtkIOXML import vtkXMLPUnstructuredGridReader

from . import scene
from .style import fail, read_summary, read_table, save

MEANINGS = {"von_mises_stress": "von Mises stress", "gap": "certified gap", "mean_gap": "certified gap, mean",
            "share_of_width": "share of the certified width", "material_id": "material",
            "largest_micro_von_mises": "largest von Mises stress\nin the microstructure",
            "largest_micro_hydrostatic": "largest hydrostatic stress\nin the microstructure",
            "smallest_micro_hydrostatic": "smallest hydrostatic stress\nin the microstructure",
            "micro_field_error": "guaranteed error of the micro fields",
            "equivalent_plastic_strain": "equivalent plastic strain",
            "micro_iterations": "micro iterations in the step", "energy": "incremental energy per volume",
            "shear_modulus": "shear modulus", "bulk_modulus": "bulk modulus"}


def add_arguments(parser):
    parser.add_argument("folder", type=pathlib.Path, metavar="RESULT_FOLDER")
    parser.add_argument("--field", action="append", metavar="NAME",
                        help="may be repeated; by default a stress, and the certified gap or a measure of plastic strain")
    parser.add_argument("--scale", type=float, help="factor on the displacement; chosen to be visible if not given")
    parser.add_argument("--step", type=int, help="of load steps or load cases, numbered from 1; by default the last that has fields")
    parser.add_argument("--linear", action="store_true", help="no logarithmic colour bars")
    parser.add_argument("--limits", type=float, nargs=2, metavar=("LOW", "HIGH"), help="of the colour bars")
    parser.add_argument("--view", type=float, nargs=3, default=(-0.35, -0.45, -1), metavar=("X", "Y", "Z"),
                        help="direction to look along, in 3D")
    parser.add_argument("--output", type=pathlib.Path, help="by default structure.png in the folder")


def times_of_steps(folder, summary):
    """At which load steps end; empty for linear runs."""
    table = folder / "force_displacement.csv"
    if not table.is_file() or (summary and "load_steps" not in summary):
        return np.array([])
    return np.array([float(row["time"]) for row in read_table(table, {"time"}, "a run with load steps")])


def files_of_steps(folder, summary):
    """By number of the step, from 1, the file with its fields: with 'VTU every' some steps have none."""
    try:
        entries = xml.etree.ElementTree.parse(folder / "solution.pvd").getroot().iter("DataSet")
        files = [(float(entry.get("timestep")), folder / entry.get("file")) for entry in entries]
    except (OSError, TypeError, ValueError, xml.etree.ElementTree.ParseError):
        files = []
    if not files:
        fail(f"there is no solution.pvd with files in {folder}; run seco-macro with 'Write VTU' first")
    missing = [file for _, file in files if not file.is_file()]
    if missing:
        fail(f"{missing[0]} is missing, which solution.pvd refers to")
    ends = times_of_steps(folder, summary)
    if not ends.size:
        return {number: file for number, (_, file) in enumerate(files, start=1)}
    return {int(np.abs(ends - time).argmin()) + 1: file for time, file in files}


def read_surface(folder, summary, step=None):
    """Faces at the surface, and between cells of different size or of different ranks, with their values."""
    files = files_of_steps(folder, summary)
    number = max(files) if step is None else step
    if number not in files:
        fail(f"{folder} has the fields of the steps {', '.join(map(str, sorted(files)))}, not of step {step}")
    reader = vtkXMLPUnstructuredGridReader()
    reader.SetFileName(str(files[number]))
    reader.Update()
    faces = vtkGeometryFilter()
    faces.SetInputConnection(reader.GetOutputPort())
    faces.Update()
    return faces.GetOutput()


def cell_edges(surface):
    edges = vtkExtractEdges()
    edges.SetInputData(surface)
    edges.Update()
    return edges.GetOutput()


def sharp_edges(surface):
    edges = vtkFeatureEdges()
    edges.SetInputData(surface)
    edges.SetFeatureAngle(20)
    edges.ColoringOff()
    edges.Update()
    return edges.GetOutput()


def outer_surface(surface):
    """The faces that belong to one cell only, with coinciding points merged."""
    points = vtk_to_numpy(surface.GetPoints().GetData())
    rounded = np.round(points / (1e-6 * surface.GetLength())).astype(np.int64)
    unique, number = np.unique(rounded, axis=0, return_inverse=True)
    polygons = surface.GetPolys()
    corners = np.diff(vtk_to_numpy(polygons.GetOffsetsArray()))
    if corners.min() != corners.max():
        return surface
    faces = number.reshape(-1)[vtk_to_numpy(polygons.GetConnectivityArray())].reshape(-1, corners[0])
    _, first, count = np.unique(np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True)
    outer = faces[first[count == 1]]
    cells = vtkCellArray()
    cells.SetData(numpy_to_vtkIdTypeArray(np.arange(0, outer.size + 1, outer.shape[1]), deep=True),
                  numpy_to_vtkIdTypeArray(outer.ravel(), deep=True))
    result = vtkPolyData()
    result.SetPoints(points_of(unique * 1e-6 * surface.GetLength()))
    result.SetPolys(cells)
    return result


def points_of(coordinates):
    points = vtkPoints()
    points.SetData(numpy_to_vtk(coordinates, deep=True))
    return points


def values_of(surface, name):
    """Values of a field and whether they belong to points; all but the displacement belong to cells."""
    for data, on_points in ((surface.GetPointData(), True), (surface.GetCellData(), False)):
        if data.HasArray(name):
            return vtk_to_numpy(data.GetArray(name)), on_points
    known = [data.GetArrayName(i) for data in (surface.GetPointData(), surface.GetCellData())
             for i in range(data.GetNumberOfArrays())]
    fail(f"the result has no field '{name}'; it has {', '.join(sorted(known))}")


def label_of(name, unit):
    meaning = MEANINGS.get(name, name.replace("_", " "))
    has_unit = any(word in name for word in ("stress", "modulus", "stiffness", "von_mises", "hydrostatic"))
    return f"{meaning} [{unit}]" if has_unit and unit else meaning


def draw(options):
    scene.need_screen()
    summary = read_summary(options.folder)
    surface = read_surface(options.folder, summary, options.step)
    outline = sharp_edges(outer_surface(surface))
    points = vtk_to_numpy(surface.GetPoints().GetData())
    flat = np.ptp(points[:, 2]) == 0
    known = [name for name in ("gap", "equivalent_plastic_strain") if surface.GetCellData().HasArray(name)]
    fields = options.field or ["stress_xx" if flat else "von_mises_stress", *known[:1]]

    displacement = vtk_to_numpy(surface.GetPointData().GetArray("displacement"))
    largest = np.abs(displacement).max()
    scale = options.scale if options.scale is not None else (
        0.1 * np.ptp(points, axis=0).max() / largest if largest > 0 else 1.0)
    surface.SetPoints(points_of(points + scale * displacement))
    edges = cell_edges(surface)

    pictures = []
    for name in fields:
        values, on_points = values_of(surface, name)
        stress = "stress" in name or "von_mises" in name or "hydrostatic" in name
        norm = scene.norm_of(values, False if options.linear or stress else None, options.limits)
        actors = [scene.coloured_actor(surface, scene.colours_of(values, norm, "viridis"), on_points),
                  scene.line_actor(edges, (0.25, 0.25, 0.25), 1.5), scene.line_actor(outline, (0.5, 0.5, 0.5), 2.5)]
        direction = (0, 0, -1) if flat else options.view
        pictures.append((scene.render(actors, direction, (0, 1, 0)), norm, label_of(name, summary.get("unit", ""))))

    ratios = [p.shape[0] / p.shape[1] for p, _, _ in pictures]
    beside = len(pictures) > 1 and min(ratios) > 0.6
    width = 4.6 if beside else 8.4
    heights = [0.85 * width * ratio for ratio in ratios]
    if beside:
        figure, all_axes = plt.subplots(1, len(fields), figsize=(width * len(fields), max(heights)))
        figure.subplots_adjust(wspace=0.42)
    else:
        figure, all_axes = plt.subplots(len(fields), 1, figsize=(width, 1.06 * sum(heights)), squeeze=False,
                                        gridspec_kw={"height_ratios": heights, "hspace": 0.06})
    for axes, (pixels, norm, label) in zip(np.ravel(all_axes), pictures):
        scene.show_with_bar(figure, axes, pixels, norm, "viridis", label)
    save(figure, options.output or options.folder / "structure.png", dpi=110)
    print(f"displacements are magnified {scale:.3g} times")
