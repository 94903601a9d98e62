#pragma once

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/distributed/tria.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/fe/fe_system.h>

#include "linear_solver.h"

namespace seco::benchmarks {

struct SampleSettings {
  /// Cells of the coarse mesh along y and z, twice as many along x, and refinements of all of them.
  unsigned int coarse_cells = 4, refinements = 2;
  /// Refinements towards the edge x = z = 0 of the clamped end, which leave hanging nodes.
  unsigned int graded = 0;
  unsigned int degree = 1;
  /// "crystal": copper, rotated at random at every point. "cells": the same, one rotation per cell.
  /// "points": rotated at every point, times a random factor from 1 to the contrast (uniform
  /// logarithm) at every point. "regions": the same, one factor per cube of 1/5 edge length.
  std::string stiffness = "crystal";
  double contrast = 1e4;
};

/// A clamped beam of 2 x 1 x 1 under a shear traction at its end.
class SampleProblem {
 public:
  static constexpr int dim = 3;
  using Vector = macro::LinearSolver<dim>::Vector;

  SampleProblem(const SampleSettings& settings, MPI_Comm communicator);
  SampleProblem(const SampleProblem&) = delete;
  SampleProblem& operator=(const SampleProblem&) = delete;

  macro::Discretization<dim> discretization() const;
  macro::StiffnessField<dim> stiffness() const;
  /// A table with an entry for every point, a random stiffness in the unit of GPa. @param
  /// n_different of its estimate, lower and upper bound: 1 to 3
  plugin::StiffnessTable<dim> table(unsigned int n_different) const;
  /// The estimates of such a table, which must outlive the field.
  macro::StiffnessField<dim> stiffness(const plugin::StiffnessTable<dim>& table) const;
  /// Copper in the axes of the beam, at all points.
  macro::StiffnessField<dim> constant_stiffness() const;
  Vector load() const;

  static void constrain(const dealii::DoFHandler<dim>& dof_handler,
                        dealii::AffineConstraints<double>& constraints);

  const dealii::DoFHandler<dim>& dof_handler() const { return dof_handler_; }
  const dealii::AffineConstraints<double>& constraints() const { return constraints_; }
  const dealii::QGauss<dim>& quadrature() const { return quadrature_; }
  std::size_t n_local_cells() const { return mesh_.n_locally_owned_active_cells(); }

 private:
  SampleSettings settings_;
  dealii::parallel::distributed::Triangulation<dim> mesh_;
  dealii::FESystem<dim> element_;
  dealii::QGauss<dim> quadrature_;
  dealii::DoFHandler<dim> dof_handler_;
  dealii::AffineConstraints<double> constraints_;
  std::unique_ptr<macro::RigidMotions<dim>> rigid_motions_;
};

}  // namespace seco::benchmarks
