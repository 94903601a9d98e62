// Constitutive laws (seco/materials/law.h) as materials of a structure.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "component_pairs.h"
#include "seco/materials/law.h"
#include "seco/materials/law_table.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/tangent_triangle.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/cell_state.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/out_of_plane_stress.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"

namespace seco::plugin {
namespace {

/// Notes the keys that a law asks for. Values are those of an example; files are not named, so that
/// none is opened.
class KeyRecorder final : public materials::ParameterReader {
 public:
  struct Key {
    std::string name, default_value, help;
    materials::KeyTraits traits;
  };

  explicit KeyRecorder(const materials::ParameterFile& example) {
    for (const auto& entry : example.entries()) values_[entry.key] = entry.value;
  }
  bool has(const std::string&, const std::string& key) const override {
    return values_.count(key) > 0;
  }
  const std::vector<Key>& keys() const { return keys_; }

 protected:
  std::string ask(const std::string&, const std::string& key, const std::string& default_value,
                  const std::string& help, const materials::KeyTraits& traits) override {
    keys_.push_back({key, default_value, help, traits});
    if (traits.is_path) return "";
    const auto value = values_.find(key);
    return value == values_.end() ? default_value : value->second;
  }
  std::string value_of(const std::string&, const std::string& key) const override {
    return values_.at(key);
  }
  std::string origin_of(const std::string&, const std::string&) const override { return ""; }
  std::string folder() const override { return ""; }

 private:
  std::map<std::string, std::string> values_;
  std::vector<Key> keys_;
};

/// A key of one or more laws.
struct LawKey {
  std::string name, help;
  materials::KeyTraits traits;
};

/// The keys of all laws that are registered now, each once, in the order in which they are asked.
std::vector<LawKey> keys_of_laws() {
  materials::register_builtin_laws();
  std::vector<LawKey> result;
  const auto names = materials::law_names();
  for (const auto& law : names) {
    KeyRecorder recorder(materials::ParameterFile(
        fmt::format("set Law = {}\n{}", law, materials::law_description(law).example), law));
    try {
      materials::read_law(recorder, "", {});
    } catch (const materials::ParameterError&) {
      // A library is not named; all keys have been asked for by then.
    }
    for (const auto& key : recorder.keys()) {
      const bool of_all = key.name == "Law" || key.name == "Constants";
      const auto text = of_all ? key.help
                               : fmt::format("{}: {}{}", law, key.help,
                                             key.default_value.empty() || key.default_value == "0"
                                                 ? ""
                                                 : fmt::format(" [{}]", key.default_value));
      auto known = std::find_if(result.begin(), result.end(),
                                [&](const LawKey& other) { return other.name == key.name; });
      if (known == result.end())
        result.push_back({key.name, text, key.traits});
      else if (!of_all && known->help.find(text) == std::string::npos)
        known->help += "; " + text;
    }
  }
  return result;
}

/// Keys of a handler, of which empty ones count as not set.
class GivenKeys final : public HandlerParameters {
 public:
  GivenKeys(dealii::ParameterHandler& handler, const std::string& folder)
      : HandlerParameters(handler, Mode::read, folder) {}
  bool has(const std::string& section, const std::string& key) const override {
    return !value_of(section, key).empty();
  }
  const std::set<std::string>& asked() const { return asked_; }

 protected:
  std::string ask(const std::string& section, const std::string& key,
                  const std::string& default_value, const std::string& help,
                  const materials::KeyTraits& traits) override {
    asked_.insert(key);
    const auto text = HandlerParameters::ask(section, key, default_value, help, traits);
    return text.empty() ? default_value : text;
  }

 private:
  std::set<std::string> asked_;
};

/// Points that a law gets at once: their arrays stay in the second cache.
constexpr std::size_t points_of_chunk = 256;

/// Where the Mandel components of dimension dim are among the six of a law.
template <int dim>
constexpr std::array<std::size_t, dim*(dim + 1) / 2> places_in_law() {
  if constexpr (dim == 2)
    return {0, 1, 5};
  else
    return {0, 1, 2, 3, 4, 5};
}

/// Arrays for the points of a chunk, a row per component.
struct ChunkArrays {
  std::vector<double> field = std::vector<double>(6 * points_of_chunk, 0.),
                      stress = std::vector<double>(6 * points_of_chunk, 0.),
                      tangent = std::vector<double>(21 * points_of_chunk, 0.),
                      energy = std::vector<double>(points_of_chunk, 0.);
};

/// A law at every point, small strains; plane strain in 2D. The state of the points lies in chunks,
/// as [chunk][variable][point of the chunk], once for the begin and once for the end of the step.
template <int dim>
class LawMaterial : public Material<dim>, public OutOfPlaneStress {
 public:
  using Tensor = dealii::SymmetricTensor<2, dim>;

