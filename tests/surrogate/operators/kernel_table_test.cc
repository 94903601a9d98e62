// Every entry of every table of kernels against the portable one.
#include "kernel_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/torch.h>

#include <functional>
#include <map>

#include "difference_operator.h"
#include "eco_blocks.h"
#include "kernel_tables.h"
#include "microstructures.h"
#include "stiffness_field.h"

namespace seco::surrogate {
namespace {

using Results = std::vector<torch::Tensor>;

// Rows shorter than a vector, odd ones and several vectors long; more numbers than one piece of a
// sum.
const std::vector<std::vector<int>> shapes{{5, 6, 3}, {4, 3, 17}, {12, 10, 9}, {7, 5}, {200, 90}};

// RVEs with different numbers of phases and general stiffnesses, on unequal edges.
std::vector<materials::Rve> some_rves(const std::vector<int>& shape) {
  const int d = static_cast<int>(shape.size());
  std::vector<materials::Rve> rves{test::make_rve("polycrystal", shape, 3),
                                   test::make_rve("inclusions", shape, 4, 30.),
                                   test::make_rve("polycrystal", shape, 5)};
  for (auto& rve : rves) {
    for (int j = 0; j < d; ++j) rve.lengths[j] *= 1. + 0.3 * j;
    for (std::size_t p = 0; p < rve.stiffness.size(); ++p)
      rve.stiffness[p] = test::random_triclinic(d, 8 + p);
    rve.orientation.clear();
  }
  return rves;
}

/// The inputs of all entries for one table: the same numbers on its device, laid out in memory with
/// load cases and components exchanged, so that no field is contiguous; all on a graph.
class Inputs {
 public:
  Inputs(const KernelTable& table, const StiffnessField& on_cpu)
      : table_(table),
        field_(
            on_cpu.to(on_cpu.options().device(table.name == "cuda" ? torch::kCUDA : torch::kCPU))),
        tables_(field_.tables()),
        plan_(table.make_green(field_.grid(), field_.options())) {
    tables_.compact = {table.compact_phase(tables_.phase),
                       table.compact_matrices(tables_.stiffness),
                       table.compact_matrices(tables_.compliance)};
    torch::manual_seed(7);
    const auto d = grid().dimension(), m = grid().n_components();
    u = random(m, d);
    z = random(m, d);
    e = random(m, m);
    more = random(2, m);
    medium = {torch::rand({3}, torch::kDouble), torch::rand({3}, torch::kDouble) + 0.5};
    law = {torch::rand({3}, torch::kDouble), torch::rand({3}, torch::kDouble) + 0.5};
    coefficients = torch::randn({3, 4, m + 2}, torch::kDouble);
    numbers = torch::rand({3, m}, torch::kDouble).to(field_.options().device());
    mean = torch::randn({3, m, m}, torch::kDouble);
    matrices = on_cpu.compliance_between(medium.lambda, medium.mu);
    std::vector<std::int64_t> of_voxels{3, m * (m + 1) / 2};
    of_voxels.insert(of_voxels.end(), grid().shape.begin(), grid().shape.end());
    triangles = torch::randn(of_voxels, torch::kDouble).to(field_.options());
    values = torch::randn({3, matrices.size(1), 4}, torch::kDouble).to(field_.options());
  }

