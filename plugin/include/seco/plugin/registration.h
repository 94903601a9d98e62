#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "seco/plugin/material.h"

// Every shared library with registrations refers to this symbol. Its name changes whenever the
// interface does, so a library built against another version cannot be loaded, let alone run.
#define SECO_ABI_NAME_JOINED(major, minor) seco_plugin_interface_9_dealii_##major##_##minor
#define SECO_ABI_NAME(major, minor) SECO_ABI_NAME_JOINED(major, minor)
#define SECO_ABI_SYMBOL SECO_ABI_NAME(DEAL_II_VERSION_MAJOR, DEAL_II_VERSION_MINOR)
extern "C" const int SECO_ABI_SYMBOL;

namespace seco::plugin {

/// Adds a material to the registry of dimension dim.
/// @param file the source file, for the message of a name registered twice
/// @throws std::invalid_argument if the name is taken, naming both files.
template <int dim>
void register_material(const std::string& name, const std::string& description,
                       const std::string& file,
                       std::function<void(dealii::ParameterHandler&)> declare_parameters,
                       std::function<std::unique_ptr<Material<dim>>()> create);

/// Runs an action while a library is loaded. An exception must not leave a static initializer: it
/// is kept and thrown by the next call of `check_registrations`.
class Registration {
 public:
  Registration(const int& abi, const char* file, const std::function<void()>& action);
};

/// Throws what went wrong in registrations so far, if anything did; in every build type.
/// @throws std::invalid_argument
void check_registrations();

/// Number of registrations that have run in this process.
std::size_t n_registrations();

struct MaterialDescription {
  std::string name, description, file;
};

/// The registered materials, by name.
template <int dim>
std::vector<MaterialDescription> registered_materials();

/// Declares the parameters of all registered materials, each in a subsection that has its name.
template <int dim>
void declare_material_parameters(dealii::ParameterHandler& parameters);

/// Creates a material and reads its subsection.
/// @throws materials::ParameterError; for an unknown name (key "Model") the message lists the known
/// ones
///   and the nearest match.
template <int dim>
std::unique_ptr<Material<dim>> make_material(const std::string& name,
                                             dealii::ParameterHandler& parameters,
                                             const RunSettings& run);

}  // namespace seco::plugin

/// At the foot of a .cc file: runs the function `action` (void()) when the library is loaded, for
/// example one that registers an engine.
#define SECO_REGISTER(action)                                                              \
  namespace {                                                                              \
  const ::seco::plugin::Registration seco_registration_##action(SECO_ABI_SYMBOL, __FILE__, \
                                                                action);                   \
  }

/// At the foot of a .cc file: registers the class template `Class<dim>` for 2D and 3D under the
/// name used in parameter files, with a description for the lists of materials.
#define SECO_REGISTER_MATERIAL(Class, name, description)                                       \
  namespace {                                                                                  \
  const ::seco::plugin::Registration seco_registration_##Class(SECO_ABI_SYMBOL, __FILE__, [] { \
    ::seco::plugin::register_material<2>(name, description, __FILE__,                          \
                                         Class<2>::declare_parameters,                         \
                                         [] { return std::make_unique<Class<2>>(); });         \
    ::seco::plugin::register_material<3>(name, description, __FILE__,                          \
                                         Class<3>::declare_parameters,                         \
                                         [] { return std::make_unique<Class<3>>(); });         \
  });                                                                                          \
  }