  static void declare_parameters(dealii::ParameterHandler& handler) {
    HandlerParameters parameters(handler, HandlerParameters::Mode::declare);
    for (const auto& key : keys_of_laws()) parameters.text("", key.name, "", key.help, key.traits);
  }

  void parse_parameters(dealii::ParameterHandler& handler, const RunSettings& run) override {
    GivenKeys given(handler, run.folder);
    materials::LawContext context;
    context.unit = run.unit;
    law_ = materials::read_law(given, "", context);
    name_ = given.text("", "Law", "linear elastic", "");
    if (const auto constants = given.text("", "Constants", "none", ""); constants != "none")
      name_ = materials::law_constants(constants).law;
    for (const auto& key : keys_of_laws())
      if (given.has("", key.name) && given.asked().count(key.name) == 0)
        given.refuse("", key.name,
                     fmt::format("it has no effect, since the law '{}' has no such key; allowed is "
                                 "to leave it out",
                                 name_));
    n_state_ = static_cast<std::size_t>(law_->n_state());
  }

  Dependence dependence() const override {
    if (name_ == "linear elastic") return Dependence::none;
    return n_state_ > 0 || law_->depends_on_time() ? Dependence::history : Dependence::strain;
  }

  double history_bytes(const std::vector<MaterialPoint<dim>>&, MPI_Comm) const override {
    // Begin and end of a step, and in plane strain all components of strain and stress.
    if (dependence() == Dependence::none) return 0;
    return static_cast<double>((2 * n_state_ + (dim == 2 ? 12 : 0)) * sizeof(double));
  }

  void set_points(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                  const std::function<void(std::size_t, std::size_t)>&) override {
    communicator_ = communicator;
    points_ = std::move(points);
    if (dependence() == Dependence::none) {
      const auto stiffness = law_->elastic_stiffness();
      table_.clear();
      const auto entry =
          table_.add(to_tensor<dim>(dim == 3 ? stiffness : materials::plane_strain(stiffness)));
      table_.set_points(std::vector(points_.size(), entry));
      return;
    }
    const auto n_chunks = (points_.size() + points_of_chunk - 1) / points_of_chunk;
    const auto initial = law_->initial_state();
    begin_.clear();
    for (std::size_t chunk = 0; chunk < n_chunks; ++chunk)
      for (const double value : initial) begin_.insert(begin_.end(), points_of_chunk, value);
    end_ = begin_;
    if (dim == 3) return;
    strain_.assign(n_chunks * 6 * points_of_chunk, 0.);
    stress_ = strain_;
  }

  const StiffnessTable<dim>& stiffness_table() const override {
    return dependence() == Dependence::none ? table_ : Material<dim>::stiffness_table();
  }

  void evaluate(const LoadStep& step, std::span<const Tensor> strain, Request request,
                MaterialResponse<dim>& response) override {
    if (dependence() == Dependence::none)
      return Material<dim>::evaluate(step, strain, request, response);
    AssertThrow(strain.size() == points_.size(),
                dealii::ExcDimensionMismatch(strain.size(), points_.size()));
    response.resize(strain.size(), request);
    ChunkArrays arrays;
    for (std::size_t first = 0; first < points_.size(); first += points_of_chunk) {
      const auto n = std::min(points_of_chunk, points_.size() - first);
      gather(strain.subspan(first, n), arrays.field);
      const double fraction = law_->respond(
          points_at(first, n, arrays.field, step),
          {arrays.stress.data(), request >= Request::tangent ? arrays.tangent.data() : nullptr,
           arrays.energy.data(), n_state_ > 0 ? end_.data() + first * n_state_ : nullptr});
      response.step_fraction = std::min(response.step_fraction, fraction);
      if (fraction < 1) {
        response.failure = "the law asks for a shorter step";
        continue;
      }
      for (std::size_t k = 0; k < n; ++k) {
        response.stress[first + k] = tensor_at(arrays.stress, k);
        response.energy[first + k] = arrays.energy[k];
        if (request >= Request::tangent) response.tangent[first + k] = tangent_at(arrays, k);
      }
      if (dim == 3) continue;
      std::copy(arrays.field.begin(), arrays.field.end(), strain_.begin() + at_chunk(first));
      std::copy(arrays.stress.begin(), arrays.stress.end(), stress_.begin() + at_chunk(first));
    }
    if (request < Request::bounds) return;
    // The law is known exactly.
    response.lower = response.upper = response.tangent;
    response.gap.assign(strain.size(), 0.);
  }

