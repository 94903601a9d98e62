"""Reference pages written from what the programs themselves print, so that they cannot differ from the programs."""
import re
import subprocess

TOP = "Top level"


def output_of(*command):
    """What a program prints; an error if it fails or prints nothing."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0 or not done.stdout.strip():
        raise RuntimeError(f"'{' '.join(command)}' ended with code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def parse_parameters(text, source):
    """Entries (sections, key, default, documentation) of a documented parameter file, in its order."""
    entries, sections, comment = [], [], []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line:
            comment = []
        elif re.fullmatch(r"# (Listing of Parameters|-+)", line):
            continue
        elif line.startswith("#"):
            comment.append(line.lstrip("# "))
        elif line.startswith("subsection "):
            sections.append(line.removeprefix("subsection ").strip())
            comment = []
        elif line == "end":
            sections.pop()
        elif line.startswith("set ") and "=" in line:
            key, default = line.removeprefix("set ").split("=", 1)
            if not comment:
                raise RuntimeError(f"{source}, line {number}: the key '{key.strip()}' has no documentation")
            entries.append((tuple(sections), key.strip(), default.strip(), " ".join(comment)))
            comment = []
        else:
            raise RuntimeError(f"{source}, line {number}: '{line}' is no line of a parameter file")
    if sections:
        raise RuntimeError(f"{source} ends inside the subsection '{sections[-1]}'")
    return entries


def escaped(text):
    """Text as a cell of a Markdown table."""
    return re.sub(r"([|<>*_$\\`])", r"\\\1", text)


def parameter_tables(entries, depth=2, other_defaults=None):
    """One heading and table per section. other_defaults: defaults in 2D by section and key, shown where they differ."""
    page, sections = [], []
    for section in entries:
        if section[0] not in sections:
            sections.append(section[0])
    for section in sections:
        page += ["", f"{'#' * depth} {' / '.join(section) or TOP}", "", "| key | default | meaning |", "|---|---|---|"]
        for sections_of_key, key, default, meaning in entries:
            if sections_of_key != section:
                continue
            shown = f"`{default}`" if default else ""
            other = (other_defaults or {}).get((section, key), default)
            if other != default:
                shown += f"; in 2D `{other}`"
            allowed = re.search(r" \(([^()]*\|[^()]*)\)$", meaning)
            if allowed:
                meaning = meaning[: allowed.start()]
            text = escaped(meaning)
            if allowed:
                text += ": " + ", ".join(f"`{value}`" for value in allowed.group(1).split("|"))
            page.append(f"| `{key}` | {shown} | {text} |")
    return page


def macro_pages(program):
    """Parameters of seco-macro without and with those of the materials."""
    entries = parse_parameters(output_of(program, "--print-parameters"), "seco-macro --print-parameters")
    flat = parse_parameters(output_of(program, "--print-parameters", "--dimension", "2"),
                            "seco-macro --print-parameters --dimension 2")
    in_2d = {(section, key): default for section, key, default, _ in flat}
    of_materials = [e for e in entries if len(e[0]) > 1]
    host = [e for e in entries if len(e[0]) <= 1]
    head = ["# Parameters of seco-macro", "",
            "Written from `seco-macro --print-parameters`. [parameters.md](../parameters.md) explains how the sections",
            "play together; those of the materials are on [the next page](materials.md).", "",
            "```text", output_of(program, "--help").replace(program, "seco-macro").strip(), "```"]
    materials = ["# Materials and their parameters", "",
                 "Written from `seco-macro --list-materials` and `seco-macro --print-parameters`. A section `Material N` names",
                 "one of them as `Model`; its parameters are in the subsection of that name.", "",
                 "| material | |", "|---|---|"]
    for line in output_of(program, "--list-materials").splitlines():
        name, description = re.split(r"\s{2,}", line.strip(), maxsplit=1)
        materials.append(f"| `{name}` | {escaped(description)} |")
    short = [(section[1:], *rest) for section, *rest in of_materials]
    short_2d = {(section[1:], key): value for (section, key), value in in_2d.items()}
    return {"seco_macro": head + parameter_tables(host, 2, in_2d),
            "materials": materials + parameter_tables(short, 2, short_2d)}


def training_page(program):
    """Parameters of seco generate and seco train."""
    text = output_of(program, "train", "--help").split("Parameters and defaults:\n", 1)[1]
    return ["# Parameters of datasets and trainings", "",
            "Written from `seco train --help`; `seco generate` reads the same files. What the parameters are for:",
            "[training.md](../training.md); study files: [study.md](../study.md#the-study-file)."
            ] + parameter_tables(parse_parameters(text, "seco train --help"))


def command_page(program):
    """Help texts of seco and its subcommands."""
    overview = output_of(program, "--help").replace(program, "seco").strip()
    subcommands = re.findall(r"^  (\S+)", overview.split("Subcommands:")[1], re.MULTILINE)
    page = ["# Commands of seco", "", "Written from `seco --help` and the help of every subcommand.", "",
            "```text", overview, "```"]
    for name in subcommands:
        text = output_of(program, name, "--help").replace(program, "seco").split("Parameters and defaults:")[0]
        page += ["", f"## seco {name}", "", "```text", text.strip(), "```"]
        if name in ("generate", "train"):
            page += ["", "Its parameter file: [training](training.md)."]
    return page


def constants_page(program):
    """Engines and the table of elastic constants."""
    lines = output_of(program, "info").splitlines()
    page = ["# Elastic constants and engines", "", "Written from `seco info`.", "", "## Engines", "",
            ", ".join(f"`{name}`" for name in lines[0].removeprefix("engines: ").split(", "))
            + "; what they do is told in [parameters.md](../parameters.md#material-homogenized).", "",
            "## Elastic constants", "",
            "Names for `Crystal`, `Matrix`, `Inclusion`, `Layers`, `Stiffness` and `--stiffness`. Stiffness in Mandel notation",
            "(shear rows and columns hold twice the usual constants), MPa, crystal axes, order `11 22 33 23 13 12`."]
    for line in lines[2:]:
        if re.match(r"  \S", line):
            name, symmetry, source = re.split(r"\s{2,}", line.strip(), maxsplit=2)
            page += ["", f"### {name}", "", f"{symmetry}; {escaped(source)}", ""]
            rows = []
        else:
            rows.append(line.split())
            if len(rows) == 6:
                page += ["```text", *("".join(f"{value:>9}" for value in row) for row in rows), "```"]
    return page


def laws_page(program):
    """Laws of phases, their keys and the table of their constants."""
    laws, constants = output_of(program, "laws").split("\nconstants (", 1)
    page = ["# Laws and their constants", "", "Written from `seco laws`. A section `Phase N` of `seco deform` names one of them as `Law`, or an",
            "entry of the table as `Constants`. Formulas: [nonlinear RVEs](../nonlinear.md).", ""]
    names = [re.split(r"\s{2,}", line.strip(), maxsplit=1)[0] for line in laws.splitlines()[1:] if line.strip()]
    for name in names:
        lines = output_of(program, "laws", name).strip().splitlines()
        page += [f"## {name}", "", escaped(lines[0].removeprefix("# ")), "", "```text", *lines[2:], "```", ""]
    page += ["## Constants", "", "```text", *(line.removeprefix("  ") for line in constants.splitlines()[1:]), "```"]
    return page


def write_reference(folder, seco, seco_macro):
    """Writes all reference pages into a folder."""
    folder.mkdir(parents=True)
    pages = {"commands": command_page(seco), "training": training_page(seco), "constants": constants_page(seco),
             "laws": laws_page(seco),
             **macro_pages(seco_macro)}
    for name, lines in pages.items():
        (folder / f"{name}.md").write_text("\n".join(lines) + "\n")
