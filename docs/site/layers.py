#!/usr/bin/env python3
"""Draws the rooms of docs/architecture.md in layers, as SVG: a panel per library, each room above all that it includes.

    layers.py [--check] SOURCE_TREE

Writes docs/images/layers.svg; with --check only tells whether it is up to date. Names and order come from the include graph
of the page, descriptions from its table of rooms; benchmarks are left out.
"""
import argparse
import html
import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests/scripts"))
from rooms_test import PAGE, Page  # noqa: E402

PICTURE = "docs/images/layers.svg"
WIDTH, HEIGHT, GAP = 900, 38, 6
COLOURS = {"materials": "#e09f3e", "surrogate": "#1b6ca8", "plugin": "#3c9d5d", "c_interface": "#2ab0b0", "python": "#b0455e",
           "macro_examples": "#7b4ea3", "simd": "#7a7a2e"}
# From the top down; what does not know each other stands side by side, with shares of the width.
ROWS = [{"macro_examples": 1}, {"c_interface": 0.3, "python": 0.3, "plugin": 0.4}, {"surrogate": 1}, {"materials": 0.7, "simd": 0.3}]


def levels(page, library):
    """Rooms of a library by their height: one more than that of the highest room of the library below them."""
    rooms = [room for room in page.includes if room.partition("/")[0] == library and not room.endswith("/benchmarks")]
    height = {}

    def of(room):
        if room not in height:
            below = [of(other) for other in page.includes[room] if other in rooms]
            height[room] = max(below, default=-1) + 1
        return height[room]

    rows = {}
    for room in rooms:
        rows.setdefault(of(room), []).append(room)
    return [rows[level] for level in sorted(rows)]


def descriptions(text):
    """Of each room in the table of rooms, as plain text."""
    return {room: about.replace("`", "") for room, about in re.findall(r"^\| `([^`|]*)` \| ([^|]*) \|$", text, re.MULTILINE)}


def box(x, y, width, height, colour, title, about=""):
    """A filled rectangle with a title and, where it fits, a description."""
    longest = int((width - 16) / 5.4)
    if len(about) > longest:
        about = about[:longest - 2].rpartition(" ")[0].rstrip(",;:") + " …"
    return (f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="4" fill="{colour}" '
            f'fill-opacity="0.16" stroke="{colour}"/>\n'
            f'<text x="{x + 8:.0f}" y="{y + 16:.0f}" class="name">{html.escape(title)}</text>\n'
            f'<text x="{x + 8:.0f}" y="{y + 31:.0f}" class="about">{html.escape(about)}</text>\n')


def panel(page, about, library, x, y, width):
    """The rooms of a library, the lowest at the bottom. @return its SVG and its height"""
    rows = levels(page, library)
    height = len(rows) * (HEIGHT + GAP) + GAP + 22
    svg = (f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="6" fill="none" '
           f'stroke="{COLOURS[library]}" stroke-width="2"/>\n'
           f'<text x="{x + GAP:.0f}" y="{y + 16:.0f}" class="library" fill="{COLOURS[library]}">{library}</text>\n')
    for level, rooms in enumerate(rows):
        top, left = y + height - (level + 1) * (HEIGHT + GAP), x + GAP
        names = [room.removeprefix(library + "/") for room in rooms]
        # Wide enough for its texts, about, if the row has the room.
        wanted = [max(8. * len(name), 5.8 * min(len(about.get(room, "")), 60)) + 16 for name, room in zip(names, rooms)]
        scale = (width - GAP * (len(rooms) + 1)) / sum(wanted)
        for room, name, share in zip(rooms, names, wanted):
            svg += box(left, top, scale * share, HEIGHT, COLOURS[library], name, about.get(room, ""))
            left += scale * share + GAP
    return svg, height


def picture(text):
    """The SVG that belongs to the text of the page."""
    page, about = Page(text), descriptions(text)
    svg, y = "", GAP
    libraries = {room.partition("/")[0] for room in page.includes}
    for row in ROWS:
        shares = {library: share for library, share in row.items() if library in libraries}
        panels, x = [], GAP
        for library, share in shares.items():
            width = (WIDTH - GAP * (len(shares) + 1)) * share / sum(shares.values())
            panels.append(panel(page, about, library, x, y, width))
            x += width + GAP
        svg += "".join(drawn for drawn, _ in panels)
        y += max(height for _, height in panels) + GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">\n'
            '<style>text { font-family: sans-serif; fill: #222 } .name { font-size: 13px; font-weight: bold }\n'
            '.about { font-size: 11px } .library { font-size: 14px; font-weight: bold }</style>\n'
            f'<rect width="{WIDTH}" height="{y}" fill="white"/>\n{svg}</svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=pathlib.Path, metavar="SOURCE_TREE")
    parser.add_argument("--check", action="store_true", help="writes nothing; fails if the picture is not that of the page")
    options = parser.parse_args()
    path = options.tree / PICTURE
    svg = picture((options.tree / PAGE).read_text(encoding="utf-8"))
    if not options.check:
        path.write_text(svg, encoding="utf-8")
        print(f"wrote {path}")
    elif not path.is_file() or path.read_text(encoding="utf-8") != svg:
        sys.exit(f"layers: {PICTURE} does not show what {PAGE} says; docs/site/layers.py {options.tree} draws it")


if __name__ == "__main__":
    main()
