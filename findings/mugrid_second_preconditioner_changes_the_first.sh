#!/usr/bin/env bash
# muGrid 1.6.1 (PyPI). Two preconditioners of one class on one grid share what they store: the second silently changes the first.
#
# FourierPreconditioner(engine, kernel) keeps its kernel in a field of the engine, JacobiPreconditioner(diagonal) the inverse
# diagonal in one of the solver's collection. The fields are named after the argument `name`, whose default is the same for
# all of a class, and a field that exists is taken again. So who makes two, for two operators, and names neither, applies
# the data of the later one in both; of the diagonal the manual says that it is copied at construction. Conjugate gradients
# still converge, more slowly; a FourierPreconditioner used as the exact inverse that it is for constant coefficients gives
# a wrong solution.
# Seen: "Fourier, factor 1: 1.0 alone, 5.0 beside one of factor 5" and "Jacobi, diagonal 2: 0.5 alone, 0.125 beside one of 8".
# Way out: a name of its own for each.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check muGrid==1.6.1
"$folder/venv/bin/python" - <<'PY'
import muGrid
import numpy as np
from muGrid.Preconditioners import FourierPreconditioner, JacobiPreconditioner

engine = muGrid.FFTEngine([8, 8])
source, result = engine.real_space_field("source"), engine.real_space_field("result")
source.s[...] = 1

def applied(preconditioner):
    preconditioner(source, result)
    values = np.asarray(result.s)
    assert np.ptp(values) < 1e-14
    return round(float(values.flat[0]), 12)

def constant(name, value):
    field = engine.real_space_field(name)
    field.s[...] = value
    return field

ones = np.ones(engine.nb_fourier_subdomain_grid_pts)
first = FourierPreconditioner(engine, ones)
alone = applied(first)
second = FourierPreconditioner(engine, 5 * ones)
beside = applied(first)
print(f"Fourier, factor 1: {alone} alone, {beside} beside one of factor 5")
assert (alone, beside) == (1, 5), "the behaviour has changed"

first = JacobiPreconditioner(constant("two", 2))
alone = applied(first)
second = JacobiPreconditioner(constant("eight", 8))
applied(second)
beside = applied(first)
print(f"Jacobi, diagonal 2: {alone} alone, {beside} beside one of 8")
assert (alone, beside) == (0.5, 0.125), "the behaviour has changed"

first, second = FourierPreconditioner(engine, ones, name="first"), FourierPreconditioner(engine, 5 * ones, name="second")
assert (applied(first), applied(second)) == (1, 5), "names of their own keep them apart"
PY
echo "as described: the second preconditioner changes the first"
