"""Tables and pictures of results."""
import html

import numpy as np


def components(m):
    """Names of the Mandel components."""
    return ("11", "22", "33", "23", "13", "12") if m == 6 else ("11", "22", "12")


def axes(given):
    if given is not None:
        return given
    import matplotlib.pyplot as plt
    return plt.subplots()[1]


def image(field, lengths, title, given, cut, **options):
    """A plane of a field: axis 0 to the right, axis 1 upwards."""
    picture = axes(given)
    plane = field if field.ndim == 2 else field[:, :, cut]
    shown = picture.imshow(np.asarray(plane).T, origin="lower", extent=(0, lengths[0], 0, lengths[1]), **options)
    picture.figure.colorbar(shown, ax=picture, label=title)
    picture.set_xlabel("x")
    picture.set_ylabel("y")
    return picture


def grid(shape, lengths, data):
    """A pyvista.ImageData with these values on its voxels."""
    import pyvista
    spacing = [length / n for length, n in zip(lengths, shape)]
    nodes = [n + 1 for n in shape]
    if len(shape) == 2:
        spacing, nodes = [*spacing, 1.], [*nodes, 1]
    result = pyvista.ImageData(dimensions=nodes, spacing=spacing)
    for name, values in data.items():
        result.cell_data[name] = np.asarray(values).ravel(order="F")
    return result


def table(caption, rows):
    """Two columns in HTML."""
    body = "".join(f"<tr><th style='text-align:left'>{html.escape(str(name))}</th>"
                   f"<td style='text-align:left'>{html.escape(str(value))}</td></tr>" for name, value in rows)
    head = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{head}{body}</table>"


def matrix(caption, middle, lower, upper):
    """A matrix with bounds of its diagonal in HTML."""
    body = ""
    for i, row in enumerate(middle):
        cells = "".join(
            f"<td>{value:.5g}" + (f"<br><small>[{lower[i, i]:.5g}, {upper[i, i]:.5g}]</small>" if i == j else "") + "</td>"
            for j, value in enumerate(row))
        body += f"<tr><th>{components(len(middle))[i]}</th>{cells}</tr>"
    head = "".join(f"<th>{name}</th>" for name in components(len(middle)))
    return f"<table><caption>{html.escape(caption)}</caption><tr><th></th>{head}</tr>{body}</table>"