  std::vector<double> dual_energy(const LoadStep& step, std::span<const Tensor> stress) override {
    if (dependence() == Dependence::none) return Material<dim>::dual_energy(step, stress);
    AssertThrow(stress.size() == points_.size(),
                dealii::ExcDimensionMismatch(stress.size(), points_.size()));
    std::vector<double> energy(stress.size(), std::numeric_limits<double>::infinity());
    if (!law_->guarantee().two_sided) return energy;
    ChunkArrays of_strain;
    std::vector<double> field(6 * points_of_chunk, 0.), dual(points_of_chunk);
    for (std::size_t first = 0; first < points_.size(); first += points_of_chunk) {
      const auto n = std::min(points_of_chunk, points_.size() - first);
      gather(stress.subspan(first, n), field);
      if (dim == 2) {
        std::copy_n(strain_.begin() + at_chunk(first), of_strain.field.size(),
                    of_strain.field.begin());
        law_->respond(points_at(first, n, of_strain.field, step),
                      {of_strain.stress.data(), of_strain.tangent.data(), nullptr, nullptr});
        for (std::size_t k = 0; k < n; ++k)
          materials::complete_stress(of_strain.stress.data() + k, of_strain.tangent.data() + k,
                                     points_of_chunk, field.data() + k);
      }
      law_->dual(points_at(first, n, field, step), dual.data());
      if (dim == 2) move_normal_stress(first, n, step, field, dual);
      std::copy_n(dual.begin(), n, energy.begin() + static_cast<std::ptrdiff_t>(first));
    }
    return energy;
  }

  /// Any normal stress bounds the dual energy of plane strain from above. Where that of the strain
  /// is more than the point can bear, it moves towards the mean of those in the plane, with which
  /// the von Mises stress is least.
  void move_normal_stress(std::size_t first, std::size_t n, const LoadStep& step,
                          std::vector<double>& field, std::vector<double>& dual) const {
    const auto normal_place = 2 * points_of_chunk;
    std::vector<double> normal(points_of_chunk);
    std::copy_n(field.data() + normal_place, points_of_chunk, normal.begin());
    std::vector<double> moved(points_of_chunk);
    for (const double part : {1e-9, 1e-7, 1e-5, 1e-3, 1e-1, 1.}) {
      bool some = false;
      for (std::size_t k = 0; k < n; ++k) {
        if (std::isfinite(dual[k])) continue;
        some = true;
        const double in_plane = 0.5 * (field[k] + field[points_of_chunk + k]);
        field[normal_place + k] = normal[k] + part * (in_plane - normal[k]);
      }
      if (!some) return;
      law_->dual(points_at(first, n, field, step), moved.data());
      for (std::size_t k = 0; k < n; ++k)
        if (!std::isfinite(dual[k])) dual[k] = moved[k];
    }
  }

  bool has_out_of_plane_stress() const override { return dim == 2; }
  std::array<double, 3> out_of_plane_stress(std::size_t point,
                                            const Strain& strain) const override {
    if (dependence() == Dependence::none)
      return plugin::out_of_plane_stress(law_->elastic_stiffness(), strain);
    const double shear = std::sqrt(0.5);
    return {stress_component(point, 2), shear * stress_component(point, 3),
            shear * stress_component(point, 4)};
  }

  void accept() override { begin_ = end_; }
  void reject() override { end_ = begin_; }

