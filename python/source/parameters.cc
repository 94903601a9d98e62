#include "parameters.h"

namespace seco::python {

materials::ParameterFile parameters_of(const Entries& entries, const std::string& origin) {
  materials::ParameterFile file("", origin);
  for (const auto& [section, key, value] : entries) file.change(section, key, value);
  return file;
}

}  // namespace seco::python
