#include <deal.II/fe/fe_values.h>
#include <deal.II/numerics/data_out.h>
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <numeric>

#include "elasticity_problem.h"
#include "seco/materials/write_aside.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::macro {
namespace {

/// Cell averages of named scalars.
class CellFields {
 public:
  explicit CellFields(unsigned int n_cells) : n_cells_(n_cells) {}
  float& operator()(const std::string& name, unsigned int cell) {
    auto& field = fields_[name];
    if (field.size() == 0) field.reinit(n_cells_);
    return field[cell];
  }
  const std::map<std::string, dealii::Vector<float>>& all() const { return fields_; }

 private:
  unsigned int n_cells_;
  std::map<std::string, dealii::Vector<float>> fields_;
};

}  // namespace

template <int dim>
void ElasticityProblem<dim>::write_fields(const Vector& displacement) {
  dealii::TimerOutput::Scope scope(timer_, "output");
  CellFields fields(mesh_.n_active_cells());
  dealii::FEValues<dim> values(element_, quadrature_,
                               dealii::update_gradients | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::SymmetricTensor<2, dim>> strains(quadrature_.size());
  double width = 0;
  for (const auto& shares : shares_) width = std::accumulate(shares.begin(), shares.end(), width);
  width = dealii::Utilities::MPI::sum(width, communicator_);
  for_local_cells([&](const auto& cell, auto material, auto first) {
    values.reinit(cell);
    values[u].get_function_symmetric_gradients(displacement, strains);
    const auto& response = responses_[material];
    dealii::SymmetricTensor<2, dim> strain, stress;
    dealii::SymmetricTensor<4, dim> tangent;
    double volume = 0, gap = 0, sum_of_gaps = 0, share = 0;
    for (const auto q : values.quadrature_point_indices()) {
      volume += values.JxW(q);
      strain += strains[q] * values.JxW(q);
      stress += response.stress[first + q] * values.JxW(q);
      tangent += response.tangent[first + q] * values.JxW(q);
      gap = std::max(gap, response.gap[first + q]);
      sum_of_gaps += response.gap[first + q];
      if (!shares_.empty()) share += shares_[material][first + q];
    }
    strain /= volume;
    stress /= volume;
    const auto moduli = plugin::to_mandel<dim>(dealii::SymmetricTensor<4, dim>(tangent / volume));
    const auto index = cell->active_cell_index();
    const char axes[] = "xyz";
    for (int i = 0; i < dim; ++i)
      for (int j = i; j < dim; ++j) {
        fields(fmt::format("strain_{}{}", axes[i], axes[j]), index) = strain[i][j];
        fields(fmt::format("stress_{}{}", axes[i], axes[j]), index) = stress[i][j];
      }
    const int m = dim * (dim + 1) / 2;
    for (int a = 0; a < m; ++a)
      for (int b = a; b < m; ++b)
        fields(fmt::format("stiffness_{}{}", a + 1, b + 1), index) = moduli(a, b);
    const auto [bulk, shear] = materials::isotropic_part(moduli);
    fields("bulk_modulus", index) = bulk;
    fields("shear_modulus", index) = shear;
    // In plane strain the stress normal to the plane is not part of the response.
    if constexpr (dim == 3)
      fields("von_mises_stress", index) = std::sqrt(1.5) * dealii::deviator(stress).norm();
    fields("gap", index) = gap;
    fields("mean_gap", index) = sum_of_gaps / quadrature_.size();
    // Exact materials have no width to share.
    if (!shares_.empty()) fields("share_of_width", index) = width != 0 ? share / width : 0.;
    fields("material_id", index) = cell->material_id();
    for (const auto& [name, field] : local_quantities_.cell_fields())
      fields(name, index) = field[index];
  });

  dealii::DataOut<dim> output;
  output.attach_dof_handler(dof_handler_);
  output.add_data_vector(
      displacement, std::vector<std::string>(dim, "displacement"),
      dealii::DataOut<dim>::type_dof_data,
      std::vector<dealii::DataComponentInterpretation::DataComponentInterpretation>(
          dim, dealii::DataComponentInterpretation::component_is_part_of_vector));
  // Every rank must know the same fields, also one without cells.
  std::set<std::string> names;
  for (const auto& [name, field] : fields.all()) names.insert(name);
  for (const auto& list : dealii::Utilities::MPI::all_gather(
           communicator_, std::vector<std::string>(names.begin(), names.end())))
    for (const auto& name : list)
      if (mesh_.n_active_cells() > 0) fields(name, 0) += 0.f;
  for (const auto& [name, field] : fields.all())
    output.add_data_vector(field, name, dealii::DataOut<dim>::type_cell_data);
  output.build_patches(parameters_.degree);
  // Written aside, and moved into place when all is complete, what refers to other files last.
  namespace fs = std::filesystem;
  const fs::path folder = parameters_.output_directory, aside = folder / "solution.part";
  const auto on_first_rank = [&](const std::function<void()>& action) {
    plugin::run_together(communicator_, [&] {
      if (dealii::Utilities::MPI::this_mpi_process(communicator_) == 0) action();
    });
  };
  on_first_rank([&] {
    fs::remove_all(aside);
    fs::create_directory(aside);
  });
  // The files of all ranks are complete before one of them moves any.
  std::string record;
  plugin::run_together(communicator_, [&] {
    record =
        output.write_vtu_with_pvtu_record(aside.string() + "/", "solution", 0, communicator_, 1);
  });
  on_first_rank([&] {
    for (const auto& entry : fs::directory_iterator(aside))
      if (entry.path().filename() != record)
        fs::rename(entry.path(), folder / entry.path().filename());
    fs::rename(aside / record, folder / record);
    fs::remove(aside);
    materials::write_aside((folder / "solution.pvd").string(), [&](std::ostream& out) {
      dealii::DataOutBase::write_pvd_record(out, {{0., record}});
    });
  });
}

template void ElasticityProblem<2>::write_fields(const Vector&);
template void ElasticityProblem<3>::write_fields(const Vector&);

}  // namespace seco::macro
