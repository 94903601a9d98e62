#!/usr/bin/env python3
"""Writes the mesh of a quarter of a plate with a hole, in quadrilaterals, as a Gmsh file of version 2.2.

    plate_hole_mesh.py FILE.msh [--length 2] [--width 1] [--radius 0.4] [--around 8] [--outward 5] [--along 4]

The hole is centred at the origin; the quarter is [0, length] x [0, width]. Physical groups of faces: symmetry x (at x = 0),
symmetry y (at y = 0), end (at x = length), side (at y = width), hole; of cells: plate. Between hole and square there are
`around` x `outward` cells, whose length grows outward; beyond the square `along` columns.
"""
import argparse
import math


def mesh(length, width, radius, around, outward, along):
    """Nodes, cells, and faces by group, with nodes numbered from 0; `around` is even."""
    nodes, cells, faces = [], [], {name: [] for name in ("symmetry x", "symmetry y", "end", "side", "hole")}
    half = around // 2

    def on_square(i):
        """From (width, 0) up to the corner and back to (0, width)."""
        return (width, width * i / half) if i <= half else (width * (around - i) / half, width)

    # Layers grow in a ratio of 1 to 2 from the hole to the square.
    sizes = [1 + j / max(outward - 1, 1) for j in range(outward)]
    parts = [sum(sizes[:j]) / sum(sizes) for j in range(outward + 1)]
    for i in range(around + 1):
        angle = 0.5 * math.pi * i / around
        x, y = on_square(i)
        for part in parts:
            nodes.append((radius * math.cos(angle) * (1 - part) + x * part, radius * math.sin(angle) * (1 - part) + y * part))

    def ring(i, j):
        return i * (outward + 1) + j

    for i in range(around):
        cells += [(ring(i, j), ring(i, j + 1), ring(i + 1, j + 1), ring(i + 1, j)) for j in range(outward)]
        faces["hole"].append((ring(i, 0), ring(i + 1, 0)))
    faces["symmetry y"] += [(ring(0, j), ring(0, j + 1)) for j in range(outward)]
    faces["symmetry x"] += [(ring(around, j), ring(around, j + 1)) for j in range(outward)]
    faces["side"] += [(ring(i, outward), ring(i + 1, outward)) for i in range(half, around)]

    column = [ring(i, outward) for i in range(half + 1)]
    for k in range(1, along + 1):
        following = []
        for i in range(half + 1):
            following.append(len(nodes))
            nodes.append((width + (length - width) * k / along, width * i / half))
        cells += [(column[i], following[i], following[i + 1], column[i + 1]) for i in range(half)]
        faces["symmetry y"].append((column[0], following[0]))
        faces["side"].append((column[half], following[half]))
        column = following
    faces["end"] += [(column[i], column[i + 1]) for i in range(half)]
    return nodes, cells, faces


def write(name, nodes, cells, faces):
    groups = [(1, i + 1, group, faces[group]) for i, group in enumerate(faces)] + [(2, 1, "plate", cells)]
    with open(name, "w", encoding="ascii") as file:
        file.write("$MeshFormat\n2.2 0 8\n$EndMeshFormat\n")
        file.write(f"$PhysicalNames\n{len(groups)}\n")
        file.writelines(f'{dim} {tag} "{group}"\n' for dim, tag, group, _ in groups)
        file.write(f"$EndPhysicalNames\n$Nodes\n{len(nodes)}\n")
        file.writelines(f"{i + 1} {x:.12g} {y:.12g} 0\n" for i, (x, y) in enumerate(nodes))
        file.write(f"$EndNodes\n$Elements\n{sum(len(elements) for *_, elements in groups)}\n")
        number = 0
        for dim, tag, _, elements in groups:
            for element in elements:
                number += 1
                # Types 1 and 3 are lines and quadrilaterals; two tags, the physical group and a geometric entity.
                file.write(f"{number} {2 * dim - 1} 2 {tag} {tag} {' '.join(str(node + 1) for node in element)}\n")
        file.write("$EndElements\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE.msh")
    for key, value in (("length", 2.0), ("width", 1.0), ("radius", 0.4)):
        parser.add_argument(f"--{key}", type=float, default=value)
    for key, value in (("around", 8), ("outward", 5), ("along", 4)):
        parser.add_argument(f"--{key}", type=int, default=value)
    arguments = parser.parse_args()
    if arguments.around < 2 or arguments.around % 2 or arguments.outward < 1 or arguments.along < 1:
        parser.error("--around has to be even, and all of them positive")
    if not 0 < arguments.radius < arguments.width < arguments.length:
        parser.error("0 < radius < width < length is needed")
    write(arguments.file, *mesh(arguments.length, arguments.width, arguments.radius, arguments.around, arguments.outward,
                                arguments.along))


if __name__ == "__main__":
    main()
