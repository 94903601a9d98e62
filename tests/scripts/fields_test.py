#!/usr/bin/env python3
"""What VTK, and so ParaView, reads from the fields of seco-macro: values per cell belong to cells, with the values of elasticity.

    fields_test.py SECO_MACRO [MPIEXEC]
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray
from vtkmodules.vtkFiltersVerdict import vtkCellSizeFilter
from vtkmodules.vtkIOXML import vtkXMLPUnstructuredGridReader, vtkXMLUnstructuredGridReader

seco_macro = sys.argv[1]
mpiexec = sys.argv[2] if len(sys.argv) > 2 else ""

YOUNG, POISSON = 200e3, 0.3
# Gradient of a linear displacement, the solution of any mesh with one material (patch test).
GRADIENT = np.array([[1e-3, 4e-4, -2e-4], [0.0, -5e-4, 3e-4], [7e-4, 0.0, 2e-4]])

RUN = """
set Dimension        = {dim}
set Length unit      = mm
set Output directory = out
subsection Geometry
  set Lengths            = {lengths}
  set Cells              = {cells}
  set Local refinements  = 1
  set Refined region     = 0.5 - x
  set Material id        = {material_id}
end
set Number of materials = 2
subsection Discretization
  set Polynomial degree = {degree}
end
subsection Boundary conditions
  set Displacement = {displacement}
end
subsection Solver
  set Tolerance = 1e-13
end
subsection Output
  {output}
end
"""
MATERIAL = """
subsection Material {id}
  set Model = linear elastic
  subsection linear elastic
    set Stiffness = 200e3, 0.3
  end
