#include "seco/plugin/registration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "seco/materials/names.h"
#include "seco/materials/parameter_reader.h"
#include "seco/surrogate/engine.h"

extern "C" const int SECO_ABI_SYMBOL = 1;

namespace seco::plugin {
namespace {

template <int dim>
struct Entry {
  std::string description, file;
  std::function<void(dealii::ParameterHandler&)> declare_parameters;
  std::function<std::unique_ptr<Material<dim>>()> create;
};

// Inside functions, because registrations of other files may run before this file is initialized.
template <int dim>
std::map<std::string, Entry<dim>>& registry() {
  static std::map<std::string, Entry<dim>> entries;
  return entries;
}

struct Log {
  std::size_t n_registrations = 0;
  std::vector<std::string> errors;
};

Log& log() {
  static Log result;
  return result;
}

}  // namespace

template <int dim>
void register_material(const std::string& name, const std::string& description,
                       const std::string& file,
                       std::function<void(dealii::ParameterHandler&)> declare_parameters,
                       std::function<std::unique_ptr<Material<dim>>()> create) {
  if (name.empty() || name.find('/') != std::string::npos)
    throw std::invalid_argument(
        fmt::format("{}: material name '{}' is empty or contains a '/'", file, name));
  const auto existing = registry<dim>().find(name);
  if (existing != registry<dim>().end())
    throw std::invalid_argument(
        fmt::format("material '{}' is registered twice, in {} and in {}; rename one of them", name,
                    existing->second.file, file));
  registry<dim>()[name] = {description, file, std::move(declare_parameters), std::move(create)};
}

Registration::Registration(const int&, const char* file, const std::function<void()>& action) {
  ++log().n_registrations;
  try {
    action();
  } catch (const std::exception& error) {
    log().errors.push_back(fmt::format("registration in {} failed: {}", file, error.what()));
  }
}

void check_registrations() {
  if (!log().errors.empty())
    throw std::invalid_argument(fmt::format("{}", fmt::join(log().errors, "\n")));
}

std::size_t n_registrations() {
  return log().n_registrations;
}

template <int dim>
std::vector<MaterialDescription> registered_materials() {
  check_registrations();
  std::vector<MaterialDescription> result;
  for (const auto& [name, entry] : registry<dim>())
    result.push_back({name, entry.description, entry.file});
  return result;
}

template <int dim>
void declare_material_parameters(dealii::ParameterHandler& parameters) {
  check_registrations();
  for (const auto& [name, entry] : registry<dim>()) {
    parameters.enter_subsection(name);
    entry.declare_parameters(parameters);
    parameters.leave_subsection();
  }
}

template <int dim>
std::unique_ptr<Material<dim>> make_material(const std::string& name,
                                             dealii::ParameterHandler& parameters,
                                             const RunSettings& run) {
  check_registrations();
  const auto entry = registry<dim>().find(name);
  if (entry == registry<dim>().end()) {
    std::vector<std::string> names;
    for (const auto& [known, unused] : registry<dim>()) names.push_back(known);
    throw materials::ParameterError(
        "", "Model", name,
        fmt::format("known materials are {}. Did you mean '{}'? Is the library that "
                    "brings it named in 'Additional shared libraries'?",
                    fmt::join(names, ", "), materials::nearest_match(name, names)));
  }
  auto material = entry->second.create();
  parameters.enter_subsection(name);
  try {
    material->parse_parameters(parameters, run);
  } catch (const materials::ParameterError& error) {
    parameters.leave_subsection();
    throw error.inside(name);
  } catch (...) {
    parameters.leave_subsection();
    throw;
  }
  parameters.leave_subsection();
  return material;
}

#define INSTANTIATE(dim)                                                                           \
  template void register_material<dim>(const std::string&, const std::string&, const std::string&, \
                                       std::function<void(dealii::ParameterHandler&)>,             \
                                       std::function<std::unique_ptr<Material<dim>>()>);           \
  template std::vector<MaterialDescription> registered_materials<dim>();                           \
  template void declare_material_parameters<dim>(dealii::ParameterHandler&);                       \
  template std::unique_ptr<Material<dim>> make_material<dim>(                                      \
      const std::string&, dealii::ParameterHandler&, const RunSettings&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::plugin

namespace {
void register_engines() {
  seco::surrogate::register_builtin_engines();
}
}  // namespace
SECO_REGISTER(register_engines)
