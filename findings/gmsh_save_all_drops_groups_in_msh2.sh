#!/usr/bin/env bash
# gmsh 4.15.2 (PyPI). With Mesh.SaveAll = 1 the formats 2.2 and 4.1 disagree about physical groups.
#
# The option is documented to save all elements, whether they are in a physical group or not. In 4.1 the elements keep their
# groups. In 2.2, the format that most readers of the field take, every element gets the physical tag 0, although
# $PhysicalNames lists the groups: whoever reads it sees named groups without a single element, and one material.
# Seen: "2.2: names 2, tags {0}" and "4.1: surfaces in groups {1, 2}".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check gmsh==4.15.2
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import gmsh

gmsh.initialize()
gmsh.option.setNumber("General.Terminal", 0)
left = gmsh.model.occ.addRectangle(0, 0, 0, 1, 1)
right = gmsh.model.occ.addRectangle(1, 0, 0, 1, 1)
gmsh.model.occ.fragment([(2, left)], [(2, right)])
gmsh.model.occ.synchronize()
surfaces = [tag for _, tag in gmsh.model.getEntities(2)]
assert len(surfaces) == 2
for number, surface in enumerate(surfaces, start=1):
    gmsh.model.addPhysicalGroup(2, [surface], number, f"material {number}")
gmsh.model.mesh.generate(2)

def tags_of_triangles(name):
    """Physical tags in an ASCII file of format 2.2: third number after the count of tags."""
    lines = open(name).read().split("\n")
    first = lines.index("$Elements")
    tags = set()
    for line in lines[first + 2 : first + 2 + int(lines[first + 1])]:
        numbers = [int(x) for x in line.split()]
        if numbers[1] == 2:
            tags.add(numbers[3])
    names = int(lines[lines.index("$PhysicalNames") + 1])
    return names, tags

gmsh.option.setNumber("Mesh.MshFileVersion", 2.2)
gmsh.write("groups.msh")
assert tags_of_triangles("groups.msh") == (2, {1, 2}), "without SaveAll the groups are there"
gmsh.option.setNumber("Mesh.SaveAll", 1)
gmsh.write("all.msh")
names, tags = tags_of_triangles("all.msh")
print(f"2.2: names {names}, tags {tags}")
assert (names, tags) == (2, {0}), "the behaviour has changed"

gmsh.option.setNumber("Mesh.MshFileVersion", 4.1)
gmsh.write("all41.msh")
gmsh.clear()
gmsh.open("all41.msh")
groups = {tag for dim, tag in gmsh.model.getPhysicalGroups(2)
          if len(gmsh.model.getEntitiesForPhysicalGroup(dim, tag))}
print(f"4.1: surfaces in groups {groups}")
assert groups == {1, 2}, "the behaviour has changed"
gmsh.finalize()
PY
echo "as described: MSH 2.2 with Mesh.SaveAll has no groups"
