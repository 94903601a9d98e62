#pragma once

#include <deal.II/base/quadrature.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/grid/cell_id.h>
#include <deal.II/lac/la_parallel_vector.h>
#include <deal.II/lac/vector.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "local_summary.h"
#include "macro_parameters.h"

namespace seco::macro {

/// Stresses inside the microstructures at chosen quadrature points, for the displacement of the
/// estimate: as cell fields, as a table and as files of whole fields.
template <int dim>
class LocalQuantities {
 public:
  using Vector = dealii::LinearAlgebra::distributed::Vector<double>;
  using Progress = std::function<void(std::size_t, std::size_t)>;

  /// The references must outlive this object.
  LocalQuantities(const MacroParameters<dim>& parameters,
                  const dealii::DoFHandler<dim>& dof_handler,
                  const dealii::Quadrature<dim>& quadrature, MPI_Comm communicator);

  /// Finds the points that are named by coordinates, and asks the materials whether they have
  /// answers, before the long stages. Collective.
  /// @throws std::invalid_argument naming key and point, on all ranks
  void prepare();

  /// Evaluates the chosen points and writes local_quantities.csv and the files of whole fields.
  /// Collective.
  /// @param first_point number of the first point of each active cell among those of its material
  /// @return the entry of the summary
  LocalSummary evaluate(const Vector& displacement, const std::vector<std::size_t>& first_point,
                        const Progress& progress);

  /// Values per active cell, not a number where no point of the cell was evaluated: the largest
  /// and smallest stresses over its points, and phase means averaged over them.
  const std::map<std::string, dealii::Vector<double>>& cell_fields() const { return fields_; }

 private:
  /// A point that is evaluated: a line of the table, or a file of whole fields.
  struct Row {
    dealii::CellId cell;
    unsigned int quadrature_point = 0, material = 0;
    /// Number of the active cell on this rank.
    unsigned int cell_index = 0;
    dealii::Point<dim> position;
    /// Quadrature weight, and share of the strain energy of the body.
    double volume = 0, energy_share = 0;
    dealii::SymmetricTensor<2, dim> strain, stress;
    /// Number of the file of whole fields, or -1 for a line of the table.
    int file = -1;
    bool answered = false;
    plugin::LocalRequest<dim> request;
    plugin::LocalResponse<dim> response;

    template <typename Archive>
    void serialize(Archive& archive, unsigned int) {
      archive& cell& quadrature_point& material& position& volume& energy_share& strain& stress&
          file& answered& response;
    }
  };
  /// A quadrature point that was named by coordinates, if this rank owns it.
  struct Place {
    dealii::CellId cell;
    unsigned int quadrature_point = 0;
    bool owned = false;
  };
  std::vector<Place> find(const std::vector<dealii::Point<dim>>& points, const std::string& key);
  /// Strain energy from which on a cell is chosen.
  double smallest_energy(const std::vector<double>& energies) const;
  /// Whether a point is a line of the table.
  bool in_table(const dealii::CellId& cell, unsigned int quadrature_point, double cell_energy,
                double smallest) const;
  std::vector<Row> choose(const Vector& displacement, const std::vector<std::size_t>& first_point);
  void ask_materials(std::vector<Row>& rows, const Progress& progress);
  void set_cell_fields(const std::vector<Row>& rows);
  /// Rows of all ranks, in an order that does not depend on the distribution; on rank 0.
  std::vector<Row> gather(const std::vector<Row>& rows) const;
  void write_table(const std::vector<Row>& rows) const;
  LocalSummary describe(const std::vector<Row>& rows) const;
  LocalSummary::WholeField describe_file(const Row& row) const;
  std::string file_of_fields(std::size_t index) const;

  const MacroParameters<dim>& parameters_;
  const dealii::DoFHandler<dim>& dof_handler_;
  const dealii::Quadrature<dim>& quadrature_;
  MPI_Comm communicator_;
  std::vector<Place> listed_, whole_fields_;
  std::map<std::string, dealii::Vector<double>> fields_;
};

}  // namespace seco::macro