  /// What an entry computes, by its name.
  Results results_of(const std::string& name) const {
    const auto& k = table_;
    const auto copy = [](const torch::Tensor& t) {
      return t.detach().clone(torch::MemoryFormat::Contiguous);
    };
    const std::map<std::string, std::function<Results()>> all{
        {"strain",
         [&] {
           return Results{k.strain(u, grid()), k.strain(u[0][0], grid())};
         }},
        // One plane, and all, whose last one reaches the first nodes again.
        {"strain_of_planes",
         [&] {
           return Results{k.strain_of_planes(copy(u), grid(), 1, 2),
                          k.strain_of_planes(copy(u), grid(), 0, grid().shape[0])};
         }},
        {"divergence", [&] { return Results{k.divergence(e, grid())}; }},
        // What these return is the table's own business, but it has to fit its multiply().
        {"compact_phase", [&] { return Results{k.multiply(tables_, Moduli::stiffness, e)}; }},
        {"compact_matrices", [&] { return Results{k.multiply(tables_, Moduli::compliance, e)}; }},
        {"multiply",
         [&] {
           return Results{k.multiply(tables_, Moduli::stiffness, more),
                          k.multiply(tables_, Moduli::compliance, more)};
         }},
        {"expand", [&] { return Results{k.expand(tables_, values)}; }},
        {"isotropic_stress", [&] { return Results{k.isotropic_stress(law, e, grid())}; }},
        {"make_green", [&] { return Results{k.green(*plan_, medium, z)}; }},
        {"green", [&] { return Results{k.green(*plan_, medium, u)}; }},
        {"inner_product", [&] { return Results{k.inner_product(u, z)}; }},
        {"advance",
         [&] {
           auto x = copy(u), r = copy(z);
           k.advance(numbers, copy(z), copy(u), x, r);
           return Results{x, r};
         }},
        {"turn",
         [&] {
           auto p = copy(u);
           k.turn(numbers, copy(z), p);
           return Results{p};
         }},
        {"gram",
         [&] {
           return Results{k.gram({e, more}, {more, e, more}, false), k.gram({e}, {e, more}, true)};
         }},
        {"combine",
         [&] {
           return Results{k.combine(coefficients, {e, more})};
         }},
        {"combine_and_add",
         [&] {
           const auto total =
               torch::cat({more, more}, 1).transpose(1, 2).contiguous().transpose(1, 2);
           const auto [step, sum] = k.combine_and_add(k, coefficients, {e, more}, total);
           return Results{step, sum};
         }},
        {"forms",
         [&] {
           const auto one = k.forms(k, tables_, Moduli::stiffness, more);
           const auto other = k.forms(k, tables_, Moduli::compliance, e);
           return Results{one.gram, one.mean, other.gram, other.mean};
         }},
        {"quadratic_form", [&] { return Results{k.quadratic_form(k, tables_, matrices, e)}; }},
        {"strain_forms", [&] { return Results{k.strain_forms(k, tables_, matrices, u)}; }},
        {"stiffness_action",
         [&] {
           return Results{k.stiffness_action(k, tables_, u, true, -1.),
                          k.stiffness_action(k, tables_, u, false, 1.)};
         }},
        {"tangent_action",
         [&] {
           const auto r = k.tangent_action(k, grid(), triangles, u, mean);
           return Results{r.force, r.stress_mean, r.energy};
         }},
        {"residual_of",
         [&] {
           const auto r = k.residual_of(k, tables_, *plan_, medium, u);
           return Results{r.residual, r.preconditioned, r.product, r.energy};
         }},
        {"kinematic_step", [&] { return two_steps(); }},
        {"energies",
         [&] {
           const auto a = k.energies(k, tables_, medium, u, z, u),
                      b = k.energies(k, tables_, medium, u, u, z);
           return Results{a.strain_gram, a.stress_mean,     a.stress_gram,       a.compliance_mean,
                          a.total_mean,  a.divergence,      a.divergence_square, b.strain_gram,
                          b.stress_gram, b.compliance_mean, b.total_mean,        b.divergence};
         }},
        {"equilibrated_part",
         [&] {
           const auto with = k.equilibrated_part(k, &law, e, *plan_, medium, &tables_);
           const auto without = k.equilibrated_part(k, nullptr, e, *plan_, medium, nullptr);
           EXPECT_FALSE(without.strain.defined());
           return Results{with.stress, with.strain, without.stress};
         }},
        {"equilibrated_stress", [&] {
           const auto t = k.equilibrated_stress(k, tables_, medium, u, z, mean);
           return Results{t.stress, t.strain};
         }}};
    return all.at(name)();
  }

 private:
  const Grid& grid() const { return tables_.grid; }

  torch::Tensor random(std::int64_t loads, std::int64_t components) const {
    std::vector<std::int64_t> shape{3, components, loads};
    shape.insert(shape.end(), grid().shape.begin(), grid().shape.end());
    return torch::randn(shape, torch::kDouble)
        .to(field_.options())
        .transpose(1, 2)
        .requires_grad_();
  }

  // The first load case of the last RVE rests.
  Results two_steps() const {
    auto x = torch::zeros_like(u, torch::MemoryFormat::Contiguous).detach();
    auto [r, z0, rz, energy] = table_.residual_of(table_, tables_, *plan_, medium, x);
    auto p = z0.clone(), beta = torch::zeros_like(rz), floor = torch::zeros_like(rz);
    floor[2][0] = 2. * rz[2][0];
    torch::Tensor sum, z_sum, weight;
    const KinematicState state{x, r, z0, p, rz, beta, sum, z_sum, weight};
    const auto first = table_.kinematic_step(table_, tables_, *plan_, medium, floor, state).clone();
    sum = x.clone();
    z_sum = z0.clone();
    weight = torch::ones_like(rz);
    const auto second = table_.kinematic_step(table_, tables_, *plan_, medium, floor, state);
    return {x, r, z0, rz, energy, first, second, sum, z_sum, weight};
  }

