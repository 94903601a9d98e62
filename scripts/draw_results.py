#!/usr/bin/env python3
"""Draws the result of a seco-macro run as a PNG: a stress and the certified gap on the deformed mesh.

    draw_results.py RESULT_FOLDER PICTURE.png [--scale FACTOR]
"""
import argparse
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, Normalize
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkFiltersGeometry import vtkGeometryFilter
from vtkmodules.vtkIOXML import vtkXMLPUnstructuredGridReader


def read_surface(folder):
    """Polygons of the surface (3D) or of the plane (2D): points, displacements, polygons, cell data."""
    files = sorted(pathlib.Path(folder).glob("solution_*.pvtu"))
    if not files:
        sys.exit(f"draw_results: there is no solution_*.pvtu in {folder}; run seco-macro first")
    reader = vtkXMLPUnstructuredGridReader()
    reader.SetFileName(str(files[-1]))
    reader.Update()
    surface = vtkGeometryFilter()
    surface.SetInputData(reader.GetOutput())
    surface.Update()
    mesh = surface.GetOutput()
    points = vtk_to_numpy(mesh.GetPoints().GetData())
    displacement = vtk_to_numpy(mesh.GetPointData().GetArray("displacement"))
    polygons = [
        [mesh.GetCell(i).GetPointId(j) for j in range(mesh.GetCell(i).GetNumberOfPoints())]
        for i in range(mesh.GetNumberOfCells())
    ]
    data = mesh.GetPointData()  # deal.II writes cell data constant on every cell, as point data
    fields = {data.GetArrayName(i): vtk_to_numpy(data.GetArray(i)) for i in range(data.GetNumberOfArrays())}
    cells = mesh.GetCellData()
    return points, displacement, polygons, fields, {
        cells.GetArrayName(i): vtk_to_numpy(cells.GetArray(i)) for i in range(cells.GetNumberOfArrays())}


def value_of(name, polygons, fields, cell_fields):
    if name in cell_fields:
        return cell_fields[name]
    return np.array([fields[name][polygon].mean() for polygon in polygons])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("picture")
    parser.add_argument("--scale", type=float, help="factor on the displacement; chosen to be visible if not given")
    options = parser.parse_args()

    points, displacement, polygons, fields, cell_fields = read_surface(options.folder)
    summary = json.loads((pathlib.Path(options.folder) / "summary.json").read_text())
    extent = np.ptp(points, axis=0)
    largest = np.abs(displacement).max()
    scale = options.scale or (0.1 * extent.max() / largest if largest > 0 else 1.0)
    deformed = points + scale * displacement
    flat = summary["dimension"] == 2
    stress = "stress_xx" if flat else "von_mises_stress"
    stress_title = "stress xx" if flat else "von Mises stress"
    panels = [(stress, f"{stress_title} [{summary['unit']}]"), ("gap", "certified relative gap")]

    figure = plt.figure(figsize=(8, 7))
    for index, (name, title) in enumerate(panels):
        values = value_of(name, polygons, fields, cell_fields)
        low, high = np.percentile(values, [0, 100])
        norm = LogNorm(low, high) if name == "gap" and low > 0 and high > 3 * low else Normalize(low, high)
        colours = matplotlib.colormaps["viridis"](norm(values)) if hasattr(matplotlib, "colormaps") else plt.get_cmap("viridis")(norm(values))
        if flat:
            axes = figure.add_subplot(2, 1, index + 1)
            axes.add_collection(PolyCollection([deformed[p][:, :2] for p in polygons], facecolors=colours,
                                               edgecolors=(0, 0, 0, 0.25), linewidths=0.3))
            axes.autoscale_view()
            axes.set_aspect("equal")
        else:
            axes = figure.add_subplot(2, 1, index + 1, projection="3d")
            # Matplotlib draws its third axis upwards; loads bend the beam along y.
            axes.add_collection3d(Poly3DCollection([deformed[p][:, [0, 2, 1]] for p in polygons], facecolors=colours,
                                                   edgecolors=(0, 0, 0, 0.25), linewidths=0.3))
            low_corner, high_corner = deformed.min(0), deformed.max(0)
            axes.set_xlim(low_corner[0], high_corner[0])
            axes.set_ylim(low_corner[2], high_corner[2])
            axes.set_zlim(low_corner[1], high_corner[1])
            size = high_corner - low_corner
            axes.set_box_aspect((size[0], size[2], size[1]), zoom=1.35)
            axes.view_init(elev=22, azim=-62)
        axes.set_axis_off()
        axes.set_title(title)
        figure.colorbar(plt.cm.ScalarMappable(norm, "viridis"), ax=axes, shrink=0.7, pad=0.02)
    figure.suptitle(x=0.5, t=f"{summary['unknowns']} unknowns, {summary['rves']} RVEs, displacement x {scale:.3g}")
    figure.savefig(options.picture, dpi=110, bbox_inches="tight")
    print(f"picture in {options.picture}")


if __name__ == "__main__":
    main()
