"""Renders surfaces with VTK into arrays of pixels, also on machines without a screen."""
import os
import shutil
import subprocess
import sys

import matplotlib
import matplotlib.ticker
import numpy as np
import vtkmodules.vtkInteractionStyle  # noqa: F401
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401
from matplotlib.colors import LogNorm, Normalize
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkRenderingCore import (vtkActor, vtkPolyDataMapper, vtkRenderer, vtkRenderWindow,
                                         vtkWindowToImageFilter)

from .style import fail


def need_screen():
    """VTK of Debian draws through X; without one the program starts itself again on a virtual screen."""
    if os.environ.get("DISPLAY"):
        return
    if not shutil.which("Xvfb"):
        fail("there is no screen (DISPLAY is not set) and no virtual one: Debian package xvfb")
    # The server takes a free number itself and tells it: two that start at once do not meet. Without -noreset it starts anew
    # when the window of one picture has closed, and refuses the next one meanwhile.
    told, tell = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(tell), "-screen", "0", "1280x1024x24", "-nolisten", "tcp",
                               "-noreset"], pass_fds=[tell], stderr=subprocess.DEVNULL)
    os.close(tell)
    with os.fdopen(told) as answer:
        number = answer.readline().strip()
    try:
        if not number:
            fail("the virtual screen (Xvfb) did not start")
        done = subprocess.run([sys.executable, *sys.argv], env={**os.environ, "DISPLAY": f":{number}"})
    finally:
        server.terminate()
        server.wait()
    sys.exit(done.returncode if done.returncode >= 0 else 1)


def norm_of(values, logarithmic=None, limits=None, percentile=0.0):
    """Scale of a colour bar: logarithmic, if not told, where all values are positive and span a decade. Without limits it
    leaves out that percentage of the values at both ends."""
    values = values[np.isfinite(values)]
    if values.size == 0:
        fail("the field has no finite values")
    low, high = limits or np.percentile(values, [percentile, 100 - percentile])
    if logarithmic is None:
        logarithmic = low > 0 and high > 10 * low
    if logarithmic:
        positive = values[values > 0]
        low = max(low, positive.min() if positive.size else 1e-12)
        norm = LogNorm(low, max(high, 1.001 * low))
    else:
        norm = Normalize(low, high if high > low else low + max(1e-12, abs(low) * 1e-3))
    norm.beyond = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[
        (values.min() < low, values.max() > high)]
    return norm


def colours_of(values, norm, colour_map):
    """RGB bytes of values; grey where there is no number."""
    rgb = matplotlib.colormaps[colour_map](norm(np.ma.masked_invalid(values)))[:, :3]
    rgb[~np.isfinite(values)] = 0.86
    return np.ascontiguousarray((255 * rgb).astype(np.uint8))


def coloured_actor(surface, rgb, on_points):
    """An actor of a surface whose points or cells have the given colours."""
    array = numpy_to_vtk(rgb, deep=True)
    array.SetName("colours")
    (surface.GetPointData() if on_points else surface.GetCellData()).SetScalars(array)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(surface)
    mapper.SetScalarModeToUsePointData() if on_points else mapper.SetScalarModeToUseCellData()
    mapper.SetColorModeToDirectScalars()
    # Lines on the surface are to win over the surface.
    mapper.SetResolveCoincidentTopologyToPolygonOffset()
    actor = vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.SetInterpolationToFlat()
    # Light enough to see the shape; colours stay close to those of the bar.
    look.SetAmbient(0.7)
    look.SetDiffuse(0.34)
    return actor


def line_actor(lines, colour=(0.45, 0.45, 0.45), width=2.0):
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(lines)
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*colour)
    actor.GetProperty().SetLineWidth(width)
    actor.GetProperty().LightingOff()
    return actor


def render(actors, direction, up, width=1600):
    """Pixels (rows, columns, RGB) of actors on white, seen along a direction in parallel projection, without margins."""
    renderer = vtkRenderer()
    renderer.SetBackground(1, 1, 1)
    for actor in actors:
        renderer.AddActor(actor)
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(8)
    window.SetSize(width, width)
    window.AddRenderer(renderer)
    camera = renderer.GetActiveCamera()
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(0, 0, 0)
    camera.SetPosition(*(-np.asarray(direction, dtype=float)))
    camera.SetViewUp(*up)
    renderer.ResetCamera()
    camera.Zoom(1.5)
    # What is long and thin fills the picture in one direction only: zoom until it does.
    for _ in range(2):
        pixels = _pixels(window)
        inside = np.argwhere((pixels < 250).any(axis=2))
        if inside.size == 0:
            fail("there is nothing to draw")
        low, high = inside.min(0), inside.max(0)
        if (low <= 1).any() or (high >= width - 2).any():
            camera.Zoom(0.62)
        else:
            camera.Zoom(0.96 * width / (2 * np.abs(np.array([low, high]) - width / 2).max()))
    pixels = _pixels(window)
    inside = np.argwhere((pixels < 250).any(axis=2))
    (top, left), (bottom, right) = inside.min(0), inside.max(0) + 1
    # Six bits per colour look the same and make PNG files half as large.
    return pixels[top:bottom, left:right] & 0xFC | 3


def _pixels(window):
    window.Render()
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    columns, rows, _ = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(rows, columns, -1)[::-1, :, :3]


def show_with_bar(figure, axes, pixels, norm, colour_map, label):
    """A rendered picture and its colour bar to the right, a little less high than the picture."""
    axes.imshow(pixels, interpolation="antialiased")
    axes.set_axis_off()
    if norm is None:
        return
    # Beside the picture and not in its place, so that pictures of one figure have one size.
    ratio = pixels.shape[0] / pixels.shape[1]
    bar = figure.colorbar(matplotlib.cm.ScalarMappable(norm, colour_map), extend=norm.beyond,
                          cax=axes.inset_axes([1.035, 0.1, 0.05 * min(ratio, 0.7), 0.8]))
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
    if isinstance(norm, LogNorm):
        if norm.vmax < 10 * norm.vmin:
            bar.ax.yaxis.set_minor_formatter(matplotlib.ticker.LogFormatterSciNotation(minor_thresholds=(2, 1)))
    else:
        bar.formatter.set_powerlimits((-2, 4))
        bar.formatter.set_useMathText(True)
        bar.update_ticks()
