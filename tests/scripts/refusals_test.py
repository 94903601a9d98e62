#!/usr/bin/env python3
"""rooms_test.py and references_test.py find what they are there to find: in a small tree, with one fault at a time."""
import pathlib
import tempfile
import unittest

from references_test import missing
from rooms_test import PAGE, Page, Sources, as_lines, differences, expanded, grouped, parent_includes

GRAPH = """# Architecture

## Include graph

```text
materials/base
surrogate/grid -> materials/base
surrogate/solver + fast -> materials/base,
    surrogate/grid
```
"""
FILES = {
    "materials/include/seco/materials/text.h": "",
    "materials/base/text.cc": '#include "seco/materials/text.h"\n',
    "surrogate/grid/grid.h": '#include "seco/materials/text.h"\n',
    "surrogate/solver/solver.cc": '#include "grid.h"\n#include "fast/step.h"\n',
    "surrogate/solver/fast/step.h": '#include "seco/materials/text.h"\n',
    "tests/surrogate/solver_test.cc": '#include "grid.h"\n',
}


class Rooms(unittest.TestCase):
    def problems(self, page=GRAPH, **changed):
        """What is said of the tree with some files changed."""
        files = {**FILES, **{path: text for path, text in changed.get("files", {}).items()}}
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            for path, text in files.items():
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                (tree / path).write_text(text)
            parsed = Page(page)
            sources = Sources(tree, parsed)
            self.lines = as_lines(sources, parsed)
            return parent_includes(tree) + differences(sources, parsed)

    def assert_said(self, problems, *parts):
        self.assertTrue(any(all(part in problem for part in parts) for problem in problems), problems)

    def test_a_tree_as_on_the_page_has_no_problem(self):
        self.assertEqual(self.problems(), [])

    def test_the_block_that_is_printed_is_the_one_on_the_page(self):
        self.problems()
        self.assertEqual(Page(f"## Include graph\n```text\n{self.lines}\n```\n").includes, Page(GRAPH).includes)

    def test_an_include_that_the_page_lacks_is_shown_with_its_line(self):
        page = GRAPH.replace("surrogate/grid -> materials/base", "surrogate/grid")
        self.assert_said(self.problems(page), "surrogate/grid -> materials/base is in the sources",
                         'surrogate/grid/grid.h:1: #include "seco/materials/text.h"')

    def test_an_edge_of_the_page_without_an_include_is_refused(self):
        self.assert_said(self.problems(files={"surrogate/grid/grid.h": ""}),
                         f"surrogate/grid -> materials/base is in {PAGE} and not in the sources")

    def test_a_cycle_is_refused_although_the_page_has_it(self):
        page = GRAPH.replace("surrogate/grid -> materials/base", "surrogate/grid -> materials/base, surrogate/solver")
        problems = self.problems(page, files={"surrogate/grid/grid.h": FILES["surrogate/grid/grid.h"] + '#include "step.h"\n'})
        self.assertEqual(len(problems), 1)
        self.assert_said(problems, "rooms in a cycle: surrogate/grid -> surrogate/solver -> surrogate/grid",
                         "surrogate/grid/grid.h:2", "surrogate/solver/solver.cc:1")

    def test_a_folder_without_a_room_is_refused(self):
        self.assert_said(self.problems(files={"surrogate/new/new.cc": ""}), "surrogate/new/ has sources and is no room")

    def test_a_room_without_sources_is_refused(self):
        self.assert_said(self.problems(GRAPH.replace("surrogate/grid ->", "materials/gone\nsurrogate/grid ->")),
                         "materials/gone: a room of", "without sources")

    def test_parent_includes_are_refused_in_tests_too(self):
        for path in ("surrogate/solver/solver.cc", "tests/surrogate/solver_test.cc"):
            self.assert_said(self.problems(files={path: '#include "fast/../../grid/grid.h"\n' + FILES[path]}), f"{path}:1")

    def test_a_header_that_nobody_or_two_rooms_have_is_refused(self):
        solver = FILES["surrogate/solver/solver.cc"]
        self.assert_said(self.problems(files={"surrogate/solver/solver.cc": solver + '#include "gone.h"\n'}), "no such file")
        self.assert_said(self.problems(GRAPH.replace("surrogate/solver", "surrogate/spare\nsurrogate/solver"),
                                       files={"surrogate/spare/grid.h": ""}),
                         "could be surrogate/grid/grid.h or surrogate/spare/grid.h")

    def test_a_public_header_needs_a_source_file_of_its_name(self):
        self.assert_said(self.problems(files={"surrogate/include/seco/surrogate/odd.h": ""}), "odd.h", "ROOM_OF_HEADER")

    def test_a_line_may_not_name_a_room_without_a_line(self):
        with self.assertRaisesRegex(ValueError, "surrogate/gird, which has no line"):
            Page(GRAPH.replace("surrogate/grid\n", "surrogate/gird\n"))

    def test_groups_in_braces_are_the_same_rooms(self):
        rooms = ["a/b", "a/c/d", "a/c/e", "f"]
        self.assertEqual(grouped(rooms), "a/b, a/c/{d, e}, f")
        self.assertEqual(expanded(grouped(rooms)), rooms)


class References(unittest.TestCase):
    def missing(self, **texts):
        """What is missing in a tree of a page and a header with these texts."""
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            for path, text in {"docs/page.md": "", "surrogate/grid/grid.h": "// see grid.h\n", **texts}.items():
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                (tree / path).write_text(text)
            return missing(tree)

    def test_names_of_files_and_folders_of_the_tree_pass(self):
        page = "`surrogate/grid/grid.h`, `grid/grid.h`, `surrogate/grid/`, [header](../surrogate/grid/grid.h#top), `NAME.cc`\n"
        self.assertEqual(self.missing(**{"docs/page.md": page}), [])

    def test_names_of_no_file_are_told_with_their_line(self):
        for text, name in [("\n`cpu/grid.h`", "cpu/grid.h"), ("\n`surrogate/source/`", "surrogate/source"),
                           ("\n`scripts/go.sh all`", "scripts/go.sh")]:
            self.assertEqual(self.missing(**{"docs/page.md": text}),
                             [f"docs/page.md:2: names {name}, and there is no such file"])

    def test_links_and_comments_are_looked_at(self):
        self.assertEqual(len(self.missing(**{"docs/page.md": "[header](../surrogate/gird.h)"})), 1)
        self.assertEqual(len(self.missing(**{"surrogate/grid/grid.h": "int n;  // as in (subspace.h).\n"})), 1)
        self.assertEqual(self.missing(**{"surrogate/grid/grid.h": '#include "subspace.h"\n'}), [])


if __name__ == "__main__":
    unittest.main()