  std::vector<PointQuantity> quantities() const override {
    std::vector<PointQuantity> result;
    if (dependence() == Dependence::none) return result;
    const auto add = [&](const std::string& name) -> std::vector<double>& {
      result.push_back({name, std::vector<double>(points_.size())});
      return result.back().values;
    };
    std::size_t variable = 0;
    for (const auto& quantity : law_->state_variables()) {
      auto name = quantity.name;
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
        return std::isalnum(c) ? static_cast<char>(std::tolower(c)) : '_';
      });
      const auto n = static_cast<std::size_t>(quantity.n_components);
      for (std::size_t c = 0; c < n; ++c, ++variable) {
        constexpr const char* pairs[] = {"_xx", "_yy", "_zz", "_yz", "_xz", "_xy"};
        auto& values = add(n == 1   ? name
                           : n == 6 ? name + pairs[c]
                                    : fmt::format("{}_{}", name, c + 1));
        // Components of tensors, without the factor of Mandel notation.
        const double factor = n == 6 && c > 2 ? std::sqrt(0.5) : 1;
        for (std::size_t q = 0; q < points_.size(); ++q)
          values[q] = factor * begin_[state_place(q, variable)];
      }
    }
    return result;
  }

  MaterialStatistics statistics() const override {
    MaterialStatistics result;
    result.n_points =
        dealii::Utilities::MPI::sum(static_cast<std::uint64_t>(points_.size()), communicator_);
    return result;
  }

  StateRecords state() const override {
    if (n_state_ == 0) return {};
    return pack_by_cell<dim>(points_, point_states());
  }

  std::optional<std::vector<Tensor>> half_step_difference(
      const LoadStep& step, std::span<const Tensor> begin,
      std::span<const Tensor> end) const override {
    if (dependence() == Dependence::none)
      return Material<dim>::half_step_difference(step, begin, end);
    std::vector<Tensor> difference(points_.size());
    if (n_state_ == 0 && !law_->depends_on_time()) return difference;
    const double time = 0.5 * (step.begin + step.end);
    ChunkArrays one, two;
    std::vector<double> middle(n_state_ * points_of_chunk), unused(middle.size());
    std::vector<Tensor> half(points_of_chunk);
    for (std::size_t first = 0; first < points_.size(); first += points_of_chunk) {
      const auto n = std::min(points_of_chunk, points_.size() - first);
      for (std::size_t k = 0; k < n; ++k) half[k] = 0.5 * (begin[first + k] + end[first + k]);
      gather(end.subspan(first, n), one.field);
      gather(std::span<const Tensor>(half.data(), n), two.field);
      const auto answer_to = [&](const ChunkArrays& arrays, const double* state, LoadStep part,
                                 std::vector<double>& stress, std::vector<double>& end_state) {
        auto points = points_at(first, n, arrays.field, part);
        if (n_state_ > 0) points.state = state;
        return law_->respond(points, {stress.data(), nullptr, nullptr,
                                      n_state_ > 0 ? end_state.data() : nullptr}) >= 1;
      };
      const double* at_begin = n_state_ > 0 ? begin_.data() + first * n_state_ : nullptr;
      if (!answer_to(one, at_begin, step, one.stress, unused) ||
          !answer_to(two, at_begin, {step.begin, time}, two.stress, middle) ||
          !answer_to(one, middle.data(), {time, step.end}, two.stress, unused))
        return std::nullopt;
      for (std::size_t k = 0; k < n; ++k)
        difference[first + k] = tensor_at(two.stress, k) - tensor_at(one.stress, k);
    }
    return difference;
  }

  /// Laws of which energies are known in both directions have states as law.h says, inelastic
  /// strains and hardening in convex sets; of others nothing is known.
  StateTransfer state_transfer() const override {
    return law_->guarantee().two_sided ? StateTransfer::combination : StateTransfer::nearest;
  }

  std::vector<double> point_states() const override {
    std::vector<double> values(points_.size() * n_state_);
    for (std::size_t q = 0; q < points_.size(); ++q)
      for (std::size_t v = 0; v < n_state_; ++v)
        values[q * n_state_ + v] = begin_[state_place(q, v)];
    return values;
  }

