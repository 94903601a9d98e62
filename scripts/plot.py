#!/usr/bin/env python3
"""Figures from the files that seco and seco-macro write; each command says more with --help.

    plot.py structure RESULT_FOLDER            deformed structure of a run of seco-macro, coloured by fields
    plot.py voxels FILE.vti                    fields inside an RVE
    plot.py certification RESULT_FOLDER...     width of the certified compliance over the micro work
    plot.py convergence FOLDER_OR_JSON...      compliance over meshes, or errors of a solver over its iterations
    plot.py training MODEL_FOLDER_OR_LOG...    loss and certified gap over the steps of trainings
    plot.py deform RESULT_JSON...              stress over strain with its certified band, loops, creep
    plot.py steps RESULT_FOLDER...             force over displacement of load steps with its certified band
    plot.py spectrum FILE.vti...               energy of fluctuations, or of their error, over wave numbers
    plot.py study STUDY_FOLDER                 all figures of seco evaluate STUDY.prm

Needs Python 3 with numpy and matplotlib; structure, voxels and spectrum also VTK, study also h5py.
"""
import argparse
import importlib
import os
import sys

COMMANDS = ["structure", "voxels", "certification", "convergence", "training", "deform", "steps", "spectrum", "study"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help=", ".join(COMMANDS))
    options = parser.parse_args(sys.argv[1:2])
    # Imported only now: one command does not need the libraries of the others.
    module = importlib.import_module(f"plotting.{options.command}")
    command = argparse.ArgumentParser(prog=f"plot.py {options.command}", description=module.__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    module.add_arguments(command)
    module.draw(command.parse_args(sys.argv[2:]))


def without_package(error):
    """Beside a Python of the user's own, Debian's has the packages: goes on with that one, or says what is missing."""
    debian = "/usr/bin/python3"
    if os.path.exists(debian) and os.path.realpath(debian) != os.path.realpath(sys.executable):
        os.execv(debian, [debian, *sys.argv])
    package = "vtk9" if error.name.startswith("vtk") else error.name
    sys.exit(f"plot: the Python package '{error.name}' is missing in {sys.executable}; on Debian install python3-{package}")


if __name__ == "__main__":
    try:
        main()
    except ModuleNotFoundError as missing:
        without_package(missing)
