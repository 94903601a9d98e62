#!/usr/bin/env python3
"""The rooms of docs/architecture.md: draws the graph of includes between them and compares it with the one on the page.

    rooms_test.py [--print | --dot] SOURCE_TREE

A room is a folder of sources. The block below "## Include graph" on the page has one line per room, from the bottom up: the
folder, further folders that belong to the room (` + folder`), and after `->` the rooms whose headers it includes, with those
of one library in braces; indented lines continue the one above. Refused are edges that are missing on either side, folders
of sources that no line names, cycles, headers that nobody has or that could be two files, and `#include "../`. --print and
--dot write the graph of the sources, for the page or for Graphviz.
"""
import argparse
import pathlib
import re
import sys
import textwrap
from collections import defaultdict

PAGE = "docs/architecture.md"
LIBRARIES = ["simd", "materials", "surrogate", "plugin", "c_interface", "python", "macro_examples"]
SUFFIXES = {".cc", ".h", ".cu", ".cuh", ".c"}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
# Public headers without a source file of their own name. All others belong to the room that has it.
ROOM_OF_HEADER = {
    "seco/materials/fnv_hash.h": "materials/base",
    "seco/materials/tangent_triangle.h": "materials/laws",
    "seco/surrogate/setting_error.h": "surrogate/runtime",
    "seco/surrogate/homogenized.h": "surrogate/certificate",
    "seco/surrogate/network_settings.h": "surrogate/networks",
    "seco/surrogate/engine.h": "surrogate/engines",
}


def is_public(path):
    return len(path.parts) > 1 and path.parts[1] == "include"


def expanded(rooms):
    """The names in `a/{b, c}, d`: a/b, a/c, d."""
    names = []
    for prefix, group, single in re.findall(r"([\w/]+)/\{([^}]*)\}|([\w/]+)", rooms):
        names += [f"{prefix}/{name.strip()}" for name in group.split(",")] if group else [single]
    return names


def grouped(rooms):
    """The inverse of expanded()."""
    groups = defaultdict(list)
    for room in rooms:
        groups[room.rpartition("/")[0]].append(room)
    return ", ".join(f"{folder}/{{{', '.join(room.rpartition('/')[2] for room in members)}}}"
                     if folder and len(members) > 1 else ", ".join(members) for folder, members in groups.items())


