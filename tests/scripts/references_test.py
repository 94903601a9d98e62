#!/usr/bin/env python3
"""Files that pages and comments name exist: a rename must not leave a reader looking for what is gone.

    references_test.py SOURCE_TREE

Looked at are names of sources, scripts and folders in Markdown files (in backquotes, and links to files of the tree), and of
sources, scripts and pages in comments of the sources. A name stands for any file whose path ends with it; words in capitals
are placeholders. Files that users make, or that other programs have, are listed in FOREIGN.
"""
import pathlib
import re
import sys

FOLDERS = ["simd", "materials", "surrogate", "plugin", "c_interface", "python", "macro_examples", "tests", "docs", "scripts", "cmake", "models",
           "prm", "findings"]
SOURCES = {".cc", ".h", ".cu", ".cuh", ".c", ".f90", ".py", ".sh", ".cmake"}
NAME = re.compile(r"(?<![\w./*{}<])((?:\.\./)*(?:[\w-]+/)*[\w-]+\.(?:cc|h|cuh|cu|f90|py|sh|cmake|md))(?![\w/*-]|\.\w)")
FOLDER = re.compile(rf"(?<![\w./*{{}}<-])((?:{'|'.join(FOLDERS)})(?:/[\w-]+)+)/?(?![\w./*-])")
PLACEHOLDER = re.compile(r"NAME|PREFIX|FILE|FORMAT|FOLDER|CASE|MODEL|OUT|RUN|SCRIPT")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)")
FOREIGN = {"models/mine", "my_material.cc", "ordered_dict.h", "report.md", "results/benchmark.md", "secoConfig.cmake"}


def files_of(tree):
    """All files of the tree that may be named, and their folders, relative to it."""
    files = {path.relative_to(tree).as_posix() for path in tree.iterdir() if path.is_file()}
    for folder in FOLDERS:
        files |= {path.relative_to(tree).as_posix() for path in (tree / folder).rglob("*") if path.is_file()}
    return files


def comments(text):
    """Line by line what stands in // and in # comments, and in documentation strings."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(r"(?:^|\s)(?://+|#(?!\s*include|!))\s*(.*)", line)
        if match:
            yield number, match.group(1)


def names_in(path, text):
    """Line numbers and names of files in a page or a source file."""
    if path.suffix == ".md":
        for number, line in enumerate(text.splitlines(), 1):
            for quoted in re.findall(r"`([^`]+)`", line):
                yield from ((number, name) for name in NAME.findall(quoted) + FOLDER.findall(quoted) if name[-3:] != ".md")
    else:
        for number, comment in comments(text):
            yield from ((number, name) for name in NAME.findall(comment))


def missing(tree):
    """One sentence per name that no file has."""
    files = files_of(tree)
    folders = {parent.as_posix() for file in files for parent in pathlib.PurePath(file).parents}
    ends = folders | {"/".join(parts[i:]) for parts in (file.split("/") for file in files) for i in range(len(parts))}
    problems = []
    for file in sorted(files):
        path = pathlib.PurePath(file)
        is_read = path.suffix in SOURCES | {".md", ".prm"} or path.name == "CMakeLists.txt"
        if not is_read or path.name in ("references_test.py", "refusals_test.py") or file == "CHANGELOG.md":
            continue
        text = (tree / file).read_text(encoding="utf-8", errors="replace")
        for number, name in names_in(path, text):
            if name not in ends and name not in FOREIGN and not PLACEHOLDER.search(name):
                problems.append(f"{file}:{number}: names {name}, and there is no such file")
        if path.suffix == ".md":
            # Code has brackets of its own.
            prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
            for link in LINK.findall(prose):
                if not (tree / path.parent / link).exists():
                    problems.append(f"{file}: links to {link}, and there is no such file")
    return problems


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    problems = missing(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(f"references_test: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
