#!/usr/bin/env bash
# meshio 5.3.5 and gmsh 4.15.2 (PyPI). Solid cells that meshio reads from MED files, or writes into them, are inside out.
#
# MED, the format of Salome and code_aster, numbers the nodes of solid cells in the other sense than gmsh, VTK and meshio. gmsh
# turns them when it writes and reads MED; meshio copies them as they stand. So a mesh by gmsh has positive volumes if meshio reads
# it from MSH, and negative ones, with the same points, from MED; and a mesh with positive volumes that meshio writes as MED
# is inside out for gmsh. meshio's own way there and back hides it. Nothing warns; assembled as they are, such cells have
# negative Jacobians: a stiffness matrix of the wrong sign, or an error far from its cause.
# Seen (2026-12-01): "meshio reads gmsh's file: msh +1.000, med -1.000", "gmsh reads meshio's file: msh +1.000, med -1.000", for
# tetrahedra and hexahedra of first and second order.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check meshio==5.3.5 gmsh==4.15.2 h5py==3.16.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import gmsh
import meshio
import numpy as np

gmsh.initialize()
gmsh.option.setNumber("General.Terminal", 0)
gmsh.option.setNumber("Mesh.SecondOrderIncomplete", 1)


def make(hexahedra, order):
    gmsh.clear()
    box = gmsh.model.occ.addBox(0, 0, 0, 1, 1, 1)
    gmsh.model.occ.synchronize()
    gmsh.model.addPhysicalGroup(3, [box], 1, "body")
    for _, line in gmsh.model.getEntities(1):
        gmsh.model.mesh.setTransfiniteCurve(line, 3)
    if hexahedra:
        for _, face in gmsh.model.getEntities(2):
            gmsh.model.mesh.setTransfiniteSurface(face)
            gmsh.model.mesh.setRecombine(2, face)
        gmsh.model.mesh.setTransfiniteVolume(box)
    gmsh.model.mesh.generate(3)
    gmsh.model.mesh.setOrder(order)


def volume(points):
    """Signed volume of tetrahedra or parallelepipeds, from the edges at the first node; points: cells x nodes x 3."""
    tetrahedra = points.shape[1] in (4, 10)
    a, b, c = (points[:, i] - points[:, 0] for i in ((1, 2, 3) if tetrahedra else (1, 3, 4)))
    return float(np.einsum("ni,ni->n", np.cross(a, b), c).sum() / (6 if tetrahedra else 1))


def by_meshio(name):
    mesh = meshio.read(name)
    return sum(volume(mesh.points[block.data]) for block in mesh.cells if block.type.startswith(("tetra", "hexa")))


def by_gmsh(name):
    gmsh.clear()
    gmsh.open(name)
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    places = np.zeros((int(tags.max()) + 1, 3))
    places[tags] = coordinates.reshape(-1, 3)
    total = 0
    for kind, nodes in zip(*gmsh.model.mesh.getElements(3)[::2], strict=True):
        count = gmsh.model.mesh.getElementProperties(kind)[3]
        total += volume(places[nodes.reshape(-1, count)])
    return total


for name, hexahedra, order in (("tetra", False, 1), ("tetra10", False, 2), ("hexahedron", True, 1), ("hexahedron20", True, 2)):
    make(hexahedra, order)
    gmsh.write("gmsh.msh")
    gmsh.write("gmsh.med")
    read = [by_meshio("gmsh.msh"), by_meshio("gmsh.med")]
    mesh = meshio.read("gmsh.msh")
    solids = [(block.type, block.data) for block in mesh.cells if block.type == name]
    meshio.write("meshio.msh", meshio.Mesh(mesh.points, solids), file_format="gmsh22", binary=False)
    meshio.write("meshio.med", meshio.Mesh(mesh.points, solids))
    written = [by_gmsh("meshio.msh"), by_gmsh("meshio.med")]
    back = by_meshio("meshio.med")
    print("{}: meshio reads gmsh's file: msh {:+.3f}, med {:+.3f}; gmsh reads meshio's file: msh {:+.3f}, med {:+.3f}; "
          "meshio its own med {:+.3f}".format(name, *read, *written, back))
    assert np.allclose(read + written + [back], [1, -1, 1, -1, 1]), "the behaviour has changed"
gmsh.finalize()
PY
echo "as described: meshio does not turn the cells of MED files"