  const KernelTable& table_;
  StiffnessField field_;
  PhaseTables tables_;
  std::shared_ptr<const GreenPlan> plan_;
  torch::Tensor u, z, e, more, coefficients, numbers, mean, matrices, triangles, values;
  ReferenceMedium medium, law;
};

double difference(const torch::Tensor& value, const torch::Tensor& expected) {
  const auto a = value.to(torch::kCPU, torch::kDouble), b = expected.to(torch::kDouble);
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

TEST(KernelTables, EveryEntryEqualsThePortableOne) {
  const KernelTable& portable = *kernel_tables().front();
  for (const auto* table : kernel_tables()) {
    if (table->name == "cuda" && !torch::cuda::is_available()) continue;
    for (const auto& shape : shapes)
      for (const auto type : {torch::kDouble, torch::kFloat}) {
        const StiffnessField stiffness(some_rves(shape), type);
        const Inputs own(*table, stiffness), reference(portable, stiffness);
        // With all terms of sums over components, neighbours and two steps.
        const double tolerance = 400 * round_off(type);
        for_each_kernel([&](const std::string& name, auto) {
          const auto results = own.results_of(name), expected = reference.results_of(name);
          ASSERT_EQ(results.size(), expected.size());
          for (std::size_t i = 0; i < results.size(); ++i) {
            const auto where = fmt::format("{} {}, result {}, {} in {}", table->name, name, i,
                                           fmt::join(shape, "x"), c10::toString(type));
            EXPECT_EQ(results[i].sizes(), expected[i].sizes()) << where;
            EXPECT_EQ(results[i].scalar_type(), expected[i].scalar_type()) << where;
            EXPECT_LT(difference(results[i], expected[i]), tolerance) << where;
            EXPECT_TRUE(name == "expand" || results[i].is_contiguous()) << where;
            EXPECT_FALSE(results[i].requires_grad()) << where;
          }
        });
      }
  }
}

TEST(KernelTables, HaveTheirOwnKernelsWhereTheySay) {
  const auto& cpu = kernels_of(torch::TensorOptions(torch::kFloat));
  EXPECT_EQ(cpu.name, "cpu");
  EXPECT_EQ(&cpu, &kernels_of(torch::zeros({1}, torch::kDouble)));
  EXPECT_TRUE(owns(cpu, &KernelEntries::kinematic_step));
  EXPECT_FALSE(owns(cpu, &KernelEntries::expand));
  EXPECT_TRUE(own_kernels(*kernel_tables().front()).empty());
  EXPECT_EQ(kernels_of(torch::TensorOptions(torch::kHalf)).name, "portable");
  for (const auto* table : kernel_tables())
    for_each_kernel([&](const char* name, auto entry) {
      EXPECT_TRUE(table->*entry != nullptr) << table->name << " " << name;
    });
}

TEST(LinearOperators, GradientsAreThoseOfTheAdjoint) {
  torch::manual_seed(3);
  std::vector<torch::TensorOptions> places{torch::kDouble};
  if (torch::cuda::is_available()) places.push_back(places[0].device(torch::kCUDA));
  for (const auto& options : places)
    for (const auto& shape : {std::vector<int>{6, 5, 8}, std::vector<int>{7, 6}}) {
      const StiffnessField stiffness(some_rves(shape), options);
      const Grid& grid = stiffness.grid();
      const GreenOperator green(grid, options);
      const auto medium = mean_medium(stiffness);
      const auto random = [&](std::int64_t components) {
        std::vector<std::int64_t> size{3, 2, components};
        size.insert(size.end(), grid.shape.begin(), grid.shape.end());
        return torch::randn(size, options);
      };
      const std::int64_t d = grid.dimension(), m = grid.n_components();
      using Map = std::function<torch::Tensor(const torch::Tensor&)>;
      const std::vector<std::pair<std::int64_t, Map>> operators{
          {d, [&](const torch::Tensor& u) { return strain_of(u, grid); }},
          {m, [&](const torch::Tensor& s) { return divergence_of(s, grid); }},
          {m, [&](const torch::Tensor& e) { return stiffness.apply(e); }},
          {m, [&](const torch::Tensor& s) { return stiffness.apply_compliance(s); }},
          {m, [&](const torch::Tensor& e) { return isotropic_stress(e, medium, grid); }},
          {d, [&](const torch::Tensor& f) { return green.apply(f, medium); }},
          {m, [&](const torch::Tensor& s) {
             return equilibrium_block(s, EquilibriumForm::projection, green, medium);
           }}};
      for (std::size_t i = 0; i < operators.size(); ++i) {
        const auto& [components, apply] = operators[i];
        auto x = random(components).requires_grad_();
        const auto h = random(components);
        const auto y = apply(x);
        const auto weight = torch::randn_like(y);
        (y * weight).sum().backward();
        // <A h, w> = <h, A^T w>.
        const double direct = (apply(h) * weight).sum().item<double>();
        const double adjoint = (h * x.grad()).sum().item<double>();
        EXPECT_NEAR(direct, adjoint, 1e-11 * (apply(h).norm() * weight.norm()).item<double>()) << i;
      }
    }
}

}  // namespace
}  // namespace seco::surrogate
