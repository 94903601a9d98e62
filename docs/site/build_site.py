#!/usr/bin/env python3
"""Builds the documentation site: reference pages from the programs, notebooks executed, C++ API by Doxygen, pages by Sphinx.

    build_site.py --seco PROGRAM --seco-macro PROGRAM --python PYTHON --package FOLDER --version VERSION --katex FOLDER --output FOLDER

The site is OUTPUT/html. Any warning of either tool is an error. OUTPUT/tree holds links to the pages and the
sources that they refer to, and the pages that are written here, so that nothing is written into the source tree.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys

from notebooks import write_notebooks
from pages import stage
from reference import write_reference

SOURCES = pathlib.Path(__file__).resolve().parents[2]


def run_doxygen(output, version):
    """C++ API of the public headers in OUTPUT/html/api; returns the tag file."""
    configuration = (SOURCES / "docs/site/Doxyfile").read_text()
    # Doxygen's own page header, with KaTeX in place of a MathJax from the network.
    header = output / "doxygen_header.html"
    subprocess.run(["doxygen", "-w", "html", header, output / "footer.html", output / "doxygen.css", "-"], check=True,
                   input=configuration, text=True, stdout=subprocess.DEVNULL)
    text = header.read_text()
    if "$mathjax" not in text:
        raise RuntimeError("the page header of this Doxygen has no place for formulas ($mathjax)")
    katex = "$relpath^../_static/katex/"
    header.write_text(text.replace("$mathjax", f"""<link rel="stylesheet" href="{katex}katex.min.css"/>
<script defer="defer" src="{katex}katex.min.js"></script>
<script defer="defer" src="{katex}auto-render.js" onload="renderMathInElement(document.body, {{throwOnError: false,
delimiters: [{{left: '\\\\(', right: '\\\\)', display: false}}, {{left: '\\\\[', right: '\\\\]', display: true}}]}})"></script>"""))
    tagfile = output / "seco.tag"
    headers = " ".join(f'"{folder}"' for folder in sorted(SOURCES.glob("*/include")))
    configuration += f"""
PROJECT_NUMBER   = {version}
INPUT            = {headers} "{SOURCES / 'docs/site/api.dox'}"
STRIP_FROM_PATH  = {headers}
STRIP_FROM_INC_PATH = {headers}
OUTPUT_DIRECTORY = "{output / 'html'}"
HTML_HEADER      = "{header}"
GENERATE_TAGFILE = "{tagfile}"
"""
    done = subprocess.run(["doxygen", "-"], input=configuration, text=True, stderr=subprocess.PIPE)
    sys.stderr.write(done.stderr)
    if done.returncode != 0 or "warning:" in done.stderr:
        sys.exit("build_site: Doxygen has warnings, see above")
    return tagfile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("seco", "seco-macro", "version"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--python", required=True, help="interpreter of the package, with nbconvert and ipykernel")
    parser.add_argument("--package", required=True, type=pathlib.Path, help="folder to import seco from")
    parser.add_argument("--katex", required=True, type=pathlib.Path, help="folder of katex.min.js")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    options = parser.parse_args()
    output = options.output.resolve()
    for made_here in ("html", "tree", "doctrees"):
        shutil.rmtree(output / made_here, ignore_errors=True)
    (output / "html").mkdir(parents=True)
    stage(SOURCES, output / "tree", options.katex)
    try:
        write_reference(output / "tree/docs/reference", options.seco, options.seco_macro)
        write_notebooks(SOURCES, output / "tree/docs/notebooks", options.python, options.package.resolve())
    except RuntimeError as error:
        sys.exit(f"build_site: {error}")
    tagfile = run_doxygen(output, options.version)
    (output / "tree/docs/site.json").write_text(json.dumps({"version": options.version, "tagfile": str(tagfile)}))
    done = subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d",
                           output / "doctrees", output / "tree/docs", output / "html"])
    if done.returncode != 0:
        sys.exit("build_site: Sphinx has warnings, see above")
    print(f"site in {output / 'html/index.html'}")


if __name__ == "__main__":
    main()
