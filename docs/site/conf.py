"""Sphinx configuration of the site. build_site.py links it into the folder where the site is put together, beside
site.json, which says where programs and libraries were found."""
import json
import pathlib
import xml.etree.ElementTree

from docutils import nodes
from sphinx import addnodes

here = pathlib.Path(__file__).parent
site = json.loads((here / "site.json").read_text())

project = "seco"
author = "the seco authors"
version = release = site["version"]
extensions = ["myst_parser"]
root_doc = "index"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
highlight_language = "none"

html_theme = "furo"
html_title = f"seco {version}"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["katex/katex.min.css", "seco.css"]
html_theme_options = {"navigation_with_keys": True}

# Formulas are typeset by KaTeX, a copy of which is part of the site, so that it needs no network.
html_js_files = [("katex/katex.min.js", {"defer": "defer", "priority": 100})]
mathjax_path = "katex/auto-render.js"
mathjax_options = {
    "defer": "defer",
    "onload": r"document.querySelectorAll('.math').forEach(element => renderMathInElement(element,"
              r" {throwOnError: false, delimiters: [{left: '\\(', right: '\\)', display: false},"
              r" {left: '\\[', right: '\\]', display: true}]}))",
}


def documented_headers():
    """Path of every documented header, relative to the source tree, and the page that Doxygen made of it."""
    pages = {}
    for compound in xml.etree.ElementTree.parse(site["tagfile"]).getroot().iter("compound"):
        if compound.get("kind") == "file":
            path, name, page = (compound.findtext(key) for key in ("path", "name", "filename"))
            pages[f"{path}{name}"] = page if page.endswith(".html") else page + ".html"
    return pages


def link_headers(app, doctree):
    """Links to public headers lead to their page in the C++ API; other source files can be downloaded."""
    depth = "../" * app.env.docname.count("/")
    for node in list(doctree.findall(addnodes.download_reference)):
        path = (here / app.env.docname).parent.joinpath(node["reftarget"]).resolve()
        page = app.config.seco_headers.get(str(path))
        if page:
            link = nodes.reference("", "", *node.children, refuri=f"{depth}api/{page}", internal=False)
            node.replace_self(link)


def bundle_theme_script(app, exception):
    """Debian's furo leaves its script with an import that browsers refuse in a plain script: both parts in one file."""
    script = pathlib.Path(app.outdir) / "_static/scripts/furo.js"
    if exception is None and script.is_file() and script.read_text().startswith("import Gumshoe"):
        parts = [script.with_name("gumshoe-patched.js").read_text(), script.read_text().split("\n", 1)[1]]
        script.write_text("\n".join(parts))


def setup(app):
    app.add_config_value("seco_headers", {}, "env")
    app.config.seco_headers = documented_headers()
    app.connect("doctree-read", link_headers)
    app.connect("build-finished", bundle_theme_script)