class Page:
    """The rooms of the page, in its order: the folders of each, and the rooms whose headers it includes."""

    def __init__(self, text):
        block = re.search(r"^## Include graph$.*?^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        if not block:
            raise ValueError(f"{PAGE} has no block ```text below the heading '## Include graph'")
        self.folders, self.includes, self.heads = {}, {}, {}
        for line in re.sub(r"\n\s+", " ", block.group(1)).splitlines():
            head, _, below = line.partition("->")
            room, *further = head.split(" + ")
            room = room.strip()
            if room in self.includes:
                raise ValueError(f"{PAGE} has two lines for {room}")
            self.heads[room], self.includes[room] = head.strip(), set(expanded(below))
            for folder in [room, *(f"{room}/{folder.strip()}" for folder in further)]:
                self.folders[pathlib.PurePath(folder)] = room
        for room, below in self.includes.items():
            for unknown in sorted(below - set(self.includes)):
                raise ValueError(f"{PAGE}: {room} -> {unknown}, which has no line of its own")


class Sources:
    """Includes between the rooms of a source tree."""

    def __init__(self, tree, page):
        self.tree, self.page, self.problems = pathlib.Path(tree), page, []
        self.files = [path.relative_to(self.tree) for library in LIBRARIES
                      for path in sorted((self.tree / library).rglob("*")) if path.suffix in SUFFIXES]
        self.by_name = defaultdict(list)
        for path in self.files:
            self.by_name[path.name].append(path)
        homeless = {path.parent for path in self.files if not is_public(path)} - set(page.folders)
        self.problems += [f"{folder}/ has sources and is no room of {PAGE}" for folder in sorted(homeless)]
        used = {self.room_of(path) for path in self.files}
        self.problems += [f"{room}: a room of {PAGE} without sources" for room in page.includes if room not in used]
        self.edges = defaultdict(list)  # (room, room below): include lines
        for path in self.files:
            self.read(path)

    def room_of(self, path):
        """The room of a source file; None if the page does not tell."""
        if not is_public(path):
            return self.page.folders.get(path.parent)
        library = path.parts[0]
        rooms = {self.page.folders.get(source.parent) for source in self.by_name[f"{path.stem}.cc"]
                 if source.parts[0] == library}
        if len(rooms) == 1:
            return rooms.pop()
        header = path.relative_to(f"{library}/include").as_posix()
        return ROOM_OF_HEADER.get(header, library if library in self.page.includes else None)

    def file_of(self, header, path):
        """The file that a source means by `#include "header"`, in the order of the include folders: its own folder, its room,
        its library, the other libraries."""
        matches = [file for file in self.by_name[pathlib.PurePath(header).name]
                   if file.parts[-len(pathlib.PurePath(header).parts):] == pathlib.PurePath(header).parts
                   and header.startswith("seco/") == is_public(file)]
        room = self.room_of(path)
        for near in (lambda file: file.parent == path.parent, lambda file: self.room_of(file) == room,
                     lambda file: file.parts[0] == path.parts[0], lambda file: True):
            if found := [file for file in matches if near(file)]:
                return found
        return []

    def read(self, path):
        text = (self.tree / path).read_text(encoding="utf-8", errors="replace")
        room = self.room_of(path)
        if room is None:
            if is_public(path):
                self.problems.append(f"{path}: no room has a source file of this name; name its room in ROOM_OF_HEADER")
            return
        for match in INCLUDE.finditer(text):
            where = f'{path}:{text.count(chr(10), 0, match.start(1)) + 1}: #include "{match.group(1)}"'
            if match.group(1).startswith("../"):
                continue  # refused by parent_includes()
            files = self.file_of(match.group(1), path)
            if len(files) != 1:
                self.problems.append(f"{where}: {'could be ' + ' or '.join(map(str, files)) if files else 'no such file'}")
                continue
            below = self.room_of(files[0])
            if below is not None and below != room:
                self.edges[room, below].append(where)

    def includes(self):
        return {room: {b for a, b in self.edges if a == room} for room in self.page.includes}


def parent_includes(tree):
    """`#include "../` anywhere, tests too: it would bypass the include folders of a room."""
    found = []
    for folder in [*LIBRARIES, "tests"]:
        for path in sorted((tree / folder).rglob("*")):
            if path.suffix in SUFFIXES:
                for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                    if re.match(r'\s*#\s*include\s*"(\.\./|.*/\.\./)', line):
                        found.append(f"{path.relative_to(tree)}:{number}: {line.strip()}: name the file from the include "
                                     "folder of its room")
    return found


def find_cycle(includes):
    """A cycle of the graph, as a list of rooms that ends with its first; empty if there is none."""
    done, way = set(), []

    def visit(room):
        if room in way:
            return way[way.index(room):] + [room]
        if room in done:
            return []
        way.append(room)
        for below in sorted(includes[room]):
            if cycle := visit(below):
                return cycle
        way.pop()
        done.add(room)
        return []

    for room in includes:
        if cycle := visit(room):
            return cycle
    return []


def differences(sources, page):
    """What is wrong, one sentence each."""
    problems = list(sources.problems)
    written = {(room, below) for room, rooms in page.includes.items() for below in rooms}
    for room, below in sorted(set(sources.edges) - written):
        lines = sources.edges[room, below]
        more = [f"and {len(lines) - 5} more"] if len(lines) > 5 else []
        problems.append("\n    ".join([f"{room} -> {below} is in the sources and not in {PAGE}:", *lines[:5], *more]))
    problems += [f"{room} -> {below} is in {PAGE} and not in the sources" for room, below in
                 sorted(written - set(sources.edges))]
    if cycle := find_cycle(sources.includes()):
        lines = [sources.edges[edge][0] for edge in zip(cycle, cycle[1:])]
        problems.append("\n    ".join([f"rooms in a cycle: {' -> '.join(cycle)}:", *lines]))
    return problems


def as_lines(sources, page):
    """The block of the page, with the includes of the sources."""
    order = list(page.includes)
    lines = []
    for room, below in sources.includes().items():
        line = f"{page.heads[room]} -> {grouped(sorted(below, key=order.index))}" if below else page.heads[room]
        lines += textwrap.wrap(line, 118, subsequent_indent="    ", break_on_hyphens=False)
    return "\n".join(lines)


def as_dot(sources):
    edges = "\n".join(f'  "{room}" -> "{below}";' for room, below in sorted(sources.edges))
    return f"digraph rooms {{\n  node [shape=box];\n{edges}\n}}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=pathlib.Path, metavar="SOURCE_TREE")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--print", action="store_true", help="the block for the page")
    form.add_argument("--dot", action="store_true", help="the graph for Graphviz")
    options = parser.parse_args()
    try:
        page = Page((options.tree / PAGE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"rooms_test: {error}")
    sources = Sources(options.tree, page)
    if options.print or options.dot:
        print(as_lines(sources, page) if options.print else as_dot(sources))
        return
    problems = parent_includes(options.tree) + differences(sources, page)
    for problem in problems:
        print(f"rooms_test: {problem}", file=sys.stderr)
    if problems:
        sys.exit(f"rooms_test: {len(problems)} problem{'s' if len(problems) > 1 else ''}; "
                 f"rooms_test.py --print {options.tree} writes the block for {PAGE}")
    print(f"{len(page.includes)} rooms, {len(sources.edges)} edges, as in {PAGE}")


if __name__ == "__main__":
    main()
