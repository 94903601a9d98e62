"""Puts together the folder that Sphinx reads, from the pages in docs/ and whatever they link to."""
import posixpath
import re
import shutil
import sys

NOT_LINKED = {"docs", "build", "results"}
REFERENCE = "Reference"
GENERATED = {"reference/seco_macro": "every section and key, its default and meaning",
             "reference/materials": "what `Model` may name", "reference/constants": "names of crystals and phases",
             "reference/laws": "what `Law` and `Constants` may name, and their keys",
             "reference/training": "of `seco generate` and `seco train`", "reference/commands": "all options"}
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")


def page_of(path):
    """Where a Markdown file or notebook of the source tree stands in the site: docs/README.md is the start, files of other
    folders are named after these."""
    path = re.sub(r"\.ipynb$", ".md", path)
    if path == "docs/README.md":
        return "docs/index.md"
    if path.startswith("docs/"):
        return path
    folder, name = posixpath.split(path)
    name = folder if folder and name == "README.md" else path.removesuffix(".md").lower()
    return f"docs/{name.replace('/', '_')}.md"


def links_of(text, path):
    """Files of the source tree that a page links to."""
    return {posixpath.normpath(posixpath.join(posixpath.dirname(path), match.group(1))) for match in LINK.finditer(text)}


def with_links_of_the_site(text, path):
    """The text of a page, with links that start from its place in the site."""
    def moved(match):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match.group(1)))
        target = page_of(target) if target.endswith((".md", ".ipynb")) else target
        return f"]({posixpath.relpath(target, posixpath.dirname(page_of(path)))}{match.group(2) or ''})"
    return LINK.sub(moved, text)


def table_of_contents(start, pages):
    """Tables of contents in Sphinx's form, from the headings of the start page and the pages listed under each."""
    groups, caption = {}, ""
    for line in start.splitlines():
        if line.startswith("## "):
            caption = line[3:].strip()
        elif match := re.match(r"- \[[^]]*\]\(([^)#]*)\.(?:md|ipynb)\)", line):
            groups.setdefault(caption, []).append(match.group(1))
    groups[REFERENCE] = [*GENERATED, *groups.get(REFERENCE, [])]
    listed = {page for group in groups.values() for page in group} | {"index"}
    if forgotten := sorted(pages - listed):
        print(f"build_site: docs/README.md does not list {', '.join(forgotten)}", file=sys.stderr)
        groups["Further pages"] = forgotten
    return "\n".join(f"\n```{{toctree}}\n:caption: {caption}\n:hidden:\n\n" + "\n".join(group) + "\n```"
                     for caption, group in groups.items())


def stage(sources, tree, katex):
    """Writes the pages to TREE/docs, and links to all else beside it. A page that is a Markdown file outside docs/ becomes a
    page of the site if another links to it."""
    docs = tree / "docs"
    docs.mkdir(parents=True)
    for path in sources.iterdir():
        if path.name not in NOT_LINKED and not path.name.startswith("."):
            (tree / path.name).symlink_to(path)
    for path in (sources / "docs").iterdir():
        if path.is_dir() and path.name not in ("site", "examples", "notebooks"):
            (docs / path.name).symlink_to(path)
    (docs / "conf.py").symlink_to(sources / "docs/site/conf.py")

    waiting = {path.relative_to(sources).as_posix()
               for folder in ("docs", "docs/examples") for path in (sources / folder).glob("*.md")}
    pages = {}
    while waiting:
        path = waiting.pop()
        text = (sources / path).read_text()
        pages[page_of(path)] = with_links_of_the_site(text, path)
        waiting |= {link for link in links_of(text, path)
                    if link.endswith(".md") and page_of(link) not in pages and (sources / link).is_file()}
    start = pages["docs/index.md"]
    names = {page.removeprefix("docs/").removesuffix(".md")
             for page in [*pages, *(page_of(f"docs/notebooks/{path.name}") for path in (sources / "docs/notebooks").glob("*.ipynb"))]}
    listed = "".join(f"- [](reference/{page.split('/')[1]}.md): {about}\n" for page, about in GENERATED.items())
    pages["docs/index.md"] = (start.replace(f"## {REFERENCE}\n\n", f"## {REFERENCE}\n\n{listed}")
                              + table_of_contents(start, names))
    for page, text in pages.items():
        (tree / page).parent.mkdir(exist_ok=True)
        (tree / page).write_text(text)

    static = docs / "_static"
    (static / "katex/fonts").mkdir(parents=True)
    for name in ["katex.min.js", "katex.min.css", "contrib/auto-render.js"]:
        shutil.copy(katex / name, static / "katex")
    for font in (katex / "fonts").glob("*.woff2"):
        shutil.copy(font, static / "katex/fonts")
    shutil.copy(sources / "docs/site/seco.css", static)