  void set_points_with_states(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                              const std::function<void(std::size_t, std::size_t)>& progress,
                              std::span<const double> states) override {
    set_points(std::move(points), communicator, progress);
    take_states(states);
  }

  void restore(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
               const std::function<void(std::size_t, std::size_t)>& progress,
               const FindRecords& find) override {
    set_points(std::move(points), communicator, progress);
    if (n_state_ == 0) return;
    run_together(communicator, [&] { take_states(unpack_by_cell<dim>(points_, n_state_, find)); });
  }

  std::vector<std::string> notes() const override {
    if (law_->guarantee().two_sided) return {};
    return {fmt::format("the law '{}' gives no bounds of the energy: {}", name_,
                        law_->guarantee().reason)};
  }

 private:
  static constexpr auto places = places_in_law<dim>();
  static constexpr auto pairs = component_pairs<dim>();
  static double weight(unsigned int component) { return component < dim ? 1. : std::sqrt(2.); }

  void take_states(std::span<const double> states) {
    AssertThrow(states.size() == points_.size() * n_state_,
                dealii::ExcDimensionMismatch(states.size(), points_.size() * n_state_));
    for (std::size_t q = 0; q < points_.size(); ++q)
      for (std::size_t v = 0; v < n_state_; ++v)
        begin_[state_place(q, v)] = states[q * n_state_ + v];
    end_ = begin_;
  }

  /// Of the rows of six components of a chunk.
  static std::ptrdiff_t at_chunk(std::size_t first_point) {
    return static_cast<std::ptrdiff_t>(6 * first_point);
  }
  std::size_t state_place(std::size_t point, std::size_t variable) const {
    const auto in_chunk = point % points_of_chunk;
    return (point - in_chunk) * n_state_ + variable * points_of_chunk + in_chunk;
  }
  double stress_component(std::size_t point, std::size_t component) const {
    const auto in_chunk = point % points_of_chunk;
    return stress_[6 * (point - in_chunk) + component * points_of_chunk + in_chunk];
  }

  static void gather(std::span<const Tensor> tensors, std::vector<double>& rows) {
    for (unsigned int a = 0; a < places.size(); ++a)
      for (std::size_t k = 0; k < tensors.size(); ++k)
        rows[places[a] * points_of_chunk + k] =
            tensors[k][pairs[a].first][pairs[a].second] * weight(a);
  }
  static Tensor tensor_at(const std::vector<double>& rows, std::size_t k) {
    Tensor result;
    for (unsigned int a = 0; a < places.size(); ++a)
      result[pairs[a].first][pairs[a].second] = rows[places[a] * points_of_chunk + k] / weight(a);
    return result;
  }
  static dealii::SymmetricTensor<4, dim> tangent_at(const ChunkArrays& arrays, std::size_t k) {
    StiffnessTriangle<dim> triangle;
    unsigned int n = 0;
    for (unsigned int a = 0; a < places.size(); ++a)
      for (unsigned int b = a; b < places.size(); ++b)
        triangle.values[n++] = arrays.tangent[materials::in_triangle(static_cast<int>(places[a]),
                                                                     static_cast<int>(places[b])) *
                                                  points_of_chunk +
                                              k] /
                               (weight(a) * weight(b));
    return triangle.tensor();
  }
  materials::LawPoints points_at(std::size_t first, std::size_t n, const std::vector<double>& field,
                                 const LoadStep& step) const {
    return {static_cast<std::int64_t>(n), static_cast<std::int64_t>(points_of_chunk), field.data(),
            n_state_ > 0 ? begin_.data() + first * n_state_ : nullptr, step.duration()};
  }

  std::shared_ptr<const materials::Law> law_;
  std::string name_;
  std::size_t n_state_ = 0;
  MPI_Comm communicator_ = MPI_COMM_SELF;
  std::vector<MaterialPoint<dim>> points_;
  std::vector<double> begin_, end_;
  /// In plane strain, what was evaluated last: all six components, [chunk][component][point].
  std::vector<double> strain_, stress_;
  /// Of the linear elastic law.
  StiffnessTable<dim> table_;
};

}  // namespace

SECO_REGISTER_MATERIAL(LawMaterial, "law",
                       "a constitutive law at every point: plasticity, creep, crystals, user "
                       "materials; 'seco laws' lists them")

}  // namespace seco::plugin