end
"""


def run(folder, dim, degree, output="", n_ranks=0):
    g = GRADIENT[:dim, :dim]
    terms = ["+".join(f"({float(g[i, j])!r})*{'xyz'[j]}" for j in range(dim)) for i in range(dim)]
    displacement = " | ".join(f"{b}: " + "; ".join(terms) for b in range(2 * dim))
    text = RUN.format(dim=dim, degree=degree, output=output, displacement=displacement, lengths="2, 1, 1"[:3 * dim - 2],
                      cells="4, 2, 2"[:3 * dim - 2], material_id="x > 1 ? 1 : 0")
    (folder / "run.prm").write_text(text + MATERIAL.format(id=0) + MATERIAL.format(id=1))
    command = [seco_macro, str(folder / "run.prm")]
    if n_ranks:
        command = [mpiexec, "--oversubscribe", "-n", str(n_ranks), *command]
    done = subprocess.run(command, capture_output=True, text=True, env={
        **os.environ, "OMP_NUM_THREADS": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"})
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return json.loads((folder / "out/summary.json").read_text())


def grid_of(reader, path):
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


def array(data, name):
    return vtk_to_numpy(data.GetArray(name))


class Fields(unittest.TestCase):
    def check(self, dim, degree, doubles, n_ranks=0):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            summary = run(folder, dim, degree, ("set Precision of VTU = double\n" if doubles else "")
                          + "set Nodal averages = true", n_ranks)
            out = folder / "out"
            self.assertEqual({path.name for path in out.iterdir()},
                             {"summary.json", "solution.pvd", "solution_0.pvtu", "solution_0.0.vtu"})
            entry = xml.etree.ElementTree.parse(out / "solution.pvd").getroot().find(".//DataSet")
            self.assertEqual(entry.get("file"), "solution_0.pvtu")
            grid = grid_of(vtkXMLPUnstructuredGridReader(), out / "solution_0.pvtu")
            alone = grid_of(vtkXMLUnstructuredGridReader(), out / "solution_0.0.vtu")
            self.assertEqual(alone.GetNumberOfCells(), grid.GetNumberOfCells())

            # Cells of degree p are p^dim linear ones between the nodes, which neighbours share.
            self.assertEqual(grid.GetNumberOfCells(), summary["cells"] * degree**dim)
            self.assertEqual({grid.GetCellType(k) for k in range(grid.GetNumberOfCells())}, {9 if dim == 2 else 12})
            if n_ranks == 0:
                self.assertEqual(grid.GetNumberOfPoints(), summary["unknowns"] // dim)
            size = vtkCellSizeFilter()
            size.SetInputData(grid)
            size.Update()
            sizes = array(size.GetOutput().GetCellData(), "Area" if dim == 2 else "Volume")
            self.assertGreater(sizes.min(), 0)
            self.assertAlmostEqual(sizes.sum(), 2, places=5)

            points, cells = grid.GetPointData(), grid.GetCellData()
            names = [points.GetArrayName(i) for i in range(points.GetNumberOfArrays())]
            self.assertEqual([name for name in names if not name.startswith("nodal_")], ["displacement"])
            real = np.float64 if doubles else np.float32
            epsilon = 1e-11 if doubles else 2e-6
            x = vtk_to_numpy(grid.GetPoints().GetData())
            u = array(points, "displacement")
            self.assertEqual(u.dtype, real)
            self.assertEqual(x.dtype, real)
            gradient = np.zeros((3, 3))
            gradient[:dim, :dim] = GRADIENT[:dim, :dim]
            np.testing.assert_allclose(u, x @ gradient.T, atol=epsilon * 2e-3)

            strain = 0.5 * (gradient + gradient.T)
            mu = YOUNG / (2 * (1 + POISSON))
            lame = YOUNG * POISSON / ((1 + POISSON) * (1 - 2 * POISSON))
            stress = 2 * mu * strain + lame * np.trace(strain) * np.eye(3)
            expected = {}
            for i in range(dim):
                for j in range(i, dim):
                    expected[f"strain_{'xyz'[i]}{'xyz'[j]}"] = strain[i, j]
                    expected[f"stress_{'xyz'[i]}{'xyz'[j]}"] = stress[i, j]
            m = dim * (dim + 1) // 2
            stiffness = np.diag([2 * mu] * m)
            stiffness[:dim, :dim] += lame
            for a in range(m):
                for b in range(a, m):
                    expected[f"stiffness_{a + 1}{b + 1}"] = stiffness[a, b]
            expected["shear_modulus"] = mu
            expected["gap"] = expected["mean_gap"] = 0
            deviator = stress - np.trace(stress) / 3 * np.eye(3)
            expected["von_mises_stress"] = np.sqrt(1.5 * (deviator**2).sum())
            if dim == 3:
                expected["bulk_modulus"] = lame + 2 * mu / 3
            else:
                expected["stress_zz"] = stress[2, 2]
            principal, directions = np.linalg.eigh(stress)
            for k in range(3):
                expected[f"principal_stress_{k + 1}"] = principal[2 - k]
            for k in (1, 3):
                direction = directions[:, 3 - k]
                direction *= np.sign(direction[np.abs(direction) > 1e-6][0])
                np.testing.assert_allclose(array(cells, f"principal_direction_{k}"),
                                           np.tile(direction, (grid.GetNumberOfCells(), 1)), atol=1e-5)
            # The stress is the same everywhere, also extrapolated to nodes.
            components = ["xx", "xy", "xz", "yy", "yz", "zz"]
            for i, component in zip([0, 0, 0, 1, 1, 2], components):
                value = stress[i, "xyz".index(component[1])]
                np.testing.assert_allclose(array(points, "nodal_stress_" + component), value, rtol=epsilon,
                                           atol=1e4 * epsilon)
            np.testing.assert_allclose(array(points, "nodal_von_mises_stress"), expected["von_mises_stress"],
                                       rtol=1e3 * epsilon)
            np.testing.assert_allclose(array(points, "nodal_principal_stress_3"), principal[0], rtol=1e3 * epsilon)
            for data, name, unit in ((cells, "stress_xx", "MPa"), (cells, "von_mises_stress", "MPa"), (points, "displacement", "mm"),
                                     (points, "nodal_stress_xx", "MPa"), (cells, "strain_xx", None)):
                key = vtkDataArray.UNITS_LABEL()
                information = (alone.GetCellData() if data is cells else alone.GetPointData()).GetArray(name).GetInformation()
                self.assertEqual(information.Get(key) if information.Has(key) else None, unit, name)
            for name, value in expected.items():
                values = array(cells, name)
                self.assertEqual(values.dtype, real, name)
                scale = 1e-3 if name.startswith("strain") else YOUNG if name.startswith(("stiff", "bulk", "shear")) else 300
                np.testing.assert_allclose(values, value, rtol=epsilon, atol=10 * epsilon * scale, err_msg=name)
            material = array(cells, "material_id")
            self.assertEqual(material.dtype, np.int32)
            centres = np.array([np.mean([x[grid.GetCell(k).GetPointId(c)][0] for c in range(2**dim)])
                                for k in range(grid.GetNumberOfCells())])
            np.testing.assert_array_equal(material, centres > 1)

    def test_fields_of_a_patch_test_are_exact(self):
        self.check(dim=2, degree=1, doubles=False)
        self.check(dim=3, degree=1, doubles=True)

    def test_cells_of_higher_degree_are_split_between_their_nodes(self):
        self.check(dim=2, degree=3, doubles=True)
        self.check(dim=3, degree=2, doubles=False)

    @unittest.skipIf(not mpiexec, "no mpiexec")
    def test_ranks_write_one_file(self):
        self.check(dim=3, degree=1, doubles=True, n_ranks=3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
